//! The entries that were found, and the way to more.
//!
//! What no index answers is searched a piece at a time. Then the page says how
//! far it has come and goes on by itself until it is full.

use super::entry::{EntryDialog, Person, outcome_badge};
use crate::{
    api::audit::fetch_audit_page,
    components::{
        alert::Problem, button::Button, changing::sometimes, hydration::use_hydrated, loaded::FormError,
        moment::UtcMoment, rows::rows,
    },
};
use contract::words::{event, moment::date};
use contract::{
    activity::times,
    audit::AuditEvent,
    audit_trail::{AuditEntry, AuditFilter, AuditPage},
    routes,
};
use leptos::{prelude::*, task::spawn_local};

/// Entries that the page shows at first, and more of at a time.
const PAGE: usize = 50;

/// What is shown, and what brings more.
#[derive(Clone, Copy)]
struct Found {
    filter: StoredValue<AuditFilter>,
    page: RwSignal<AuditPage>,
    /// How many entries are wanted by now.
    wanted: StoredValue<usize>,
    running: RwSignal<bool>,
    form_error: FormError,
}

impl Found {
    /// Wants more, and goes on until they are there or nothing is left.
    fn more(self) {
        if self.running.get_untracked() {
            return;
        }
        self.wanted.set_value(self.page.with_untracked(|page| page.entries.len()) / PAGE * PAGE + PAGE);
        self.running.set(true);
        self.form_error.clear();
        spawn_local(async move {
            while self.goes_on() {
                let next = self.page.try_with_untracked(|page| page.next).flatten();
                let Some(filter) = self.filter.try_get_value() else { return };
                match fetch_audit_page(filter, next).await.flatten() {
                    Ok(more) => drop(self.page.try_update(|page| append(page, more))),
                    Err(problem) => {
                        self.stop();
                        // The list may have been made anew meanwhile.
                        if !self.page.is_disposed() {
                            self.form_error.note(problem);
                        }
                    }
                }
            }
            self.stop();
        });
    }

    /// More is wanted, there may be some, and nobody has stopped it.
    fn goes_on(self) -> bool {
        let wanted = self.wanted.try_get_value().unwrap_or(0);
        let missing = |page: &AuditPage| page.next.is_some() && page.entries.len() < wanted;
        self.running.try_get_untracked() == Some(true) && self.page.try_with_untracked(missing) == Some(true)
    }

    fn stop(self) {
        let _ = self.running.try_set(false);
    }
}

fn append(page: &mut AuditPage, more: AuditPage) {
    page.entries.extend(more.entries);
    page.next = more.next;
    page.searched_to = more.searched_to;
}

/// The table of entries.
#[component]
pub fn Entries(
    /// What was asked for.
    filter: AuditFilter,
    /// The first of them.
    page: AuditPage,
) -> impl IntoView {
    let goes_on_by_itself = page.searched_to.is_some();
    let found = Found {
        filter: StoredValue::new(filter.clone()),
        page: RwSignal::new(page),
        wanted: StoredValue::new(PAGE),
        running: RwSignal::new(false),
        form_error: FormError::new(),
    };
    Effect::new(move |_| {
        if goes_on_by_itself {
            found.more();
        }
    });
    let opened = RwSignal::new(None::<AuditEntry>);
    let rows = rows(
        move || found.page.with(|page| page.entries.clone()),
        move |entry| view! { <Row entry opened /> }.into_any(),
    );
    let empty = Memo::new(move |_| found.page.with(|page| page.entries.is_empty()));
    let order = order_link(&filter);
    view! {
        {person_note(&filter, found)}
        <table class="audit" role="table" aria-label="Audit entries" class:audit-empty=empty>
            <thead>
                <tr role="row">
                    {order}
                    <th role="columnheader" scope="col">"Event"</th>
                    <th role="columnheader" scope="col">"Actor"</th>
                    <th role="columnheader" scope="col">"Person concerned"</th>
                    <th role="columnheader" scope="col">"From"</th>
                    <th role="columnheader" scope="col">"Outcome"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <Foot found narrow=filter.is_narrow() />
        {sometimes(move || {
            opened.get().map(|entry| view! { <EntryDialog entry leave=move || opened.set(None) /> }.into_any())
        })}
    }
}

/// The column of times; its heading turns the order around.
fn order_link(filter: &AuditFilter) -> impl IntoView + use<> {
    let turned = AuditFilter { oldest_first: !filter.oldest_first, ..filter.clone() };
    let (sort, mark, words) = if filter.oldest_first {
        ("ascending", "↑", "oldest first; show newest first")
    } else {
        ("descending", "↓", "newest first; show oldest first")
    };
    view! {
        <th role="columnheader" scope="col" aria-sort=sort>
            <a href=format!("{}{}", routes::AUDIT, turned.url_query())>
                "Time (UTC)" <span aria-hidden="true">" "{mark}</span> <span class="visually-hidden">", "{words}</span>
            </a>
        </th>
    }
}

/// Says that the text was taken for a name.
fn person_note(filter: &AuditFilter, found: Found) -> impl IntoView + use<> {
    let name = found.page.with_untracked(|page| page.person.clone());
    name.map(|name| {
        let everywhere = AuditFilter { everywhere: true, ..filter.clone() };
        view! {
            <p class="muted">
                "Shown is what concerns " <bdi translate="no">{name}</bdi> " or was done by them. "
                <a href=format!("{}{}", routes::AUDIT, everywhere.url_query())>"Search for the words everywhere instead"</a>
            </p>
        }
    })
}

#[component]
fn Row(entry: AuditEntry, opened: RwSignal<Option<AuditEntry>>) -> impl IntoView {
    let hydrated = use_hydrated();
    let name = match entry.detail.as_deref().and_then(times) {
        Some(times) => format!("{} ({times} times)", event_name(&entry.event)),
        None => event_name(&entry.event),
    };
    let label = format!("{name}, entry {}", entry.sequence);
    let AuditEntry { at, outcome, actor, subject, browser, address, .. } = entry.clone();
    let open = move |_| opened.set(Some(entry.clone()));
    view! {
        <tr role="row">
            <td role="cell" class="audit-time">
                <UtcMoment at />
            </td>
            <td role="cell" class="audit-event">
                <button type="button" class="button button-link" aria-label=label disabled=move || !hydrated.get() on:click=open>
                    {name}
                </button>
            </td>
            <td role="cell" data-label="Actor">
                <Person person=actor />
            </td>
            <td role="cell" data-label="Person concerned">
                <Person person=subject />
            </td>
            <td role="cell" data-label="From">
                {browser.map(|browser| view! { <bdi translate="no">{browser}</bdi> })}
                {address.map(|address| view! { <bdi translate="no" class="audit-address">{address}</bdi> })}
            </td>
            <td role="cell" data-label="Outcome">{outcome_badge(outcome)}</td>
        </tr>
    }
}

/// Words for an event; its name if only a newer version has words for it.
pub fn event_name(event: &str) -> String {
    AuditEvent::parse(event).map_or_else(|| event.to_owned(), |event| event::name(event).to_owned())
}

/// How far the search has come, and the way on.
#[component]
fn Foot(
    found: Found,
    /// A filter is set.
    narrow: bool,
) -> impl IntoView {
    let (running, form_error) = (found.running, found.form_error);
    let state =
        Memo::new(move |_| found.page.with(|page| (page.entries.is_empty(), page.next.is_some(), page.searched_to)));
    let words = move || match state.get() {
        (true, false, _) if narrow => "No entry matches this filter.".to_owned(),
        (true, false, _) => "Nothing has happened yet.".to_owned(),
        (_, true, Some(at)) => format!("Searched as far as {}.", date(at)),
        _ => String::new(),
    };
    let there_is_more = Memo::new(move |_| state.get().1);
    let searches = move || running.get() && state.get().2.is_some();
    // One button, which keeps the focus while there is more.
    let press = move |_| if running.get_untracked() { found.stop() } else { found.more() };
    view! {
        <div class="audit-foot">
            <p class="empty" role="status">
                {words}
            </p>
            <Problem problem=form_error.signal() />
            {sometimes(move || {
                there_is_more
                    .get()
                    .then(|| {
                        view! {
                            <Button on:click=press>
                                {move || if searches() { "Stop searching" } else { "Show more" }}
                            </Button>
                        }
                            .into_any()
                    })
            })}
        </div>
    }
}
