//! What is asked for: a form whose fields are the query of the URL.

use crate::components::{
    browser,
    changing::sometimes,
    field::{FieldError, on_submit},
};
use contract::words::event;
use contract::{
    audit::{AuditEvent, Outcome},
    audit_trail::{AuditField, AuditFilter},
    routes,
};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_navigate;

/// Longest text of a field, in characters.
const LONGEST: &str = "100";

/// The id of what opens the list of events.
const EVENTS_CHOSEN: &str = "events-chosen";

/// The form. What is typed counts when it is sent.
#[component]
pub fn FilterForm(
    /// What the URL asks for.
    filter: Memo<AuditFilter>,
) -> impl IntoView {
    let draft = RwSignal::new(filter.get_untracked());
    // Going back and forth changes the URL; the form follows.
    Effect::new(move |_| draft.set(filter.get()));
    let navigate = use_navigate();
    let send = move || {
        let asked = draft.with_untracked(|draft| AuditFilter { everywhere: false, ..draft.clone() });
        navigate(&format!("{}{}", routes::AUDIT, asked.url_query()), Default::default());
        if let Some(wrong) = asked.problems().first() {
            browser::focus(wrong.name());
        }
    };
    let problems = Memo::new(move |_| filter.with(AuditFilter::problems));
    view! {
        <form class="panel audit-filter" method="get" action=routes::AUDIT role="search" on:submit=on_submit(send)>
            <div class="filter-fields">
                <Field problems id="from" label="From" kind="date"
                    value=Signal::derive(move || draft.with(|draft| draft.from.clone()))
                    set=move |text| draft.update(|draft| draft.from = text) />
                <Field problems id="to" label="To" kind="date"
                    value=Signal::derive(move || draft.with(|draft| draft.to.clone()))
                    set=move |text| draft.update(|draft| draft.to = text) />
                <Field problems id="user" label="User" kind="text"
                    value=Signal::derive(move || draft.with(|draft| draft.user.clone()))
                    set=move |text| draft.update(|draft| draft.user = text) />
                <OutcomeField draft />
                <EventsField draft filter />
                <Field problems id="text" label="Search" kind="search"
                    value=Signal::derive(move || draft.with(|draft| draft.text.clone()))
                    set=move |text| draft.update(|draft| draft.text = text) />
            </div>
            {sometimes(move || {
                filter
                    .with(|filter| filter.oldest_first)
                    .then(|| view! { <input type="hidden" name="order" value="oldest" /> }.into_any())
            })}
            <div class="actions">
                <button type="submit" class="button button-primary">
                    "Apply filter"
                </button>
                <a href=routes::AUDIT class="button">
                    "Clear"
                </a>
            </div>
        </form>
    }
}

#[component]
fn Field(
    problems: Memo<Vec<AuditField>>,
    /// Unique in the document, and the name in the URL.
    id: &'static str,
    label: &'static str,
    /// The type of the input.
    kind: &'static str,
    value: Signal<String>,
    set: impl Fn(String) + 'static,
) -> impl IntoView {
    let problem =
        Memo::new(move |_| problems.with(|problems| problems.iter().find(|wrong| wrong.name() == id).copied()));
    let bad = move || problem.with(Option::is_some);
    let error = format!("{id}-error");
    let describes = error.clone();
    view! {
        <div class="field">
            <label class="field-label" for=id>
                {label}
            </label>
            <input
                class="input"
                id=id
                name=id
                type=kind
                maxlength=LONGEST
                autocomplete="off"
                spellcheck="false"
                value=value.get_untracked()
                prop:value=value
                aria-invalid=move || bad().then_some("true")
                aria-describedby=move || bad().then(|| describes.clone())
                on:input:target=move |event| set(event.target().value())
            />
            <FieldError id=error error=Signal::derive(move || problem.get().map(|problem| problem.to_string())) />
        </div>
    }
}

#[component]
fn OutcomeField(draft: RwSignal<AuditFilter>) -> impl IntoView {
    let chosen = move || draft.with(|draft| draft.outcome.map_or("", Outcome::as_str));
    let option = move |value: &'static str, words: &'static str| {
        view! {
            <option value=value selected=move || chosen() == value>
                {words}
            </option>
        }
    };
    view! {
        <div class="field">
            <label class="field-label" for="outcome">
                "Outcome"
            </label>
            <select
                class="input"
                id="outcome"
                name="outcome"
                prop:value=chosen
                on:change:target=move |event| draft.update(|draft| draft.outcome = Outcome::parse(&event.target().value()))
            >
                {option("", "Any")}
                {option("success", "Success")}
                {option("failure", "Failure")}
            </select>
        </div>
    }
}

/// Any number of events, behind a button that says which.
#[component]
fn EventsField(
    draft: RwSignal<AuditFilter>,
    /// Closes when another one is asked for.
    filter: Memo<AuditFilter>,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let close = move |focus: bool| {
        if let Some(details) = details.get_untracked() {
            // Fails only for a name that no attribute can have.
            let _ = details.remove_attribute("open");
            if focus {
                browser::focus(EVENTS_CHOSEN);
            }
        }
    };
    Effect::new(move |_| {
        filter.track();
        close(false);
    });
    let chosen = Memo::new(move |_| draft.with(|draft| draft.events.clone()));
    let summary = move || {
        chosen.with(|events| match events.as_slice() {
            [] => "All events".to_owned(),
            [event] => event::name(*event).to_owned(),
            events => format!("{} events", events.len()),
        })
    };
    let choose = move |event: AuditEvent, on: bool| {
        draft.update(|draft| {
            draft.events.retain(|other| *other != event);
            if on {
                draft.events.push(event);
            }
        });
    };
    let box_of = move |event: AuditEvent| {
        view! {
            <label class="event-choice">
                <input
                    type="checkbox"
                    name="event"
                    value=event.as_str()
                    checked=chosen.with_untracked(|chosen| chosen.contains(&event))
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&event))
                    on:change:target=move |change| choose(event, change.target().checked())
                />
                <span>{event::name(event)}</span>
            </label>
        }
    };
    view! {
        <div class="field">
            <span class="field-label" id="events-label">
                "Events"
            </span>
            <details class="events-choice" node_ref=details on:keydown=move |event| if event.key() == "Escape" { close(true) }>
                <summary class="input" id=EVENTS_CHOSEN aria-labelledby="events-label events-chosen">
                    {summary}
                </summary>
                <div class="events-list" role="group" aria-labelledby="events-label" tabindex="0">
                    {AuditEvent::ALL.iter().map(|event| box_of(*event)).collect_view()}
                </div>
            </details>
        </div>
    }
}
