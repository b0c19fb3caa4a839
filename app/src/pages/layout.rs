//! What is around every signed-in page: navigation, and the dialogs that any page may open.
//!
//! It asks who is signed in at every navigation. Someone who owes a second
//! factor sees [`Confinement`] instead of the page, whichever page it is; so does,
//! once in each session, who will owe it when their days of grace are over.

use super::confinement::Confinement;
use crate::{
    api::account::fetch_viewer,
    components::{
        arrival::Arrival,
        avatar::Avatar,
        card::Standalone,
        changing::sometimes,
        fetched::{Fetched, fetched, settled},
        icon::{Glyph, Icon, Mark},
        loaded::{Failed, keep_what_is_known},
        page::portal_name,
        pending_action::PendingActions,
        recovery_banner::{RecoveryBanner, preload_what_is_shown},
        second_device::SecondDeviceOffer,
        session_watch::SessionWatch,
        set_up::{SetUp, SetUpHost},
        signed_in::SignedIn,
        step_up::{StepUp, StepUpHost},
    },
};
use contract::{
    ApiError,
    account::{Grace, Standing, Viewer},
    routes,
};
use leptos::prelude::*;
use leptos_router::{LazyRoute, components::Outlet, hooks::use_location};

/// The frame of the signed-in pages. Like a page, it appears when it is known who is signed in.
pub struct Layout;

impl LazyRoute for Layout {
    fn data() -> Self {
        Self
    }

    async fn view(_layout: Self) -> AnyView {
        let path = use_location().pathname;
        let viewer = settled(fetched(move || path.get(), |_| fetch_viewer())).await;
        view! { <SignedInPages viewer /> }.into_any()
    }

    async fn preload() {
        preload_what_is_shown().await;
    }
}

#[component]
fn SignedInPages(viewer: Fetched<Viewer>) -> impl IntoView {
    let signed_in = SignedIn::new(viewer);
    provide_context(signed_in);
    provide_context(StepUp::new());
    provide_context(SetUp::new());
    provide_context(PendingActions::new());
    Effect::new(move |_| {
        if let Some(Err(problem)) = viewer.get() {
            signed_in.deals_with(&problem);
        }
    });
    provide_context(Arrival::new());
    let latest = Memo::new(move |before| keep_what_is_known(before, viewer.get()));
    // The page is made anew only when there is another one to see: news about
    // the person must not throw away what they have typed.
    let shown = Memo::new(move |_| latest.get().map(|answer| answer.map(|viewer| Shown::to(&viewer))));
    let page = sometimes(move || {
        Some(match shown.get()? {
            Ok(Shown::Page) => view! { <Frame viewer=latest /> }.into_any(),
            Ok(Shown::Demand { until }) => view! { <Confinement until /> }.into_any(),
            Err(problem) => view! {
                <Standalone>
                    <Failed problem retry=move || signed_in.refetch() />
                </Standalone>
            }
            .into_any(),
        })
    });
    view! {
        {page}
        <SetUpHost />
        <StepUpHost />
        <SessionWatch />
    }
}

/// What someone signed in sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The page that they asked for.
    Page,
    /// The demand for a second factor, in its place.
    Demand {
        /// Unix time until which they may go on without.
        until: Option<i64>,
    },
}

impl Shown {
    fn to(viewer: &Viewer) -> Self {
        match (viewer.standing, viewer.grace) {
            (Standing::Complete, Some(Grace { until, postponed: false })) => Self::Demand { until: Some(until) },
            (Standing::Complete, _) => Self::Page,
            (Standing::EnrolmentRequired | Standing::SecondFactorRequired, _) => Self::Demand { until: None },
        }
    }
}

/// Who is signed in, or why that is not known.
type Known = Memo<Option<Result<Viewer, ApiError>>>;

/// Something of whoever is signed in.
fn of_viewer<T: Default>(viewer: Known, part: fn(&Viewer) -> T) -> T {
    viewer.with(|viewer| viewer.as_ref().and_then(|answer| answer.as_ref().ok()).map(part).unwrap_or_default())
}

#[component]
fn Frame(viewer: Known) -> impl IntoView {
    let arrival = expect_context::<Arrival>();
    let notice = Memo::new(move |_| of_viewer(viewer, |viewer| viewer.recovery_notice.is_some()));
    view! {
        <div class="frame">
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <header class="side">
                <a href=routes::DASHBOARD class="brand">
                    <Mark />
                    <span class="brand-name" dir="auto" translate="no">
                        {portal_name()}
                    </span>
                </a>
                {view! { <Navigation viewer /> }.into_any()}
            </header>
            <div class="arrival" role="status">
                {arrival.word()}
            </div>
            <main
                id="main"
                class="main"
                tabindex="-1"
                aria-busy=move || arrival.is_late().then_some("true")
            >
                <RecoveryBanner wanted=notice />
                <SecondDeviceOffer />
                {view! { <Outlet /> }.into_any()}
            </main>
        </div>
    }
}

#[component]
fn Navigation(viewer: Known) -> impl IntoView {
    let user_name = untrack(|| of_viewer(viewer, |viewer| viewer.user_name.clone()));
    let administrator = Memo::new(move |_| of_viewer(viewer, |viewer| viewer.administrator));
    let settings = sometimes(move || {
        let link = || {
            view! {
                <li>
                    <NavigationLink page=routes::SETTINGS name="Settings">
                        <Icon glyph=Glyph::Settings />
                    </NavigationLink>
                </li>
            }
        };
        administrator.get().then(|| link().into_any())
    });
    view! {
        <nav class="nav" aria-label="Main">
            <ul class="nav-list" role="list">
                <li>
                    <NavigationLink page=routes::DASHBOARD name="Dashboard">
                        <Icon glyph=Glyph::Dashboard />
                    </NavigationLink>
                </li>
                {settings}
                <li class="nav-person">
                    <p class="nav-name" dir="auto" translate="no" title=user_name.clone()>
                        {user_name.clone()}
                    </p>
                    <NavigationLink page=routes::PROFILE name="Profile">
                        <Avatar user_name />
                    </NavigationLink>
                </li>
                <li>
                    <SignOut />
                </li>
            </ul>
        </nav>
    }
}

/// A link to a page; it knows whether the person is on that page or below it.
#[component]
fn NavigationLink(
    page: &'static str,
    name: &'static str,
    /// The picture before the name.
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname;
    let here = move || {
        let below =
            path.with(|path| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
        below.then_some("page")
    };
    view! {
        <a href=page class="nav-link" aria-current=here>
            {children()}
            <span>{name}</span>
        </a>
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
