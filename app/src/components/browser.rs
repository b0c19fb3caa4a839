//! What only a browser can do: leave the page, copy, download, print, focus.
//!
//! None of these is called on the server, but for what says so.

use super::lost_focus::has_focus;
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Element, File, HtmlAnchorElement, HtmlElement, HtmlInputElement, RequestCache, RequestInit,
    Response, Url,
};

/// Milliseconds since 1970 by the browser's clock, which goes on while the machine sleeps.
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// Loads another page of the portal anew.
pub fn leave_to(path: &str) {
    // Assigning fails only for a malformed URL, and paths are ours.
    let _ = window().location().set_href(path);
}

/// Loads the page anew.
pub fn reload() {
    // Fails only where there is no document to load.
    let _ = window().location().reload();
}

/// A text in NFC, as the server looks at it. On the server, where nothing was typed yet, it stays what it is.
pub fn composed(text: &str) -> String {
    if cfg!(feature = "ssr") || text.is_ascii() {
        return text.to_owned();
    }
    String::from(js_sys::JsString::from(text).normalize("NFC"))
}

/// Whether the portal answers that it does not have this file (any more).
pub async fn is_gone(url: &str) -> bool {
    let ask = RequestInit::new();
    ask.set_method("HEAD");
    // What the browser has kept does not tell.
    ask.set_cache(RequestCache::NoStore);
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &ask)).await;
    answer.and_then(JsCast::dyn_into::<Response>).is_ok_and(|answer| answer.status() == 404)
}

/// Puts text on the clipboard.
///
/// # Errors
/// The browser has none for this page (no secure context) or the person refused.
pub async fn copy(text: &str) -> Result<(), JsValue> {
    let navigator = window().navigator();
    if !Reflect::get(&navigator, &"clipboard".into())?.is_object() {
        return Err(JsValue::UNDEFINED);
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.map(drop)
}

/// Saves text as a file.
///
/// # Errors
/// The browser refused to make the file.
pub fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/plain;charset=utf-8");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The download holds the data by now; the URL would keep the codes in memory.
    Url::revoke_object_url(&url)
}

/// The file that was chosen.
pub fn chosen_file(input: &HtmlInputElement) -> Option<File> {
    input.files()?.get(0)
}

/// What a file holds.
///
/// # Errors
/// The browser can't read it.
pub async fn bytes_of(file: &File) -> Result<Vec<u8>, JsValue> {
    Ok(Uint8Array::new(&JsFuture::from(file.array_buffer()).await?).to_vec())
}

/// Opens the browser's print dialog.
///
/// # Errors
/// The browser can't print.
pub fn print() -> Result<(), JsValue> {
    window().print()
}

/// Takes the fragment out of the page's address and history, and answers it.
pub fn take_fragment() -> Option<String> {
    let location = window().location();
    let fragment = location.hash().ok()?.strip_prefix('#')?.to_owned();
    let path = location.pathname().ok()?;
    window().history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&path)).ok()?;
    Some(fragment).filter(|fragment| !fragment.is_empty())
}

/// The element that has the focus.
pub fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Whether the page has an element called `id`.
#[cfg(not(feature = "ssr"))]
pub fn shows(id: &str) -> bool {
    document().get_element_by_id(id).is_some()
}

/// Moves the focus to the element called `id`, if it is there.
pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // Fails only for elements that can't have the focus.
        let _ = element.focus();
    }
}

/// Scrolls as little as needed to show the element called `id`.
pub fn bring_into_view(id: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    let how = Object::new();
    let scroll = Reflect::set(&how, &"block".into(), &"nearest".into())
        .and_then(|_| Reflect::get(&element, &"scrollIntoView".into()))
        .and_then(JsCast::dyn_into::<Function>);
    // Fails only where there is no such method.
    let _ = scroll.and_then(|scroll| scroll.call1(&element, &how));
}

/// Whether the whole element called `id` can be seen where the dialog is scrolled to now.
pub fn is_in_view(id: &str) -> bool {
    let Some(element) = document().get_element_by_id(id) else { return false };
    let bottom = element.get_bounding_client_rect().bottom();
    let window = document().document_element().map_or(0.0, |root| f64::from(root.client_height()));
    let body = element.closest(".modal-body").ok().flatten();
    bottom <= body.map_or(window, |body| body.get_bounding_client_rect().bottom().min(window))
}

/// Has the dialog that is open begin at its top: what was scrolled to may be gone.
pub fn scroll_dialog_to_top() {
    for selector in ["dialog[open]", "dialog[open] .modal-body"] {
        if let Some(scrolled) = document().query_selector(selector).ok().flatten() {
            scrolled.set_scroll_top(0);
        }
    }
}

/// Moves the focus to the element called `id` if it was lost.
pub fn focus_if_nothing_has_it(id: &str) {
    if !has_focus() {
        focus(id);
    }
}

/// What can have the focus.
pub const CONTROLS: &str = ":is(input, button, select, textarea):not([disabled]), a[href]";

/// Moves the focus to the first control in a dialog that has just been opened, unless one has it:
/// browsers also take what can be scrolled for one.
pub fn enter_dialog(dialog: &Element) {
    if focused().is_some_and(|element| element.matches(CONTROLS).unwrap_or(false)) {
        return;
    }
    let control = dialog.query_selector(&format!(".modal-body :is({CONTROLS})")).ok().flatten();
    if let Some(control) = control.and_then(|control| control.dyn_into::<HtmlElement>().ok()) {
        let _ = control.focus();
    }
}

/// Whether there is a mouse or the like, rather than only fingers: then the
/// keyboard is a real one, and a field may take the focus without covering the page.
pub fn has_mouse() -> bool {
    window().match_media("(pointer: fine)").ok().flatten().is_some_and(|query| query.matches())
}
