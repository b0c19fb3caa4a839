//! The audit trail: every security event of the portal.
//!
//! What is asked for stands in the URL, so that it can be linked to, reloaded
//! and gone back to; the form works without script, too.

mod entries;
mod entry;
mod filter;
mod verify;

use super::{administers, for_administrators_only};
use crate::{
    api::audit::fetch_audit_page,
    components::{
        changing::sometimes,
        fetched::{Fetched, fetched, settled},
        loaded::Loaded,
        page::PageHeading,
        part::lazy_page,
    },
};
use contract::{
    audit_trail::{AuditFilter, AuditPage},
    routes,
};
use entries::Entries;
use filter::FilterForm;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use verify::Verify;

/// Entries, and what was asked for.
type Asked = (AuditFilter, AuditPage);

lazy_page! {
    /// The audit trail.
    AuditTrailPage, part audit, preload preload_audit, audit => async {
        if !administers() {
            return for_administrators_only();
        }
        let filter = filter_of_the_url();
        let page = settled(fetched(move || filter.get(), |filter| async {
            fetch_audit_page(filter.clone(), None).await.flatten().map(|page| (filter, page))
        }))
        .await;
        view! { <AuditTrail filter page /> }.into_any()
    }
}

/// What the URL asks for, as long as it is this page's.
fn filter_of_the_url() -> Memo<AuditFilter> {
    let (path, query) = (use_location().pathname, use_query_map());
    Memo::new(move |before: Option<&AuditFilter>| match before {
        Some(before) if path.get() != routes::AUDIT => before.clone(),
        _ => query.with(|query| AuditFilter::from_query(query.into_iter().map(|(name, value)| (name.as_ref(), value)))),
    })
}

#[component]
fn AuditTrail(filter: Memo<AuditFilter>, page: Fetched<Asked>) -> impl IntoView {
    let busy = Signal::derive(move || matches!(page.get(), Some(Ok((asked, _))) if asked != filter.get()));
    let usable = Memo::new(move |_| filter.with(|filter| filter.problems().is_empty()));
    view! {
        <PageHeading title="Audit" lead="Every security event of the portal. Days and times are in UTC." />
        <FilterForm filter />
        <div class="audit-tools">
            {sometimes(move || {
                usable
                    .get()
                    .then(|| {
                        view! {
                            {export(filter, "csv", "Export as CSV")}
                            {export(filter, "jsonl", "Export as JSON Lines")}
                        }
                            .into_any()
                    })
            })}
            <Verify />
        </div>
        <div class="audit-found" aria-busy=move || busy.get().then_some("true")>
            <Loaded
                resource=page
                show=|(filter, page): Asked| view! { <Entries filter page /> }.into_any()
            />
        </div>
    }
}

/// A download of everything that is filtered.
fn export(filter: Memo<AuditFilter>, format: &'static str, name: &'static str) -> impl IntoView {
    let link = move || format!("{}/{format}{}", routes::AUDIT_EXPORT, filter.with(AuditFilter::url_query));
    view! {
        <a href=link class="button" download="" rel="external">
            {name}
        </a>
    }
}
