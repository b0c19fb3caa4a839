//! "Remind": who has no second factor yet, and a ready message for each of them.

use super::{administers, for_administrators_only};
use crate::{
    api::policy::fetch_missing_second_factors,
    components::{
        alert::{Notice, Problem, Tone},
        browser,
        button::Button,
        changing::{changing, sometimes},
        fetched::{Fetched, fetched, settled},
        loaded::{Loaded, Trouble},
        moment::{Moment, in_utc},
        page::{PageHeading, portal_name},
        part::lazy_page,
    },
    contract::reminder::{Due, Missing, MissingPerson},
};
use leptos::{prelude::*, task::spawn_local};

lazy_page! {
    /// Who has no second factor yet.
    RemindPage, part settings, preload preload_remind, remind => async {
        if !administers() {
            return for_administrators_only();
        }
        let missing = settled(fetched(|| (), |()| fetch_missing_second_factors(None))).await;
        view! { <Remind missing /> }.into_any()
    }
}

#[component]
fn Remind(missing: Fetched<Missing>) -> impl IntoView {
    view! {
        <PageHeading
            title="Remind"
            lead="Everyone who can sign in and has no second factor yet, each with the day from which the account policy asks for it."
        />
        <Loaded resource=missing show=|first: Missing| view! { <People first /> }.into_any() />
    }
}

#[component]
fn People(first: Missing) -> impl IntoView {
    let (trouble, pending, said) = (Trouble::new(), RwSignal::new(false), RwSignal::new(None::<(Tone, String)>));
    let shown = RwSignal::new(first);
    let more = move |_| {
        let Some(after) = shown.with_untracked(|shown| shown.after.clone()) else { return };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        trouble.clear();
        spawn_local(async move {
            match fetch_missing_second_factors(Some(after)).await {
                Ok(next) => shown.update(|shown| {
                    shown.people.extend(next.people);
                    shown.after = next.after;
                }),
                Err(problem) => trouble.note(problem),
            }
            pending.set(false);
        });
    };
    let none = Memo::new(move |_| shown.with(|shown| shown.people.is_empty()));
    // The button keeps the focus while it is of use.
    let there_is_more = Memo::new(move |_| shown.with(|shown| shown.after.is_some()));
    let list = changing(move || {
        if none.get() {
            return view! { <p class="empty">"Everyone has a second factor. There is nobody to remind."</p> }
                .into_any();
        }
        let Missing { people, address, .. } = shown.get();
        let rows = people.into_iter().map(|person| view! { <Row person address=address.clone() said /> });
        view! {
            <ul class="places" role="list" aria-label="Without a second factor">
                {rows.collect_view()}
            </ul>
        }
        .into_any()
    });
    view! {
        <section class="panel" aria-labelledby="missing">
            <h2 class="panel-title" id="missing">
                "Without a second factor"
            </h2>
            <div role="status">
                {sometimes(move || {
                    said.get().map(|(tone, words)| view! { <Notice tone>{words}</Notice> }.into_any())
                })}
            </div>
            {list}
            <Problem problem=trouble.signal() />
            {sometimes(move || {
                there_is_more
                    .get()
                    .then(|| {
                        view! {
                            <Button pending on:click=more>
                                "Show more"
                            </Button>
                        }
                            .into_any()
                    })
            })}
        </section>
    }
}

#[component]
fn Row(
    person: MissingPerson,
    /// Where people reach the portal.
    address: String,
    /// What came of copying.
    said: RwSignal<Option<(Tone, String)>>,
) -> impl IntoView {
    let text = message(&person, &portal_name(), &address);
    let MissingPerson { name, administrator, due } = person;
    let label = format!("Copy message: {name}");
    let whom = name.clone();
    let copy = move |_| {
        let (text, whom) = (text.clone(), whom.clone());
        spawn_local(async move {
            let refused = "The browser did not let the portal copy. Allow it to, and try again.";
            said.set(Some(match browser::copy(&text).await {
                Ok(()) => (Tone::Good, format!("Copied the message for {whom}.")),
                Err(_) => (Tone::Caution, refused.to_owned()),
            }));
        });
    };
    let day = match due {
        Due::Never => "Not required of them".into_any(),
        Due::Now => "Required already: they are asked at their next click".into_any(),
        Due::From(at) => view! { "Required from " <Moment at /> }.into_any(),
    };
    view! {
        <li class="place">
            <div class="place-what">
                <p class="place-browser">
                    <bdi>{name}</bdi>
                    {administrator.then(|| view! { <span class="badge badge-here">"Administrator"</span> })}
                </p>
                <p class="muted">{day}</p>
            </div>
            <Button attr:aria-label=label on:click=copy>
                "Copy message"
            </Button>
        </li>
    }
}

/// What to write to someone: their name, their own day, and where to go.
fn message(person: &MissingPerson, portal: &str, address: &str) -> String {
    let MissingPerson { name, due, .. } = person;
    let when = match due {
        Due::Never => "Please set it up soon.".to_owned(),
        Due::Now => "It is required now: after signing in you are led through it before anything else.".to_owned(),
        Due::From(at) => {
            format!("Please set it up before {}. From then on nothing else can be done before it.", in_utc(*at))
        }
    };
    format!(
        "Hello {name},\n\nyour account at {portal} is protected by your password alone. {when}\n\nIt takes about two minutes and an authentication app on your phone: sign in at {address}/profile and choose “Add method”.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(due: Due) -> String {
        let person = MissingPerson { name: "alice".to_owned(), administrator: false, due };
        message(&person, "Acme", "https://login.example.org")
    }

    #[test]
    fn the_message_names_the_person_their_day_and_the_address() {
        let text = written(Due::From(1_773_065_107));
        for part in ["Hello alice,", "Acme", "before 9 Mar 2026, 14:05 UTC", "https://login.example.org/profile"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(written(Due::Now).contains("It is required now"));
        assert!(written(Due::Never).contains("Please set it up soon."));
    }
}
