//! How often anyone may guess.
//!
//! Every attempt is charged as a failure before anybody learns what came of it,
//! and a right one takes back what it was charged, nothing else: failures made
//! elsewhere stand. Whatever happens in between, a crash, a cancelled request or
//! a hundred requests at once, no more than the limit is ever answered.
//!
//! ```text
//!            charge, failures < most: failures + 1, evaluated
//!            .------------------------------------------.
//!            v                                          |
//!          open ----------------------------------------'
//!           | ^  '- `fades_after` seconds since the last charge: counts anew
//!           | |
//!           | | `forgotten_after` seconds since the last charge,
//!           v | or an administrator's unlock
//!          full -- charge: refused, nothing counted
//! ```
//!
//! [`charge`] is the specification. The store does the same in one conditional
//! statement and is tested against it.

use crate::clock::UnixTime;

/// What a counter allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Attempts until no more are evaluated.
    pub most: i64,
    /// Seconds after the last charge at which the counter starts anew; `None` never.
    pub forgotten_after: Option<i64>,
    /// The same for a counter that is not full.
    pub fades_after: Option<i64>,
}

/// A day in seconds.
const DAY: i64 = 24 * 60 * 60;

/// Charges that were not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// How many.
    pub failures: i64,
    /// When the last one was charged.
    pub last_failure_at: UnixTime,
}

/// The attempt is not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Seconds until the next attempt; `None` when only an unlock helps.
    pub retry_after: Option<u64>,
}

impl Allowance {
    /// So many until nothing is evaluated, forgotten so many seconds after the last one.
    pub const fn within(most: i64, seconds: i64) -> Self {
        Self { most, forgotten_after: Some(seconds), fades_after: Some(seconds) }
    }

    /// Failed passwords of one account: the account policy's numbers. Where only
    /// an administrator ends a lock, slips that made none are forgotten after a
    /// day: they would add up to one over the years.
    pub const fn password(most: i64, lock_minutes: Option<i64>) -> Self {
        match lock_minutes {
            Some(minutes) => Self::within(most, minutes.saturating_mul(60)),
            None => Self { most, forgotten_after: None, fades_after: Some(DAY) },
        }
    }

    /// Failures from one client address: enough for an office behind one
    /// address, too few to spray passwords over many accounts.
    pub const CLIENT_ADDRESS: Self = Self::within(600, 60 * 60);

    /// Wrong second factors in a day: of an account, and of each browser in which
    /// its person signed in with both factors.
    pub const SECOND_FACTOR_A_DAY: Self = Self::within(10, DAY);

    /// Wrong second factors in a row, until methods are suspended there.
    pub const SECOND_FACTOR_IN_A_ROW: Self = Self { most: 100, forgotten_after: None, fades_after: None };

    /// Letters of a kind to one person: whoever chooses an address chooses whom the portal writes to.
    pub const LETTERS: Self = Self::within(10, 60 * 60);

    /// Whether a counter still says something: it is not too old, nor was everything taken back.
    pub fn counts(self, counter: Counter, now: UnixTime) -> bool {
        let is_full = counter.failures >= self.most;
        let after = if is_full { self.forgotten_after } else { self.fades_after };
        counter.failures > 0 && after.is_none_or(|seconds| now.seconds_since(counter.last_failure_at) < seconds)
    }

    /// Why a full counter refuses.
    pub fn refusal(self, counter: Counter, now: UnixTime) -> Refused {
        let retry_after = self.forgotten_after.map(|seconds| {
            let end = counter.last_failure_at.plus(seconds);
            u64::try_from(end.seconds_since(now)).unwrap_or(0).max(1)
        });
        Refused { retry_after }
    }
}

/// Charges an attempt to a counter, if there is one already.
///
/// # Errors
/// [`Refused`] when the counter is full; it stays as it is.
pub fn charge(counter: Option<Counter>, allowance: Allowance, now: UnixTime) -> Result<Counter, Refused> {
    match counter.filter(|counter| allowance.counts(*counter, now)) {
        None => Ok(Counter { failures: 1, last_failure_at: now }),
        Some(counter) if counter.failures < allowance.most => {
            Ok(Counter { failures: counter.failures + 1, last_failure_at: now })
        }
        Some(counter) => Err(allowance.refusal(counter, now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIVE: Allowance = Allowance::within(5, 900);

    fn charged(times: i64, at: i64) -> Option<Counter> {
        (0..times).fold(None, |counter, _| charge(counter, FIVE, UnixTime(at)).ok())
    }

    #[test]
    fn the_sixth_attempt_is_refused_until_the_lock_is_over() {
        let full = charged(5, 1_000);
        assert_eq!(charge(full, FIVE, UnixTime(1_100)), Err(Refused { retry_after: Some(800) }));
        assert_eq!(charge(full, FIVE, UnixTime(1_899)), Err(Refused { retry_after: Some(1) }));
        assert_eq!(charge(full, FIVE, UnixTime(1_900)).map(|counter| counter.failures), Ok(1));
    }

    #[test]
    fn a_lock_without_end_waits_for_an_unlock() {
        let allowance = Allowance::password(1, None);
        let full = charge(None, allowance, UnixTime(0)).ok();
        assert_eq!(charge(full, allowance, UnixTime(i64::MAX)), Err(Refused { retry_after: None }));
    }

    #[test]
    fn slips_that_made_no_lock_without_end_are_forgotten_after_a_day() {
        let allowance = Allowance::password(3, None);
        let one = charge(None, allowance, UnixTime(0)).ok();
        let two = charge(one, allowance, UnixTime(DAY - 1)).ok();
        assert_eq!(two.map(|counter| counter.failures), Some(2));
        let anew = charge(two, allowance, UnixTime(2 * DAY - 1)).ok();
        assert_eq!(anew.map(|counter| counter.failures), Some(1));
    }

    #[test]
    fn what_was_taken_back_or_is_too_old_says_nothing() {
        let counter = |failures| Counter { failures, last_failure_at: UnixTime(1_000) };
        for (failures, at, counts) in [(5, 1_899, true), (5, 1_900, false), (1, 1_899, true), (0, 1_000, false)] {
            assert_eq!(FIVE.counts(counter(failures), UnixTime(at)), counts, "{failures} at {at}");
        }
        assert!(Allowance::password(5, None).counts(counter(5), UnixTime(i64::MAX)));
        assert!(!Allowance::password(5, None).counts(counter(4), UnixTime(1_000 + DAY)));
    }

    #[test]
    fn codes_in_a_row_are_never_forgotten() {
        let row = Allowance::SECOND_FACTOR_IN_A_ROW;
        let full = (0..100).fold(None, |counter, year| charge(counter, row, UnixTime(year * 365 * DAY)).ok());
        assert_eq!(charge(full, row, UnixTime(i64::MAX)), Err(Refused { retry_after: None }));
    }

    proptest! {
        #[test]
        fn no_more_than_the_limit_is_evaluated_within_the_time(
            most in 1..20_i64, window in 1..10_000_i64, steps in prop::collection::vec(0..500_i64, 1..200),
        ) {
            let allowance = Allowance::within(most, window);
            let (mut now, mut counter, mut evaluated) = (0, None, Vec::new());
            for step in steps {
                now += step;
                if let Ok(next) = charge(counter, allowance, UnixTime(now)) {
                    counter = Some(next);
                    evaluated.push(now);
                }
                let recent = evaluated.iter().filter(|at| now - **at < window).count();
                prop_assert!(recent <= usize::try_from(most).unwrap());
            }
        }
    }
}
