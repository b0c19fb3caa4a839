//! Whoever is signed in, and what to do when an answer says that this has changed.

use super::{browser, fetched::Fetched};
use contract::{ApiError, account::Viewer, routes};
use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Location};

/// Who is signed in. Provided to everything inside the layout.
#[derive(Clone, Copy)]
pub struct SignedIn {
    viewer: Fetched<Viewer>,
    /// The page on the screen, or the one on its way there.
    page: Memo<String>,
    /// "Sign out" is on its way, and leads where it leads.
    signing_out: StoredValue<bool>,
}

impl SignedIn {
    /// What the layout knows.
    pub fn new(viewer: Fetched<Viewer>) -> Self {
        let Location { pathname, search, .. } = use_location();
        let page = Memo::new(move |_| {
            let (path, search) = (pathname.get(), search.get());
            if search.is_empty() { path } else { format!("{path}?{search}") }
        });
        Self { viewer, page, signing_out: StoredValue::new(false) }
    }

    /// Asks the portal again.
    pub fn refetch(self) {
        self.viewer.refetch();
    }

    /// The page on the screen, with its search, or the one on its way there.
    pub fn page(self) -> String {
        self.page.get()
    }

    /// Who it is, as far as is known.
    pub fn viewer(self) -> Option<Viewer> {
        self.viewer.get().and_then(Result::ok)
    }

    /// The person has chosen "Sign out": that the session ends is no news.
    pub fn sign_out(self) {
        self.signing_out.set_value(true);
    }

    /// Whether "Sign out" is on its way.
    pub fn signs_out(self) -> bool {
        self.signing_out.get_value()
    }

    /// Deals with problems that concern the session rather than what was asked
    /// for; answers whether this was one. Browser only.
    pub fn deals_with(self, problem: &ApiError) -> bool {
        match problem {
            ApiError::SignedOut if self.signs_out() => {}
            ApiError::SignedOut | ApiError::SecondFactorRequired => {
                browser::leave_to(&routes::with_next(routes::SIGN_IN, &self.page.get_untracked()));
            }
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
