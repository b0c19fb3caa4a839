//! Sessions that end by themselves: a word before, and leaving when it is over.
//!
//! Every page that is signed in carries the watch. It never touches the page
//! below: what was typed there is still there after "Stay signed in".
//!
//! ```text
//! asleep ──soon──> is it really soon? ──yes──> "Are you still there?" ──over──> sign-in page
//!    ^                     │ no, put off by a request          │
//!    └─────────────────────┴─── "Stay signed in", in any tab ──┘
//! ```
//!
//! It is fetched with the dialogs; nothing of it is needed before the page works.

mod dialog;
mod end;
mod tabs;
mod watch;

use super::{changing::sometimes, hydration::use_hydrated, part::Part};
use dialog::EndingDialog;
use leptos::prelude::*;
use watch::Watch;

/// Watches the session of the page. Its dialog appears here.
#[component]
pub fn SessionWatch() -> impl IntoView {
    let hydrated = use_hydrated();
    sometimes(move || {
        // Without it the server still ends the session, only without a word.
        hydrated
            .get()
            .then(|| Suspend::new(async move { watcher().await.unwrap_or_else(|_| ().into_any()) }).into_any())
    })
}

#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
fn watcher() -> Part {
    Ok(view! { <Watcher /> }.into_any())
}

#[component]
fn Watcher() -> impl IntoView {
    let watch = Watch::start();
    sometimes(move || watch.warns().then(|| view! { <EndingDialog watch /> }.into_any()))
}
