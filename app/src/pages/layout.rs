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
    // On the server there is nothing known from before, and a memo may lag behind
    // the resource that the document waits for.
    let latest = move || if cfg!(feature = "ssr") { viewer.get() } else { latest.get() };
    view! {
        <Transition>
            {move || {
                latest()
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
    let Viewer { portal_name, user_name, administrator, .. } = viewer;
    view! {
        <div class="frame">
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <header class="side">
                <A href=routes::DASHBOARD attr:class="brand">
                    <Mark />
                    <span class="brand-name" dir="auto">
                        {portal_name}
                    </span>
                </A>
                <nav class="nav" aria-label="Main">
                    <ul class="nav-list" role="list">
                        <li>
                            <A href=routes::DASHBOARD exact=true attr:class="nav-link">
                                <Icon glyph=Glyph::Dashboard />
                                <span>"Dashboard"</span>
                            </A>
                        </li>
                        {administrator
                            .then(|| {
                                view! {
                                    <li>
                                        <A href=routes::SETTINGS attr:class="nav-link">
                                            <Icon glyph=Glyph::Settings />
                                            <span>"Settings"</span>
                                        </A>
                                    </li>
                                }
                            })}
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
            </header>
            <main id="main" class="main" tabindex="-1">
                <Outlet />
            </main>
        </div>
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
