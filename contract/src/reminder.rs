//! Who has no second factor yet, by when they need one, and what they are told.

use crate::words::moment::in_utc;
use serde::{Deserialize, Serialize};

/// Some of the people who can sign in and have no second factor, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The people.
    pub people: Vec<MissingPerson>,
    /// Asks for those after these; `None` when there are none.
    pub after: Option<String>,
    /// How many more have never chosen a password, so that there is nothing to remind them of; on a first page only.
    pub not_activated: Option<u64>,
    /// Where people reach the portal, as an origin.
    pub address: String,
    /// Whether the portal sends mail.
    pub sends_mail: bool,
}

/// Someone who can sign in and has no second factor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MissingPerson {
    /// Id.
    pub id: String,
    /// User name as they wrote it.
    pub name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// What the policy demands of them.
    pub due: Due,
    /// Whether they can get mail.
    pub has_mail_address: bool,
    /// When they were last reminded by mail, in Unix seconds.
    pub reminded_at: Option<i64>,
}

/// By when someone needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Due {
    /// The policy demands none.
    Never,
    /// From this moment on, in Unix seconds.
    From(i64),
    /// They need it already.
    Now,
}

/// What reminding everyone does, or did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemindedAll {
    /// They get a reminder.
    pub reminded: u64,
    /// They have no mail address.
    pub without_address: u64,
    /// They were reminded within the last day.
    pub recently: u64,
}

/// What to write to someone: their name, their own day, and where to go.
/// `address` is where people reach the portal, as an origin.
pub fn message(name: &str, due: Due, portal: &str, address: &str) -> String {
    let when = match due {
        Due::Never => "Please set it up soon.".to_owned(),
        Due::Now => "It is required now: after signing in you are led through it before anything else.".to_owned(),
        Due::From(at) => {
            format!("Please set it up before {}. From then on nothing else can be done before it.", in_utc(at))
        }
    };
    format!(
        "Hello {name},\n\nyour account at {portal} is protected by your password alone. {when}\n\nIt takes about two minutes and an authentication app on your phone: sign in at {address}/profile and choose “Add method”.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_person_their_day_and_the_address() {
        let written = |due| message("alice", due, "Acme", "https://login.example.org");
        let text = written(Due::From(1_773_065_107));
        for part in ["Hello alice,", "Acme", "before 9 Mar 2026, 14:05 UTC", "https://login.example.org/profile"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(written(Due::Now).contains("It is required now"));
        assert!(written(Due::Never).contains("Please set it up soon."));
    }
}
