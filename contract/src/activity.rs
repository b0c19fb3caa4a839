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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Activity {
    /// Its place in the audit trail.
    pub sequence: i64,
    /// Unix time in seconds.
    pub at: i64,
    /// What happened.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: Outcome,
    /// How often, where one entry stands for several events.
    pub times: Option<u64>,
    /// Who did it, when it was somebody else.
    pub by: Option<String>,
    /// From where; `None` on the command line.
    pub origin: Option<Origin>,
}

/// How many events an entry of the audit trail with this detail stands for, if for several.
pub fn times(detail: &str) -> Option<u64> {
    let detail: serde_json::Value = serde_json::from_slice(detail.as_bytes()).ok()?;
    detail.get("times")?.as_u64()
}

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Network address.
    pub address: String,
    /// Browser and system in readable form.
    pub browser: String,
}
