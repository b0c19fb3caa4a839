//! What the audit trail records, by name.
//!
//! Here rather than on the server because the browser puts it into words.

use serde::{Deserialize, Serialize};

/// Declares the events with the names they are stored and exported under.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What happened. The names are stored and exported: they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum AuditEvent {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl AuditEvent {
            /// Every event, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The reverse of [`AuditEvent::as_str`].
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

events! {
    // Accounts
    FirstAdministratorCreated = "first_administrator_created",
    UserAdded = "user_added",
    InvitationIssued = "invitation_issued",
    /// By an invitation, for the first time or after a reset.
    PasswordChosen = "password_chosen",
    PasswordChanged = "password_changed",
    /// Set, changed or removed, which the detail says; the address itself is not recorded.
    MailAddressChanged = "mail_address_changed",
    UserDeactivated = "user_deactivated",
    UserReactivated = "user_reactivated",
    AdministratorGranted = "administrator_granted",
    AdministratorRevoked = "administrator_revoked",
    // Signing in
    SignedIn = "signed_in",
    /// Wrong name or password; the two are not told apart.
    SignInFailed = "sign_in_failed",
    /// Refused unseen because of a lock or a limit.
    SignInRefused = "sign_in_refused",
    AccountLocked = "account_locked",
    AccountUnlocked = "account_unlocked",
    SecondFactorRequested = "second_factor_requested",
    SecondFactorAccepted = "second_factor_accepted",
    SecondFactorFailed = "second_factor_failed",
    /// A right code for a step that was used already.
    CodeReused = "code_reused",
    /// A code that was right at another time.
    ClockSkew = "clock_skew",
    /// A right code counted although a later one had been accepted, by a clock that was wrong then.
    ClockCorrected = "clock_corrected",
    /// A stored secret does not open: someone else than the portal changed it.
    SecretTampered = "secret_tampered",
    /// Refused unseen: too many wrong codes today.
    SecondFactorExhausted = "second_factor_exhausted",
    /// Too many wrong codes in a row: methods disabled until recovery.
    SecondFactorSuspended = "second_factor_suspended",
    RecoveryCodeUsed = "recovery_code_used",
    RecoveryCodeFailed = "recovery_code_failed",
    SignedOut = "signed_out",
    SessionExpired = "session_expired",
    SessionEnded = "session_ended",
    /// All of a person's, by an administrator.
    SessionsEnded = "sessions_ended",
    BrowserTrusted = "browser_trusted",
    TrustedBrowserUsed = "trusted_browser_used",
    TrustedBrowserRemoved = "trusted_browser_removed",
    SteppedUp = "stepped_up",
    StepUpFailed = "step_up_failed",
    /// Refused unseen because of a lock.
    StepUpRefused = "step_up_refused",
    // Second factors
    EnrolmentStarted = "enrolment_started",
    EnrolmentQrRenewed = "enrolment_qr_renewed",
    /// The same QR code counts for longer.
    EnrolmentExtended = "enrolment_extended",
    EnrolmentCodeWrong = "enrolment_code_wrong",
    EnrolmentExpired = "enrolment_expired",
    /// A link with which a phone may take the set-up over.
    EnrolmentPhoneLinkMade = "enrolment_phone_link_made",
    /// A phone took the set-up over from the browser that shows it.
    EnrolmentContinuedOnPhone = "enrolment_continued_on_phone",
    EnrolmentConfirmed = "enrolment_confirmed",
    EnrolmentFinished = "enrolment_finished",
    EnrolmentCancelled = "enrolment_cancelled",
    /// Someone who will owe a second factor goes on without for now.
    EnrolmentPostponed = "enrolment_postponed",
    MethodRenamed = "method_renamed",
    /// A finished set-up took the place of an older method.
    MethodReplaced = "method_replaced",
    /// One method removed by its owner.
    MethodDisabled = "method_disabled",
    /// All methods switched off by their owner.
    SecondFactorDisabled = "second_factor_disabled",
    /// All methods switched off by an administrator.
    SecondFactorReset = "second_factor_reset",
    /// Looked up in the current set, without being spent.
    RecoveryCodeChecked = "recovery_code_checked",
    RecoveryCodesReplaced = "recovery_codes_replaced",
    /// An administrator made a code that stands in for the second factor once.
    AccessCodeIssued = "access_code_issued",
    /// A second administrator let it count.
    AccessCodeApproved = "access_code_approved",
    /// An administrator made it worthless before it was used.
    AccessCodeWithdrawn = "access_code_withdrawn",
    AccessCodeUsed = "access_code_used",
    // The portal
    PolicyChanged = "policy_changed",
    /// By mail: one person, who is the subject, or several, whose number is in the detail.
    ReminderSent = "reminder_sent",
    /// Mail that was not sent yet was thrown away.
    MailDiscarded = "mail_discarded",
    AuditExported = "audit_exported",
    /// Entries older than the account policy keeps were removed.
    AuditPruned = "audit_pruned",
    EncryptionKeyRotated = "encryption_key_rotated",
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    Success,
    Failure,
}

impl Outcome {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// The reverse of [`Outcome::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|outcome| outcome.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_stable_and_read_back() {
        let names: HashSet<&str> = AuditEvent::ALL.iter().map(|e| e.as_str()).collect();
        assert_eq!(names.len(), AuditEvent::ALL.len());
        for event in AuditEvent::ALL {
            let name = event.as_str();
            assert_eq!(AuditEvent::parse(name), Some(*event));
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
        assert_eq!(AuditEvent::parse("SignedIn"), None);
        for outcome in [Outcome::Success, Outcome::Failure] {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
    }
}
