//! Something to copy, and whether that worked.

use super::{browser, button::Button};
use leptos::{prelude::*, task::spawn_local};

/// A button that copies a text, together with what it copies.
#[component]
pub fn Copyable(
    /// What is copied.
    text: String,
    /// The button's words.
    button: &'static str,
    /// What is said where the browser refuses.
    refused: &'static str,
    /// Becomes true when it was copied.
    #[prop(optional)]
    worked: Option<RwSignal<bool>>,
    /// What is shown beside the button.
    children: Children,
) -> impl IntoView {
    let copied = RwSignal::new("");
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let done = browser::copy(&text).await.is_ok();
            copied.set(if done { "Copied." } else { refused });
            if let Some(worked) = worked.filter(|_| done) {
                worked.set(true);
            }
        });
    };
    view! {
        <div class="copyable">
            {children()}
            <Button on:click=copy>{button}</Button>
        </div>
        <p class="copied" role="status">
            {copied}
        </p>
    }
}
