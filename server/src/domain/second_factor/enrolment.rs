//! Enrolment: the way from "Add method" to a second factor that counts.
//!
//! ```text
//!  begin            confirm(right code)              finish
//! -------> Pending ---------------------> Confirmed --------> Finished
//!          |  ^  |                            |
//!          |  |  | wrong code: stays          | no "Finish" within 15 minutes,
//!  deadline|  |  '--> Pending, same secret    | dialog closed, session over
//!          |  |       ("I need more time": with a later deadline)
//!          v  |renew: new secret and deadline v
//!        expired                            dropped: its codes are worthless
//! ```
//!
//! Only [`Finished`] makes anything count at sign-in, so whatever goes wrong
//! before it leaves the account as it was. Each state carries its data, a
//! transition consumes the state, and a refused one gives it back unchanged.
//! The secret itself stays with the caller; the rules here only need to know
//! what a code turned out to be.

use crate::{
    clock::UnixTime,
    domain::second_factor::totp::{Step, Verdict},
};
use thiserror::Error;

/// How long a QR code is shown unless configured otherwise, in seconds.
pub const DEFAULT_QR_LIFETIME: i64 = 180;

/// How often more time is given for one QR code (WCAG 2.2 success criterion 2.2.1).
pub const MOST_EXTENSIONS: i64 = 10;

/// How long after the right code "Finish" still counts, in seconds.
pub const FINISH_WITHIN: i64 = 15 * 60;

/// An enrolment that is neither finished nor dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolment {
    Pending(Pending),
    Confirmed(Confirmed),
}

/// A secret was made and its QR code is shown, or was shown until it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The first second at which the QR code and its secret no longer count.
    pub expires_at: UnixTime,
    /// How often more time was given.
    pub extensions: i64,
}

/// The app proved that it knows the secret; the recovery codes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub confirmed_at: UnixTime,
    /// The step of the code that confirmed it, already used up.
    pub step: Step,
}

/// The method and its recovery codes are to be made active in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    pub finished_at: UnixTime,
    /// Becomes the method's last used step.
    pub step: Step,
}

/// What a code was found to be, against the secret that is shown and against
/// those it replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub verdict: Verdict,
    /// The code is right for a secret that "Generate new" replaced.
    pub fits_replaced_secret: bool,
}

impl From<Verdict> for Attempt {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, fits_replaced_secret: false }
    }
}

/// Why a code did not confirm the enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfirmRefused {
    #[error("the QR code has expired")]
    Expired,
    #[error("the code belongs to a QR code that was replaced")]
    Replaced,
    #[error("the code is wrong")]
    Wrong,
    #[error("the code was used already")]
    Reused,
    /// Positive: the phone is ahead.
    #[error("the phone's clock is {seconds} s off")]
    SkewedClock { seconds: i64 },
    #[error("the enrolment is confirmed already")]
    AlreadyConfirmed,
}

/// Why a QR code gets no more time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExtendRefused {
    #[error("the QR code has expired")]
    Expired,
    #[error("more time was given too often")]
    TooOften,
}

/// Why no new QR code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RenewRefused {
    #[error("the enrolment is confirmed already")]
    AlreadyConfirmed,
}

/// Why "Finish" makes nothing active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FinishRefused {
    #[error("no code has confirmed the enrolment")]
    NotConfirmed,
    #[error("the enrolment was not finished in time")]
    TooLate,
}

impl Pending {
    /// Starts an enrolment whose QR code lives for `qr_lifetime` seconds.
    pub const fn begin(now: UnixTime, qr_lifetime: i64) -> Self {
        Self { expires_at: now.plus(qr_lifetime), extensions: 0 }
    }

    /// Whether the QR code no longer counts.
    pub fn is_expired(&self, now: UnixTime) -> bool {
        now >= self.expires_at
    }

    /// Seconds for which the QR code is still shown; 0 when expired.
    pub fn seconds_left(&self, now: UnixTime) -> i64 {
        self.expires_at.seconds_since(now).max(0)
    }

    /// Whether more time can be asked for once more.
    pub const fn may_extend(&self) -> bool {
        self.extensions < MOST_EXTENSIONS
    }

    /// "I need more time": the same secret for another `qr_lifetime` seconds from now.
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub fn extend(self, now: UnixTime, qr_lifetime: i64) -> Result<Self, (Self, ExtendRefused)> {
        if self.is_expired(now) {
            return Err((self, ExtendRefused::Expired));
        }
        if !self.may_extend() {
            return Err((self, ExtendRefused::TooOften));
        }
        Ok(Self { expires_at: now.plus(qr_lifetime), extensions: self.extensions + 1 })
    }

    /// "Generate new": the caller replaces the secret with the deadline. Both
    /// an expired and a valid QR code can be replaced.
    pub const fn renew(self, now: UnixTime, qr_lifetime: i64) -> Self {
        Self::begin(now, qr_lifetime)
    }

    /// Judges a code. An expired QR code is refused whatever the code.
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub fn confirm(self, attempt: Attempt, now: UnixTime) -> Result<Confirmed, (Self, ConfirmRefused)> {
        if self.is_expired(now) {
            return Err((self, ConfirmRefused::Expired));
        }
        let refused = match attempt.verdict {
            Verdict::Accepted(step) => {
                return Ok(Confirmed { confirmed_at: now, step });
            }
            _ if attempt.fits_replaced_secret => ConfirmRefused::Replaced,
            Verdict::Reused => ConfirmRefused::Reused,
            Verdict::SkewedClock { seconds } => ConfirmRefused::SkewedClock { seconds },
            Verdict::Wrong => ConfirmRefused::Wrong,
        };
        Err((self, refused))
    }
}

impl Confirmed {
    /// The first second at which "Finish" no longer counts.
    pub const fn finish_before(&self) -> UnixTime {
        self.confirmed_at.plus(FINISH_WITHIN)
    }

    /// "Finish".
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub fn finish(self, now: UnixTime) -> Result<Finished, (Self, FinishRefused)> {
        if now >= self.finish_before() {
            return Err((self, FinishRefused::TooLate));
        }
        Ok(Finished { finished_at: now, step: self.step })
    }
}

impl Enrolment {
    /// Starts an enrolment whose QR code lives for `qr_lifetime` seconds.
    pub const fn begin(now: UnixTime, qr_lifetime: i64) -> Self {
        Self::Pending(Pending::begin(now, qr_lifetime))
    }

    /// See [`Pending::renew`].
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub const fn renew(self, now: UnixTime, qr_lifetime: i64) -> Result<Pending, (Self, RenewRefused)> {
        match self {
            Self::Pending(pending) => Ok(pending.renew(now, qr_lifetime)),
            Self::Confirmed(_) => Err((self, RenewRefused::AlreadyConfirmed)),
        }
    }

    /// See [`Pending::confirm`].
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub fn confirm(self, attempt: Attempt, now: UnixTime) -> Result<Confirmed, (Self, ConfirmRefused)> {
        match self {
            Self::Pending(pending) => {
                pending.confirm(attempt, now).map_err(|(pending, refused)| (Self::Pending(pending), refused))
            }
            Self::Confirmed(_) => Err((self, ConfirmRefused::AlreadyConfirmed)),
        }
    }

    /// See [`Confirmed::finish`].
    ///
    /// # Errors
    /// The unchanged state and the reason.
    pub fn finish(self, now: UnixTime) -> Result<Finished, (Self, FinishRefused)> {
        match self {
            Self::Pending(_) => Err((self, FinishRefused::NotConfirmed)),
            Self::Confirmed(confirmed) => {
                confirmed.finish(now).map_err(|(confirmed, refused)| (Self::Confirmed(confirmed), refused))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: UnixTime = UnixTime(1_000_000);
    const RIGHT: Attempt = Attempt { verdict: Verdict::Accepted(Step(7)), fits_replaced_secret: false };

    fn pending() -> Pending {
        Pending::begin(START, DEFAULT_QR_LIFETIME)
    }

    #[test]
    fn the_way_through() {
        let confirmed = pending().confirm(RIGHT, START.plus(60)).unwrap();
        let finished = confirmed.finish(START.plus(120)).unwrap();
        assert_eq!(finished.step, Step(7));
        assert_eq!(finished.finished_at, START.plus(120));
    }

    #[test]
    fn the_last_second_counts_and_the_deadline_does_not() {
        assert!(pending().confirm(RIGHT, START.plus(179)).is_ok());
        assert_eq!(pending().confirm(RIGHT, START.plus(180)), Err((pending(), ConfirmRefused::Expired)));
        assert_eq!(pending().seconds_left(START.plus(179)), 1);
        assert_eq!(pending().seconds_left(START.plus(999)), 0);
    }

    #[test]
    fn a_wrong_code_changes_nothing_and_says_why() {
        for (verdict, refused) in [
            (Verdict::Wrong, ConfirmRefused::Wrong),
            (Verdict::Reused, ConfirmRefused::Reused),
            (Verdict::SkewedClock { seconds: -90 }, ConfirmRefused::SkewedClock { seconds: -90 }),
        ] {
            assert_eq!(pending().confirm(verdict.into(), START), Err((pending(), refused)));
        }
    }

    #[test]
    fn a_code_for_the_replaced_secret_is_told_apart_from_a_wrong_one() {
        let attempt = Attempt { verdict: Verdict::Wrong, fits_replaced_secret: true };
        assert_eq!(pending().confirm(attempt, START), Err((pending(), ConfirmRefused::Replaced)));
        let expired = START.plus(DEFAULT_QR_LIFETIME);
        assert_eq!(pending().confirm(attempt, expired), Err((pending(), ConfirmRefused::Expired)));
    }

    #[test]
    fn a_new_qr_code_has_a_new_deadline_expired_or_not() {
        for now in [START.plus(10), START.plus(10_000)] {
            let renewed = Enrolment::Pending(pending()).renew(now, DEFAULT_QR_LIFETIME).unwrap();
            assert_eq!(renewed.expires_at, now.plus(DEFAULT_QR_LIFETIME));
        }
    }

    #[test]
    fn more_time_is_given_ten_times_and_never_too_late() {
        let (mut pending, mut now) = (pending(), START);
        for _ in 0..MOST_EXTENSIONS {
            now = now.plus(DEFAULT_QR_LIFETIME - 1);
            pending = pending.extend(now, DEFAULT_QR_LIFETIME).unwrap();
            assert_eq!(pending.seconds_left(now), DEFAULT_QR_LIFETIME);
        }
        assert!(!pending.may_extend());
        assert_eq!(pending.extend(now, DEFAULT_QR_LIFETIME), Err((pending, ExtendRefused::TooOften)));
        let expired = START.plus(DEFAULT_QR_LIFETIME);
        let fresh = Pending::begin(START, DEFAULT_QR_LIFETIME);
        assert_eq!(fresh.extend(expired, DEFAULT_QR_LIFETIME), Err((fresh, ExtendRefused::Expired)));
    }

    #[test]
    fn a_confirmed_enrolment_is_only_finished() {
        let confirmed = Enrolment::Confirmed(pending().confirm(RIGHT, START).unwrap());
        assert_eq!(confirmed.renew(START, 180), Err((confirmed, RenewRefused::AlreadyConfirmed)));
        assert_eq!(confirmed.confirm(RIGHT, START), Err((confirmed, ConfirmRefused::AlreadyConfirmed)));
        assert!(confirmed.finish(START.plus(FINISH_WITHIN - 1)).is_ok());
        assert_eq!(confirmed.finish(START.plus(FINISH_WITHIN)), Err((confirmed, FinishRefused::TooLate)));
    }

    proptest! {
        #[test]
        fn nothing_is_finished_without_a_right_code_in_time(
            begun in 0..1_000_i64,
            steps in proptest::collection::vec((0..4_u8, 0..600_i64), 0..12),
        ) {
            let mut now = UnixTime(begun);
            let mut state = Enrolment::begin(now, DEFAULT_QR_LIFETIME);
            let mut right_code_in_time = None;
            for (action, wait) in steps {
                now = now.plus(wait);
                state = match action {
                    0 => state.renew(now, DEFAULT_QR_LIFETIME).map_or_else(|(s, _)| s, Enrolment::Pending),
                    1 => state.confirm(Verdict::Wrong.into(), now).map_or_else(|(s, _)| s, Enrolment::Confirmed),
                    2 => match state.confirm(RIGHT, now) {
                        Ok(confirmed) => {
                            right_code_in_time = Some(now);
                            Enrolment::Confirmed(confirmed)
                        }
                        Err((state, _)) => state,
                    },
                    _ => match state.finish(now) {
                        Ok(_) => {
                            let confirmed_at = right_code_in_time.unwrap();
                            prop_assert!(now.seconds_since(confirmed_at) < FINISH_WITHIN);
                            return Ok(());
                        }
                        Err((state, _)) => state,
                    },
                };
            }
        }
    }
}
