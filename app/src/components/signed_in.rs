//! Whoever is signed in, and what to do when an answer says that this has changed.

use super::{browser, fetched::Fetched};
use crate::contract::{ApiError, account::Viewer};
use leptos::prelude::*;

/// Who is signed in. Provided to everything inside the layout.
#[derive(Clone, Copy)]
pub struct SignedIn(Fetched<Viewer>);

impl SignedIn {
    /// What the layout knows.
    pub fn new(viewer: Fetched<Viewer>) -> Self {
        Self(viewer)
    }

    /// Asks the portal again.
    pub fn refetch(self) {
        self.0.refetch();
    }

    /// Who it is, as far as is known.
    pub fn viewer(self) -> Option<Viewer> {
        self.0.get().and_then(Result::ok)
    }

    /// Deals with problems that concern the session rather than what was asked
    /// for; answers whether this was one. Browser only.
    pub fn deals_with(self, problem: &ApiError) -> bool {
        match problem {
            ApiError::SignedOut | ApiError::SecondFactorRequired => browser::leave_to_sign_in(),
            ApiError::EnrolmentRequired => self.refetch(),
            // The person chose not to confirm that it is them.
            ApiError::StepUpRequired { .. } => {}
            _ => return false,
        }
        true
    }
}

/// Who is signed in; only inside the layout.
pub fn use_signed_in() -> SignedIn {
    expect_context()
}
