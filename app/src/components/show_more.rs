//! The button below a list that goes on.

use super::{
    button::Button,
    changing::{Changing, sometimes},
};
use leptos::{ev::MouseEvent, prelude::*};

/// The button while there is more; it stays the same one meanwhile, so that it
/// keeps the focus.
pub fn show_more(
    there_is_more: Memo<bool>,
    pending: RwSignal<bool>,
    more: impl Fn(MouseEvent) + Copy + Send + Sync + 'static,
) -> Changing {
    sometimes(move || {
        there_is_more.get().then(|| {
            view! {
                <Button pending on:click=more>
                    "Show more"
                </Button>
            }
            .into_any()
        })
    })
}
