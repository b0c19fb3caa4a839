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
//! Its dialog is fetched with the others when it is needed.

mod dialog;
mod end;
mod tabs;
mod watch;

use super::{changing::sometimes, part::Part};
use dialog::EndingDialog;
use leptos::prelude::*;
use watch::Watch;

/// Watches the session of the page. Its dialog appears here.
#[component]
pub fn SessionWatch() -> impl IntoView {
    let watch = Watch::new();
    // Only in the browser, and only once the page has been taken over.
    Effect::new(move |_| watch.start());
    sometimes(move || {
        // Where the dialog can't be fetched the server still ends the session, only without a word.
        let open = async move { ending_dialog(watch).await.unwrap_or_else(|_| ().into_any()) };
        watch.warns().then(|| Suspend::new(open).into_any())
    })
}

#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
fn ending_dialog(watch: Watch) -> Part {
    Ok(view! { <EndingDialog watch /> }.into_any())
}
