//! Modal dialogs, on the browser's own `<dialog>`.

use super::{
    browser,
    icon::{Glyph, Icon},
    lost_focus::{Place, return_focus},
};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_location;
use std::cell::RefCell;

thread_local! {
    /// What had the focus before the dialogs that have just been taken out of the page. A dialog
    /// that takes their place leads back there, too.
    static LEFT: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// A modal dialog; open as long as it is part of the page.
///
/// Escape, "Close" and going to another page ask to `leave`; whoever shows the dialog then takes it
/// out of the page, and the focus goes back to where it was before.
#[component]
pub fn Modal(
    /// Unique in the document.
    id: &'static str,
    /// Its accessible name.
    title: &'static str,
    /// A wider one.
    #[prop(optional)]
    wide: bool,
    /// Without the button "Close" in its corner: what is in it offers all there is to do.
    #[prop(optional)]
    bare: bool,
    /// The person wants to leave.
    leave: impl Fn() + Copy + Send + Sync + 'static,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let openers = StoredValue::new_local(Vec::new());
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let left = LEFT.take();
            openers.set_value(if left.is_empty() { Place::now().into_iter().collect() } else { left });
            // It has been made but may not be in the page yet.
            request_animation_frame(move || {
                // Fails only for a dialog that is open already, or gone again.
                let _ = dialog.show_modal();
                browser::enter_dialog(&dialog);
            });
        }
    });
    on_cleanup(move || {
        LEFT.with_borrow_mut(|left| left.extend(openers.try_get_value().unwrap_or_default()));
        // The rest of the page can take the focus only when the dialog is gone.
        request_animation_frame(|| return_focus(&LEFT.take()));
    });
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            leave();
        }
        path
    });
    let escape = move |event: ev::Event| {
        // A file field in the dialog reports in the same way that no file was chosen.
        if event.target() != event.current_target() {
            return;
        }
        event.prevent_default();
        leave();
    };
    // A browser may close it without asking. Whoever shows it may want it to stay.
    let closed = move |_| {
        // Reported late, when it is out of the page: by now another one may be open.
        if openers.is_disposed() {
            return;
        }
        leave();
        let Some(dialog) = dialog.get_untracked() else { return };
        request_animation_frame(move || {
            if dialog.is_connected() && !dialog.open() {
                let _ = dialog.show_modal();
            }
        });
    };
    view! {
        <dialog
            node_ref=dialog
            class=if wide { "modal modal-wide" } else { "modal" }
            aria-labelledby=id
            on:cancel=escape
            on:close=closed
        >
            <header class="modal-head">
                <h2 class="modal-title" id=id>
                    {title}
                </h2>
            </header>
            <div class="modal-body">{children()}</div>
            // Last, so that the focus goes to what the dialog is for.
            {(!bare)
                .then(|| {
                    view! {
                        <button type="button" class="button modal-close" aria-label="Close" on:click=move |_| leave()>
                            <Icon glyph=Glyph::Close />
                        </button>
                    }
                })}
        </dialog>
    }
}
