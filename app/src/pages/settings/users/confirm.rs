//! Asking before something is done to people.

use super::{
    deed::Deed,
    state::{Open, Users},
};
use crate::{
    api::people::{change_people, renew_links},
    components::{
        alert::{Notice, Problem, Tone},
        button::{Button, Emphasis},
        field::{Kind, TextField, on_submit},
        loaded::Trouble,
        modal::Modal,
        step_up::use_step_up,
    },
    contract::{ApiError, people::Person},
};
use leptos::{prelude::*, task::spawn_local};

/// How many people are named one by one.
const NAMED: usize = 8;

/// Says what will happen to whom, and does it.
#[component]
pub fn ConfirmDeed(users: Users, deed: Deed, people: Vec<Person>) -> impl IntoView {
    let (trouble, step_up) = (Trouble::new(), use_step_up());
    let (pending, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let includes_you = people.iter().any(|person| person.you);
    let ids = StoredValue::new(people.iter().map(|person| person.id.clone()).collect::<Vec<_>>());
    let act = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        trouble.clear();
        let (ids, change) = (ids.get_value(), deed.change(reason.get_untracked()));
        spawn_local(async move {
            let problem = match change {
                Some(change) => {
                    let done = step_up.run(async || change_people(ids.clone(), change.clone()).await.flatten()).await;
                    done.map(|done| users.note(done.people, deed.done(done.changed)))
                }
                None => {
                    let made = step_up.run(async || renew_links(ids.clone()).await.flatten()).await;
                    made.map(|made| {
                        users.open.set(Some(Open::Links(made)));
                        users.refetch();
                    })
                }
            };
            if let Err(problem) = problem {
                trouble.note(problem);
            }
            // The dialog may be gone with what was done.
            let _ = pending.try_set(false);
        });
    };
    let reason_error = move || match trouble.get() {
        Some(ApiError::Reason(problem)) => Some(problem.to_string()),
        _ => None,
    };
    let other = move || trouble.get().filter(|problem| !matches!(problem, ApiError::Reason(_)));
    let leave = move || users.open.set(None);
    view! {
        <Modal id="deed-title" title=deed.name() leave>
            <form class="stack" novalidate on:submit=on_submit(act)>
                <Named people />
                <p>{deed.consequence()}</p>
                {(includes_you && deed != Deed::MakeAdministrator)
                    .then(|| {
                        view! { <Notice tone=Tone::Caution>"That includes you."</Notice> }
                    })}
                {(deed == Deed::DisableSecondFactor)
                    .then(|| {
                        view! {
                            <TextField
                                id="reason"
                                label="Reason"
                                hint="It stands in the audit trail. How did you make sure who is asking?"
                                kind=Kind::Text
                                value=reason
                                error=Signal::derive(reason_error)
                                autofocus=true
                            />
                        }
                    })}
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button
                        emphasis=if deed.is_grave() { Emphasis::Danger } else { Emphasis::Primary }
                        submit=true
                        pending
                    >
                        {deed.name()}
                    </Button>
                    <Button on:click=move |_| leave()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}

/// Whom it is about.
#[component]
fn Named(people: Vec<Person>) -> impl IntoView {
    let others = people.len().saturating_sub(NAMED);
    let name = |person: Person| {
        let also = (!person.display_name.is_empty())
            .then(|| view! { <span class="muted">" " <bdi>{person.display_name}</bdi></span> });
        view! {
            <li>
                <bdi>{person.name}</bdi>
                {also}
            </li>
        }
    };
    view! {
        <ul class="concerned" role="list" aria-label="People">
            {people.into_iter().take(NAMED).map(name).collect_view()}
            {(others > 0)
                .then(|| {
                    view! {
                        <li class="muted">
                            {if others == 1 { "and one more".to_owned() } else { format!("and {others} more") }}
                        </li>
                    }
                })}
        </ul>
    }
}
