//! The button below a list that goes on.

use super::{
    browser,
    button::Button,
    changing::{Changing, sometimes},
};
use leptos::{ev::MouseEvent, prelude::*};

/// Id of what is said at the end of the list.
const END: &str = "end-of-list";

/// The button while there is more; it stays the same one meanwhile, so that it
/// keeps the focus. With the last page the focus goes to the end of the list.
pub fn show_more(
    there_is_more: Memo<bool>,
    pending: RwSignal<bool>,
    more: impl Fn(MouseEvent) + Copy + Send + Sync + 'static,
) -> Changing {
    let used = StoredValue::new(false);
    let go_on = move |event| {
        used.set_value(true);
        more(event);
    };
    sometimes(move || {
        if there_is_more.get() {
            let button = view! {
                <Button pending on:click=go_on>
                    "Show more"
                </Button>
            };
            return Some(button.into_any());
        }
        used.try_update_value(std::mem::take).filter(|used| *used)?;
        request_animation_frame(|| browser::focus_if_nothing_has_it(END));
        let end = view! {
            <p class="muted" id=END tabindex="-1">
                "That is all."
            </p>
        };
        Some(end.into_any())
    })
}
