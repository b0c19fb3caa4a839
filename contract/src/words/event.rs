//! Security events in words.

use crate::audit::{AuditEvent, Outcome};
use std::borrow::Cow;

/// What an event is called where people read it.
pub const fn name(event: AuditEvent) -> &'static str {
    match event {
        AuditEvent::FirstAdministratorCreated => "First administrator created",
        AuditEvent::UserAdded => "User added",
        AuditEvent::InvitationIssued => "One-time link to choose a password made",
        AuditEvent::PasswordChosen => "Password chosen with a one-time link",
        AuditEvent::PasswordChanged => "Password changed",
        AuditEvent::MailAddressChanged => "Mail address changed",
        AuditEvent::UserDeactivated => "Account deactivated",
        AuditEvent::UserReactivated => "Account activated again",
        AuditEvent::AdministratorGranted => "Made an administrator",
        AuditEvent::AdministratorRevoked => "No longer an administrator",
        AuditEvent::SignedIn => "Signed in",
        AuditEvent::SignInFailed => "Wrong password at sign-in",
        AuditEvent::SignInRefused => "Sign-in refused: too many failed attempts",
        AuditEvent::AccountLocked => "Account locked after too many failed attempts",
        AuditEvent::AccountUnlocked => "Account unlocked",
        AuditEvent::SecondFactorRequested => "Password accepted, code asked for",
        AuditEvent::SecondFactorAccepted => "Code accepted",
        AuditEvent::SecondFactorFailed => "Wrong code",
        AuditEvent::CodeReused => "Code refused: used already",
        AuditEvent::ClockSkew => "Code refused: it was for another time",
        AuditEvent::ClockCorrected => "Code accepted after the portal's clock had been ahead",
        AuditEvent::SecretTampered => "A stored secret was changed from outside",
        AuditEvent::SecondFactorExhausted => "Code refused: too many wrong codes today",
        AuditEvent::SecondFactorSuspended => "Authentication app suspended after too many wrong codes",
        AuditEvent::RecoveryCodeUsed => "Recovery code used",
        AuditEvent::RecoveryCodeFailed => "Wrong recovery code",
        AuditEvent::SignedOut => "Signed out",
        AuditEvent::SessionExpired => "Session ended by itself",
        AuditEvent::SessionEnded => "Session ended from elsewhere",
        AuditEvent::SessionsEnded => "All sessions ended by an administrator",
        AuditEvent::BrowserTrusted => "Browser trusted: no code for some days",
        AuditEvent::TrustedBrowserUsed => "Trusted browser spared the code",
        AuditEvent::TrustedBrowserRemoved => "Browser no longer trusted",
        AuditEvent::SteppedUp => "Identity confirmed for a change",
        AuditEvent::StepUpFailed => "Identity not confirmed for a change",
        AuditEvent::StepUpRefused => "Confirmation refused: too many failed attempts",
        AuditEvent::EnrolmentStarted => "Set-up of an authentication app begun",
        AuditEvent::EnrolmentQrRenewed => "New QR code generated",
        AuditEvent::EnrolmentExtended => "More time for the QR code",
        AuditEvent::EnrolmentCodeWrong => "Wrong code during set-up",
        AuditEvent::EnrolmentExpired => "QR code expired",
        AuditEvent::EnrolmentPhoneLinkMade => "Link to continue a set-up on a phone made",
        AuditEvent::EnrolmentContinuedOnPhone => "Set-up continued on a phone",
        AuditEvent::EnrolmentConfirmed => "Authentication app confirmed during set-up",
        AuditEvent::EnrolmentFinished => "Authentication app added",
        AuditEvent::EnrolmentCancelled => "Set-up of an authentication app given up",
        AuditEvent::EnrolmentPostponed => "Set-up of an authentication app put off",
        AuditEvent::MethodRenamed => "Authentication app renamed",
        AuditEvent::MethodReplaced => "Authentication app replaced",
        AuditEvent::MethodDisabled => "Authentication app removed",
        AuditEvent::SecondFactorDisabled => "Two-factor authentication switched off",
        AuditEvent::SecondFactorReset => "Two-factor authentication switched off by an administrator",
        AuditEvent::RecoveryCodeChecked => "Recovery code checked",
        AuditEvent::RecoveryCodesReplaced => "New recovery codes generated",
        AuditEvent::AccessCodeIssued => "Temporary access code issued",
        AuditEvent::AccessCodeApproved => "Temporary access code approved",
        AuditEvent::AccessCodeWithdrawn => "Temporary access code withdrawn",
        AuditEvent::AccessCodeUsed => "Temporary access code used",
        AuditEvent::PolicyChanged => "Account policy changed",
        AuditEvent::ReminderSent => "Reminder to set up two-factor authentication sent",
        AuditEvent::MailDiscarded => "Mail thrown away before it was sent",
        AuditEvent::AuditExported => "Audit trail exported",
        AuditEvent::AuditPruned => "Old audit entries removed",
        AuditEvent::EncryptionKeyRotated => "Encryption key replaced",
    }
}

/// The same where the outcome stands nowhere else: it is said in words unless they say it already.
pub fn name_with_outcome(event: AuditEvent, outcome: Outcome) -> Cow<'static, str> {
    let more = match (event, outcome) {
        (AuditEvent::RecoveryCodeChecked, Outcome::Success) => "right",
        (AuditEvent::RecoveryCodeChecked, Outcome::Failure) => "wrong",
        (event, outcome) if is_failure(event) == (outcome == Outcome::Failure) => return name(event).into(),
        (_, Outcome::Success) => "succeeded",
        (_, Outcome::Failure) => "failed",
    };
    format!("{}: {more}", name(event)).into()
}

/// Whether the words of an event tell of a failure.
const fn is_failure(event: AuditEvent) -> bool {
    matches!(
        event,
        AuditEvent::SignInFailed
            | AuditEvent::SignInRefused
            | AuditEvent::SecondFactorFailed
            | AuditEvent::CodeReused
            | AuditEvent::ClockSkew
            | AuditEvent::SecretTampered
            | AuditEvent::SecondFactorExhausted
            | AuditEvent::SecondFactorSuspended
            | AuditEvent::RecoveryCodeFailed
            | AuditEvent::StepUpFailed
            | AuditEvent::StepUpRefused
            | AuditEvent::EnrolmentCodeWrong
            | AuditEvent::EnrolmentExpired
    )
}

/// Whether a person should look twice at an event.
pub const fn is_worrying(event: AuditEvent, outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failure)
        || matches!(
            event,
            AuditEvent::SignInFailed
                | AuditEvent::SignInRefused
                | AuditEvent::AccountLocked
                | AuditEvent::SecondFactorFailed
                | AuditEvent::CodeReused
                | AuditEvent::ClockSkew
                | AuditEvent::ClockCorrected
                | AuditEvent::SecretTampered
                | AuditEvent::SecondFactorExhausted
                | AuditEvent::SecondFactorSuspended
                | AuditEvent::RecoveryCodeFailed
                | AuditEvent::StepUpFailed
                | AuditEvent::StepUpRefused
                | AuditEvent::SecondFactorDisabled
                | AuditEvent::SecondFactorReset
                | AuditEvent::AccessCodeIssued
                | AuditEvent::AccessCodeUsed
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_event_has_words_of_its_own() {
        let all: HashSet<&str> = AuditEvent::ALL.iter().map(|event| name(*event)).collect();
        assert_eq!(all.len(), AuditEvent::ALL.len());
        for words in all {
            assert!(words.starts_with(|first: char| first.is_ascii_uppercase()), "{words}");
            assert!(!words.contains('_') && !words.ends_with('.'), "{words}");
        }
    }

    #[test]
    fn an_event_reads_differently_when_it_ended_differently() {
        for event in AuditEvent::ALL {
            let told = [Outcome::Success, Outcome::Failure].map(|outcome| name_with_outcome(*event, outcome));
            assert_ne!(told[0], told[1]);
        }
        let told = name_with_outcome;
        assert_eq!(told(AuditEvent::RecoveryCodeChecked, Outcome::Failure), "Recovery code checked: wrong");
        assert_eq!(told(AuditEvent::SignInFailed, Outcome::Failure), "Wrong password at sign-in");
        assert_eq!(told(AuditEvent::SignedIn, Outcome::Success), "Signed in");
    }

    #[test]
    fn failures_and_attacks_are_worrying_and_everyday_life_is_not() {
        assert!(is_worrying(AuditEvent::SignedIn, Outcome::Failure));
        assert!(is_worrying(AuditEvent::AccountLocked, Outcome::Success));
        assert!(!is_worrying(AuditEvent::SignedIn, Outcome::Success));
        assert!(!is_worrying(AuditEvent::SessionExpired, Outcome::Success));
    }
}
