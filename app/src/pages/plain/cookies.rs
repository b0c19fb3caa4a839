//! For browsers that keep no cookies: without them nobody can sign in.

use super::form::destination;
use crate::components::{card::Standalone, page::PageHeading};
use contract::routes;
use leptos::prelude::*;

/// Where a browser is led past that has sent no cookie yet. Who gets to see it has none
/// to send, whatever the outcome of the attempt was.
#[component]
pub fn CookiesPage() -> impl IntoView {
    view! {
        <Standalone>
            <div class="card">
                <PageHeading title="Cookies are blocked" />
                <p>
                    "Your browser did not keep the cookie by which this portal knows you again, so you can’t be signed in. Allow cookies for this site; some private windows and extensions block them. Then sign in again."
                </p>
                <a class="button button-primary button-wide" href=routes::with_next(routes::SIGN_IN, &destination()) rel="external">
                    "Sign in again"
                </a>
            </div>
        </Standalone>
    }
}
