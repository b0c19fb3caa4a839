//! Search as one types, and filters.

use super::state::Users;
use crate::components::field::on_submit;
use contract::{people::PeopleFilter, routes};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// How long typing must pause before the portal is asked.
const PAUSE: Duration = Duration::from_millis(180);

/// What a filter is called.
pub const fn name(filter: PeopleFilter) -> &'static str {
    match filter {
        PeopleFilter::Everyone => "Everyone",
        PeopleFilter::NoSecondFactor => "No 2FA",
        PeopleFilter::FewCodes => "Few codes",
        PeopleFilter::NotActivated => "Not activated yet",
        PeopleFilter::Locked => "Locked",
        PeopleFilter::Administrators => "Administrators",
        PeopleFilter::Deactivated => "Deactivated",
    }
}

/// The search field and the filters. Without the program it is a form and links.
#[component]
pub fn Find(users: Users) -> impl IntoView {
    let typed = untrack(|| users.address.with(|address| address.search.clone()));
    let navigate = use_navigate();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    on_cleanup(stop);
    let search = move |text: String| {
        stop();
        let navigate = navigate.clone();
        let later = move || {
            let Some(url) = users.address.try_with_untracked(|address| address.searching(text.clone()).url()) else {
                return;
            };
            navigate(&url, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        };
        // Without it the field still works as a form.
        waiting.set_value(set_timeout_with_handle(later, PAUSE).ok());
    };
    let filters = PeopleFilter::ALL.map(|filter| {
        let here = move || users.address.with(|address| address.view.filter == filter).then_some("true");
        let url = move || users.address.with(|address| address.filtered(filter).url());
        view! {
            <li>
                <a class="filter" href=url data-noscroll="" aria-current=here>
                    {name(filter)}
                </a>
            </li>
        }
    });
    view! {
        <div class="find">
            <form class="find-form field" method="get" action=routes::USERS role="search" on:submit=on_submit(|| {})>
                <label class="field-label" for="search-users">
                    "Search users"
                </label>
                <input
                    class="input"
                    type="search"
                    id="search-users"
                    name="q"
                    value=typed
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    dir="auto"
                    on:input:target=move |event| search(event.target().value())
                />
            </form>
            <nav aria-label="Filter">
                <ul class="filters" role="list">
                    {filters}
                </ul>
            </nav>
        </div>
    }
}
