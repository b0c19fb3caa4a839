//! What one person can have recorded by doing it over and over.
//!
//! Of events that say nothing new when they come again, from the same address
//! and about the same person, the first [`SINGLY`] within a [`WINDOW`] are
//! recorded one by one, the others only counted; when the window is over, they
//! are recorded as one entry with their number. So nothing is refused and nothing
//! is lost, and yet nobody can fill the trail.
//!
//! What changes how somebody proves who they are, or what they may do, is
//! recorded each time, or the trail would not tell for a while how things stand.
//! There may be so many of them within an hour, and then whoever does it has to
//! wait. Only one direction of what can be done and undone is held back so:
//! nobody is kept from shutting somebody out, or from switching something off.
//!
//! ```text
//!  event ── first SINGLY of the window ──> entry
//!        └─ others ──> counted ── window over, at the next one or by housekeeping ──> one entry: "times"
//! ```

use crate::{
    clock::UnixTime,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::lockout::Allowance,
    },
};

/// Seconds within which events of a kind are folded.
pub const WINDOW: i64 = 600;

/// How many of them are recorded one by one.
pub const SINGLY: i64 = 10;

/// Addresses that are told apart within a window.
pub const PLACES: usize = 20;

/// What becomes of an event that comes again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// Recorded each time: each is news, or something else bounds how many there can be.
    Each,
    /// Recorded one by one at first, then with their number.
    Folded,
    /// Recorded each time, but so many times within an hour, for each who does it and whom it concerns.
    Limited(Allowance),
}

/// So many times within an hour.
const fn an_hour(most: i64) -> Repetition {
    Repetition::Limited(Allowance::within(most, 60 * 60))
}

/// Under which address one more event is folded: ten from one must not hide where the others came from. Empty for all
/// that come from more addresses than are told apart. `known` are those of the present window.
pub fn place<'a>(address: Option<&'a str>, known: &[&str]) -> &'a str {
    match address {
        Some(address) if known.contains(&address) || known.len() < PLACES => address,
        _ => "",
    }
}

/// How often an event is recorded. Each kind that is folded has one outcome, so that the entry that sums them up has
/// it, too.
pub const fn repetition(event: AuditEvent, outcome: Outcome) -> Repetition {
    // Each is decided here: one that is added does not compile before.
    match event {
        AuditEvent::RecoveryCodeChecked => match outcome {
            Outcome::Success => Repetition::Folded,
            // Only so many are looked at in a day.
            Outcome::Failure => Repetition::Each,
        },
        AuditEvent::SignedIn
        | AuditEvent::SignedOut
        | AuditEvent::SignInRefused
        | AuditEvent::SecondFactorRequested
        | AuditEvent::SecondFactorAccepted
        | AuditEvent::SessionExpired
        | AuditEvent::SessionEnded
        | AuditEvent::SessionsEnded
        | AuditEvent::BrowserTrusted
        | AuditEvent::TrustedBrowserUsed
        | AuditEvent::TrustedBrowserRemoved
        | AuditEvent::SteppedUp
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
        | AuditEvent::MethodRenamed
        | AuditEvent::InvitationIssued
        | AuditEvent::AuditExported => Repetition::Folded,
        AuditEvent::PasswordChosen
        | AuditEvent::PasswordChanged
        | AuditEvent::RecoveryCodesReplaced
        | AuditEvent::EnrolmentFinished
        | AuditEvent::UserReactivated
        | AuditEvent::AdministratorGranted
        | AuditEvent::AccountUnlocked
        | AuditEvent::AccessCodeIssued => an_hour(10),
        // Whoever tries values saves more often.
        AuditEvent::PolicyChanged => an_hour(60),
        // Nobody is the same person twice.
        AuditEvent::FirstAdministratorCreated | AuditEvent::UserAdded => Repetition::Each,
        // No more than were let in, set up, issued or written before.
        AuditEvent::UserDeactivated
        | AuditEvent::AdministratorRevoked
        | AuditEvent::MethodReplaced
        | AuditEvent::MethodDisabled
        | AuditEvent::SecondFactorDisabled
        | AuditEvent::SecondFactorReset
        | AuditEvent::RecoveryCodeUsed
        | AuditEvent::AccessCodeApproved
        | AuditEvent::AccessCodeWithdrawn
        | AuditEvent::AccessCodeUsed
        | AuditEvent::MailDiscarded => Repetition::Each,
        // Counters of their own: of guesses, of changes of an address, of letters.
        AuditEvent::SignInFailed
        | AuditEvent::AccountLocked
        | AuditEvent::SecondFactorFailed
        | AuditEvent::CodeReused
        | AuditEvent::ClockSkew
        | AuditEvent::RecoveryCodeFailed
        | AuditEvent::StepUpFailed
        | AuditEvent::MailAddressChanged
        | AuditEvent::ReminderSent => Repetition::Each,
        // Not people's doing.
        AuditEvent::ClockCorrected
        | AuditEvent::SecretTampered
        | AuditEvent::AuditPruned
        | AuditEvent::EncryptionKeyRotated => Repetition::Each,
    }
}

/// What there was of one kind of event of one person, about one and from one place.
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
    fn so_many_addresses_are_told_apart() {
        let known: Vec<String> = (0..PLACES).map(|n| format!("192.0.2.{n}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let place = |known| place(Some("192.0.2.7"), known);
        assert_eq!([place(&[]), place(&known[..7]), place(&known)], ["192.0.2.7"; 3]);
        assert_eq!(super::place(Some("192.0.2.99"), &known), "");
        assert_eq!(super::place(None, &[]), "");
    }

    #[test]
    fn nobody_is_kept_from_shutting_out_or_switching_off() {
        for event in [
            AuditEvent::UserDeactivated,
            AuditEvent::AdministratorRevoked,
            AuditEvent::AccessCodeWithdrawn,
            AuditEvent::SecondFactorDisabled,
            AuditEvent::SecondFactorReset,
            AuditEvent::MethodDisabled,
        ] {
            assert_eq!(repetition(event, Outcome::Success), Repetition::Each, "{event:?}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_begins_a_window() {
        let full = Fold { began_at: UnixTime(10_000), entries: SINGLY, folded: 3 };
        let folded = fold(Some(full), UnixTime(9_000));
        assert!(folded.recorded && folded.closes);
    }
}
