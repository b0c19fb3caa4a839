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
        moment::Moment,
        page::{PageHeading, portal_name},
        part::lazy_page,
    },
    contract::reminder::{Due, Missing, MissingPerson, message},
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
    let text = message(&person.name, person.due, &portal_name(), &address);
    let MissingPerson { name, administrator, due, .. } = person;
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
