//! Between a click on a link and the page that it leads to.
//!
//! The page before stays until the next one is there, which on a slow line takes
//! a while: only then does the focus go to the new content.

use super::{
    browser,
    changing::{Changing, sometimes},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::time::Duration;

/// What comes sooner needs no word that it is on its way.
const SOON: Duration = Duration::from_millis(300);

/// Which page is there, and whether another one is on its way. Provided by the layout.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// The path of the page that is there.
    there: RwSignal<String>,
    /// The path that was asked for.
    wanted: Memo<String>,
    /// The page that was asked for has not come soon.
    late: RwSignal<bool>,
}

impl Arrival {
    /// The page that the document came with is there.
    pub fn new() -> Self {
        let wanted = use_location().pathname;
        let arrival = Self { there: RwSignal::new(wanted.get_untracked()), wanted, late: RwSignal::new(false) };
        Effect::new(move |_| {
            arrival.late.set(false);
            if arrival.there.get() == wanted.get() {
                return;
            }
            let wait = set_timeout_with_handle(move || arrival.late.set(true), SOON).ok();
            on_cleanup(move || {
                if let Some(wait) = wait {
                    wait.clear();
                }
            });
        });
        arrival
    }

    /// The page that was asked for is there.
    pub fn page_is_there(self) {
        let wanted = self.wanted.get_untracked();
        if self.there.get_untracked() != wanted {
            self.there.set(wanted);
            browser::focus("main");
        }
    }

    /// The next page lets wait for it.
    pub fn is_late(self) -> bool {
        self.late.get()
    }

    /// Says that the next page is on its way, where that takes long.
    pub fn word(self) -> Changing {
        sometimes(move || {
            let word = || view! { <p class="visually-hidden">"The page is loading…"</p> }.into_any();
            self.late.get().then(word)
        })
    }
}
