//! How long a set-up's secret is still good for.
//!
//! It runs against a deadline on the browser's wall clock, so a laptop that
//! slept does not gain time.

use super::browser;
use gloo_timers::callback::Interval;
use leptos::prelude::*;

/// Often enough that no second is skipped.
const TICK_MILLISECONDS: u32 = 250;

/// Steps of the ring.
const RING: i64 = 1_000;

/// The remaining time as a ring and in figures; says so when it is over.
#[component]
pub fn Countdown(
    /// Milliseconds by the browser's clock.
    deadline: f64,
    /// The whole time, in milliseconds.
    lifetime: i64,
    /// The time is up.
    finished: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let left = RwSignal::new(milliseconds_until(deadline));
    let interval = StoredValue::new_local(None);
    Effect::new(move |_| {
        interval.set_value(Some(Interval::new(TICK_MILLISECONDS, move || left.set(milliseconds_until(deadline)))));
    });
    on_cleanup(move || interval.set_value(None));
    Effect::new(move |_| {
        if left.get() <= 0 {
            finished();
        }
    });
    let seconds = Memo::new(move |_| (left.get().max(0) + 999) / 1_000);
    let gone = move || RING - (seconds.get() * 1_000 * RING / lifetime.max(1)).clamp(0, RING);
    let announcement = Memo::new(move |_| announcement(seconds.get()));
    view! {
        <div class="countdown" class:countdown-short=move || seconds.get() <= 30>
            <svg class="ring" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
                <circle class="ring-track" cx="20" cy="20" r="17" />
                <circle class="ring-left" cx="20" cy="20" r="17" pathLength=RING stroke-dasharray=RING stroke-dashoffset=gone />
            </svg>
            <div class="countdown-words">
                <span class="countdown-label" aria-hidden="true">
                    "Time left"
                </span>
                <span class="countdown-time" role="timer" aria-label="Time left" aria-live="off">
                    {move || in_figures(seconds.get())}
                </span>
            </div>
            <p class="visually-hidden" aria-live="polite">
                {announcement}
            </p>
        </div>
    }
}

fn milliseconds_until(deadline: f64) -> i64 {
    (deadline - browser::now()) as i64
}

/// "2:05"
fn in_figures(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What is said aloud: not every second, only when it begins to matter.
fn announcement(seconds: i64) -> &'static str {
    match seconds {
        31..=60 => "One minute left.",
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
    }

    #[test]
    fn only_three_moments_are_announced() {
        let said: Vec<&str> = (0..=180).rev().map(announcement).collect();
        let mut distinct = said.clone();
        distinct.dedup();
        assert_eq!(distinct.len(), 5, "silence, three announcements, silence");
    }
}
