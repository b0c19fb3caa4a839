//! Mail that was not sent yet.

use super::Post;
use crate::{
    api::mail::{discard_mail, fetch_mail_state, try_mail_again},
    components::{
        alert::Tone,
        browser,
        button::{Button, Emphasis},
        changing::{changing, sometimes},
        confirm::Confirm,
        loaded::FormError,
        moment::Moment,
        rows::rows,
        show_more::show_more,
        step_up::use_step_up,
    },
};
use contract::{
    mail::{MailEntry, MailProgress},
    number::grouped,
    typed::isolated,
};
use leptos::{prelude::*, task::spawn_local};

const TRY_ALL: &str = "Try all again";

/// The list, what was given up first.
#[component]
pub fn Entries(post: Post) -> impl IntoView {
    let (again, shown) = (use_again(post), post.shown);
    let entries = Memo::new(move |_| shown.with(|state| state.entries.clone()));
    let some_failed = Memo::new(move |_| entries.with(|all| all.iter().any(|entry| entry.problem.is_some())));
    let there_is_more = Memo::new(move |_| shown.with(|state| state.next.is_some()));
    let fetching = RwSignal::new(false);
    let more = move |_| {
        let after = shown.with_untracked(|state| state.next.clone()).filter(|_| !fetching.get_untracked());
        let Some(after) = after else { return };
        fetching.set(true);
        spawn_local(async move {
            match fetch_mail_state(Some(after)).await {
                Ok(page) => {
                    let _ = shown.try_update(|shown| {
                        shown.entries.extend(page.entries);
                        shown.next = page.next;
                    });
                }
                Err(problem) => post.form_error.note(problem),
            }
            let _ = fetching.try_set(false);
        });
    };
    let none = Memo::new(move |_| entries.with(Vec::is_empty));
    let list = changing(move || {
        if none.get() {
            return view! { <p class="empty">"Nothing waits. The mail server took everything."</p> }.into_any();
        }
        let rows = rows(move || entries.get(), move |entry| view! { <Entry entry post /> }.into_any());
        view! {
            <ul class="places" role="list" aria-label="Waiting">
                {rows}
            </ul>
        }
        .into_any()
    });
    view! {
        <section class="panel" aria-labelledby="mail-waiting">
            <h2 class="panel-title" id="mail-waiting" tabindex="-1">
                "Waiting"
            </h2>
            {move || {
                shown
                    .with(|state| {
                        (state.waiting + state.given_up > 0)
                            .then(|| view! { <p class="muted">{counted(state.waiting, state.given_up)}</p> })
                    })
            }}
            {sometimes(move || {
                some_failed
                    .get()
                    .then(|| {
                        view! {
                            <Button pending=post.is_doing(TRY_ALL.to_owned()) on:click=move |_| again.run(None)>
                                {TRY_ALL}
                            </Button>
                        }
                            .into_any()
                    })
            })}
            {list}
            {show_more(there_is_more, fetching, more)}
        </section>
    }
}

/// How much there is, in words.
fn counted(waiting: u64, given_up: u64) -> String {
    let waits = match waiting {
        0 => "No mail waits to be sent".to_owned(),
        1 => "One message waits to be sent".to_owned(),
        count => format!("{} messages wait to be sent", grouped(count)),
    };
    match given_up {
        0 => format!("{waits}. The portal tries for three days."),
        1 => format!("{waits}; one was not sent and is no longer tried."),
        count => format!("{waits}; {} were not sent and are no longer tried.", grouped(count)),
    }
}

#[component]
fn Entry(entry: MailEntry, post: Post) -> impl IntoView {
    let again = use_again(post);
    let MailEntry { id, person, kind, written_at, tries, progress, problem } = entry.clone();
    let under_way = progress == MailProgress::BeingSent;
    let whose = isolated(&person);
    let (try_label, discard_label) = (format!("Try again: {kind}, {whose}"), format!("Discard: {kind}, {whose}"));
    let next = match progress {
        MailProgress::GivenUp => "No longer tried".into_any(),
        MailProgress::BeingSent => "Being sent now".into_any(),
        MailProgress::TriedAt(at) if tries > 0 => view! { "Next try " <Moment at /> }.into_any(),
        MailProgress::TriedAt(_) => "About to be sent".into_any(),
    };
    let tried = match tries {
        0 => None,
        1 => Some("One try".to_owned()),
        count => Some(format!("{count} tries")),
    };
    let failed = problem.is_some();
    let retry = failed.then(|| {
        view! {
            <Button pending=post.is_doing(id.clone()) attr:aria-label=try_label on:click=move |_| again.run(Some(id.clone()))>
                "Try again"
            </Button>
        }
    });
    let discard = (!under_way).then(|| {
        view! {
            <Button attr:aria-label=discard_label on:click=move |_| post.discarding.set(Some(entry.clone()))>
                "Discard"
            </Button>
        }
    });
    view! {
        <li class="place">
            <div class="place-what">
                <p class="place-browser">
                    <bdi translate="no">{person}</bdi>
                    {(progress == MailProgress::GivenUp)
                        .then(|| view! { <span class="badge badge-caution">"Not sent"</span> })}
                </p>
                <p>{kind.to_string()}</p>
                <p class="muted place-facts">
                    <span>"Written " <Moment at=written_at /></span>
                    {tried.map(|tried| view! { <span>{tried}</span> })}
                    <span>{next}</span>
                </p>
                {problem
                    .map(|problem| {
                        view! {
                            <p class="mail-problem">
                                <span class="visually-hidden">"Problem: "</span>
                                <bdi translate="no">{problem}</bdi>
                            </p>
                        }
                    })}
            </div>
            <div class="place-acts">{retry} {discard}</div>
        </li>
    }
}

/// Having mail tried again.
#[derive(Clone, Copy)]
struct Again {
    post: Post,
    step_up: crate::components::step_up::StepUp,
}

fn use_again(post: Post) -> Again {
    Again { post, step_up: use_step_up() }
}

impl Again {
    /// One, or with no `id` all that failed.
    fn run(self, id: Option<String>) {
        let Self { post, step_up } = self;
        if !post.begin(id.as_deref().unwrap_or(TRY_ALL)) {
            return;
        }
        let words = if id.is_some() { "The message is tried again now." } else { "All messages are tried again now." };
        spawn_local(async move {
            match step_up.run(async || try_mail_again(id.clone()).await.flatten()).await {
                Ok(()) => {
                    post.said.set(Some((Tone::Good, words.to_owned())));
                    // The button goes away with its entry.
                    browser::focus("mail-waiting");
                    post.keep_looking();
                }
                Err(problem) => {
                    post.form_error.note(problem);
                    post.look();
                }
            }
            post.end();
        });
    }
}

/// Asks before mail is thrown away.
#[component]
pub fn Discard(entry: MailEntry, post: Post) -> impl IntoView {
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    let MailEntry { id, person, kind, .. } = entry;
    let id = StoredValue::new(id);
    let act = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match step_up.run(async || discard_mail(id.get_value()).await.flatten()).await {
                Ok(()) => {
                    post.said.set(Some((Tone::Good, "The message was discarded.".to_owned())));
                    post.discarding.set(None);
                    browser::focus("mail-waiting");
                    post.look();
                }
                Err(problem) => form_error.note(problem),
            }
            let _ = pending.try_set(false);
        });
    };
    view! {
        <Confirm
            id="discard-title"
            title="Discard message"
            button="Discard"
            emphasis=Emphasis::Danger
            pending
            problem=form_error.signal()
            act
            leave=move || post.discarding.set(None)
        >
            <p>{kind.to_string()} ", for " <bdi translate="no">{person}</bdi> "."</p>
            <p>"They will not get this message. The audit trail notes that you discarded it."</p>
        </Confirm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_and_what_was_not_sent_is_counted_in_words() {
        assert_eq!(counted(0, 0), "No mail waits to be sent. The portal tries for three days.");
        assert_eq!(counted(1, 1), "One message waits to be sent; one was not sent and is no longer tried.");
        assert_eq!(counted(1_234, 3), "1,234 messages wait to be sent; 3 were not sent and are no longer tried.");
    }
}
