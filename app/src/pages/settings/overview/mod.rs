//! How the portal is doing: the part of the dashboard that administrators see.
//!
//! It is a part of the program of its own, so that nobody else downloads it.

mod adoption;
mod figures;
mod funnel;
mod plot;
mod sign_ins;

use crate::{
    api::overview::fetch_portal_overview,
    components::{
        alert::{Notice, Tone},
        changing::changing,
        fetched::{Fetched, fetched, settled},
        loaded::{Failed, Loaded},
        part::{Opening, Part},
    },
};
use adoption::AdoptionChart;
use contract::{
    ApiError,
    number::grouped,
    overview::{PortalOverview, RANGES, USUAL_RANGE, UntrustedProxy, range},
    routes,
};
use figures::Figures;
use funnel::FunnelChart;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use sign_ins::SignInCharts;

/// The id by which the browser knows that the document shows this part.
pub const TITLE_ID: &str = "portal-overview";

/// The part, to be made ready like a page.
#[leptos::wasm_split::wasm_split(overview, wasm_split_path = leptos::wasm_split, preload(preload_portal_overview), fallible)]
pub fn portal_overview() -> Part<Opening> {
    Ok(Box::pin(async {
        let days = days_of_the_url();
        let overview = settled(fetched(move || days.get(), fetch_portal_overview)).await;
        view! { <Overview overview days /> }.into_any()
    }))
}

/// Has the part ready before a document that shows it is taken over.
pub async fn preload_if_shown() {
    #[cfg(not(feature = "ssr"))]
    if crate::components::browser::shows(TITLE_ID) {
        // Opening the page tries again and says what is wrong.
        let _ = preload_portal_overview().await;
    }
}

/// The range that the URL asks for, as long as it is the dashboard's.
fn days_of_the_url() -> Memo<u32> {
    let (path, query) = (use_location().pathname, use_query_map());
    Memo::new(move |before: Option<&u32>| match before {
        Some(before) if path.get() != routes::DASHBOARD => *before,
        _ => query.with(|query| query.get("days").and_then(|days| days.parse().ok()).map_or(USUAL_RANGE, range)),
    })
}

#[component]
fn Overview(overview: Fetched<PortalOverview>, days: Memo<u32>) -> impl IntoView {
    // What is shown of one range must not stay under the name of another without a word.
    let problem = Memo::new(move |_| {
        let problem = overview.get().and_then(Result::err);
        problem.filter(|problem| matches!(problem, ApiError::Offline | ApiError::Unavailable))
    });
    let content = changing(move || match problem.get() {
        Some(problem) => view! { <Failed problem retry=move || overview.refetch() /> }.into_any(),
        None => view! { <Charts overview /> }.into_any(),
    });
    view! {
        <section class="overview" aria-labelledby=TITLE_ID>
            <div class="overview-head">
                <h2 id=TITLE_ID>"The portal"</h2>
                <Ranges days />
            </div>
            {content}
        </section>
    }
}

#[component]
fn Charts(overview: Fetched<PortalOverview>) -> impl IntoView {
    view! {
        <Loaded
            resource=overview
            show=|overview: PortalOverview| {
                let waiting = (!overview.complete)
                    .then(|| view! { <p class="muted">"Some of the latest events are still being counted. Reload the page in a minute."</p> });
                let mail = overview.mail_needs_a_look.then(|| {
                    let words = "Some mail could not be sent, waits for more than an hour, or waits until something is mended. ".to_owned();
                    view! { <LookAt words href=routes::MAIL link="Look at Mail" /> }
                });
                let codes = match overview.codes_awaiting_approval {
                    0 => None,
                    1 => Some("A temporary access code waits for a second administrator. ".to_owned()),
                    count => Some(format!("{} temporary access codes wait for a second administrator. ", grouped(count))),
                };
                let codes = codes.map(|words| view! { <LookAt words href=routes::USERS link="Look at Users" /> });
                let proxy = overview.untrusted_proxy.clone().map(|proxy| view! { <LookAtProxy proxy /> });
                view! {
                    {codes}
                    {mail}
                    {proxy}
                    {waiting}
                    <Figures overview=overview.clone() />
                    <AdoptionChart overview=overview.clone() />
                    <SignInCharts overview=overview.clone() />
                    <FunnelChart funnel=overview.funnel days=overview.days />
                }
                    .into_any()
            }
        />
    }
}

/// Something that an administrator should look at.
#[component]
fn LookAt(words: String, href: &'static str, link: &'static str) -> impl IntoView {
    view! {
        <Notice tone=Tone::Caution>
            <p>{words} <a href=href>{link}</a></p>
        </Notice>
    }
}

/// Limits for one address would be limits for all who come through it.
#[component]
fn LookAtProxy(proxy: UntrustedProxy) -> impl IntoView {
    let UntrustedProxy { address, setting } = proxy;
    view! {
        <Notice tone=Tone::Caution>
            <p>
                "Requests are forwarded by " <span translate="no">{address}</span>
                ", which is not a trusted proxy: everybody behind it counts as one address. If it is your proxy, start the portal with "
                <code translate="no">{format!("--trusted-proxies {setting}")}</code> "."
            </p>
        </Notice>
    }
}

/// Links, so that they work without script and can be kept.
#[component]
fn Ranges(days: Memo<u32>) -> impl IntoView {
    let link = |range: u32| {
        view! {
            <li>
                <a
                    href=format!("{}?days={range}", routes::DASHBOARD)
                    class="range"
                    aria-current=move || (days.get() == range).then_some("true")
                >
                    {range}
                    " days"
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label="Range">
            <ul class="ranges" role="list">
                {RANGES.map(link).into_iter().collect_view()}
            </ul>
        </nav>
    }
}
