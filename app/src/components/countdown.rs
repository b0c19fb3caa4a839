//! How long a set-up's secret is still good for.

use super::time_left::{announcement, in_figures, milliseconds_left, seconds};
use leptos::prelude::*;

/// Steps of the ring.
const RING: i64 = 1_000;

/// The remaining time as a ring and in figures; says so when it is over.
#[component]
pub fn Countdown(
    /// Milliseconds by the browser's clock.
    deadline: Signal<f64>,
    /// The whole time, in milliseconds.
    lifetime: i64,
    /// The time is up.
    finished: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let left = milliseconds_left(deadline);
    Effect::new(move |_| {
        if left.get() <= 0 {
            finished();
        }
    });
    let seconds = Memo::new(move |_| seconds(left.get()));
    let gone = move || RING - (seconds.get() * 1_000 * RING / lifetime.max(1)).clamp(0, RING);
    let announcement = Memo::new(move |_| announcement(seconds.get(), "One minute left."));
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
                <span class="countdown-time" translate="no" role="timer" aria-label="Time left" aria-live="off">
                    {move || in_figures(seconds.get())}
                </span>
            </div>
            <p class="visually-hidden" aria-live="polite">
                {announcement}
            </p>
        </div>
    }
}
