//! The start page: the person's own security at a glance.

use crate::{
    api::account::fetch_security_overview,
    components::{
        fetched::{Fetched, fetched, settled},
        grace_notice::GraceNotice,
        icon::{Glyph, Icon},
        loaded::Loaded,
        moment::Moment,
        page::PageHeading,
        part::{lazy_page, missing},
    },
    pages::settings::{
        administers,
        overview::{portal_overview, preload_if_shown},
    },
};
use contract::{
    profile::{SecurityOverview, SignInEvent, SignInRecord, TwoFactorStatus},
    recovery::FEW_CODES,
    routes,
};
use leptos::prelude::*;

lazy_page! {
    /// The start page.
    DashboardPage, part account, preload preload_dashboard and preload_if_shown, dashboard => async {
        let overview = settled(fetched(|| (), |()| fetch_security_overview())).await;
        let portal = if administers() { Some(portal().await) } else { None };
        view! { <Dashboard overview portal /> }.into_any()
    }
}

/// How the portal is doing, for administrators.
async fn portal() -> AnyView {
    #[cfg(feature = "ssr")]
    leptos::prefetch_lazy_fn_on_server("overview");
    match portal_overview().await.ok() {
        Some(overview) => overview.await,
        None => missing().await,
    }
}

#[component]
fn Dashboard(
    overview: Fetched<SecurityOverview>,
    /// How the portal is doing, for those who may know.
    portal: Option<AnyView>,
) -> impl IntoView {
    let lead = if portal.is_some() {
        "The portal's security and your own at a glance."
    } else {
        "Your account's security at a glance."
    };
    // Parts of "Your account", where there is such a heading.
    let level = portal.is_some().then_some("3");
    let own = portal.is_some().then(|| view! { <h2 class="own-title">"Your account"</h2> });
    view! {
        <PageHeading title="Dashboard" lead />
        <GraceNotice />
        {portal}
        {own}
        <Loaded
            resource=overview
            show=move |SecurityOverview { two_factor, recent_sign_ins }| {
                view! {
                    <div class="tiles">
                        <SecondFactorTile two_factor=two_factor.clone() level />
                        <CodesTile two_factor level />
                    </div>
                    <RecentSignIns records=recent_sign_ins level />
                }
                    .into_any()
            }
        />
    }
}

#[component]
fn SecondFactorTile(two_factor: TwoFactorStatus, level: Option<&'static str>) -> impl IntoView {
    let on = !two_factor.methods.is_empty();
    let count = two_factor.methods.len();
    let (state, words, call) = match (on, count) {
        (false, _) => ("Off", "Your password is all that protects your account.".to_owned(), "Turn it on"),
        (true, 1) => ("On", "One authentication app is set up.".to_owned(), "Manage"),
        (true, count) => ("On", format!("{count} authentication apps are set up."), "Manage"),
    };
    view! {
        <section class="tile" aria-labelledby="tile-2fa">
            <h2 class="tile-title" id="tile-2fa" attr:aria-level=level>
                "Two-factor authentication"
            </h2>
            <p class="tile-value" class:tile-good=on class:tile-caution=!on>
                <Icon glyph=if on { Glyph::Check } else { Glyph::Warning } />
                {state}
            </p>
            <p class="muted">{words}</p>
            <a href=routes::PROFILE class=if on { "button" } else { "button button-primary" }>
                {call}
                <span class="visually-hidden">": two-factor authentication"</span>
            </a>
        </section>
    }
}

/// Recovery codes concern only those who have a second factor.
#[component]
fn CodesTile(two_factor: TwoFactorStatus, level: Option<&'static str>) -> impl IntoView {
    let left = two_factor.recovery_codes_left();
    let words = match left {
        0 => "None are left. Without your phone you could not sign in.",
        1..=FEW_CODES => "Only a few are left to sign in without your phone.",
        _ => "Each signs you in once without your phone.",
    };
    (!two_factor.methods.is_empty()).then(|| {
        view! {
            <section class="tile" aria-labelledby="tile-codes">
                <h2 class="tile-title" id="tile-codes" attr:aria-level=level>
                    "Recovery codes left"
                </h2>
                <p class="tile-value" class:tile-caution=left <= FEW_CODES>
                    {left}
                </p>
                <p class="muted">{words}</p>
            </section>
        }
    })
}

#[component]
fn RecentSignIns(records: Vec<SignInRecord>, level: Option<&'static str>) -> impl IntoView {
    let rows = if records.is_empty() {
        view! { <p class="empty">"No sign-ins yet. They will be listed here, so that you notice any that were not yours."</p> }
            .into_any()
    } else {
        let rows = records.into_iter().map(|record| view! { <SignIn record /> }).collect_view();
        view! {
            <ul class="records" role="list">
                {rows}
            </ul>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="recent-sign-ins">
            <h2 class="panel-title" id="recent-sign-ins" attr:aria-level=level>
                "Recent sign-ins"
            </h2>
            {rows}
        </section>
    }
}

#[component]
fn SignIn(record: SignInRecord) -> impl IntoView {
    let SignInRecord { at, event, times, address, browser } = record;
    let (good, words) = match event {
        SignInEvent::SignedIn => (true, "Signed in"),
        SignInEvent::SignedInWithRecoveryCode => (true, "Signed in with a recovery code"),
        SignInEvent::WrongPassword => (false, "Wrong password"),
        SignInEvent::WrongCode => (false, "Wrong code"),
    };
    view! {
        <li class="record">
            <span class="record-event" class:record-good=good class:record-caution=!good>
                <Icon glyph=if good { Glyph::Check } else { Glyph::Warning } />
                <span>{words} {times.map(|times| format!(" ({times} times)"))}</span>
            </span>
            <span class="record-where">
                <bdi translate="no">{browser}</bdi>
                <span aria-hidden="true">" · "</span>
                <bdi translate="no">{address}</bdi>
            </span>
            <span class="record-when">
                <Moment at />
            </span>
        </li>
    }
}
