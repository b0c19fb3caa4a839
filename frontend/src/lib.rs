//! The browser's entry point: takes over the page the server rendered, nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page when the module has been loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_lazy(app::App);
}
