//! What a page says about itself.

use super::arrival::Arrival;
use leptos::prelude::*;
use leptos_meta::Title;

/// The portal's own name. The document carries it, so that the browser knows it too.
#[cfg(feature = "ssr")]
pub fn portal_name() -> String {
    use_context::<crate::Site>().map_or_else(|| "Twofold".to_owned(), |site| site.portal_name)
}

/// The portal's own name. The document carries it, so that the browser knows it too.
#[cfg(not(feature = "ssr"))]
pub fn portal_name() -> String {
    document()
        .query_selector("meta[name=application-name]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_default()
}

/// Id of the page's heading, where the focus goes when what had it above the page is gone.
pub const HEADING: &str = "page-title";

/// How many problems are shown. That there are some is the first thing that the window's title says.
#[derive(Clone, Default)]
pub struct ProblemsShown(ArcRwSignal<u32>);

impl ProblemsShown {
    /// Counts one that is being shown, for as long as it is.
    pub fn one_more() {
        let Some(Self(count)) = use_context() else { return };
        count.update(|count| *count += 1);
        // On the server the title is written after everything else, and nothing goes again.
        if cfg!(not(feature = "ssr")) {
            on_cleanup(move || count.update(|count| *count = count.saturating_sub(1)));
        }
    }
}

/// Title of the window and heading of the page, which are the same words.
#[component]
pub fn PageHeading(
    /// The words.
    title: &'static str,
    /// A sentence below them.
    #[prop(optional)]
    lead: Option<&'static str>,
) -> impl IntoView {
    Effect::new(|_| {
        if let Some(arrival) = use_context::<Arrival>() {
            arrival.page_is_there();
        }
    });
    view! {
        <WindowTitle page=title />
        <header class="page-heading">
            <h1 id=HEADING tabindex="-1">
                {title}
            </h1>
            {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
        </header>
    }
}

/// Title of the window: the page's and the portal's name, after word of what is wrong where something is.
#[component]
pub fn WindowTitle(
    /// What the page is called.
    page: &'static str,
) -> impl IntoView {
    let problems = use_context::<ProblemsShown>().unwrap_or_default();
    let portal = portal_name();
    let text = move || {
        let wrong = if problems.0.get() > 0 { "Error: " } else { "" };
        let title = format!("{wrong}{page} · {portal}");
        // The document's `<title>` is written as it is; what sets it in the browser takes text.
        if cfg!(feature = "ssr") { title.replace('&', "&amp;").replace('<', "&lt;") } else { title }
    };
    view! { <Title text /> }
}

/// Has the response say that the page is not there.
pub fn answer_not_found() {
    #[cfg(feature = "ssr")]
    answer(http::StatusCode::NOT_FOUND);
}

/// Has the response say that the page is not for this person.
pub fn answer_forbidden() {
    #[cfg(feature = "ssr")]
    answer(http::StatusCode::FORBIDDEN);
}

#[cfg(feature = "ssr")]
fn answer(status: http::StatusCode) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}
