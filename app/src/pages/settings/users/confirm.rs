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
        loaded::FormError,
        modal::Modal,
        step_up::use_step_up,
    },
};
use contract::{
    ApiError,
    number::grouped,
    people::{IssuedLinks, MOST_AT_ONCE, PeopleChanged, Person},
};
use leptos::{prelude::*, task::spawn_local};

/// How many people are named one by one.
const NAMED: usize = 8;

/// Says what will happen to whom, and does it.
#[component]
pub fn ConfirmDeed(users: Users, deed: Deed, people: Vec<Person>) -> impl IntoView {
    let (form_error, step_up) = (FormError::new(), use_step_up());
    let (pending, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let asks_why = deed == Deed::DisableSecondFactor;
    // A key pressed too soon does nothing.
    let cautious = deed.stops_something() && !asks_why;
    let includes_you = people.iter().any(|person| person.you);
    let (consequence, total) = (deed.consequence(&people), people.len());
    let ids = StoredValue::new(people.iter().map(|person| person.id.clone()).collect::<Vec<_>>());
    let so_far = RwSignal::new(0);
    let act = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        let (ids, change) = (ids.get_value(), deed.change(reason.get_untracked()));
        spawn_local(async move {
            let mut done = Done::default();
            let mut problem = None;
            for ids in ids.chunks(MOST_AT_ONCE) {
                // Whoever closes the dialog meanwhile wants no more of it.
                if pending.is_disposed() {
                    break;
                }
                let answer = match &change {
                    Some(change) => {
                        let changed = async || change_people(ids.to_vec(), change.clone()).await.flatten();
                        step_up.run(changed).await.map(|changed| done.change(changed))
                    }
                    None => {
                        let made = step_up.run(async || renew_links(ids.to_vec()).await.flatten()).await;
                        made.map(|made| done.make(made))
                    }
                };
                match answer {
                    Ok(()) => done.people += ids.len(),
                    Err(stopped) => {
                        problem = Some(stopped);
                        break;
                    }
                }
                let _ = so_far.try_set(done.people);
            }
            done.show(users, deed, total, problem, form_error);
            // The dialog may be gone with what was done.
            let _ = pending.try_set(false);
        });
    };
    let reason_error = move || match form_error.get() {
        Some(ApiError::Reason(problem)) => Some(problem.to_string()),
        _ => None,
    };
    let other = move || form_error.get().filter(|problem| !matches!(problem, ApiError::Reason(_)));
    let leave = move || users.open.set(None);
    view! {
        <Modal id="deed-title" title=deed.name() leave>
            <form class="stack" novalidate on:submit=on_submit(act)>
                <Named people />
                <p>{consequence}</p>
                {(includes_you && deed != Deed::MakeAdministrator)
                    .then(|| {
                        view! { <Notice tone=Tone::Caution>"That includes you."</Notice> }
                    })}
                {asks_why
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
                <p class="muted" role="status">
                    {move || {
                        let running = pending.get() && total > MOST_AT_ONCE;
                        running.then(|| format!("Done for {} of {} people…", grouped(so_far.get()), grouped(total)))
                    }}
                </p>
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button
                        emphasis=if deed.is_grave() { Emphasis::Danger } else { Emphasis::Primary }
                        submit=true
                        pending
                    >
                        {deed.name()}
                    </Button>
                    <Button attr:autofocus=cautious on:click=move |_| leave()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}

/// What was done so far. The portal takes only so many people at once, all of them or nobody;
/// for more it is asked several times.
#[derive(Default)]
struct Done {
    /// How many people it was done for.
    people: usize,
    /// As they are now.
    as_now: Vec<Person>,
    /// For how many of them it made a difference.
    changed: u32,
    links: Option<IssuedLinks>,
}

impl Done {
    fn change(&mut self, PeopleChanged { people, changed }: PeopleChanged) {
        self.as_now.extend(people);
        self.changed = self.changed.saturating_add(changed);
    }

    fn make(&mut self, made: IssuedLinks) {
        let Some(links) = &mut self.links else {
            self.links = Some(made);
            return;
        };
        links.links.extend(made.links);
        // Each file begins with the names of its columns.
        links.file.push_str(made.file.split_once('\n').map_or("", |(_, rows)| rows));
    }

    /// Says what was done, and for whom it was not.
    fn show(self, users: Users, deed: Deed, total: usize, problem: Option<ApiError>, form_error: FormError) {
        let Self { people, as_now, changed, links } = self;
        if people == 0 {
            return problem.into_iter().for_each(|problem| form_error.note(problem));
        }
        if let Some(problem) = &problem {
            form_error.note_session(problem);
        }
        let because = problem.map_or_else(|| "You stopped it.".to_owned(), |problem| problem.to_string());
        let rest = (people < total).then(|| match total - people {
            1 => format!("One other is as before. {because}"),
            others => format!("The other {others} are as before. {because}"),
        });
        match (links, rest) {
            (Some(links), rest) => {
                users.open.set(Some(Open::Links(links, rest)));
                users.refetch();
            }
            (None, Some(rest)) => users.note_part(as_now, format!("{} {rest}", deed.done(changed))),
            (None, None) => {
                let waited = untrack(|| users.waiting())
                    .iter()
                    .any(|code| as_now.iter().any(|person| person.id == code.person_id));
                users.note(as_now, deed.done(changed));
                if waited {
                    users.refetch();
                }
            }
        }
    }
}

/// Whom it is about.
#[component]
fn Named(people: Vec<Person>) -> impl IntoView {
    let others = people.len().saturating_sub(NAMED);
    let name = |person: Person| {
        let also = (!person.display_name.is_empty())
            .then(|| view! { <span class="muted">" " <bdi translate="no">{person.display_name}</bdi></span> });
        view! {
            <li>
                <bdi translate="no">{person.name}</bdi>
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
