//! How much time is left until a deadline.
//!
//! Deadlines are on the browser's wall clock, so a laptop that slept does not
//! gain time.

use super::browser;
use gloo_timers::callback::Interval;
use leptos::prelude::*;

/// Often enough that no second is skipped.
const TICK_MILLISECONDS: u32 = 250;

/// Milliseconds until `deadline`, which is in milliseconds by the browser's
/// clock; negative once it is over. Browser only.
pub fn milliseconds_left(deadline: Signal<f64>) -> Signal<i64> {
    let until = move || (deadline.get_untracked() - browser::now()) as i64;
    let left = RwSignal::new(until());
    let interval = StoredValue::new_local(None);
    Effect::new(move |_| {
        interval.set_value(Some(Interval::new(TICK_MILLISECONDS, move || left.set(until()))));
    });
    on_cleanup(move || interval.set_value(None));
    left.into()
}

/// Whole seconds, the one that has begun included.
pub fn seconds(milliseconds: i64) -> i64 {
    (milliseconds.max(0) + 999) / 1_000
}

/// "2:05"
pub fn in_figures(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What is said aloud: not every second, only when it begins to matter.
pub fn announcement(seconds: i64, one_minute: &'static str) -> &'static str {
    match seconds {
        31..=60 => one_minute,
        11..=30 => "30 seconds left.",
        1..=10 => "10 seconds left.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shown_in_minutes_and_seconds() {
        assert_eq!(in_figures(180), "3:00");
        assert_eq!(in_figures(65), "1:05");
        assert_eq!(in_figures(0), "0:00");
        assert_eq!(seconds(1_001), 2);
        assert_eq!(seconds(-500), 0);
    }

    #[test]
    fn only_three_moments_are_announced() {
        let mut distinct: Vec<&str> = (0..=180).rev().map(|left| announcement(left, "One minute left.")).collect();
        distinct.dedup();
        assert_eq!(distinct.len(), 5, "silence, three announcements, silence");
    }
}
