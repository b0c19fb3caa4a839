//! A browser somewhere, as an entry of a list.

use crate::components::alert::{Notice, Tone};
use contract::activity::Origin;
use leptos::prelude::*;

/// One entry: which browser, where, what is known of it, and what can be done.
#[component]
pub fn Place(
    /// Unique in the document; what is known is called so, and describes the button.
    id: String,
    /// Browser and address.
    origin: Origin,
    /// Words that mark the one the person is using.
    #[prop(into)]
    mark: Option<&'static str>,
    /// When it was seen and the like.
    facts: AnyView,
    /// A button.
    children: Children,
) -> impl IntoView {
    let Origin { browser, address } = origin;
    view! {
        <li class="place">
            <div class="place-what">
                <p class="place-browser">
                    <bdi translate="no">{browser}</bdi>
                    {mark.map(|mark| view! { <span class="badge badge-here">{mark}</span> })}
                </p>
                <p class="muted">
                    <bdi translate="no">{address}</bdi>
                </p>
                <p class="muted place-facts" id=id>
                    {facts}
                </p>
            </div>
            {children()}
        </li>
    }
}

/// Name of a button that does something to an entry, for those who do not see the list.
pub fn name(action: &str, origin: &Origin) -> String {
    format!("{action}: {}, {}", origin.browser, origin.address)
}

/// What was done.
pub fn good(words: &'static str) -> AnyView {
    view! { <Notice tone=Tone::Good>{words}</Notice> }.into_any()
}
