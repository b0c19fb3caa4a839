//! One entry, whole.

use super::entries::event_name;
use crate::{
    components::{
        icon::{Glyph, Icon},
        modal::Modal,
        moment::{local_time, utc_time},
    },
    contract::{
        audit::Outcome,
        audit_trail::{AuditEntry, AuditFilter, NamedPerson},
    },
    routes,
};
use leptos::prelude::*;

/// Someone named in an entry; leads to everything about them.
#[component]
pub fn Person(person: Option<NamedPerson>) -> impl IntoView {
    match person {
        Some(NamedPerson { name, .. }) => {
            let about = AuditFilter { user: name.clone(), ..AuditFilter::default() };
            view! {
                <a href=format!("{}{}", routes::AUDIT, about.url_query())>
                    <bdi>{name}</bdi>
                </a>
            }
            .into_any()
        }
        None => view! {
            <span aria-hidden="true">"–"</span>
            <span class="visually-hidden">"Nobody is named"</span>
        }
        .into_any(),
    }
}

/// How it ended, in words and with a sign.
pub fn outcome_badge(outcome: Outcome) -> impl IntoView {
    let (class, glyph, words) = match outcome {
        Outcome::Success => ("audit-outcome record-good", Glyph::Check, "Success"),
        Outcome::Failure => ("audit-outcome record-caution", Glyph::Warning, "Failure"),
    };
    view! {
        <span class=class>
            <Icon glyph=glyph />
            {words}
        </span>
    }
}

/// Shows all that an entry says.
#[component]
pub fn EntryDialog(entry: AuditEntry, leave: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let AuditEntry { sequence, at, event, outcome, actor, subject, address, browser, user_agent, detail, hash } = entry;
    let detail = detail
        .map(|detail| serde_json::from_str::<serde_json::Value>(&detail).map_or(detail, |value| format!("{value:#}")));
    let person = |person: Option<NamedPerson>| {
        person.map(|NamedPerson { id, name }| {
            view! {
                <bdi>{name}</bdi>
                {id.map(|id| view! { <span class="muted audit-id">" · "{id}</span> })}
            }
            .into_any()
        })
    };
    let text = |text: Option<String>| text.map(|text| view! { <bdi>{text}</bdi> }.into_any());
    let code = |text: String| view! { <code class="audit-code">{text}</code> }.into_any();
    let happened = view! { {event_name(&event)} " " <code class="muted">{event}</code> };
    let facts = [
        ("Time", Some(format!("{} UTC", utc_time(at)).into_any())),
        ("Your time", Some(local_time(at).into_any())),
        ("Event", Some(happened.into_any())),
        ("Outcome", Some(outcome_badge(outcome).into_any())),
        ("Actor", person(actor)),
        ("Person concerned", person(subject)),
        ("Address", text(address)),
        ("Browser", text(browser)),
        ("User agent", user_agent.map(code)),
        ("Detail", detail.map(|detail| view! { <pre class="audit-code">{detail}</pre> }.into_any())),
        ("Place in the chain", Some(format!("Entry {sequence}").into_any())),
        ("Hash", Some(code(hash))),
    ];
    let rows = facts
        .into_iter()
        .filter_map(|(name, value)| {
            value.map(|value| {
                view! {
                    <div class="fact">
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                }
            })
        })
        .collect_view();
    view! {
        <Modal id="audit-entry-title" title="Audit entry" wide=true leave>
            <dl class="facts facts-entry">{rows}</dl>
        </Modal>
    }
}
