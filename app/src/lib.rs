//! Twofold's interface: rendered on the server, taken over in the browser.
//!
//! The crate is compiled twice. With `ssr` the server functions in [`api`] run
//! here and reach the server's use-cases through [`contract::portal`]; with `hydrate`
//! they are calls over HTTP. The crate [`contract`] is what travels.
//!
//! Two kinds of pages share one set of routes. The *plain* ones
//! ([`contract::routes::is_plain`]) are documents: complete, without script, met by
//! everybody first. All others are rendered on the server and then taken over
//! by the same code in the browser, in parts: the dialogs, the profile and each of
//! the administrators' pages are fetched when they are opened.

#![recursion_limit = "256"]

pub mod api;
mod components;
mod pages;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(not(feature = "ssr"))]
pub use components::translation::keep_texts;
pub use components::{hydration::Hydrated, lost_focus::keep_focus};
#[cfg(feature = "ssr")]
pub use shell::{Site, number_nodes, shell};

use components::{page::ProblemsShown, unsaved::Steps};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};
use pages::{
    AccountPolicyPage, AuditTrailPage, CodePage, CookiesPage, DashboardPage, Layout, MailPage, NotFoundPage, PhonePage,
    ProfilePage, RecoveryCodePage, RemindPage, SettingsPage, SignInPage, UsersPage, WelcomePage,
};

/// Every page of the portal.
///
/// All are rendered `Async`: the first document is complete, also where script
/// never arrives.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(ProblemsShown::default());
    // Before the router, which listens to the same.
    provide_context(Steps::new());
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/code") view=CodePage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/recovery-code") view=RecoveryCodePage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/cookies") view=CookiesPage ssr=SsrMode::Async />
                <Route path=path!("/welcome/:token") view={Lazy::<WelcomePage>::new()} ssr=SsrMode::Async />
                <Route path=path!("/phone") view={Lazy::<PhonePage>::new()} ssr=SsrMode::Async />
                <ParentRoute path=path!("") view={Lazy::<Layout>::new()} ssr=SsrMode::Async>
                    <Route path=path!("/") view={Lazy::<DashboardPage>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/profile") view={Lazy::<ProfilePage>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/settings") view={Lazy::<SettingsPage>::new()} ssr=SsrMode::Async />
                    <Route
                        path=path!("/settings/account-policy")
                        view={Lazy::<AccountPolicyPage>::new()}
                        ssr=SsrMode::Async
                    />
                    <Route path=path!("/settings/users") view={Lazy::<UsersPage>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/settings/remind") view={Lazy::<RemindPage>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/settings/mail") view={Lazy::<MailPage>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/settings/audit") view={Lazy::<AuditTrailPage>::new()} ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
