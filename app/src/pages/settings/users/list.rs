//! The table of people. On narrow screens each row is a card.

use super::{find::name, row::Row, state::Users};
use crate::components::{
    alert::Problem, changing::changing, loaded::Failed, rows::rows, show_more::show_more, signed_in::use_signed_in,
};
use contract::{
    number::grouped,
    people::{COUNTED, PeopleFilter, PeopleSort},
    typed::isolated,
};
use leptos::prelude::*;

/// Everybody who is found, or why nobody is shown.
#[component]
pub fn List(users: Users) -> impl IntoView {
    let signed_in = use_signed_in();
    let problem =
        Memo::new(move |_| users.first.with(|answer| answer.as_ref().and_then(|answer| answer.clone().err())));
    Effect::new(move |_| {
        if let Some(problem) = problem.get() {
            signed_in.deals_with(&problem);
        }
    });
    let empty = Memo::new(move |_| users.people().is_empty());
    let content = changing(move || match problem.get() {
        Some(problem) => view! { <Failed problem retry=move || users.refetch() /> }.into_any(),
        None if empty.get() => view! { <Nobody users /> }.into_any(),
        None => view! { <Table users /> }.into_any(),
    });
    let there_is_more = Memo::new(move |_| !empty.get() && users.has_more());
    let said = move || match (users.is_behind() || users.fetching.get(), users.people().len()) {
        (true, _) => "Looking…".to_owned(),
        (false, 0) => String::new(),
        (false, 1) => "One person".to_owned(),
        (false, count) if users.has_more() => match users.total() {
            Some(total) if total > COUNTED => {
                format!("The first {} of more than {} people", grouped(count), grouped(COUNTED))
            }
            Some(total) => format!("The first {} of {} people", grouped(count), grouped(total)),
            None => format!("The first {} people", grouped(count)),
        },
        (false, count) => format!("{} people", grouped(count)),
    };
    view! {
        <div class="people" aria-busy=move || users.is_behind().then_some("true")>
            {content}
        </div>
        <Problem problem=users.form_error.signal() />
        <div class="people-foot">
            <p class="muted" role="status">
                {said}
            </p>
            {show_more(there_is_more, users.fetching, move |_| users.fetch_more())}
        </div>
    }
}

/// Nobody is found.
#[component]
fn Nobody(users: Users) -> impl IntoView {
    let words = move || {
        if users.has_more() && users.form_error.get().is_none() {
            return "Still looking…".to_owned();
        }
        let (search, filter) = users.address.with(|address| (isolated(address.search.trim()), address.view.filter));
        match (search.is_empty(), filter) {
            (false, PeopleFilter::Everyone) => {
                format!("Nobody is called “{search}”. The beginning of each name is enough.")
            }
            (false, filter) => format!("Nobody under “{}” is called “{search}”.", name(filter)),
            (true, PeopleFilter::NoSecondFactor) => "Everybody who can sign in has a second factor.".to_owned(),
            (true, PeopleFilter::FewCodes) => "Nobody's recovery codes run low.".to_owned(),
            (true, PeopleFilter::NotActivated) => "Everybody has activated their account.".to_owned(),
            (true, PeopleFilter::Locked) => "Nobody is locked.".to_owned(),
            (true, PeopleFilter::Administrators) => "There is no administrator.".to_owned(),
            (true, PeopleFilter::Deactivated) => "Nobody is deactivated.".to_owned(),
            (true, PeopleFilter::Everyone) => "There is nobody yet.".to_owned(),
        }
    };
    view! { <p class="nobody">{words}</p> }
}

#[component]
fn Table(users: Users) -> impl IntoView {
    let rows = rows(move || users.people(), move |person| view! { <Row users person /> }.into_any());
    let all = move || users.are_all_selected();
    let select_all = move |selected: bool| users.select(untrack(|| users.people()), selected);
    // Cards are no table to a browser: the roles keep it one.
    view! {
        <table class="people-table" role="table" aria-label="Users">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="pick">
                        <input
                            class="check-box"
                            type="checkbox"
                            aria-label="Select all that are shown"
                            prop:checked=all
                            on:change:target=move |event| select_all(event.target().checked())
                        />
                    </th>
                    <Heading users sort=PeopleSort::Name name="Name" />
                    <th role="columnheader" scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                    <th role="columnheader" scope="col">
                        "2FA"
                    </th>
                    <Heading users sort=PeopleSort::LastSignIn name="Last sign-in" />
                    <Heading users sort=PeopleSort::Created name="Added" />
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

/// A heading that orders the table.
#[component]
fn Heading(users: Users, sort: PeopleSort, name: &'static str) -> impl IntoView {
    let order = move || {
        let view = users.address.with(|address| address.view);
        (view.sort == sort).then_some(if view.descending { "descending" } else { "ascending" })
    };
    view! {
        <th role="columnheader" scope="col" aria-sort=order>
            <a class="sort" href=move || users.address.with(|address| address.sorted(sort).url()) data-noscroll="">
                {name}
                <span class="sort-mark" aria-hidden="true">
                    {move || match order() {
                        Some("descending") => "↓",
                        Some(_) => "↑",
                        None => "",
                    }}
                </span>
            </a>
        </th>
    }
}
