//! One person without a second factor.

use super::Said;
use crate::{
    api::mail::send_reminder,
    components::{
        alert::Tone, browser, button::Button, changing::sometimes, loaded::FormError, moment::Moment,
        page::portal_name, step_up::use_step_up,
    },
};
use contract::{
    reminder::{Due, MissingPerson, message},
    typed::isolated,
};
use leptos::{prelude::*, task::spawn_local};

/// Who it is, by when they need one, and their message.
#[component]
pub fn Row(
    person: MissingPerson,
    /// Where people reach the portal.
    address: String,
    /// The portal sends mail.
    sends_mail: bool,
    /// What came of it.
    said: Said,
    /// What went wrong.
    form_error: FormError,
) -> impl IntoView {
    let text = message(&person.name, person.due, &portal_name(), &address);
    let MissingPerson { id, name, administrator, due, has_mail_address, reminded_at } = person;
    // Of its own: the list would lose the focus when it was made anew.
    let reminded = RwSignal::new(reminded_at);
    let whom = isolated(&name);
    let label = format!("Copy message: {whom}");
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
    let no_address = (sends_mail && !has_mail_address).then(|| view! { <span>"No mail address"</span> }.into_any());
    let send = sends_mail
        .then(|| view! { <Send id name=name.clone() has_mail_address reminded said form_error /> }.into_any());
    view! {
        <li class="place">
            <div class="place-what">
                <p class="place-browser">
                    <bdi translate="no">{name}</bdi>
                    {administrator.then(|| view! { <span class="badge badge-here">"Administrator"</span> })}
                </p>
                <p class="muted place-facts">
                    <span>{day}</span>
                    {no_address}
                    {sometimes(move || {
                        reminded.get().map(|at| view! { <span>"Reminded " <Moment at /></span> }.into_any())
                    })}
                </p>
            </div>
            <div class="place-acts">
                <Button attr:aria-label=label on:click=copy>
                    "Copy message"
                </Button>
                {send}
            </div>
        </li>
    }
}

#[component]
fn Send(
    id: String,
    name: String,
    has_mail_address: bool,
    reminded: RwSignal<Option<i64>>,
    said: Said,
    form_error: FormError,
) -> impl IntoView {
    let (step_up, pending) = (use_step_up(), RwSignal::new(false));
    let name = isolated(&name);
    let label = format!("Send reminder: {name}");
    let send = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        said.set(None);
        let (id, name) = (id.clone(), name.clone());
        spawn_local(async move {
            match step_up.run(async || send_reminder(id.clone()).await.flatten()).await {
                Ok(person) => {
                    // The row may be gone with its list.
                    let _ = reminded.try_set(person.reminded_at);
                    said.set(Some((Tone::Good, format!("A reminder to {name} is on its way."))));
                }
                Err(problem) => form_error.note(problem),
            }
            let _ = pending.try_set(false);
        });
    };
    view! {
        <Button pending disabled=!has_mail_address attr:aria-label=label on:click=send>
            "Send reminder"
        </Button>
    }
}
