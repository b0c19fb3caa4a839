//! Opening the set-up dialog, and what came of it.
//!
//! The dialog itself is a part of the program that is fetched when it is first
//! opened; this file is the door to it and belongs to the main part.

use super::{changing::sometimes, part::MissingPart, setup_dialog};
use leptos::prelude::*;

/// Accessible name of the dialog.
pub const TITLE: &str = "Set up two-factor authentication";

/// How the dialog was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With "Finish": the method is active.
    Finished {
        /// It is the person's first, so that two-factor authentication is on now.
        first: bool,
    },
    /// Before that: what was pending is dropped.
    Abandoned,
    /// It could not be opened at all.
    Unreachable(MissingPart),
}

impl Outcome {
    /// Two-factor authentication is on since just now.
    pub const fn is_first(self) -> bool {
        matches!(self, Self::Finished { first: true })
    }
}

/// What the dialog is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A method, the first one or one more.
    Add,
    /// A method in place of the one with this id.
    Replace {
        /// Id of the method.
        id: String,
    },
    /// The set-up that an earlier page began.
    Resume,
}

/// Opens the set-up dialog. Provided by the layout.
#[derive(Clone, Copy)]
pub struct SetUp {
    /// Open, and what for.
    open: RwSignal<Option<Intent>>,
    outcome: RwSignal<Option<Outcome>>,
}

impl SetUp {
    /// Closed.
    pub fn new() -> Self {
        Self { open: RwSignal::new(None), outcome: RwSignal::new(None) }
    }

    /// Opens the dialog.
    pub fn open(self, intent: Intent) {
        self.outcome.set(None);
        self.open.set(Some(intent));
    }

    /// Whether the dialog is open.
    pub fn is_open_untracked(self) -> bool {
        self.open.with_untracked(Option::is_some)
    }

    /// Closes the dialog.
    pub fn close(self, outcome: Outcome) {
        // Taking the dialog out of the page makes the browser report that it is closed.
        if self.open.get_untracked().is_some() {
            self.outcome.set(Some(outcome));
            self.open.set(None);
        }
    }

    /// Closes the dialog as if it had not been opened: there was nothing to take up.
    pub fn withdraw(self) {
        self.open.set(None);
    }

    /// How the dialog was left most recently.
    pub fn outcome(self) -> Option<Outcome> {
        self.outcome.get()
    }

    /// It was left before "Finish", and not opened again.
    pub fn was_abandoned(self) -> bool {
        self.outcome.get_untracked() == Some(Outcome::Abandoned)
    }

    /// Forgets how the dialog was left.
    pub fn forget(self) {
        self.outcome.set(None);
    }
}

/// Opens the set-up dialog; only inside the layout.
pub fn use_set_up() -> SetUp {
    expect_context()
}

/// Where the dialog appears.
#[component]
pub fn SetUpHost() -> impl IntoView {
    let set_up = use_set_up();
    sometimes(move || {
        let intent = set_up.open.get()?;
        let dialog = Suspend::new(async move {
            let Some(dialog) = setup_dialog::setup_dialog(intent).await.ok() else {
                set_up.close(Outcome::Unreachable(MissingPart::why().await));
                return ().into_any();
            };
            dialog
        });
        Some(dialog.into_any())
    })
}
