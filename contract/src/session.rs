//! Where a person is signed in, and for how long.

use super::activity::Origin;
use serde::{Deserialize, Serialize};

/// Most sessions, and most trusted browsers, that are listed: those used last.
pub const MOST_LISTED: usize = 100;

/// How long this session goes on. Asking for it does not keep it alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// Milliseconds until it ends by itself.
    pub milliseconds_left: i64,
    /// A request would put that end off; otherwise it is the absolute one.
    pub extendable: bool,
    /// Identity was proved within the last five minutes.
    pub stepped_up: bool,
}

/// One session of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEntry {
    /// Identifies the session; not the secret in its cookie.
    pub id: String,
    /// The one that asks.
    pub current: bool,
    /// Where it was opened.
    pub origin: Origin,
    /// Unix time in seconds of the sign-in.
    pub first_seen_at: i64,
    /// Unix time in seconds of the last request; trails by up to a minute.
    pub last_seen_at: i64,
}

/// One browser in which a person is not asked for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedBrowser {
    /// Identifies the browser; not the secret in its cookie.
    pub id: String,
    /// The one that asks.
    pub current: bool,
    /// Where it signed in last.
    pub origin: Origin,
    /// Unix time in seconds at which it was trusted.
    pub since: i64,
    /// Unix time in seconds at which that ends.
    pub until: i64,
}

/// What the page that asks for a code tells and offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRequest {
    /// Why the person is asked.
    pub because: ChallengeReason,
    /// Most days for which they may choose not to be asked again; `None` when the policy does not allow it.
    pub trust_days: Option<u32>,
}

/// Why a browser does not spare its person the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeReason {
    /// Nobody signed in with it before, as far as is known.
    NewBrowser,
    /// It is known but was never trusted.
    NotTrusted,
    /// The days are over.
    TrustEnded {
        /// Unix time in seconds.
        at: i64,
    },
    /// The person ended it.
    TrustRemoved,
    /// The password was changed.
    PasswordChanged,
    /// An authenticator was added, replaced or removed.
    SecondFactorChanged,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The account policy allows fewer days now, or none.
    PolicyChanged,
    /// An administrator changed what the account may do.
    AccountChanged,
}
