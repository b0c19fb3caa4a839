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

/// Title of the window and heading of the page, which are the same words.
#[component]
pub fn PageHeading(
    /// The words.
    title: &'static str,
    /// A sentence below them.
    #[prop(optional)]
    lead: Option<&'static str>,
    /// Something is wrong with what was sent, which the title says first.
    #[prop(optional)]
    wrong: bool,
) -> impl IntoView {
    Effect::new(|_| {
        if let Some(arrival) = use_context::<Arrival>() {
            arrival.page_is_there();
        }
    });
    view! {
        <Title text=window_title(title, wrong) />
        <header class="page-heading">
            <h1 id=HEADING tabindex="-1">
                {title}
            </h1>
            {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
        </header>
    }
}

/// Title of the window: the page's, after word of what is wrong with what was sent, and the portal's name.
pub fn window_title(page: &'static str, wrong: bool) -> String {
    let portal = portal_name();
    let title = if wrong { format!("Error: {page} · {portal}") } else { format!("{page} · {portal}") };
    // The document's `<title>` is written as it is; what sets it in the browser takes text.
    if cfg!(feature = "ssr") { title.replace('&', "&amp;").replace('<', "&lt;") } else { title }
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
