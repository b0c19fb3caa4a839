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
    profile::MOST_METHODS,
};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use std::fmt;

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

/// A span of time in words, rounded up: "40 seconds", "3 minutes", "2 hours".
pub fn duration_in_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=59 => (seconds.max(1), "second"),
        60..=5_399 => (seconds.div_ceil(60), "minute"),
        5_400..=172_799 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut => f.write_str("Your session has ended. Sign in again."),
            Self::SecondFactorRequired => f.write_str("Enter the code from your authentication app first."),
            Self::EnrolmentRequired => f.write_str("Set up two-factor authentication first."),
            Self::AdministratorRequired => f.write_str("Only administrators can do this."),
            Self::StepUpRequired { .. } => f.write_str("Confirm that it is you first."),
            Self::Unavailable => f.write_str("The portal can't do this right now. Nothing was changed; try again in a moment."),
            Self::OutcomeUnknown => f.write_str("The portal lost touch with its database at the last moment. What you asked for may have been done: reload and look before you try again."),
            Self::Internal { incident } => write!(f, "Something went wrong on the server. Your administrator can find it as incident {incident}."),
            Self::Offline => f.write_str("The portal can't be reached. Check your connection and try again; nothing is lost."),
            Self::Outdated => f.write_str("The portal was updated while this page was open, so this can only be opened after reloading. Until then, what you entered stays here."),
            Self::Malformed => f.write_str("The portal did not understand this request. Reload the page and try again."),
            Self::Credentials => f.write_str("The user name or the password is wrong."),
            Self::WrongPassword => f.write_str("This is not your password."),
            Self::Locked { retry_after: Some(seconds) } => {
                write!(f, "Too many failed attempts. Try again in {}.", duration_in_words(*seconds))
            }
            Self::Locked { retry_after: None } => f.write_str("Too many failed attempts. An administrator must unlock this account."),
            Self::TooManyAttempts { retry_after } => {
                write!(f, "Too many failed attempts from your network. Try again in {}.", duration_in_words(*retry_after))
            }
            Self::SignInExpired => f.write_str("This sign-in has ended. Enter your user name and password again."),
            Self::Code(problem) => problem.fmt(f),
            Self::RecoveryCode(problem) => problem.fmt(f),
            Self::Enrolment(problem) => problem.fmt(f),
            Self::InvitationInvalid => f.write_str("This link has been used, has expired or was never valid. Ask an administrator for a new one."),
            Self::UserName(problem) => problem.fmt(f),
            Self::Password(broken) if broken.contains(&PasswordRule::NotRecent) => f.write_str("You have used this password before. Choose one that is none of your last ten."),
            Self::Password(broken) if broken.contains(&PasswordRule::NotCommon) => f.write_str("This password, or one close to it, is among the first that an attacker tries. Choose another one."),
            Self::Password(_) => f.write_str("The password does not keep all the rules below."),
            Self::Policy(_) => f.write_str("Some values are out of bounds. They are marked in the form."),
            Self::PolicyConflict => f.write_str("Someone else changed the policy meanwhile. Nothing of yours was saved; look at it as it is now and try again."),
            Self::AuditFilter(_) => f.write_str("Some values of the filter can't be used. They are marked in the form."),
            Self::SecondFactorEnforced => f.write_str("The account policy demands two-factor authentication, so it can't be switched off."),
            Self::MethodName(problem) => problem.fmt(f),
            Self::LastAdministrator => f.write_str("This is the last administrator who can sign in. Make someone else one first; who has not chosen a password yet does not count."),
            Self::DisplayName(problem) => problem.fmt(f),
            Self::MailAddress(problem) => problem.fmt(f),
            Self::Reason(problem) => problem.fmt(f),
            Self::Import(_) => f.write_str("Some lines of the list can't be used. Nobody was added; correct them and try again."),
            Self::AccessCode(problem) => problem.fmt(f),
            Self::Mail(refused) => refused.fmt(f),
            Self::TooManyMethods => write!(f, "You have {MOST_METHODS} authentication apps, and nobody may have more. Remove one first."),
            Self::TooOften { retry_after } => {
                write!(f, "This was done too often just now. Try again in {}.", duration_in_words(*retry_after))
            }
            Self::NoLongerThere => f.write_str("This is no longer there; it may have ended in another window. The list is up to date now."),
        }
    }
}

impl fmt::Display for CodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("Enter the six digits that your authentication app shows."),
            Self::Wrong { attempts_left: Some(left) } => {
                write!(f, "This code is wrong. {left} {} left.", if *left == 1 { "attempt" } else { "attempts" })
            }
            Self::Wrong { attempts_left: None } => f.write_str("This code is wrong. Enter the code your app shows now."),
            Self::Reused => f.write_str("This code has been used already. Wait for the next one."),
            Self::Clock { seconds } => {
                let direction = if *seconds > 0 { "ahead" } else { "behind" };
                let minutes = seconds.unsigned_abs().div_ceil(60).max(1);
                write!(
                    f,
                    "This code is for another time: your phone's clock seems to be about {minutes} {} {direction}. Set it to automatic time and try again.",
                    if minutes == 1 { "minute" } else { "minutes" }
                )
            }
            Self::Exhausted { retry_after } => {
                write!(f, "Too many wrong codes. Try again in {}, or use a recovery code.", duration_in_words(*retry_after))
            }
            Self::Suspended => f.write_str("Too many wrong codes. Your authentication app is suspended; use a recovery code or ask an administrator."),
            Self::OtherSettings(settings) => settings.fmt(f),
        }
    }
}

/// Names every setting that is not the portal's, and what to do.
impl fmt::Display for AppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = match self.algorithm {
            AppAlgorithm::Sha1 => None,
            AppAlgorithm::Sha256 => Some("SHA-256 instead of SHA-1"),
            AppAlgorithm::Sha512 => Some("SHA-512 instead of SHA-1"),
        };
        let digits = (self.digits != 6).then(|| format!("{} digits instead of 6", self.digits));
        let period = (self.period != 30).then(|| format!("a new code every {} seconds instead of 30", self.period));
        let differences: Vec<String> = [algorithm.map(str::to_owned), digits, period].into_iter().flatten().collect();
        write!(
            f,
            "Your app has the right key but makes other codes: {}. Delete the entry and add it again with SHA-1, 6 digits and 30 seconds, or use another app.",
            differences.join(", ")
        )
    }
}

impl fmt::Display for MethodNameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "Another of your methods has this name.",
            Self::Empty => "Enter a name.",
            Self::TooLong => "A name has at most 64 characters.",
            Self::Unprintable => "A name can't contain line breaks or invisible characters.",
        })
    }
}

impl fmt::Display for RecoveryCodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("A recovery code has 16 letters and digits, like ABCD-EFGH-JKMN-PQRS."),
            Self::Wrong { attempts_left: Some(left) } => {
                write!(
                    f,
                    "This is none of your current recovery codes. {left} {} left.",
                    if *left == 1 { "attempt" } else { "attempts" }
                )
            }
            Self::Wrong { attempts_left: None } => f.write_str("This is none of your current recovery codes."),
            Self::Used => f.write_str("This recovery code has been used already. Each works once."),
            Self::AwaitsApproval => f.write_str("This temporary access code is right, but a second administrator must approve it first. Try again when they have."),
            Self::Expired => f.write_str("This temporary access code has expired. Ask an administrator for a new one."),
        }
    }
}

impl fmt::Display for UserNameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Enter a user name.",
            Self::TooLong => "A user name has at most 64 characters.",
            Self::Control => "A user name can't contain line breaks or control characters.",
            Self::Invisible => {
                "A user name can't contain characters that are invisible or change the reading direction."
            }
            Self::Taken => "This user name is taken.",
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_up_and_agree_in_number() {
        let cases = [
            (0, "1 second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (5_399, "90 minutes"),
            (5_400, "2 hours"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
        ];
        for (seconds, words) in cases {
            assert_eq!(duration_in_words(seconds), words, "{seconds}");
        }
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_size_and_direction() {
        let message = CodeProblem::Clock { seconds: -290 }.to_string();
        assert!(message.contains("about 5 minutes behind"), "{message}");
        assert!(CodeProblem::Clock { seconds: 60 }.to_string().contains("about 1 minute ahead"));
    }
}
