//! What becomes of the focus when that which has it goes.
//!
//! A browser then leaves it nowhere, and a screen reader with it. Whoever knows a better place moves
//! it there at once; else it goes to what has come in its stead, or to the heading above.

use super::browser::{CONTROLS, focused};
use js_sys::Array;
use leptos::prelude::{document, request_animation_frame};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit};

thread_local! {
    /// What had the focus most recently, unless the person has let go of it.
    static LATEST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// What had the focus, and all that was around it.
#[derive(Clone)]
pub struct Place {
    element: Element,
    around: Vec<Element>,
}

impl Place {
    /// What has the focus now.
    pub fn now() -> Option<Self> {
        let element = Element::from(focused()?);
        let around = std::iter::successors(element.parent_element(), |inner| inner.parent_element()).collect();
        Some(Self { element, around })
    }

    fn is_gone(&self) -> bool {
        !self.element.is_connected()
    }

    /// What is gone, from the inside out.
    fn gone(&self) -> impl Iterator<Item = &Element> {
        std::iter::once(&self.element).chain(&self.around).take_while(|element| !element.is_connected())
    }
}

/// Finds a place for every focus that is lost from now on. Browser only.
pub fn keep_focus() {
    let note = Closure::<dyn FnMut()>::new(|| LATEST.set(Place::now()));
    let let_go = Closure::<dyn FnMut()>::new(|| {
        // By then the next element has it, or what had it is out of the page.
        request_animation_frame(|| LATEST.with_borrow_mut(|latest| drop(latest.take_if(|_| !has_focus()))));
    });
    let look = Closure::<dyn FnMut(Array)>::new(|_| {
        let Some(place) = LATEST.with_borrow_mut(|latest| latest.take_if(|place| place.is_gone())) else { return };
        // Whoever knows a better place comes first.
        request_animation_frame(move || request_animation_frame(move || return_focus(&[place])));
    });
    let (Ok(observer), Some(page)) = (MutationObserver::new(look.as_ref().unchecked_ref()), document().body()) else {
        return;
    };
    let what = MutationObserverInit::new();
    what.set_subtree(true);
    what.set_child_list(true);
    // These fail only for what is no listener and where nothing is asked for.
    let _ = document().add_event_listener_with_callback("focusin", note.as_ref().unchecked_ref());
    let _ = document().add_event_listener_with_callback("focusout", let_go.as_ref().unchecked_ref());
    let _ = observer.observe_with_options(&page, &what);
    note.forget();
    let_go.forget();
    look.forget();
}

/// Moves the focus back to where it was before something that is gone now: to the first of `places`
/// that is still there.
///
/// What had it may have been made anew meanwhile: then the focus goes to what has the same id, or
/// to a control in what has the id of the nearest element around it, preferably the one that is
/// marked for it. Where nothing came in its stead, what was said just now gets it, else the nearest
/// heading.
pub fn return_focus(places: &[Place]) {
    let headings = ":is(h1, h2, h3)[tabindex]";
    if let Some(there) = places.iter().find(|place| !place.is_gone()) {
        give_focus(&there.element);
    }
    let anew = places.iter().flat_map(Place::gone).filter_map(|gone| document().get_element_by_id(&gone.id()));
    let anew = anew.flat_map(|anew| {
        let inside = ["[data-return]", CONTROLS].map(|selector| anew.query_selector(selector).ok().flatten());
        std::iter::once(anew).chain(inside.into_iter().flatten())
    });
    let around = places.iter().flat_map(|place| &place.around).filter(|element| element.is_connected());
    let above = around.filter_map(|element| element.query_selector(headings).ok().flatten());
    // What lies under a dialog that is open can't have it.
    let dialog = format!("dialog[open] .modal-body :is({CONTROLS})");
    let first = |selector: &str| document().query_selector(selector).ok().flatten();
    let said = first("main [role=status][tabindex]:not(:empty)");
    let else_to = [&dialog, "main h1[tabindex]", "main"].into_iter().filter_map(first);
    for target in anew.chain(said).chain(above).chain(else_to) {
        if has_focus() {
            return;
        }
        give_focus(&target);
    }
}

fn give_focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // Fails only for elements that can't have the focus.
        let _ = element.focus();
    }
}

/// Something on the page has the focus.
pub fn has_focus() -> bool {
    focused().is_some_and(|element| element.tag_name() != "BODY")
}
