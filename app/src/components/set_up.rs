//! Opening the set-up dialog, and what came of it.
//!
//! The dialog itself is a part of the program that is fetched when it is first
//! opened; this file is the door to it and belongs to the main part.

use super::{
    alert::Alert,
    button::{Button, Emphasis},
    modal::Modal,
    setup_dialog,
};
use crate::contract::ApiError;
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
}

/// Opens the set-up dialog. Provided by the layout.
#[derive(Clone, Copy)]
pub struct SetUp {
    /// Open; says whether a set-up that was begun is to be resumed.
    open: RwSignal<Option<bool>>,
    outcome: RwSignal<Option<Outcome>>,
}

impl SetUp {
    /// Closed.
    pub fn new() -> Self {
        Self { open: RwSignal::new(None), outcome: RwSignal::new(None) }
    }

    /// Opens the dialog at its first step.
    pub fn open(self) {
        self.outcome.set(None);
        self.open.set(Some(false));
    }

    /// Opens the dialog where it was before the page was loaded anew.
    pub fn resume(self) {
        self.open.set(Some(true));
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
    let attempt = RwSignal::new(0_u32);
    move || {
        set_up.open.get().map(|resume| {
            attempt.track();
            let dialog = Suspend::new(async move {
                match setup_dialog::setup_dialog(resume).await {
                    Ok(dialog) => dialog,
                    Err(_) => view! { <Unreachable retry=move || attempt.update(|n| *n += 1) /> }.into_any(),
                }
            });
            view! { <Suspense>{dialog}</Suspense> }
        })
    }
}

/// The part of the program could not be fetched.
#[component]
fn Unreachable(retry: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let set_up = use_set_up();
    view! {
        <Modal id="setup-title" title=TITLE leave=move || set_up.close(Outcome::Abandoned)>
            <div class="stack">
                <Alert>{ApiError::Offline.to_string()}</Alert>
                <Button emphasis=Emphasis::Primary on:click=move |_| retry()>
                    "Try again"
                </Button>
            </div>
        </Modal>
    }
}
