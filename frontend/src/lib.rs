//! The browser's entry point: takes over the page the server rendered, nothing else.

use app::{App, Hydrated, keep_focus, keep_texts};
use leptos::{
    mount::{hydrate_from_async, mount_to},
    prelude::*,
    tachys::dom::body,
    web_sys::{Element, Event, HtmlElement, HtmlInputElement},
};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

/// Id of the element that holds the page.
const PORTAL: &str = "portal";

/// Takes over what the server rendered, which must be as it was sent.
///
/// Parts of the page may have to be fetched first; only when all of it has
/// been taken over do its controls come alive, and does this end.
#[wasm_bindgen]
pub async fn hydrate() {
    show_panics();
    let hydrated = ArcRwSignal::new(false);
    hydrate_from_async(portal(), page(&hydrated)).await.forget();
    hydrated.set(true);
    keep_texts();
    keep_focus();
}

/// Renders the page anew, because what was found is not what the server sent.
///
/// What was found stays until its successor has something to show.
#[wasm_bindgen]
pub async fn render() {
    show_panics();
    let found = portal();
    let made: HtmlElement = match document().create_element("div") {
        Ok(made) => made.unchecked_into(),
        Err(_) => return,
    };
    made.set_id(PORTAL);
    mount_to(made.clone(), page(&ArcRwSignal::new(true))).forget();
    while made.first_element_child().is_none() {
        next_frame().await;
    }
    keep_what_was_typed(&found, &made);
    // Fails only for what has no place in the document.
    let _ = found.replace_with_with_node_1(&made);
    keep_texts();
    keep_focus();
}

fn show_panics() {
    #[cfg(debug_assertions)]
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
}

fn page(hydrated: &ArcRwSignal<bool>) -> impl FnOnce() -> AnyView + use<> {
    let told = Hydrated(hydrated.clone());
    move || {
        provide_context(told);
        view! { <App /> }.into_any()
    }
}

/// The element that holds the page.
fn portal() -> HtmlElement {
    document().get_element_by_id(PORTAL).map_or_else(body, JsCast::unchecked_into)
}

async fn next_frame() {
    let (tell, told) = futures_channel::oneshot::channel();
    request_animation_frame(move || {
        // Fails only if nobody waits any more.
        let _ = tell.send(());
    });
    // Fails only where there are no more frames.
    let _ = told.await;
}

/// Takes what was typed into fields over to those of the same name.
fn keep_what_was_typed(found: &Element, made: &Element) {
    let Ok(fields) = found.query_selector_all("input[id]") else { return };
    for field in (0..fields.length()).filter_map(|index| fields.get(index)?.dyn_into::<HtmlInputElement>().ok()) {
        if field.value() == field.default_value() {
            continue;
        }
        let successor = made.query_selector(&format!("input[id=\"{}\"]", field.id())).ok().flatten();
        if let Some(successor) = successor.and_then(|successor| successor.dyn_into::<HtmlInputElement>().ok()) {
            successor.set_value(&field.value());
            if let Ok(typed) = Event::new("input") {
                // Fails only for an event that is under way already.
                let _ = successor.dispatch_event(&typed);
            }
        }
    }
}
