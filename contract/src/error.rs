//! Everything a server function may answer instead of a result.
//!
//! Variants carry facts and numbers only. `Display` gives the sentence a
//! person reads.

use super::{
    audit_trail::AuditField,
    enrolment::EnrolmentProblem,
    mail::MailRefused,
    mail_address::MailAddressProblem,
    password::PasswordRule,
    people::{AccessCodeProblem, DisplayNameProblem, LineProblem, ReasonProblem},
    policy::PolicyField,
};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiError {
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// The password was right and a code is awaited first.
    SecondFactorRequired,
    /// The policy demands a second factor before anything else.
    EnrolmentRequired,
    /// The person is no administrator.
    AdministratorRequired,
    /// Proving oneself again comes first; `code` says whether a code is needed besides the password.
    StepUpRequired {
        /// A second factor is active.
        code: bool,
    },
    /// The database is away or the portal is too busy; nothing was changed.
    Unavailable,
    /// The database was lost at the last moment: it may have been done, or not.
    OutcomeUnknown,
    /// Something broke; the number finds it in the server's log.
    Internal {
        /// Names the log entry.
        incident: u32,
    },
    /// The browser could not reach the portal.
    Offline,
    /// The portal was updated since the browser loaded the page.
    Outdated,
    /// The request was not one that the portal understands.
    Malformed,
    /// Wrong user name or wrong password; which of them is not said.
    Credentials,
    /// The password of someone who is signed in is wrong.
    WrongPassword,
    /// Too many wrong passwords.
    Locked {
        /// Seconds until the next attempt; `None` until an administrator unlocks.
        retry_after: Option<u64>,
    },
    /// Too many attempts from this network address.
    TooManyAttempts {
        /// Seconds until the next attempt.
        retry_after: u64,
    },
    /// The sign-in waited too long for its code, or saw too many wrong ones.
    SignInExpired,
    /// A six-digit code was refused.
    Code(CodeProblem),
    /// A recovery code was refused.
    RecoveryCode(RecoveryCodeProblem),
    /// A step of the set-up was refused.
    Enrolment(EnrolmentProblem),
    /// The one-time link is unknown, used or too old.
    InvitationInvalid,
    /// The user name can't be used.
    UserName(UserNameProblem),
    /// The new password breaks these rules.
    Password(Vec<PasswordRule>),
    /// These fields of the policy hold values out of bounds.
    Policy(Vec<PolicyField>),
    /// Someone else changed the policy meanwhile.
    PolicyConflict,
    /// These fields of the filter hold values that can't be used.
    AuditFilter(Vec<AuditField>),
    /// The policy demands a second factor: it can't be switched off.
    SecondFactorEnforced,
    /// An authenticator app can't be called so.
    MethodName(MethodNameProblem),
    /// What the request is about has gone meanwhile.
    NoLongerThere,
    /// There would be no active administrator left.
    LastAdministrator,
    /// The name shown beside a user name can't be used.
    DisplayName(DisplayNameProblem),
    /// A mail address can't be used.
    MailAddress(MailAddressProblem),
    /// A change needs a reason.
    Reason(ReasonProblem),
    /// These lines of a list of people can't be used; nobody was added.
    Import(Vec<LineProblem>),
    /// A temporary access code was not issued or approved.
    AccessCode(AccessCodeProblem),
    /// Mail was not sent.
    Mail(MailRefused),
    /// The person has as many authenticator apps as anybody may have.
    TooManyMethods,
    /// It was done too often just now.
    TooOften {
        /// Seconds until the next time.
        retry_after: u64,
    },
}

/// What a server function answers where a refusal is part of the conversation:
/// the inner result is the use-case's (HTTP 200), the outer one says that it was
/// not reached or broke (HTTP 4xx or 5xx). `flatten` it where the difference
/// does not matter.
pub type Answer<T> = Result<Result<T, ApiError>, ApiError>;

/// Why a six-digit code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeProblem {
    /// Not six digits.
    Malformed,
    /// Not the right code.
    Wrong {
        /// Attempts left in this sign-in, when they are counted.
        attempts_left: Option<u32>,
    },
    /// Right, but it was used already.
    Reused,
    /// Right for another time: the phone's clock is off by so many seconds (positive: ahead).
    Clock {
        /// Seconds the phone is ahead of the server.
        seconds: i64,
    },
    /// Too many wrong codes today.
    Exhausted {
        /// Seconds until the next attempt.
        retry_after: u64,
    },
    /// So many wrong codes in a row that only a recovery code or an administrator helps.
    Suspended,
    /// Right for this secret under settings other than the portal's: the app did not heed them.
    OtherSettings(AppSettings),
}

/// How an authenticator app makes its codes (RFC 6238 §1.2 and §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSettings {
    /// The hash.
    pub algorithm: AppAlgorithm,
    /// Digits of a code.
    pub digits: u32,
    /// Seconds for which a code is shown.
    pub period: u32,
}

/// The hashes that apps use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppAlgorithm {
    /// HMAC-SHA-1, which the portal uses.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// Why a recovery code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecoveryCodeProblem {
    /// Does not look like a recovery code.
    Malformed,
    /// Not in the current set.
    Wrong {
        /// Attempts left in this sign-in or, outside of one, today; where that is said.
        attempts_left: Option<u32>,
    },
    /// Used before.
    Used,
    /// A right temporary access code that a second administrator has not approved yet.
    AwaitsApproval,
    /// A right temporary access code whose hour is over.
    Expired,
}

/// Why a user name can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserNameProblem {
    /// Nothing but white space.
    Empty,
    /// More than 64 characters.
    TooLong,
    /// Control characters or line breaks.
    Control,
    /// Characters that are invisible or change the reading direction.
    Invisible,
    /// Someone has it already.
    Taken,
}

/// Why an authenticator app can't be called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MethodNameProblem {
    /// Another method of the person has it.
    Taken,
    /// Nothing but white space.
    Empty,
    /// More than 64 characters.
    TooLong,
    /// Characters that are invisible, control something or change the reading direction.
    Unprintable,
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// Whether this is a use-case's answer to what the person entered, rather
    /// than a request that should not have been made or could not be served.
    ///
    /// That a second factor is owed is an answer, too: the demand may come up
    /// while the person is in the middle of something.
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::SignedOut
                | Self::SecondFactorRequired
                | Self::AdministratorRequired
                | Self::Unavailable
                | Self::OutcomeUnknown
                | Self::Internal { .. }
                | Self::Offline
                | Self::Outdated
                | Self::Malformed
        )
    }

    /// The HTTP status of a response that carries this error.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::SecondFactorRequired | Self::EnrolmentRequired | Self::AdministratorRequired => 403,
            Self::Unavailable | Self::OutcomeUnknown | Self::Offline | Self::Outdated => 503,
            Self::Internal { .. } => 500,
            Self::Malformed => 400,
            _ => 422,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Offline,
            _ => Self::Malformed,
        }
    }
}
