//! The section "Sessions".

use super::{
    place::{Place, good, name},
    records::Records,
};
use crate::{
    api::session::{end_other_sessions, end_session},
    components::{
        alert::Problem, button::Button, changing::sometimes, confirm::Confirm, loaded::FormError, moment::Moment,
    },
};
use contract::session::{MOST_LISTED, SessionEntry};
use leptos::{prelude::*, task::spawn_local};

/// Ending sessions, and what came of it.
#[derive(Clone, Copy)]
struct Ending {
    done: RwSignal<Option<&'static str>>,
    pending: RwSignal<bool>,
    /// About ending one.
    form_error: FormError,
    /// The dialog about ending all is open.
    asking: RwSignal<bool>,
    /// About ending all.
    trouble_with_all: FormError,
    records: Records,
}

impl Ending {
    fn one(self, id: String) {
        if self.begin() {
            self.form_error.clear();
            spawn_local(async move {
                match end_session(id).await.flatten() {
                    Ok(()) => self.done.set(Some("The session has ended. That browser has to sign in again.")),
                    Err(problem) => self.form_error.note(problem),
                }
                self.finish();
            });
        }
    }

    fn all_others(self) {
        if self.begin() {
            self.trouble_with_all.clear();
            spawn_local(async move {
                match end_other_sessions().await.flatten() {
                    Ok(()) => {
                        self.asking.set(false);
                        self.done.set(Some("All other sessions have ended."));
                    }
                    Err(problem) => self.trouble_with_all.note(problem),
                }
                self.finish();
            });
        }
    }

    fn begin(self) -> bool {
        let free = !self.pending.get_untracked();
        if free {
            self.pending.set(true);
            self.done.set(None);
        }
        free
    }

    fn finish(self) {
        self.records.refetch();
        self.pending.set(false);
    }
}

/// Where the person is signed in.
#[component]
pub fn Sessions(records: Records) -> impl IntoView {
    let ending = Ending {
        done: RwSignal::new(None),
        pending: RwSignal::new(false),
        form_error: FormError::new(),
        asking: RwSignal::new(false),
        trouble_with_all: FormError::new(),
        records,
    };
    let list = records.view(|answers| &answers.sessions, move |sessions| view! { <List sessions ending /> }.into_any());
    view! {
        <section class="panel" aria-labelledby="sessions">
            <h2 class="panel-title" id="sessions" tabindex="-1">
                "Sessions"
            </h2>
            <p class="muted">"Where you are signed in now."</p>
            <div role="status">
                {sometimes(move || ending.done.get().map(good))}
            </div>
            <Problem problem=ending.form_error.signal() />
            {list}
        </section>
        {sometimes(move || ending.asking.get().then(|| view! { <EndAll ending /> }.into_any()))}
    }
}

#[component]
fn List(sessions: Vec<SessionEntry>, ending: Ending) -> impl IntoView {
    let others = sessions.iter().any(|session| !session.current);
    let cut_off = sessions.len() >= MOST_LISTED;
    let rows = sessions.into_iter().map(|session| view! { <Row session ending /> }).collect_view();
    view! {
        <ul class="places" role="list" aria-label="Sessions">
            {rows}
        </ul>
        {cut_off
            .then(|| view! { <p class="muted">{format!("Only the {MOST_LISTED} that were used last are listed.")}</p> })}
        {others
            .then(|| {
                view! {
                    <Button pending=ending.pending on:click=move |_| ending.asking.set(true)>
                        "End all other sessions"
                    </Button>
                }
            })}
    }
}

#[component]
fn Row(session: SessionEntry, ending: Ending) -> impl IntoView {
    let SessionEntry { id, current, origin, first_seen_at, last_seen_at } = session;
    let (label, described_by) = (name("End session", &origin), format!("session-{id}"));
    let facts = view! {
        <span>"Signed in " <Moment at=first_seen_at /></span>
        <span>"Last seen " <Moment at=last_seen_at /></span>
    };
    view! {
        <Place id=described_by.clone() origin mark=current.then_some("This session") facts=facts.into_any()>
            {(!current)
                .then(|| {
                    view! {
                        <Button
                            pending=ending.pending
                            attr:aria-label=label
                            attr:aria-describedby=described_by
                            on:click=move |_| ending.one(id.clone())
                        >
                            "End session"
                        </Button>
                    }
                })}
        </Place>
    }
}

#[component]
fn EndAll(ending: Ending) -> impl IntoView {
    view! {
        <Confirm
            id="end-all-title"
            title="End all other sessions"
            button="End all other sessions"
            pending=ending.pending
            problem=ending.trouble_with_all.signal()
            act=move || ending.all_others()
            leave=move || ending.asking.set(false)
        >
            <p>"You stay signed in here. Every other browser has to sign in again; what was not saved there is lost."</p>
        </Confirm>
    }
}
