//! Entries of the audit trail that say nothing new.
//!
//! Some events a person can cause as often as they like, hundreds of times a
//! second. The first [`SINGLY`] within a [`WINDOW`] are recorded one by one, the
//! others only counted; when the window is over, they are recorded as one entry
//! with their number. So nothing is refused and nothing is lost, and yet nobody
//! can fill the trail.
//!
//! ```text
//!  event ── first SINGLY of the window ──> entry
//!        └─ others ──> counted ── window over, at the next one or by housekeeping ──> one entry: "times"
//! ```

use super::audit::{AuditEvent, Outcome};
use crate::clock::UnixTime;

/// Seconds within which events of a kind are folded.
pub const WINDOW: i64 = 600;

/// How many of them are recorded one by one.
pub const SINGLY: i64 = 10;

/// Addresses that are told apart within a window, where events are folded by address.
pub const PLACES: usize = 20;

/// Under which address one more event is folded; empty where all count together. Refused sign-ins come from
/// somebody else: ten from one address must not hide where the others came from. `known` are the addresses
/// of the present window.
pub fn place<'a>(event: AuditEvent, address: Option<&'a str>, known: &[&str]) -> &'a str {
    match address {
        Some(address) if event == AuditEvent::SignInRefused && (known.contains(&address) || known.len() < PLACES) => {
            address
        }
        _ => "",
    }
}

/// Whether more of the same say nothing new. What changes what somebody may do, or how they prove who they are, is
/// never folded. Each kind that is has one outcome, so that the entry that sums them up has it, too.
pub const fn folds(event: AuditEvent, outcome: Outcome) -> bool {
    // Each is decided here: one that is added does not compile before.
    match event {
        // Wrong ones are few: only so many are looked at in a day.
        AuditEvent::RecoveryCodeChecked => matches!(outcome, Outcome::Success),
        AuditEvent::SignInRefused
        | AuditEvent::SecondFactorRequested
        | AuditEvent::StepUpRefused
        | AuditEvent::SecondFactorExhausted
        | AuditEvent::SecondFactorSuspended
        | AuditEvent::EnrolmentStarted
        | AuditEvent::EnrolmentQrRenewed
        | AuditEvent::EnrolmentExtended
        | AuditEvent::EnrolmentCodeWrong
        | AuditEvent::EnrolmentExpired
        | AuditEvent::EnrolmentPhoneLinkMade
        | AuditEvent::EnrolmentContinuedOnPhone
        | AuditEvent::EnrolmentConfirmed
        | AuditEvent::EnrolmentCancelled
        | AuditEvent::EnrolmentPostponed
        | AuditEvent::MethodRenamed => true,
        AuditEvent::FirstAdministratorCreated
        | AuditEvent::UserAdded
        | AuditEvent::InvitationIssued
        | AuditEvent::PasswordChosen
        | AuditEvent::PasswordChanged
        | AuditEvent::MailAddressChanged
        | AuditEvent::UserDeactivated
        | AuditEvent::UserReactivated
        | AuditEvent::AdministratorGranted
        | AuditEvent::AdministratorRevoked
        | AuditEvent::SignedIn
        | AuditEvent::SignInFailed
        | AuditEvent::AccountLocked
        | AuditEvent::AccountUnlocked
        | AuditEvent::SecondFactorAccepted
        | AuditEvent::SecondFactorFailed
        | AuditEvent::CodeReused
        | AuditEvent::ClockSkew
        | AuditEvent::ClockCorrected
        | AuditEvent::SecretTampered
        | AuditEvent::RecoveryCodeUsed
        | AuditEvent::RecoveryCodeFailed
        | AuditEvent::SignedOut
        | AuditEvent::SessionExpired
        | AuditEvent::SessionEnded
        | AuditEvent::SessionsEnded
        | AuditEvent::BrowserTrusted
        | AuditEvent::TrustedBrowserUsed
        | AuditEvent::TrustedBrowserRemoved
        | AuditEvent::SteppedUp
        | AuditEvent::StepUpFailed
        | AuditEvent::EnrolmentFinished
        | AuditEvent::MethodReplaced
        | AuditEvent::MethodDisabled
        | AuditEvent::SecondFactorDisabled
        | AuditEvent::SecondFactorReset
        | AuditEvent::RecoveryCodesReplaced
        | AuditEvent::AccessCodeIssued
        | AuditEvent::AccessCodeApproved
        | AuditEvent::AccessCodeWithdrawn
        | AuditEvent::AccessCodeUsed
        | AuditEvent::PolicyChanged
        | AuditEvent::ReminderSent
        | AuditEvent::MailDiscarded
        | AuditEvent::AuditExported
        | AuditEvent::AuditPruned
        | AuditEvent::EncryptionKeyRotated => false,
    }
}

/// What there was of one kind of event of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// When the first one of the window came.
    pub began_at: UnixTime,
    /// Recorded one by one since then.
    pub entries: i64,
    /// Only counted since then.
    pub folded: i64,
}

impl Fold {
    /// Whether the window is over.
    pub fn is_over(self, now: UnixTime) -> bool {
        let age = now.seconds_since(self.began_at);
        // A clock that was set back must not keep a window open.
        !(0..WINDOW).contains(&age)
    }
}

/// What becomes of one more event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// What there is now.
    pub fold: Fold,
    /// It is recorded by itself.
    pub recorded: bool,
    /// Those that were counted before are recorded first, as one.
    pub closes: bool,
}

/// One more event of a kind.
pub fn fold(before: Option<Fold>, now: UnixTime) -> Folded {
    match before.filter(|before| !before.is_over(now)) {
        None => Folded {
            fold: Fold { began_at: now, entries: 1, folded: 0 },
            recorded: true,
            closes: before.is_some_and(|before| before.folded > 0),
        },
        Some(before) if before.entries < SINGLY => {
            Folded { fold: Fold { entries: before.entries + 1, ..before }, recorded: true, closes: false }
        }
        Some(before) => Folded { fold: Fold { folded: before.folded + 1, ..before }, recorded: false, closes: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever comes whenever: nothing is lost, and so many entries at most are left.
        #[test]
        fn every_event_is_recorded_or_counted_and_entries_are_few(
            steps in prop::collection::vec(0..120_i64, 1..400),
        ) {
            let (mut now, mut state) = (UnixTime(0), None::<Fold>);
            let (mut singly, mut summed, mut times) = (0, 0, Vec::new());
            for step in &steps {
                now = now.plus(*step);
                let before = state;
                let Folded { fold: after, recorded, closes } = fold(before, now);
                if closes {
                    summed += before.map_or(0, |before| before.folded);
                    times.push(now.0);
                }
                if recorded {
                    singly += 1;
                    times.push(now.0);
                }
                state = Some(after);
            }
            let waiting = state.map_or(0, |state| state.folded);
            prop_assert_eq!(usize::try_from(singly + summed + waiting).unwrap(), steps.len());
            for end in &times {
                let within = times.iter().filter(|at| (0..WINDOW).contains(&(end - **at))).count();
                prop_assert!(within <= 2 * usize::try_from(SINGLY).unwrap() + 2, "{within}");
            }
        }
    }

    #[test]
    fn refused_sign_ins_are_told_apart_by_so_many_addresses() {
        let known: Vec<String> = (0..PLACES).map(|n| format!("192.0.2.{n}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let place = |known| place(AuditEvent::SignInRefused, Some("192.0.2.7"), known);
        assert_eq!([place(&[]), place(&known[..7]), place(&known)], ["192.0.2.7"; 3]);
        assert_eq!(super::place(AuditEvent::SignInRefused, Some("192.0.2.99"), &known), "");
        assert_eq!(super::place(AuditEvent::SignInRefused, None, &[]), "");
        assert_eq!(super::place(AuditEvent::MethodRenamed, Some("192.0.2.7"), &[]), "");
    }

    #[test]
    fn a_clock_that_was_set_back_begins_a_window() {
        let full = Fold { began_at: UnixTime(10_000), entries: SINGLY, folded: 3 };
        let folded = fold(Some(full), UnixTime(9_000));
        assert!(folded.recorded && folded.closes);
    }
}
