//! Who has no second factor yet, and by when they need one.

use serde::{Deserialize, Serialize};

/// Some of the active people without a second factor, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The people.
    pub people: Vec<MissingPerson>,
    /// Asks for those after these; `None` when there are none.
    pub after: Option<String>,
    /// Where people reach the portal, as an origin.
    pub address: String,
}

/// An active person without a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingPerson {
    /// User name as they wrote it.
    pub name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// What the policy demands of them.
    pub due: Due,
}

/// By when someone needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Due {
    /// The policy demands none.
    Never,
    /// From this moment on, in Unix seconds.
    From(i64),
    /// They need it already.
    Now,
}
