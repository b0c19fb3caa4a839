//! Temporary access codes that wait for a second administrator.

use super::{
    deed::Deed,
    state::{DONE, Open, Users},
};
use crate::{
    api::people::approve_access_code,
    components::{
        alert::{Problem, Tone},
        browser,
        button::Button,
        changing::sometimes,
        loaded::FormError,
        moment::Moment,
        step_up::use_step_up,
    },
};
use contract::{
    people::{Person, WaitingCode},
    typed::isolated,
};
use leptos::{prelude::*, task::spawn_local};

/// The codes that wait, if there are any.
#[component]
pub fn WaitingForApproval(users: Users) -> impl IntoView {
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    let approve = move |id: String| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match step_up.run(async || approve_access_code(id.clone()).await.flatten()).await {
                Ok(()) => users.say(Tone::Good, "The temporary access code is approved and works now.".to_owned()),
                Err(problem) => form_error.note(problem),
            }
            users.refetch();
            pending.set(false);
        });
    };
    let waiting = Memo::new(move |_| users.waiting());
    Effect::new(move |_| {
        waiting.track();
        if users.done.with_untracked(Option::is_some) {
            // What was pressed is gone with its code.
            request_animation_frame(|| browser::focus_if_nothing_has_it(DONE));
        }
    });
    let list = sometimes(move || {
        let codes = waiting.get();
        if codes.is_empty() {
            return None;
        }
        let codes = codes.into_iter().map(|code| view! { <Code users code approve pending /> }).collect_view();
        let section = view! {
            <section class="panel" aria-labelledby="waiting-codes">
                <h2 class="panel-title" id="waiting-codes">
                    "Waiting for approval"
                </h2>
                <p class="muted">
                    "These temporary access codes work once a second administrator has approved them. Ask the one who issued it how they made sure who is asking."
                </p>
                <ul class="places" role="list">
                    {codes}
                </ul>
            </section>
        };
        Some(section.into_any())
    });
    view! {
        {list}
        <Problem problem=form_error.signal() />
    }
}

#[component]
fn Code(
    users: Users,
    code: WaitingCode,
    approve: impl Fn(String) + Copy + Send + Sync + 'static,
    pending: RwSignal<bool>,
) -> impl IntoView {
    let WaitingCode { id, person_id, person, issuer, expires_at, yours_to_approve } = code;
    // They may be on no page that is shown; withdrawing asks for no more than their name.
    let whose = Person { id: person_id, name: person.clone(), ..Person::default() };
    let withdraw = format!("Withdraw code: {}", isolated(&person));
    let ask = move |_| users.open.set(Some(Open::Confirm(Deed::WithdrawCode, vec![whose.clone()])));
    let label = format!("Approve code: {}", isolated(&person));
    let issuer = match issuer {
        Some(issuer) => view! { "Issued by " <bdi translate="no">{issuer}</bdi> }.into_any(),
        None => "Issued on the command line".into_any(),
    };
    view! {
        <li class="place">
            <div class="place-what">
                <p class="who-name">
                    <bdi translate="no">{person}</bdi>
                </p>
                <p class="muted">{issuer} ", ends " <Moment at=expires_at /></p>
            </div>
            <div class="row-actions">
            {if yours_to_approve {
                view! {
                    <Button pending attr:aria-label=label on:click=move |_| approve(id.clone())>
                        "Approve code"
                    </Button>
                }
                    .into_any()
            } else {
                view! { <p class="muted">"Someone else must approve it."</p> }.into_any()
            }}
                <Button attr:aria-label=withdraw on:click=ask>
                    "Withdraw code"
                </Button>
            </div>
        </li>
    }
}
