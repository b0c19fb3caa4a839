//! What happened to a person's account, for their own eyes.

use super::audit::{AuditEvent, Outcome};
use serde::{Deserialize, Serialize};

/// Some of a person's security events, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPage {
    /// The events.
    pub entries: Vec<Activity>,
    /// Asks for the ones before these; `None` when there are none.
    pub before: Option<i64>,
}

/// One security event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its place in the audit trail.
    pub sequence: i64,
    /// Unix time in seconds.
    pub at: i64,
    /// What happened.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it, when it was somebody else.
    pub by: Option<String>,
    /// From where; `None` on the command line.
    pub origin: Option<Origin>,
}

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Network address.
    pub address: String,
    /// Browser and system in readable form.
    pub browser: String,
}
