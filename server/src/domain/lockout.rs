//! How often anyone may guess.
//!
//! Every attempt is charged as a failure *before* it is evaluated, in a
//! transaction of its own, and given back if it turns out right. Whatever
//! happens in between, a crash, a cancelled request or a hundred requests at
//! once, no more than the limit is ever evaluated.
//!
//! ```text
//!              charge: failures + 1 < max
//!            .----------------------------.
//!            v                            |
//!          Open --------------------------'
//!           | ^
//!           | | lock over, unlocked by an administrator, reset by a success,
//!           | | or the charge that locked it given back
//!  charge:  v |
//!  failures + 1 = max  -->  Locked  -- charge --> refused, nothing counted
//!  (still evaluated)
//! ```
//!
//! The functions here are the specification. The store does the same in one
//! conditional statement, taking the numbers from the [`Limit`], and is tested
//! against them: never read, decide and write.

use crate::clock::UnixTime;

/// Stored as the end of a lock that only an administrator (or a recovery)
/// lifts.
pub const UNTIL_UNLOCKED: UnixTime = UnixTime(i64::MAX);

/// One counter: of an account, of a client address, of a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Attempts charged since `window_started_at` and not given back.
    pub failures: u32,
    /// When the first of them was charged.
    pub window_started_at: UnixTime,
    /// While this lies ahead nothing is evaluated.
    pub locked_until: Option<UnixTime>,
}

/// A rule over one counter, as plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The attempt that is refused is the one after so many failures.
    pub max_failures: u32,
    /// Failures are forgotten so many seconds after the first; never if `None`.
    pub window: Option<i64>,
    /// What happens when the last allowed failure is charged.
    pub lock: Lock,
}

/// How long a lock lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// So many seconds from the last failure; then counting starts anew.
    Seconds(i64),
    /// Until the window ends.
    RestOfWindow,
    /// Until someone lifts it.
    UntilUnlocked,
}

impl Limit {
    /// Password attempts of one account, by the account policy. Failures in a
    /// row count, however far apart.
    pub const fn password(max_failures: u32, lock_seconds: Option<i64>) -> Self {
        Self {
            max_failures,
            window: None,
            lock: match lock_seconds {
                Some(seconds) => Lock::Seconds(seconds),
                None => Lock::UntilUnlocked,
            },
        }
    }

    /// Everything from one client address: 600 failures an hour, enough for an
    /// office behind one address and far too few for spraying.
    pub const CLIENT_ADDRESS: Self = Self {
        max_failures: 600,
        window: Some(60 * 60),
        lock: Lock::RestOfWindow,
    };

    /// Second factors of one account: ten wrong ones a day.
    pub const SECOND_FACTOR_PER_DAY: Self = Self {
        max_failures: 10,
        window: Some(24 * 60 * 60),
        lock: Lock::RestOfWindow,
    };

    /// Second factors of one account: a hundred wrong ones in a row disable its
    /// methods (RFC 4226 §7.3) until a recovery code or an administrator brings
    /// them back.
    pub const SECOND_FACTOR_IN_A_ROW: Self = Self {
        max_failures: 100,
        window: None,
        lock: Lock::UntilUnlocked,
    };

    fn lock_end(self, window_started_at: UnixTime, now: UnixTime) -> UnixTime {
        match (self.lock, self.window) {
            (Lock::Seconds(seconds), _) => now.plus(seconds),
            (Lock::RestOfWindow, Some(window)) => window_started_at.plus(window),
            (Lock::RestOfWindow, None) | (Lock::UntilUnlocked, _) => UNTIL_UNLOCKED,
        }
    }

    fn window_is_over(self, counter: Counter, now: UnixTime) -> bool {
        self.window
            .is_some_and(|window| now >= counter.window_started_at.plus(window))
    }
}

/// Whether an attempt may be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Evaluate it; the counter, already charged, is to be stored first.
    Evaluate(Counter),
    /// Refuse it unseen; nothing is counted. `None`: until someone unlocks.
    Refuse { until: Option<UnixTime> },
}

/// Charges one attempt at `now`.
pub fn charge(counter: Counter, limit: Limit, now: UnixTime) -> Decision {
    let mut charged = match counter.locked_until {
        Some(UNTIL_UNLOCKED) => return Decision::Refuse { until: None },
        Some(until) if now < until => return Decision::Refuse { until: Some(until) },
        Some(_) => Counter::default(),
        None if limit.window_is_over(counter, now) => Counter::default(),
        None => counter,
    };
    if charged.failures == 0 {
        charged.window_started_at = now;
    }
    charged.failures = charged.failures.saturating_add(1);
    if charged.failures >= limit.max_failures {
        charged.locked_until = Some(limit.lock_end(charged.window_started_at, now));
    }
    Decision::Evaluate(charged)
}

/// Gives back one charge whose attempt was right, and lifts the lock that it
/// caused. Other failures stay counted: used where failures add up over a
/// window.
pub const fn refund(counter: Counter, limit: Limit) -> Counter {
    let failures = counter.failures.saturating_sub(1);
    Counter {
        failures,
        window_started_at: counter.window_started_at,
        locked_until: if failures < limit.max_failures {
            None
        } else {
            counter.locked_until
        },
    }
}

/// Forgets all failures after an attempt that was right: used where failures
/// count in a row. Also what "Unlock" does.
pub const fn reset() -> Counter {
    Counter {
        failures: 0,
        window_started_at: UnixTime(0),
        locked_until: None,
    }
}

/// Whether nothing would be evaluated at `now`.
pub fn is_locked(counter: Counter, now: UnixTime) -> bool {
    counter.locked_until.is_some_and(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: UnixTime = UnixTime(1_000_000);

    /// Charges `times` attempts at once and counts those evaluated.
    fn attempt(counter: &mut Counter, limit: Limit, now: UnixTime, times: u32) -> u32 {
        (0..times)
            .filter(|_| match charge(*counter, limit, now) {
                Decision::Evaluate(charged) => {
                    *counter = charged;
                    true
                }
                Decision::Refuse { .. } => false,
            })
            .count() as u32
    }

    #[test]
    fn five_wrong_passwords_lock_for_fifteen_minutes_then_count_anew() {
        let limit = Limit::password(5, Some(900));
        let mut counter = Counter::default();
        assert_eq!(attempt(&mut counter, limit, T, 20), 5);
        assert_eq!(
            charge(counter, limit, T.plus(899)),
            Decision::Refuse {
                until: Some(T.plus(900))
            }
        );
        assert_eq!(attempt(&mut counter, limit, T.plus(900), 20), 5);
    }

    #[test]
    fn failures_in_a_row_are_remembered_however_slow() {
        let limit = Limit::password(3, Some(900));
        let mut counter = Counter::default();
        for day in 0..3 {
            assert_eq!(attempt(&mut counter, limit, T.plus(day * 86_400), 1), 1);
        }
        assert!(is_locked(counter, T.plus(2 * 86_400)));
    }

    #[test]
    fn a_lock_without_end_waits_for_an_administrator() {
        let limit = Limit::password(2, None);
        let mut counter = Counter::default();
        attempt(&mut counter, limit, T, 2);
        for later in [T, T.plus(1_000_000_000)] {
            assert_eq!(
                charge(counter, limit, later),
                Decision::Refuse { until: None }
            );
        }
        assert_eq!(attempt(&mut reset(), limit, T, 5), 2);
    }

    #[test]
    fn ten_second_factors_a_day_and_the_day_starts_with_the_first() {
        let limit = Limit::SECOND_FACTOR_PER_DAY;
        let mut counter = Counter::default();
        assert_eq!(attempt(&mut counter, limit, T, 4), 4);
        assert_eq!(attempt(&mut counter, limit, T.plus(3_600), 100), 6);
        assert_eq!(
            charge(counter, limit, T.plus(86_399)),
            Decision::Refuse {
                until: Some(T.plus(86_400))
            }
        );
        assert_eq!(attempt(&mut counter, limit, T.plus(86_400), 100), 10);
    }

    #[test]
    fn a_right_attempt_is_given_back_and_lifts_only_its_own_lock() {
        let limit = Limit::password(3, Some(900));
        let mut counter = Counter::default();
        attempt(&mut counter, limit, T, 3);
        assert!(is_locked(counter, T));
        let refunded = refund(counter, limit);
        assert!(!is_locked(refunded, T));
        assert_eq!(refunded.failures, 2);
        assert_eq!(refund(Counter::default(), limit), Counter::default());
    }

    #[test]
    fn a_clock_set_back_opens_nothing() {
        let limit = Limit::SECOND_FACTOR_PER_DAY;
        let mut counter = Counter::default();
        attempt(&mut counter, limit, T, 10);
        assert_eq!(attempt(&mut counter, limit, T.plus(-1_000), 10), 0);
    }

    proptest! {
        #[test]
        fn no_window_sees_more_wrong_attempts_than_allowed(
            waits in proptest::collection::vec(0..400_i64, 0..200), max in 1..8_u32,
        ) {
            let limit = Limit { max_failures: max, window: Some(1_000), lock: Lock::RestOfWindow };
            let mut counter = Counter::default();
            let mut now = T;
            let mut evaluated = Vec::new();
            for wait in waits {
                now = now.plus(wait);
                if attempt(&mut counter, limit, now, 1) == 1 {
                    evaluated.push((counter.window_started_at, now));
                }
                prop_assert!(counter.failures <= max);
            }
            for (start, _) in &evaluated {
                let in_window = evaluated.iter().filter(|(s, _)| s == start).count();
                prop_assert!(in_window <= max as usize);
            }
            for (start, at) in evaluated {
                prop_assert!(at.seconds_since(start) < 1_000);
            }
        }

        #[test]
        fn right_attempts_never_lock(attempts in 0..500_u32, max in 1..8_u32) {
            let limit = Limit::password(max, None);
            let mut counter = Counter::default();
            for _ in 0..attempts {
                let Decision::Evaluate(charged) = charge(counter, limit, T) else {
                    return Err(TestCaseError::fail("refused"));
                };
                counter = refund(charged, limit);
            }
            prop_assert_eq!(counter.failures, 0);
        }
    }
}
