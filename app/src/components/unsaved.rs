//! Keeping what was entered and not saved from being lost by accident.
//!
//! Before the tab is closed, reloaded or led to another site, the browser asks.
//! Within the portal pages are left by the router, which can't be made to wait:
//! the click on a link, or the step in the browser's history, is caught before
//! the router sees it, and repeated if the person wants to leave after all.
//!
//! Clicks pass the window on their way to what was clicked. Steps happen to the
//! window itself, where whoever listens first is told first: so [`Steps`] begins
//! to listen before the router does.

use super::{
    button::{Button, Emphasis},
    changing::{Changing, sometimes},
    modal::Modal,
};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, EventTarget, HtmlAnchorElement};

/// The words of the question.
#[derive(Clone, Copy)]
pub struct Words {
    /// The question.
    pub title: &'static str,
    /// What would be lost.
    pub loss: &'static str,
    /// The button that stays.
    pub keep: &'static str,
    /// The button that leaves.
    pub discard: &'static str,
}

/// About what was changed in a form.
pub const CHANGES: Words = Words {
    title: "Discard your changes?",
    loss: "What you changed has not been saved.",
    keep: "Keep editing",
    discard: "Discard changes",
};

/// What the person was about to do.
enum Leaving {
    /// What the page itself offers, such as "Cancel".
    Page,
    /// Following a link within the portal.
    Link(HtmlAnchorElement),
    /// A step in the browser's history.
    History,
}

/// Steps in the browser's history, which someone may hold up before the router
/// follows them. Provided around the router.
#[derive(Clone, Copy)]
pub struct Steps {
    held_by: StoredValue<Option<Callback<ev::PopStateEvent>>>,
}

impl Steps {
    /// Held up by nobody.
    pub fn new() -> Self {
        let held_by = StoredValue::new(None::<Callback<ev::PopStateEvent>>);
        #[cfg(not(feature = "ssr"))]
        {
            let listener = window_event_listener(ev::popstate, move |event| {
                if let Some(holder) = held_by.try_get_value().flatten() {
                    holder.run(event);
                }
            });
            on_cleanup(move || listener.remove());
        }
        Self { held_by }
    }

    /// Tells `holder` of each step, as long as the calling component is part of the page.
    fn hold(self, holder: impl Fn(ev::PopStateEvent) + Send + Sync + 'static) {
        self.held_by.set_value(Some(Callback::new(holder)));
        on_cleanup(move || {
            // Gone already when the whole program ends.
            let _ = self.held_by.try_set_value(None);
        });
    }
}

/// Watches over what is not saved yet.
#[derive(Clone, Copy)]
pub struct Unsaved {
    /// There is something to lose.
    dirty: Signal<bool>,
    leaving: StoredValue<Option<Leaving>, LocalStorage>,
    asking: RwSignal<bool>,
    /// The person has decided to leave.
    released: StoredValue<bool>,
    /// The path of the page.
    page: StoredValue<String>,
}

impl Unsaved {
    /// Watches as long as the calling component is part of the page.
    pub fn guard(dirty: Signal<bool>) -> Self {
        let unsaved = Self {
            dirty,
            leaving: StoredValue::new_local(None),
            asking: RwSignal::new(false),
            released: StoredValue::new(false),
            page: StoredValue::new(use_location().pathname.get_untracked()),
        };
        unsaved.listen();
        unsaved
    }

    /// Does what the page offers for leaving; asks first where something would be lost.
    pub fn leave(self, leave: impl Fn()) {
        if self.dirty.get_untracked() { self.ask(Leaving::Page) } else { leave() }
    }

    /// The question, in these words. `leave` does what the page itself offers for leaving.
    pub fn question(self, words: Words, leave: impl Fn() + Copy + Send + Sync + 'static) -> Changing {
        let discard = move || self.go(leave);
        sometimes(move || {
            let asking = self.asking.get();
            asking.then(|| view! { <DiscardDialog words stay=move || self.asking.set(false) discard /> }.into_any())
        })
    }

    fn ask(self, leaving: Leaving) {
        self.leaving.set_value(Some(leaving));
        self.asking.set(true);
    }

    fn go(self, leave: impl Fn()) {
        self.asking.set(false);
        match self.leaving.try_update_value(Option::take).flatten() {
            Some(Leaving::Link(link)) => {
                self.released.set_value(true);
                link.click();
            }
            Some(Leaving::History) => {
                self.released.set_value(true);
                // Fails only where there is no document any more.
                let _ = window().history().map(|history| history.back());
            }
            Some(Leaving::Page) | None => leave(),
        }
    }

    fn watches(self) -> bool {
        self.dirty.try_get_untracked() == Some(true) && self.released.try_get_value() == Some(false)
    }

    fn listen(self) {
        Effect::new(move |_| {
            let listener = window_event_listener(ev::beforeunload, move |event| {
                if self.watches() {
                    event.prevent_default();
                }
            });
            on_cleanup(move || listener.remove());
        });
        expect_context::<Steps>().hold(move |event| self.on_step(&event));
        let listener = StoredValue::new_local(None::<Closure<dyn FnMut(ev::MouseEvent)>>);
        Effect::new(move |_| {
            let click = Closure::<dyn FnMut(ev::MouseEvent)>::new(move |event: ev::MouseEvent| self.on_click(&event));
            // On the way down to what was clicked; the router listens on the way up.
            let called = click.as_ref().unchecked_ref();
            let _ = window().add_event_listener_with_callback_and_bool("click", called, true);
            listener.set_value(Some(click));
        });
        on_cleanup(move || {
            if let Some(click) = listener.try_update_value(Option::take).flatten() {
                let called = click.as_ref().unchecked_ref();
                let _ = window().remove_event_listener_with_callback_and_bool("click", called, true);
            }
        });
    }

    fn on_click(self, event: &ev::MouseEvent) {
        let other = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.button() != 0;
        if other || !self.watches() {
            return;
        }
        if let Some(link) = event.target().and_then(link_within_portal) {
            event.prevent_default();
            self.ask(Leaving::Link(link));
        }
    }

    fn on_step(self, event: &ev::PopStateEvent) {
        let Some(page) = self.page.try_get_value().filter(|_| self.watches()) else { return };
        // A step between places of the same page is no leaving.
        if window().location().pathname().is_ok_and(|path| path == page) {
            return;
        }
        event.stop_immediate_propagation();
        // The step has been made; the page is put on top of where it led to,
        // so that one step back leads there, whichever direction it was.
        let pushed =
            window().history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&page)));
        if pushed.is_ok() {
            self.ask(Leaving::History);
        }
    }
}

/// The link around what was clicked, if it leads to another page of the portal in this tab.
fn link_within_portal(clicked: EventTarget) -> Option<HtmlAnchorElement> {
    let link = clicked.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link: HtmlAnchorElement = link.dyn_into().ok()?;
    let here = window().location();
    let within = here.origin().is_ok_and(|origin| origin == link.origin());
    let elsewhere = here.pathname().is_ok_and(|path| path != link.pathname());
    let by_router = link.target().is_empty() && !link.rel().contains("external") && !link.has_attribute("download");
    (within && elsewhere && by_router).then_some(link)
}

/// Asks before changes are thrown away.
#[component]
fn DiscardDialog(
    words: Words,
    stay: impl Fn() + Copy + Send + Sync + 'static,
    discard: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let Words { title, loss, keep, discard: go } = words;
    view! {
        <Modal id="discard-title" title leave=stay>
            <div class="stack">
                <p>{loss}</p>
                <div class="actions">
                    <Button emphasis=Emphasis::Primary on:click=move |_| stay()>
                        {keep}
                    </Button>
                    <Button on:click=move |_| discard()>{go}</Button>
                </div>
            </div>
        </Modal>
    }
}
