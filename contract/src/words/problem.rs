//! What went wrong, in a sentence that says what helps.

use crate::{
    enrolment::EnrolmentProblem,
    error::{
        ApiError, AppAlgorithm, AppSettings, CodeProblem, MethodNameProblem, RecoveryCodeProblem, UserNameProblem,
    },
    list_file::FileProblem,
    mail::MailRefused,
    mail_address::MailAddressProblem,
    number::grouped,
    password::{MAXIMUM_LENGTH, PasswordRule},
    people::{AccessCodeProblem, DisplayNameProblem, ImportProblem, MOST_ADDED, ReasonProblem},
    policy::PolicyProblem,
    profile::MOST_METHODS,
};
use std::fmt;

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

impl fmt::Display for MailAddressProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "This is no mail address. One looks like alice@example.org.",
            Self::TooLong => "A mail address has at most 254 characters.",
            Self::NotAscii => {
                "The mail server sends to no address with letters beyond a to z before the @. After it they are fine."
            }
            Self::NotSentTo => {
                "The portal can't send to an address with quotation marks, or with brackets after the @."
            }
            Self::Unprintable => "A mail address can't contain line breaks or invisible characters.",
        })
    }
}

impl fmt::Display for EnrolmentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QrExpired => "This QR code has expired. Generate a new one and scan it; the entry your app made from the old one can be deleted.",
            Self::QrReplaced => "This code belongs to a QR code that has been replaced. Delete that entry in your app and scan the QR code shown now.",
            Self::Gone => "This set-up has ended, and nothing was changed by it. Start again.",
            Self::PhoneLinkInvalid => "This link has been used, or the set-up that it belongs to has ended. Choose “Continue on my phone” again at your computer.",
            Self::FinishedTooLate => "The set-up was not finished in time, and nothing was changed by it: its recovery codes are worthless. Start again.",
        })
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "This file could not be read.",
            Self::Encoding => "This file is not UTF-8. Save it as “CSV UTF-8”.",
            Self::TooLarge => "This is larger than 1 MiB. Split the list.",
        })
    }
}

impl fmt::Display for DisplayNameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "A display name has at most 128 characters.",
            Self::Unprintable => "A display name can't contain line breaks or invisible characters.",
        })
    }
}

impl fmt::Display for ReasonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Say why. It stands in the audit trail.",
            Self::TooLong => "A reason has at most 500 characters.",
        })
    }
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("There is nobody in this list."),
            Self::TooMany => write!(f, "At most {} people can be added at once. Split the list.", grouped(MOST_ADDED)),
            Self::NoNameColumn => f.write_str("The first line must name the columns, one of them “name”."),
            Self::UnknownColumn => f.write_str(
                "The columns are “name”, “display name”, “administrator” and “mail address”, each at most once.",
            ),
            Self::Columns => f.write_str("This line has more values than the first line has columns."),
            Self::Unreadable => f.write_str("This line can't be read. Is a quotation mark not closed?"),
            Self::Name(problem) => problem.fmt(f),
            Self::Repeated { line } => write!(f, "The same user name stands in line {line}."),
            Self::DisplayName(problem) => problem.fmt(f),
            Self::Administrator => f.write_str("“administrator” is yes, no or empty."),
            Self::MailAddress(problem) => problem.fmt(f),
        }
    }
}

impl fmt::Display for AccessCodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSecondFactor => {
                "This person has no second factor, so their password is all they need. If that is lost, make them a new link."
            }
            Self::Deactivated => "This person is deactivated. Reactivate them first.",
            Self::Yourself => "Another administrator must issue a code for you.",
            Self::SecondPerson => {
                "A second administrator must approve this code: neither the one who issued it nor the one whom it is for."
            }
            Self::Gone => "This code is used, replaced, expired or approved already. The list is up to date now.",
        })
    }
}

impl fmt::Display for PasswordRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinimumLength(least) => write!(f, "At least {least} characters"),
            Self::Number => f.write_str("At least one number"),
            Self::Special => f.write_str("At least one special character"),
            Self::Capital => f.write_str("At least one capital letter"),
            Self::MaximumLength => write!(f, "At most {MAXIMUM_LENGTH} characters"),
            Self::NotUserName => f.write_str("Does not contain the user name"),
            Self::NotCommon => f.write_str("Is not a common password or close to one"),
            Self::NotRecent => f.write_str("Is none of your last ten passwords"),
        }
    }
}

/// Says which values the field takes.
impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds(field) => {
                let (least, greatest) = field.bounds();
                write!(f, "Enter a whole number from {} to {}.", grouped(least), grouped(greatest))
            }
            Self::ShorterThanIdle { hours } => write!(
                f,
                "This is shorter than the time without activity. Enter {hours} or more, or have sessions end sooner without activity."
            ),
        }
    }
}

impl fmt::Display for MailRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConfigured => "This portal has no mail server. Start it with --smtp-url.",
            Self::NoAddress => "There is no mail address to send to.",
            Self::NotMissing => {
                "There is nothing to remind of any more: the second factor is set up, or the account was deactivated."
            }
        })
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
