//! Knowing when the browser has taken the page over.
//!
//! Until then a button that needs script would swallow clicks; it is rendered
//! disabled and comes alive at that moment. And until then nothing may differ
//! from what the server rendered.

use leptos::prelude::*;

/// Turns true once, when the whole page has been taken over. Provided by the browser's entry point.
#[derive(Clone, Debug)]
pub struct Hydrated(pub ArcRwSignal<bool>);

/// Whether the page has been taken over; never true on the server.
pub fn use_hydrated() -> Signal<bool> {
    match use_context::<Hydrated>() {
        Some(Hydrated(signal)) => signal.into(),
        None => Signal::stored(false),
    }
}
