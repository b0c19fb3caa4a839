//! Where a person gets mail.
//!
//! An address is where notices and reminders go, and nothing else: two people
//! may share one, nobody signs in with one, and nothing is reset through one.

use serde::{Deserialize, Serialize};

/// The longest address, in bytes of UTF-8: what the path of SMTP has room for (RFC 5321 §4.5.3.1.3).
pub const LONGEST_ADDRESS: usize = 254;

/// A person's own address, and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMail {
    /// The address; empty for none.
    pub address: String,
    /// Whether the portal sends mail at all.
    pub sent: bool,
}

/// Why a text is no mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailAddressProblem {
    /// Not a name, an @ and a host.
    Malformed,
    /// More than 254 bytes.
    TooLong,
    /// Letters beyond ASCII before the @, which the mail server takes no mail for.
    NotAscii,
    /// A quoted name before the @, or a numeric address in brackets after it.
    NotSentTo,
    /// Characters that are invisible, control something or change the reading direction.
    Unprintable,
}
