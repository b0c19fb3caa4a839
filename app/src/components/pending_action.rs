//! What the notice about recovery codes sends a person to the profile for.

use leptos::prelude::*;

/// Something that is done in a dialog of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingAction {
    /// A new authentication app in place of the lost one.
    ReplaceApp,
    /// "Generate new recovery codes".
    NewCodes,
}

/// Kept from the click until the page is there. Provided by the layout.
#[derive(Clone, Copy)]
pub struct PendingActions(RwSignal<Option<PendingAction>>);

impl PendingActions {
    /// None.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// The person has set out.
    pub fn set_out(self, errand: PendingAction) {
        self.0.set(Some(errand));
    }

    /// What the person has come for.
    pub fn get(self) -> Option<PendingAction> {
        self.0.get()
    }

    /// It is being seen to.
    pub fn done(self) {
        self.0.set(None);
    }
}

/// What the person has set out for; only inside the layout.
pub fn use_errands() -> PendingActions {
    expect_context()
}
