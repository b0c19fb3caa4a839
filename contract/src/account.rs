//! Who is looking, and how they came in.

use super::{password::PasswordPolicy, recovery::RecoveryNotice};
use serde::{Deserialize, Serialize};

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The password was right; a code from the authenticator app is awaited.
    SecondFactorRequired,
    /// Signed in, but the policy demands a second factor and there is none yet.
    EnrolmentRequired,
    /// Signed in, nothing outstanding.
    Complete,
}

/// The signed-in person, as every page shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The portal's own name.
    pub portal_name: String,
    /// The person's user name as they wrote it.
    pub user_name: String,
    /// Whether the system settings are theirs to change.
    pub administrator: bool,
    /// How far this session has come.
    pub standing: Standing,
    /// They came in with a temporary access code, in place of what they have lost.
    pub sets_up_anew: bool,
    /// The policy demands a second factor of them, but not yet.
    pub grace: Option<Grace>,
    /// There is something to say about their recovery codes.
    pub recovery_notice: Option<RecoveryNotice>,
    /// Someone who owes a second factor began a set-up in this session, and it can be resumed.
    pub enrolment_under_way: bool,
}

/// The time in which someone may do without the second factor that the policy demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// Unix time in seconds at which it ends.
    pub until: i64,
    /// They know, and chose to go on without in this session.
    pub postponed: bool,
}

/// What a one-time link is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Whose link it is.
    pub kind: InvitationKind,
    /// The rules the new password must keep.
    pub password_policy: PasswordPolicy,
}

/// The two uses of a one-time link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvitationKind {
    /// The portal is new: the holder becomes its first administrator and chooses a name.
    FirstAdministrator,
    /// The account exists and waits for its password.
    ChoosePassword {
        /// Name of the account.
        user_name: String,
    },
}
