//! "Users": everybody who has an account.

mod add_many;
mod add_person;
mod address;
mod approve;
mod code;
mod confirm;
mod deed;
mod find;
mod links;
mod list;
mod list_file;
mod mail_address;
mod more;
mod once;
mod row;
mod selection;
mod state;

use super::{administers, for_administrators_only};
use crate::components::{
    alert::Notice,
    button::{Button, Emphasis},
    changing::sometimes,
    page::PageHeading,
    part::lazy_page,
};
use add_many::AddMany;
use add_person::AddPerson;
use approve::WaitingForApproval;
use code::AccessCode;
use confirm::ConfirmDeed;
use find::Find;
use leptos::prelude::*;
use links::Links;
use list::List;
use mail_address::MailAddress;
use more::More;
use selection::Selection;
use state::{DONE, Open, Users};

lazy_page! {
    /// Everybody who has an account.
    UsersPage, part users, preload preload_users, users_page => async {
        if !administers() {
            return for_administrators_only();
        }
        let users = Users::fetch().await;
        view! { <People users /> }.into_any()
    }
}

#[component]
fn People(users: Users) -> impl IntoView {
    users.follow();
    let dialog = sometimes(move || {
        Some(match users.open.get()? {
            Open::More(person) => view! { <More users person /> }.into_any(),
            Open::Confirm(deed, people) => view! { <ConfirmDeed users deed people /> }.into_any(),
            Open::AccessCode(person) => view! { <AccessCode users person /> }.into_any(),
            Open::MailAddress(person) => view! { <MailAddress users person /> }.into_any(),
            Open::AddPerson => view! { <AddPerson users /> }.into_any(),
            Open::AddMany => view! { <AddMany users /> }.into_any(),
            Open::Links(issued, rest) => view! { <Links users issued rest /> }.into_any(),
        })
    });
    view! {
        <div class="users">
            <div class="users-head">
                <PageHeading title="Users" lead="Everybody who has an account on this portal." />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary on:click=move |_| users.open.set(Some(Open::AddPerson))>
                        "Add person"
                    </Button>
                    <Button on:click=move |_| users.open.set(Some(Open::AddMany))>"Add many"</Button>
                </div>
            </div>
            <div class="users-done" role="status" id=DONE tabindex="-1">
                {sometimes(move || {
                    users.done.get().map(|(tone, words)| view! { <Notice tone>{words}</Notice> }.into_any())
                })}
            </div>
            <WaitingForApproval users />
            <Find users />
            <Selection users />
            <List users />
        </div>
        {dialog}
    }
}
