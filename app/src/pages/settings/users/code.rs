//! A temporary access code for someone who has lost everything.

use super::{
    once::{Question, ShownOnce},
    state::Users,
};
use crate::{
    api::people::issue_access_code,
    components::{
        alert::{Notice, Problem, Tone},
        browser,
        button::{Button, Emphasis},
        changing::changing,
        copied::Copyable,
        loaded::FormError,
        modal::Modal,
        moment::Moment,
        step_up::use_step_up,
    },
};
use contract::people::{IssuedAccessCode, Person};
use leptos::{prelude::*, task::spawn_local};

const QUESTION: Question = Question {
    title: "Close without the code?",
    loss: "You have not copied the code. It can't be shown again; you would have to issue a new one.",
    button: "Close without it",
};

/// Says what the code does, makes it, and shows it once.
#[component]
pub fn AccessCode(users: Users, person: Person) -> impl IntoView {
    let issued = RwSignal::new(None::<IssuedAccessCode>);
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    let id = StoredValue::new(person.id.clone());
    let issue = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match step_up.run(async || issue_access_code(id.get_value()).await.flatten()).await {
                Ok(made) => issued.set(Some(made)),
                Err(problem) => form_error.note(problem),
            }
            let _ = pending.try_set(false);
        });
    };
    let close = move || match issued.get_untracked() {
        Some(made) => {
            let waits = made.awaits_approval;
            users.note(vec![made.person], "The temporary access code is issued.".to_owned());
            if waits {
                users.refetch();
            }
        }
        None => users.open.set(None),
    };
    let once = ShownOnce::new();
    let leave = move || if issued.with_untracked(Option::is_some) { once.leave(close) } else { close() };
    let approves = |person: &Person| person.administrator && person.active && person.has_password && !person.you;
    let others = untrack(|| users.approvers()).map(|others| others.saturating_sub(u32::from(approves(&person))));
    let nobody_approves = others == Some(0);
    let name = person.name;
    let content = changing(move || {
        match issued.get() {
        // Who is done may have read it out.
        Some(made) => view! { <Issued made taken=once.taken done=close /> }.into_any(),
        None => view! {
            <div class="stack">
                <p>"For " <strong><bdi translate="no">{name.clone()}</bdi></strong></p>
                <p>
                    "A code that stands in for the second factor, once and within an hour. Signing in with it leads straight to setting up a new authentication app; then the apps and recovery codes of before stop working."
                </p>
                <p>"It opens an account together with its password: make sure that it is really this person who asks."</p>
                {nobody_approves
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Caution>
                                "A second administrator must approve this code, and there is none who could. Make someone else an administrator first."
                            </Notice>
                        }
                    })}
            </div>
            <Problem problem=form_error.signal() />
            <div class="actions">
                <Button emphasis=Emphasis::Primary pending on:click=move |_| issue()>
                    "Issue code"
                </Button>
                <Button on:click=move |_| close()>"Cancel"</Button>
            </div>
        }
            .into_any(),
    }
    });
    view! {
        <Modal id="access-code-title" title="Temporary access code" leave>
            {content}
        </Modal>
        {once.question(QUESTION, close)}
    }
}

#[component]
fn Issued(
    made: IssuedAccessCode,
    /// It was copied.
    taken: RwSignal<bool>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let IssuedAccessCode { person, code, expires_at, awaits_approval } = made;
    // The button that made it is gone, and it is read aloud.
    Effect::new(|_| browser::focus("issued-code-for"));
    view! {
        <div class="stack">
            <h3 class="step-title" id="issued-code-for" tabindex="-1" aria-describedby="issued-code">
                "For " <strong><bdi translate="no">{person.name}</bdi></strong> ", until " <Moment at=expires_at />
            </h3>
            <Copyable
                text=code.clone()
                worked=taken
                button="Copy"
                refused="Your browser does not let this page copy. Read the code to them instead."
            >
                <code
                    translate="no"
                    class="secret secret-large"
                    id="issued-code"
                    aria-label="Temporary access code"
                    on:copy=move |_| taken.set(true)
                >
                    {code}
                </code>
            </Copyable>
            <ol class="to-do">
                <li>"They sign in with user name and password."</li>
                <li>"They choose “Enter recovery code” and enter this code."</li>
                <li>"They set up a new authentication app."</li>
            </ol>
            {if awaits_approval {
                view! {
                    <Notice tone=Tone::Caution>
                        "It does not work yet: a second administrator must approve it on this page first. It is shown only now."
                    </Notice>
                }
                    .into_any()
            } else {
                view! { <Notice tone=Tone::Caution>"It is shown only now. A new one replaces it."</Notice> }.into_any()
            }}
            <div class="actions">
                <Button emphasis=Emphasis::Primary on:click=move |_| done()>
                    "Done"
                </Button>
            </div>
        </div>
    }
}
