//! Signing in: documents that need no script.
//!
//! Everybody meets these first, so they hold nothing but themselves. The forms
//! are sent by the browser; a refused one comes back to its page, which finds
//! the reason in [`Call::flash`](contract::portal::Call::flash). In the browser's
//! half of the program they do not exist: whoever gets there by a link that
//! the router followed is sent to the real document.

#[cfg(feature = "ssr")]
mod code;
#[cfg(feature = "ssr")]
mod cookies;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod recovery_code;
#[cfg(feature = "ssr")]
mod sign_in;
#[cfg(feature = "ssr")]
mod trust;

#[cfg(feature = "ssr")]
pub use self::{code::CodePage, cookies::CookiesPage, recovery_code::RecoveryCodePage, sign_in::SignInPage};

#[cfg(not(feature = "ssr"))]
pub use in_the_browser::{CodePage, CookiesPage, RecoveryCodePage, SignInPage};

#[cfg(not(feature = "ssr"))]
mod in_the_browser {
    use crate::components::browser;
    use leptos::prelude::*;

    /// Loads the document that the server renders.
    #[component]
    pub fn SignInPage() -> impl IntoView {
        Effect::new(|_| browser::reload());
    }

    pub use SignInPage as CodePage;
    pub use SignInPage as CookiesPage;
    pub use SignInPage as RecoveryCodePage;
}
