//! A page that does not exist.

use crate::{
    components::{
        card::Standalone,
        page::{PageHeading, answer_not_found},
        part::{Part, or_unreachable},
    },
    routes,
};
use leptos::prelude::*;

/// What stands where no page is.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    answer_not_found();
    view! { <Suspense>{Suspend::new(async { or_unreachable(not_found().await) })}</Suspense> }
}

#[leptos::wasm_split::wasm_split(account, wasm_split_path = leptos::wasm_split, fallible)]
fn not_found() -> Part {
    Ok(view! { <NotFound /> }.into_any())
}

#[component]
fn NotFound() -> impl IntoView {
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
