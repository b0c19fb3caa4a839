//! The policy in force, to read.

use crate::components::{
    button::{Button, Emphasis},
    moment::Moment,
};
use contract::{
    policy::{AccountPolicy, VersionedPolicy},
    routes,
};
use leptos::prelude::*;

/// Id of the button that leads to the editor.
pub const EDIT: &str = "edit-policy";

/// The policy in force and the way to change it.
#[component]
pub fn Summary(current: VersionedPolicy, edit: impl Fn() + 'static) -> impl IntoView {
    let VersionedPolicy { policy, changed, .. } = current;
    let AccountPolicy {
        password,
        lockout,
        require_second_factor,
        grace_days,
        trusted_browsers,
        approve_access_codes,
        sessions,
        audit_retention_days,
    } = policy;
    let kept = audit_retention_days.map_or_else(|| "For ever".to_owned(), |days| counted(days, "day"));
    let lock = match lockout.minutes {
        Some(minutes) => counted(minutes, "minute"),
        None => "Until an administrator unlocks the account".to_owned(),
    };
    view! {
        <div class="actions">
            <Button attr:id=EDIT emphasis=Emphasis::Primary on:click=move |_| edit()>
                "Edit account policy"
            </Button>
            {changed
                .map(|change| {
                    view! {
                        <p class="muted">
                            "Last changed by " <bdi translate="no">{change.by}</bdi> ", " <Moment at=change.at />
                        </p>
                    }
                })}
        </div>
        <Section
            id="password-policy"
            title="Password policy"
            rows=vec![
                ("Minimum length", counted(password.minimum_length, "character")),
                ("At least one number", required(password.require_number)),
                ("At least one special character", required(password.require_special)),
                ("At least one capital letter", required(password.require_capital)),
            ]
        />
        <Section
            id="locked-account"
            title="Locked account"
            rows=vec![
                ("Maximum number of failed attempts", lockout.maximum_failures.to_string()),
                ("How long a lock lasts", lock),
            ]
        />
        <Section
            id="two-factor-policy"
            title="Two factor authentication"
            rows=vec![
                (
                    "Users can only log in if they have configured two factor authentication",
                    if require_second_factor { "Yes" } else { "No" }.to_owned(),
                ),
                ("Grace period", if grace_days == 0 { "None".to_owned() } else { counted(grace_days, "day") }),
                (
                    "Allow users to choose the option “Do not ask me for N days”",
                    match trusted_browsers.most_days() {
                        Some(days) => format!("Up to {}", counted(days, "day")),
                        None => "No".to_owned(),
                    },
                ),
                (
                    "A second administrator must approve temporary access codes",
                    if approve_access_codes { "Yes" } else { "No" }.to_owned(),
                ),
            ]
        >
            <p>
                <a href=routes::REMIND>"See who has no second factor yet, and remind them"</a>
            </p>
        </Section>
        <Section
            id="sessions-policy"
            title="Sessions"
            rows=vec![
                ("End without activity after", counted(sessions.idle_minutes, "minute")),
                ("End in any case after", counted(sessions.absolute_hours, "hour")),
            ]
        />
        <Section id="audit-policy" title="Audit" rows=vec![("Keep audit entries for", kept)] />
    }
}

#[component]
fn Section(
    /// Unique in the document.
    id: &'static str,
    title: &'static str,
    /// Names and values.
    rows: Vec<(&'static str, String)>,
    /// What else there is to it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div class="fact">
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby=id>
            <h2 class="panel-title" id=id>
                {title}
            </h2>
            <dl class="facts">{rows}</dl>
            {children.map(|children| children())}
        </section>
    }
}

fn counted(count: u32, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn required(on: bool) -> String {
    if on { "Required" } else { "Not required" }.to_owned()
}
