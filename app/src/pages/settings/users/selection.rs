//! What can be done to those who are selected.

use super::{
    deed::Deed,
    state::{Open, Users},
};
use crate::{
    components::{button::Button, changing::sometimes},
    contract::number::grouped,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How many are selected, and the buttons for all of them.
#[component]
pub fn Selection(users: Users) -> impl IntoView {
    let selection = Memo::new(move |_| users.selection());
    sometimes(move || {
        let (people, shown) = selection.get();
        if people.is_empty() {
            return None;
        }
        let words = match people.len() {
            1 => "One person selected".to_owned(),
            count => format!("{} people selected", grouped(count)),
        };
        let words = match people.len().saturating_sub(shown) {
            0 => words,
            _ if shown == 0 => format!("{words}, not in this list"),
            hidden => format!("{words}, {} of them not in this list", grouped(hidden)),
        };
        let buttons = Deed::ALL
            .into_iter()
            .filter_map(|deed| {
                let concerned: Vec<_> = people.iter().filter(|person| deed.concerns(person)).cloned().collect();
                (!concerned.is_empty()).then(|| {
                    let open = move |_| users.open.set(Some(Open::Confirm(deed, concerned.clone())));
                    view! { <Button on:click=open>{deed.name()}</Button> }
                })
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
