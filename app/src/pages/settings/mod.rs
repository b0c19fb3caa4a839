//! The system settings, for administrators: parts of the program that are
//! fetched when they are opened.

mod account_policy;
mod audit;
mod index;
mod mail;
pub mod overview;
mod remind;
mod users;

pub use account_policy::AccountPolicyPage;
pub use audit::AuditTrailPage;
pub use index::SettingsPage;
pub use mail::MailPage;
pub use remind::RemindPage;
pub use users::UsersPage;

use crate::components::{
    page::{PageHeading, answer_forbidden},
    signed_in::use_signed_in,
};
use leptos::prelude::*;

/// Whether whoever is signed in may see these pages.
///
/// Presentation only: the portal itself refuses everybody else. Asked once: news
/// about the person must not make the page anew, and lose what was typed there.
pub fn administers() -> bool {
    untrack(|| use_signed_in().viewer()).is_some_and(|viewer| viewer.administrator)
}

/// What others learn.
fn for_administrators_only() -> AnyView {
    answer_forbidden();
    view! {
        <PageHeading
            title="For administrators only"
            lead="These settings apply to everyone, so only administrators can see and change them. If you need something changed, ask one of them."
        />
    }
    .into_any()
}
