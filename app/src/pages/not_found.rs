//! A page that does not exist.

use crate::components::{
    card::Standalone,
    page::{PageHeading, answer_not_found},
};
use contract::routes;
use leptos::prelude::*;

/// What stands where no page is.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    answer_not_found();
    view! {
        <Standalone>
            <div class="card">
                <PageHeading
                    title="Page not found"
                    lead="There is no page at this address. It may have been mistyped or moved."
                />
                <a href=routes::DASHBOARD class="button button-primary">
                    "Go to the start page"
                </a>
            </div>
        </Standalone>
    }
}
