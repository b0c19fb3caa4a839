//! What is around every signed-in page: navigation, and the dialogs that any page may open.
//!
//! It asks who is signed in at every navigation. Someone who owes a second
//! factor sees [`Confinement`] instead of the page, whichever page it is.

use super::confinement::Confinement;
use crate::{
    api::account::fetch_viewer,
    components::{
        avatar::Avatar,
        browser,
        icon::{Glyph, Icon, Mark},
        loaded::{Failed, keep_what_is_known},
        set_up::{SetUp, SetUpHost},
        signed_in::SignedIn,
        step_up::{StepUp, StepUpHost},
    },
    contract::account::{Standing, Viewer},
    routes,
};
use leptos::prelude::*;
use leptos_router::{
    components::{A, Outlet},
    hooks::use_location,
};

/// The frame of the signed-in pages.
#[component]
pub fn Layout() -> impl IntoView {
    let path = use_location().pathname;
    let viewer = Resource::new(move || path.get(), |_| fetch_viewer());
    let signed_in = SignedIn::new(viewer);
    provide_context(signed_in);
    provide_context(StepUp::new());
    provide_context(SetUp::new());
    Effect::new(move |_| {
        if let Some(Err(problem)) = viewer.get() {
            signed_in.deals_with(&problem);
        }
    });
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            browser::focus("main");
        }
        path
    });
    let latest = Memo::new(move |before| keep_what_is_known(before, viewer.get()));
    view! {
        <Transition>
            {move || {
                latest
                    .get()
                    .map(|answer| match answer {
                        Ok(viewer) if viewer.standing == Standing::Complete => view! { <Frame viewer /> }.into_any(),
                        Ok(_) => view! { <Confinement /> }.into_any(),
                        Err(problem) => {
                            view! {
                                <main class="standalone-main">
                                    <Failed problem retry=move || signed_in.refetch() />
                                </main>
                            }
                                .into_any()
                        }
                    })
            }}
        </Transition>
        <SetUpHost />
        <StepUpHost />
    }
}

#[component]
fn Frame(viewer: Viewer) -> impl IntoView {
    let name = viewer.portal_name.clone();
    view! {
        <div class="frame">
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <header class="side">
                <A href=routes::DASHBOARD attr:class="brand">
                    <Mark />
                    <span class="brand-name" dir="auto">
                        {name}
                    </span>
                </A>
                {view! { <Navigation viewer /> }.into_any()}
            </header>
            <main id="main" class="main" tabindex="-1">
                {view! { <Outlet /> }.into_any()}
            </main>
        </div>
    }
}

#[component]
fn Navigation(viewer: Viewer) -> impl IntoView {
    let Viewer { user_name, administrator, .. } = viewer;
    let link = |page: &'static str, glyph, name: &'static str| {
        view! {
            <li>
                <A href=page exact=page == routes::DASHBOARD attr:class="nav-link">
                    <Icon glyph />
                    <span>{name}</span>
                </A>
            </li>
        }
        .into_any()
    };
    view! {
        <nav class="nav" aria-label="Main">
            <ul class="nav-list" role="list">
                {link(routes::DASHBOARD, Glyph::Dashboard, "Dashboard")}
                {administrator.then(|| link(routes::SETTINGS, Glyph::Settings, "Settings"))}
                <li class="nav-person">
                    <p class="nav-name" dir="auto" title=user_name.clone()>
                        {user_name.clone()}
                    </p>
                    <A href=routes::PROFILE attr:class="nav-link">
                        <Avatar user_name />
                        <span>"Profile"</span>
                    </A>
                </li>
                <li>
                    <SignOut />
                </li>
            </ul>
        </nav>
    }
}

/// A plain form, so that it works whatever the program does.
#[component]
fn SignOut() -> impl IntoView {
    view! {
        <form method="post" action="/api/sign-out">
            <button type="submit" class="nav-link">
                <Icon glyph=Glyph::SignOut />
                <span>"Sign out"</span>
            </button>
        </form>
    }
}
