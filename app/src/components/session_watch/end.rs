//! When to say what about the end of a session. Pure: the time is an argument.

use contract::session::SessionState;

/// Milliseconds before the end at which the person is told.
const NOTICE: f64 = 60_000.0;

/// An end that moved by less has not been put off: answers take their time.
const TOLERANCE: f64 = 1_500.0;

/// The end of a session, in milliseconds by the browser's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct End {
    /// When it ends.
    pub at: f64,
    /// When to say so: a minute before, or half-way if there is less.
    pub notice_at: f64,
    /// It can be put off.
    pub extendable: bool,
}

impl End {
    /// The end as the portal states it at `now`, given what was known `before`.
    pub fn new(state: SessionState, now: f64, before: Option<Self>) -> Self {
        let left = state.milliseconds_left as f64;
        let at = now + left;
        let notice_at = match before {
            Some(before) if !before.was_put_off_to(at) => before.notice_at,
            _ => now + (left - NOTICE).max(left / 2.0),
        };
        Self { at, notice_at, extendable: state.extendable }
    }

    /// Whether an end at `at` is another, later one.
    pub fn was_put_off_to(self, at: f64) -> bool {
        at > self.at + TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(milliseconds_left: i64) -> SessionState {
        SessionState { milliseconds_left, extendable: true, stepped_up: false }
    }

    #[test]
    fn the_person_is_told_a_minute_before_or_half_way() {
        assert_eq!(End::new(state(1_800_000), 0.0, None).notice_at, 1_740_000.0);
        assert_eq!(End::new(state(90_000), 0.0, None).notice_at, 45_000.0);
        assert_eq!(End::new(state(60_000), 1_000.0, None).notice_at, 31_000.0);
    }

    #[test]
    fn asking_again_changes_nothing_unless_the_end_was_put_off() {
        let first = End::new(state(60_000), 0.0, None);
        let again = End::new(state(29_900), 30_200.0, Some(first));
        assert_eq!(again.notice_at, first.notice_at);
        let put_off = End::new(state(60_000), 30_000.0, Some(first));
        assert_eq!(put_off.notice_at, 60_000.0);
    }
}
