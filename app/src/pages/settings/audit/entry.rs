//! One entry, whole.

use super::entries::event_name;
use crate::components::{
    icon::{Glyph, Icon},
    modal::Modal,
    moment::local_time,
};
use contract::words::moment::utc_time;
use contract::{
    audit::Outcome,
    audit_trail::{AuditEntry, AuditFilter, NamedPerson},
    policy::AccountPolicy,
    policy_value::PolicyKey,
    routes,
    typed::isolated,
};
use leptos::prelude::*;
use serde::Deserialize;

/// Someone named in an entry; leads to everything about them.
#[component]
pub fn Person(person: Option<NamedPerson>) -> impl IntoView {
    match person {
        Some(NamedPerson { name, .. }) => {
            let about = AuditFilter { user: name.clone(), ..AuditFilter::default() };
            view! {
                <a href=format!("{}{}", routes::AUDIT, about.url_query())>
                    <bdi translate="no">{name}</bdi>
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

/// Why it was done, where that was asked for.
fn reason(detail: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_slice(detail.as_bytes()).ok()?;
    detail.get("reason")?.as_str().map(str::to_owned)
}

/// The account policy before and after a change.
#[derive(Deserialize)]
struct PolicyChanged {
    before: AccountPolicy,
    after: AccountPolicy,
}

/// What was changed in the account policy, value by value.
fn policy_changes(detail: &str) -> Option<Vec<(&'static str, String, String)>> {
    let PolicyChanged { before, after } = serde_json::from_slice(detail.as_bytes()).ok()?;
    let changes = PolicyKey::ALL.into_iter().filter_map(|key| {
        let (was, is) = (key.get(&before), key.get(&after));
        (was != is).then(|| (key.label(), key.words(was), key.words(is)))
    });
    Some(changes.collect())
}

/// The same as a list.
fn changes(detail: &str) -> Option<AnyView> {
    let changes = policy_changes(detail)?;
    let lines =
        changes.into_iter().map(|(name, was, is)| view! { <li>{name} ": " {was} " → " {is}</li> }).collect_view();
    Some(view! { <ul class="audit-changes" role="list">{lines}</ul> }.into_any())
}

/// The text of the entry itself.
fn as_recorded(detail: String) -> AnyView {
    let text =
        serde_json::from_slice::<serde_json::Value>(detail.as_bytes()).map_or(detail, |value| format!("{value:#}"));
    view! {
        <details class="as-table">
            <summary>"As recorded"</summary>
            <pre class="audit-code">{text}</pre>
        </details>
    }
    .into_any()
}

/// Shows all that an entry says.
#[component]
pub fn EntryDialog(entry: AuditEntry, leave: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let AuditEntry { sequence, at, event, outcome, actor, subject, address, browser, user_agent, detail, hash } = entry;
    let person = |person: Option<NamedPerson>| {
        person.map(|NamedPerson { id, name }| {
            let users = id.is_some().then(|| {
                let label = format!("{} in Users", isolated(&name));
                let href = format!("{}?q={}", routes::USERS, routes::encoded(&name));
                view! { " · " <a href=href aria-label=label>"Users"</a> }
            });
            view! {
                <bdi translate="no">{name}</bdi>
                {id.map(|id| view! { <span class="muted audit-id">" · "{id}</span> })}
                {users}
            }
            .into_any()
        })
    };
    let text = |text: Option<String>| text.map(|text| view! { <bdi translate="no">{text}</bdi> }.into_any());
    let code = |text: String| view! { <code translate="no" class="audit-code">{text}</code> }.into_any();
    let happened = view! { {event_name(&event)} " " <code translate="no" class="muted">{event}</code> };
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
        ("Reason", text(detail.as_deref().and_then(reason))),
        ("Changes", detail.as_deref().and_then(changes)),
        ("Detail", detail.map(as_recorded)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_policy_is_told_value_by_value() {
        let before = AccountPolicy::default();
        let after = AccountPolicy { grace_days: 14, require_second_factor: true, ..before.clone() };
        let detail = serde_json::json!({ "before": before, "after": after }).to_string();
        let demand = PolicyKey::RequireSecondFactor.label();
        let expected = [(demand, "Off", "On"), ("Grace period", "None", "14 days")];
        let told = policy_changes(&detail).unwrap();
        assert_eq!(told.iter().map(|(name, was, is)| (*name, was.as_str(), is.as_str())).collect::<Vec<_>>(), expected);
        // A method's new name is recorded in the same way.
        assert_eq!(policy_changes(r#"{"before":"Phone","after":"Tablet"}"#), None);
        assert_eq!((reason(r#"{"reason":"lost"}"#).as_deref(), reason("[]"), reason("{")), (Some("lost"), None, None));
    }
}
