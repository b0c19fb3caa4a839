//! What can be done to those who are selected.

use super::{
    deed::Deed,
    state::{Counted, Open, Users},
};
use crate::components::{button::Button, changing::sometimes};
use contract::number::grouped;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How many are selected, and the buttons for all of them.
#[component]
pub fn Selection(users: Users) -> impl IntoView {
    // Numbers alone: who they are is put together when something is to be done.
    let counted = Memo::new(move |_| users.count_selected(|person| Deed::ALL.map(|deed| deed.concerns(person))));
    sometimes(move || {
        let Counted { all, shown, each } = counted.get();
        if all == 0 {
            return None;
        }
        let words = match all {
            1 => "One person selected".to_owned(),
            count => format!("{} people selected", grouped(count)),
        };
        let words = match all.saturating_sub(shown) {
            0 => words,
            _ if shown == 0 => format!("{words}, not in this list"),
            hidden => format!("{words}, {} of them not in this list", grouped(hidden)),
        };
        let buttons = Deed::ALL
            .into_iter()
            .zip(each)
            .filter(|(_, concerned)| *concerned > 0)
            .map(|(deed, _)| {
                let open = move |_| {
                    let mut people = untrack(|| users.selection());
                    people.retain(|person| deed.concerns(person));
                    users.open.set(Some(Open::Confirm(deed, people)));
                };
                view! { <Button on:click=open>{deed.name()}</Button> }
            })
            .collect_view();
        let bar = view! {
            <section class="selection" aria-label="Selected people">
                <p class="selection-count" role="status">
                    {words}
                </p>
                <div class="row-actions">
                    {buttons}
                    <Button on:click=move |_| users.selected.set(BTreeMap::new())>"Clear selection"</Button>
                </div>
            </section>
        };
        Some(bar.into_any())
    })
}
