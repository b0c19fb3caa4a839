//! Where the time comes from.
//!
//! Nothing else in the server asks the operating system what time it is: rules
//! take a [`UnixTime`], use-cases ask a [`Clock`]. A test turns a
//! [`SettableClock`] by hand and never sleeps.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Arithmetic saturates: a rule that adds a lifetime to a time near either end
/// gets the end, never an overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// This time moved by `seconds`, which may be negative.
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time; negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_millis(&self) -> i64;

    /// The second that [`Clock::now_millis`] lies in.
    fn now(&self) -> UnixTime {
        UnixTime(self.now_millis().div_euclid(1000))
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_millis(&self) -> i64 {
        (**self).now_millis()
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn now_millis(&self) -> i64 {
        let (sign, distance) = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => (1, after),
            Err(before) => (-1, before.duration()),
        };
        sign * i64::try_from(distance.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is turned; clones share the same hands.
#[derive(Clone, Debug)]
pub struct SettableClock {
    millis: Arc<AtomicI64>,
}

impl SettableClock {
    /// A clock that shows `start`.
    pub fn new(start: UnixTime) -> Self {
        Self { millis: Arc::new(AtomicI64::new(start.0.saturating_mul(1000))) }
    }

    /// Turns the hands to `time`, forwards or backwards.
    pub fn set(&self, time: UnixTime) {
        self.millis.store(time.0.saturating_mul(1000), Ordering::SeqCst);
    }

    /// Turns the hands by `seconds`, which may be negative.
    pub fn advance(&self, seconds: i64) {
        self.millis.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now_millis(&self) -> i64 {
        self.millis.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_settable_clock_move_together() {
        let clock = SettableClock::new(UnixTime(1_000));
        let other = clock.clone();
        other.advance(30);
        assert_eq!(clock.now(), UnixTime(1_030));
        clock.set(UnixTime(5));
        assert_eq!(other.now_millis(), 5_000);
    }

    #[test]
    fn the_second_is_rounded_down_before_the_epoch_too() {
        let clock = SettableClock::new(UnixTime(0));
        clock.millis.store(-1, Ordering::SeqCst);
        assert_eq!(clock.now(), UnixTime(-1));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(UnixTime(i64::MAX).plus(1), UnixTime(i64::MAX));
        assert_eq!(UnixTime(i64::MIN).seconds_since(UnixTime(1)), i64::MIN);
    }
}
