//! Adding one person.

use super::state::{Open, Users};
use crate::{
    api::people::add_person,
    components::{
        alert::Problem,
        button::{Button, Emphasis},
        field::{CheckBox, Kind, TextField, on_submit},
        loaded::FormError,
        modal::Modal,
        step_up::use_step_up,
    },
};
use contract::{ApiError, people::NewPerson};
use leptos::{prelude::*, task::spawn_local};

/// Asks for the names; the person chooses the password.
#[component]
pub fn AddPerson(users: Users) -> impl IntoView {
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    let (name, display_name) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (mail_address, administrator) = (RwSignal::new(String::new()), RwSignal::new(false));
    let add = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        let person = NewPerson {
            name: name.get_untracked(),
            display_name: display_name.get_untracked(),
            administrator: administrator.get_untracked(),
            mail_address: mail_address.get_untracked(),
        };
        spawn_local(async move {
            match step_up.run(async || add_person(person.clone()).await.flatten()).await {
                Ok(issued) => {
                    users.done.set(None);
                    users.open.set(Some(Open::Links(issued, None)));
                    users.refetch();
                }
                Err(problem) => form_error.note(problem),
            }
            let _ = pending.try_set(false);
        });
    };
    let name_error = move || match form_error.get() {
        Some(ApiError::UserName(problem)) => Some(problem.to_string()),
        _ => None,
    };
    let display_name_error = move || match form_error.get() {
        Some(ApiError::DisplayName(problem)) => Some(problem.to_string()),
        _ => None,
    };
    let mail_address_error = move || match form_error.get() {
        Some(ApiError::MailAddress(problem)) => Some(problem.to_string()),
        _ => None,
    };
    let at_a_field = |problem: &ApiError| {
        matches!(problem, ApiError::UserName(_) | ApiError::DisplayName(_) | ApiError::MailAddress(_))
    };
    let other = move || form_error.get().filter(|problem| !at_a_field(problem));
    let leave = move || users.open.set(None);
    view! {
        <Modal id="add-person-title" title="Add person" leave>
            <form class="stack" novalidate on:submit=on_submit(add)>
                <p>"You get a one-time link for them, on which they choose their password."</p>
                <TextField
                    id="new-user-name"
                    label="User name"
                    hint="With this they sign in."
                    kind=Kind::Text
                    value=name
                    error=Signal::derive(name_error)
                    autofocus=true
                />
                <TextField
                    id="new-display-name"
                    label="Display name"
                    hint="Optional. It is shown beside the user name, and they are found by it."
                    kind=Kind::Text
                    value=display_name
                    error=Signal::derive(display_name_error)
                />
                <TextField
                    id="new-mail-address"
                    label="Mail address"
                    hint="Optional. Notices about their account go there, if the portal sends mail."
                    kind=Kind::MailAddress
                    value=mail_address
                    error=Signal::derive(mail_address_error)
                />
                <CheckBox id="new-administrator" label="Administrator" value=administrator />
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        "Add"
                    </Button>
                    <Button on:click=move |_| leave()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}
