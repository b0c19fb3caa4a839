//! Twofold's interface: rendered on the server, taken over in the browser.
//!
//! The crate is compiled twice. With `ssr` the server functions in [`api`] run
//! here and reach the server's use-cases through [`portal`]; with `hydrate`
//! they are calls over HTTP. [`contract`] is what travels.

pub mod api;
pub mod contract;
#[cfg(feature = "ssr")]
pub mod portal;
pub mod routes;

use leptos::prelude::*;
#[component]
pub fn App() -> impl IntoView {
    "hello"
}
