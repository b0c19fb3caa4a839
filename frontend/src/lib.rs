//! The browser's entry point: takes over the page the server rendered, nothing else.

use app::{App, Hydrated};
use leptos::{mount::hydrate_from_async, prelude::*, tachys::dom::body};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Called once by the page when the module has been loaded.
///
/// Parts of the page may have to be fetched first; only when all of it has
/// been taken over do its controls come alive.
#[wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    let hydrated = ArcRwSignal::new(false);
    spawn_local(async move {
        let told = Hydrated(hydrated.clone());
        let page = move || {
            provide_context(told);
            view! { <App /> }
        };
        hydrate_from_async(body(), page).await.forget();
        hydrated.set(true);
    });
}
