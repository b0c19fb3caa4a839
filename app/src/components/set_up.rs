//! Opening the set-up dialog, and what came of it.
//!
//! The dialog itself is a part of the program that is fetched when it is first
//! opened; this file is the door to it and belongs to the main part.

use super::setup_dialog;
use leptos::prelude::*;

/// Accessible name of the dialog.
pub const TITLE: &str = "Set up two-factor authentication";

/// How the dialog was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With "Finish": two-factor authentication is on.
    Finished,
    /// Before that: what was pending is dropped.
    Abandoned,
    /// It could not be opened at all.
    Unreachable,
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

    /// How the dialog was left most recently.
    pub fn outcome(self) -> Option<Outcome> {
        self.outcome.get()
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
    move || {
        set_up.open.get().map(|intent| {
            Suspend::new(async move {
                setup_dialog::setup_dialog(intent).await.unwrap_or_else(|_| {
                    set_up.close(Outcome::Unreachable);
                    ().into_any()
                })
            })
        })
    }
}
