//! The centred card that stands alone on a page: signing in, welcome, errors.

use super::{icon::Mark, page::portal_name};
use leptos::prelude::*;

/// The portal's mark and name above whatever stands alone on the page.
#[component]
pub fn Standalone(
    /// A card.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="standalone">
            <header class="standalone-brand">
                <Mark />
                <span class="brand-name" dir="auto" translate="no">
                    {portal_name()}
                </span>
            </header>
            <main id="main" class="standalone-main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}
