//! The portal's mail, as administrators see it.

use serde::{Deserialize, Serialize};

/// What becomes of the portal's mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailState {
    /// Through whom it is sent; `None` where it is not.
    pub server: Option<MailServer>,
    /// Where the asking administrator gets mail; empty when nowhere.
    pub own_address: String,
    /// Mail that waits or is no longer tried: what was given up first, the newest first within.
    pub entries: Vec<MailEntry>,
    /// Asks for those after these; `None` when there are none.
    pub next: Option<MailPlace>,
    /// How many wait.
    pub waiting: u64,
    /// How many are no longer tried by themselves.
    pub given_up: u64,
    /// What keeps mail from being sent until whoever runs the portal mends it.
    pub to_mend: Vec<ToMend>,
}

/// Something that whoever runs the portal must mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToMend {
    /// What.
    pub what: Mend,
    /// The mail server's words about it, or those of the network.
    pub said: Option<String>,
}

/// What whoever runs the portal must mend before mail is taken. The names are stored: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// No connection to the mail server, or one that breaks.
    Server,
    /// The server does not like how the portal introduces itself.
    Hello,
    /// No encrypted connection, where one is demanded.
    Encryption,
    /// The server does not let the portal sign in, or wants it to.
    SignIn,
    /// The server does not take mail from this sender.
    Sender,
    /// The server passes no mail on for the portal.
    Client,
}

/// A mail server, without what it takes to sign in there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Host, and port where one is named.
    pub host: String,
    /// From whom people get the mail.
    pub sender: String,
}

/// Where a list of mail goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailPlace {
    /// Among those that were given up.
    pub given_up: bool,
    /// After the one with this id.
    pub id: String,
}

/// Mail that was not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MailEntry {
    /// Id.
    pub id: String,
    /// User name of the person it is for.
    pub person: String,
    /// What it is about.
    pub kind: MailKind,
    /// Unix seconds.
    pub written_at: i64,
    /// How often it was tried.
    pub tries: u32,
    /// What becomes of it.
    pub progress: MailProgress,
    /// What the last try failed for: the mail server's words, or those of the network.
    pub problem: Option<String>,
}

/// What becomes of mail that was not sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MailProgress {
    /// It is tried then, in Unix seconds.
    TriedAt(i64),
    /// It is on its way to the server.
    BeingSent,
    /// It is no longer tried by itself.
    GivenUp,
}

/// What mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MailKind {
    /// To set up a second factor.
    Reminder,
    /// Authenticator apps, or the second factor as a whole.
    SecondFactor,
    /// Recovery codes.
    RecoveryCodes,
    /// The password.
    Password,
    /// A sign-in in a browser that was not known.
    SignIn,
    /// Where the person gets mail.
    Address,
    /// To see whether mail arrives.
    Test,
    /// Something that another version of the portal wrote.
    Unknown,
}

/// What came of a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestOutcome {
    /// The mail server took it for this address.
    Sent {
        /// Where to.
        address: String,
    },
    /// It did not; the message stands in the list.
    Failed {
        /// The mail server's words, or those of the network.
        problem: String,
        /// What must be mended first, where that is known.
        mend: Option<Mend>,
    },
}

/// Why mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailRefused {
    /// The portal has no mail server.
    NotConfigured,
    /// The person has no address.
    NoAddress,
    /// The person has a second factor meanwhile, or can't sign in.
    NotMissing,
}
