//! How often anyone may guess.
//!
//! Every attempt is charged as a failure *before* it is evaluated, in a
//! transaction of its own, and taken back if it turns out right. Whatever
//! happens in between, a crash, a cancelled request or a hundred requests at
//! once, no more than the limit is ever evaluated.
//!
//! ```text
//!            charge, failures < most: failures + 1, evaluated
//!            .------------------------------------------.
//!            v                                          |
//!          open ----------------------------------------'
//!           | ^
//!           | | `forgotten_after` seconds since the last charge, a success,
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
}

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
    /// Failed passwords of one account: the account policy's numbers.
    pub const fn password(most: i64, lock_minutes: Option<i64>) -> Self {
        Self {
            most,
            forgotten_after: match lock_minutes {
                Some(minutes) => Some(minutes.saturating_mul(60)),
                None => None,
            },
        }
    }

    /// Failures from one client address: enough for an office behind one
    /// address, too few to spray passwords over many accounts.
    pub const CLIENT_ADDRESS: Self = Self { most: 600, forgotten_after: Some(60 * 60) };

    /// Wrong second factors of one account in a day.
    pub const SECOND_FACTOR_A_DAY: Self = Self { most: 10, forgotten_after: Some(24 * 60 * 60) };

    /// Wrong second factors of one account in a row, until its methods are suspended.
    pub const SECOND_FACTOR_IN_A_ROW: Self = Self { most: 100, forgotten_after: None };

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
    let forgotten = |counter: &Counter| {
        allowance.forgotten_after.is_some_and(|seconds| now.seconds_since(counter.last_failure_at) >= seconds)
    };
    match counter.filter(|counter| !forgotten(counter)) {
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

    const FIVE: Allowance = Allowance { most: 5, forgotten_after: Some(900) };

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
        let allowance = Allowance { most: 1, forgotten_after: None };
        let full = charge(None, allowance, UnixTime(0)).ok();
        assert_eq!(charge(full, allowance, UnixTime(i64::MAX)), Err(Refused { retry_after: None }));
    }

    proptest! {
        #[test]
        fn no_more_than_the_limit_is_evaluated_within_the_time(
            most in 1..20_i64, window in 1..10_000_i64, steps in prop::collection::vec(0..500_i64, 1..200),
        ) {
            let allowance = Allowance { most, forgotten_after: Some(window) };
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
