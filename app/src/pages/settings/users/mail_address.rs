//! Where one person gets mail.

use super::state::Users;
use crate::{
    api::people::set_mail_address,
    components::{
        alert::Problem,
        button::{Button, Emphasis},
        field::{Kind, TextField, on_submit},
        loaded::FormError,
        modal::Modal,
        step_up::use_step_up,
    },
};
use contract::{ApiError, people::Person};
use leptos::{prelude::*, task::spawn_local};

/// Sets, changes or removes it.
#[component]
pub fn MailAddress(users: Users, person: Person) -> impl IntoView {
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    let address = RwSignal::new(person.mail_address.clone());
    let Person { id, name, .. } = person;
    let id = StoredValue::new(id);
    let save = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        let (id, address) = (id.get_value(), address.get_untracked());
        spawn_local(async move {
            match step_up.run(async || set_mail_address(id.clone(), address.clone()).await.flatten()).await {
                Ok(person) => {
                    let words = match person.mail_address.as_str() {
                        "" => "The mail address is removed.",
                        _ => "The mail address is saved.",
                    };
                    users.note(vec![person], words.to_owned());
                }
                Err(problem) => form_error.note(problem),
            }
            // The dialog may be gone with what was done.
            let _ = pending.try_set(false);
        });
    };
    let at_field = |problem: &ApiError| matches!(problem, ApiError::MailAddress(_));
    let error = move || form_error.get().filter(at_field).map(|problem| problem.to_string());
    let other = move || form_error.get().filter(|problem| !at_field(problem));
    let leave = move || users.open.set(None);
    view! {
        <Modal id="mail-address-title" title="Mail address" leave>
            <form class="stack" novalidate on:submit=on_submit(save)>
                <p>"For " <strong><bdi translate="no">{name}</bdi></strong></p>
                <TextField
                    id="mail-address"
                    label="Mail address"
                    hint="Notices about their account go there, if the portal sends mail. Leave it empty for none."
                    kind=Kind::MailAddress
                    value=address
                    error=Signal::derive(error)
                    autofocus=true
                />
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        "Save"
                    </Button>
                    <Button on:click=move |_| leave()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}
