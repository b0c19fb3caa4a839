//! Going on while the browser translates the page.
//!
//! Translators like Chrome's put each text into a `<font>` element of their own
//! and take the text's node out of the page. Leptos then writes to a node that
//! nobody sees, and finds no place in the page where it wants to put something
//! before it. So the node is put back in front of the translation, empty. When
//! Leptos writes to it, the translation goes: the translator takes up the new
//! text like any other.

use js_sys::{Array, Reflect};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, MutationObserver, MutationObserverInit, MutationRecord, Node, Text};

/// Property of a text's node: what stands for it. Property of that: the text.
const OTHER: &str = "twofold";

/// Keeps the program's texts in the page, whatever a translator does, from now on. Browser only.
pub fn keep_texts() {
    let heed = Closure::<dyn FnMut(Array)>::new(|records: Array| {
        for record in records.iter() {
            heed(&record.unchecked_into());
        }
    });
    let (Ok(observer), Some(page)) = (MutationObserver::new(heed.as_ref().unchecked_ref()), document().body()) else {
        return;
    };
    let what = MutationObserverInit::new();
    what.set_subtree(true);
    what.set_child_list(true);
    what.set_character_data(true);
    what.set_character_data_old_value(true);
    // Fails only where nothing is asked for.
    if observer.observe_with_options(&page, &what).is_ok() {
        heed.forget();
    }
}

fn heed(change: &MutationRecord) {
    if change.type_() == "characterData" {
        if let Some(text) = change.target().and_then(|target| target.dyn_into().ok()) {
            written(&text, change.old_value().is_some_and(|before| before.is_empty()));
        }
        return;
    }
    let removed = change.removed_nodes();
    for text in (0..removed.length()).filter_map(|index| removed.get(index)?.dyn_into::<Text>().ok()) {
        taken_out(&text, change);
    }
}

/// Emptying the node is our own doing; writing to it when it was empty, or anything but nothing, is the program's.
fn written(text: &Text, was_empty: bool) {
    if was_empty || !text.data().is_empty() {
        drop_translation(text);
    }
}

fn taken_out(text: &Text, change: &MutationRecord) {
    match (translation_of(text), text.is_connected()) {
        // The program has taken it out, and its translation has to follow.
        (Some(_), false) => drop_translation(text),
        // The translator has put it back: the original is to be seen.
        (Some(translation), true) => {
            forget(text);
            text.set_data(&get(&translation, OTHER).and_then(|original| original.as_string()).unwrap_or_default());
        }
        (None, false) => {
            if let Some(translation) = stand_in(change) {
                set(&translation, &text.data().into());
                set(text, &translation);
                text.set_data("");
                // Fails only where nothing can stand before it, and then it has no place in the page either.
                let _ = translation.before_with_node_1(text);
            }
        }
        (None, true) => {}
    }
}

/// The element that a translator put in the place of what was taken out.
fn stand_in(change: &MutationRecord) -> Option<Element> {
    let beside = [change.added_nodes().get(0), change.previous_sibling(), change.next_sibling()];
    let font = |node: Option<Node>| node?.dyn_into::<Element>().ok().filter(|element| element.tag_name() == "FONT");
    beside.into_iter().filter_map(font).find(|element| get(element, OTHER).is_none())
}

fn translation_of(text: &Text) -> Option<Element> {
    get(text, OTHER)?.dyn_into().ok()
}

fn drop_translation(text: &Text) {
    if let Some(translation) = translation_of(text) {
        forget(text);
        translation.remove();
    }
}

fn forget(text: &Text) {
    set(text, &JsValue::UNDEFINED);
}

fn get(node: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(node, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn set(node: &JsValue, value: &JsValue) {
    // Fails only for what is no object.
    let _ = Reflect::set(node, &OTHER.into(), value);
}
