//! "Remind": who has no second factor yet, and a message for each of them, to
//! be copied or, where the portal has a mail server, sent.

mod all;
mod row;

use super::{administers, for_administrators_only};
use crate::{
    api::policy::fetch_missing_second_factors,
    components::{
        alert::{Notice, Problem, Tone},
        changing::{changing, sometimes},
        fetched::{Fetched, fetched, settled},
        loaded::{FormError, Loaded},
        page::PageHeading,
        part::lazy_page,
        rows::rows,
        show_more::show_more,
    },
};
use all::SendToAll;
use contract::{reminder::Missing, routes};
use leptos::{prelude::*, task::spawn_local};
use row::Row;

lazy_page! {
    /// Who has no second factor yet.
    RemindPage, part remind, preload preload_remind, remind => async {
        if !administers() {
            return for_administrators_only();
        }
        let missing = settled(fetched(|| (), |()| fetch_missing_second_factors(None))).await;
        view! { <Remind missing /> }.into_any()
    }
}

/// What came of something, in words.
type Said = RwSignal<Option<(Tone, String)>>;

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

/// There is nothing to remind people of who can't sign in yet.
#[component]
fn NotActivated(count: u64) -> impl IntoView {
    let words = match count {
        1 => "One more person has not activated their account yet: they have never chosen a password. ".to_owned(),
        count => {
            format!("{count} more people have not activated their accounts yet: they have never chosen a password. ")
        }
    };
    view! {
        <p class="muted">
            {words} <a href=routes::USERS_NOT_ACTIVATED>"Show who"</a> " and give out new links with “New link”."
        </p>
    }
}

#[component]
fn People(first: Missing) -> impl IntoView {
    let (form_error, pending, said) = (FormError::new(), RwSignal::new(false), RwSignal::new(None));
    let (sends_mail, not_activated) = (first.sends_mail, first.not_activated.unwrap_or(0));
    let shown = RwSignal::new(first);
    let fetch = move |after: Option<String>| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match fetch_missing_second_factors(after.clone()).await {
                Ok(next) if after.is_none() => shown.set(next),
                Ok(next) => shown.update(|shown| {
                    shown.people.extend(next.people);
                    shown.after = next.after;
                }),
                Err(problem) => form_error.note(problem),
            }
            pending.set(false);
        });
    };
    let more = move |_| {
        if let Some(after) = shown.with_untracked(|shown| shown.after.clone()) {
            fetch(Some(after));
        }
    };
    let none = Memo::new(move |_| shown.with(|shown| shown.people.is_empty()));
    let there_is_more = Memo::new(move |_| shown.with(|shown| shown.after.is_some()));
    let list = changing(move || {
        if none.get() {
            return view! { <p class="empty">"Everyone who can sign in has a second factor. There is nobody to remind."</p> }
                .into_any();
        }
        let address = shown.with_untracked(|shown| shown.address.clone());
        let rows = rows(
            move || shown.with(|shown| shown.people.clone()),
            move |person| view! { <Row person address=address.clone() sends_mail said form_error /> }.into_any(),
        );
        view! {
            <ul class="places" role="list" aria-label="Without a second factor">
                {rows}
            </ul>
        }
        .into_any()
    });
    view! {
        <section class="panel" aria-labelledby="missing">
            <h2 class="panel-title" id="missing">
                "Without a second factor"
            </h2>
            {sometimes(move || {
                (sends_mail && !none.get())
                    .then(|| view! { <SendToAll said done=move || fetch(None) /> }.into_any())
            })}
            <div role="status">
                {sometimes(move || {
                    said.get().map(|(tone, words): (Tone, String)| view! { <Notice tone>{words}</Notice> }.into_any())
                })}
            </div>
            <Problem problem=form_error.signal() />
            {(not_activated > 0).then(|| view! { <NotActivated count=not_activated /> })}
            {list}
            {show_more(there_is_more, pending, more)}
        </section>
    }
}
