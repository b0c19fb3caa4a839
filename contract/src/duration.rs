//! Durations, in seconds.

/// A minute.
pub const MINUTE: i64 = 60;

/// An hour.
pub const HOUR: i64 = 60 * MINUTE;

/// A day of 24 hours.
pub const DAY: i64 = 24 * HOUR;
