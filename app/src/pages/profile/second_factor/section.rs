//! What the parts of the section share: the status, the dialog that is open,
//! and what came of the last change.

use crate::components::{
    alert::{Notice, Tone},
    browser,
    changing::sometimes,
    fetched::Fetched,
    set_up::{Intent, SetUp, use_set_up},
    signed_in::{SignedIn, use_signed_in},
};
use contract::profile::{Method, TwoFactorStatus};
use leptos::prelude::*;

/// Id of the section's heading, where the focus goes when its control is gone.
pub const HEADING: &str = "two-factor";

/// A change that is asked about first.
#[derive(Clone, PartialEq, Eq)]
pub enum Asked {
    /// Removing a method.
    Remove {
        /// Which.
        method: Method,
        /// It is the last one.
        last: bool,
    },
    /// Switching two-factor authentication off.
    Disable,
    /// Replacing the recovery codes.
    Generate,
}

/// What came of a change.
#[derive(Clone)]
pub struct Said {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub words: String,
}

impl Said {
    /// As it was wanted.
    pub fn good(words: impl Into<String>) -> Self {
        Self { tone: Tone::Good, words: words.into() }
    }

    /// Worth a look.
    pub fn caution(words: impl Into<String>) -> Self {
        Self { tone: Tone::Caution, words: words.into() }
    }
}

/// The section "Two factor authentication".
#[derive(Clone, Copy)]
pub struct Section {
    /// What the portal knows.
    pub status: Fetched<TwoFactorStatus>,
    signed_in: SignedIn,
    set_up: SetUp,
    asked: RwSignal<Option<Asked>>,
    said: RwSignal<Option<Said>>,
    /// Where the focus goes when the changed status is on the screen.
    focus: StoredValue<Option<String>>,
}

impl Section {
    /// Nothing asked and nothing said.
    pub fn new(status: Fetched<TwoFactorStatus>) -> Self {
        let section = Self {
            status,
            signed_in: use_signed_in(),
            set_up: use_set_up(),
            asked: RwSignal::new(None),
            said: RwSignal::new(None),
            focus: StoredValue::new(None),
        };
        Effect::new(move |_| {
            status.track();
            if let Some(target) = section.focus.try_update_value(Option::take).flatten() {
                request_animation_frame(move || {
                    browser::focus(&target);
                    browser::focus_if_nothing_has_it(HEADING);
                });
            }
        });
        section
    }

    /// Opens the set-up dialog.
    pub fn set_up(self, intent: Intent) {
        self.said.set(None);
        self.set_up.open(intent);
    }

    /// Opens a dialog of this section.
    pub fn ask(self, asked: Asked) {
        self.forget();
        self.asked.set(Some(asked));
    }

    /// The dialog that is open.
    pub fn asked(self) -> Option<Asked> {
        self.asked.get()
    }

    /// Closes the dialog; nothing has changed.
    pub fn close(self) {
        self.asked.set(None);
    }

    /// Something has changed: closes the dialog, says so and asks the portal
    /// anew. The focus goes to the element called `focus`, else to the heading.
    pub fn changed(self, said: Said, focus: impl Into<String>) {
        self.forget();
        self.said.set(Some(said));
        self.asked.set(None);
        self.focus.set_value(Some(focus.into()));
        self.status.refetch();
        self.signed_in.refetch();
    }

    /// Says no more about the change before.
    fn forget(self) {
        self.said.set(None);
        self.set_up.forget();
    }
}

/// What came of the last change; stands in an element that announces it.
#[component]
pub fn LastChange(section: Section) -> impl IntoView {
    sometimes(move || section.said.get().map(|Said { tone, words }| view! { <Notice tone>{words}</Notice> }.into_any()))
}
