//! The secret as text, for those who can't scan.

use super::copied::Copyable;
use leptos::prelude::*;

/// The key with the button that copies it.
#[component]
pub fn SetupKey(
    /// In groups of four.
    key: String,
    /// What it is for.
    hint: &'static str,
) -> impl IntoView {
    // Apps take the key without the spaces that make it readable.
    let plain: String = key.split_whitespace().collect();
    view! {
        <div class="setup-key">
            <p class="field-label" id="setup-key-label">
                "Setup key"
            </p>
            <p class="field-hint">{hint}</p>
            <Copyable
                text=plain
                button="Copy key"
                refused="Your browser does not let this page copy. Select the key and copy it yourself."
            >
                <div class="setup-key-text" translate="no" role="group" aria-labelledby="setup-key-label">
                    {key}
                </div>
            </Copyable>
        </div>
    }
}
