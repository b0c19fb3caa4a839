//! A person's own security at a glance.

use super::recovery::RecoveryLedger;
use serde::{Deserialize, Serialize};

/// Authenticator apps that one person may have: each is one more code that a guess may meet.
pub const MOST_METHODS: usize = 10;

/// The second factor of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoFactorStatus {
    /// Active authenticator apps, oldest first; empty means two-factor authentication is off.
    pub methods: Vec<Method>,
    /// The current recovery codes; `None` when two-factor authentication is off.
    pub recovery: Option<RecoveryLedger>,
    /// Whether the account policy demands a second factor.
    pub enforced: bool,
    /// A set-up was begun in this session and can be resumed.
    pub enrolment_under_way: bool,
}

impl TwoFactorStatus {
    /// How many recovery codes are unused.
    pub fn recovery_codes_left(&self) -> usize {
        self.recovery.as_ref().map_or(0, RecoveryLedger::left)
    }
}

/// One enrolled authenticator app. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Identifies the method.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it became active.
    pub added_at: i64,
    /// When a code of it was last accepted at sign-in or step-up.
    pub last_used_at: Option<i64>,
}

/// What the dashboard tells a person about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityOverview {
    /// Their second factor.
    pub two_factor: TwoFactorStatus,
    /// Their latest sign-ins and failures, newest first, at most ten.
    pub recent_sign_ins: Vec<SignInRecord>,
}

/// One attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRecord {
    /// Unix time in seconds; of the last one, where it stands for several.
    pub at: i64,
    /// What happened.
    pub event: SignInEvent,
    /// How often, where it stands for several.
    pub times: Option<u64>,
    /// Client address.
    pub address: String,
    /// Browser and system in readable form.
    pub browser: String,
}

/// The kinds of attempt that the dashboard lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInEvent {
    /// Signed in.
    SignedIn,
    /// Signed in with a recovery code.
    SignedInWithRecoveryCode,
    /// Wrong password.
    WrongPassword,
    /// Wrong, reused or refused code.
    WrongCode,
}
