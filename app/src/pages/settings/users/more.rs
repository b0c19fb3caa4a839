//! Everything that can be done about one person.

use super::{
    deed::Deed,
    row::Badges,
    state::{Open, Users},
};
use crate::components::{button::Button, modal::Modal};
use contract::{audit_trail::AuditFilter, people::Person, routes};
use leptos::prelude::*;

/// The person, and the buttons with what each does.
#[component]
pub fn More(users: Users, person: Person) -> impl IntoView {
    let known = StoredValue::new(person.clone());
    let code = (person.second_factor && person.active && !person.you).then(|| {
        view! {
            <Choice
                name="Temporary access code"
                words="Stands in for a lost phone and lost recovery codes, once and within an hour, and leads straight to setting up a new app."
                choose=move || users.open.set(Some(Open::AccessCode(known.get_value())))
            />
        }
    });
    let deeds = Deed::ALL
        .into_iter()
        .filter(|deed| deed.concerns(&person))
        .map(|deed| {
            view! {
                <Choice
                    name=deed.name()
                    words=deed.consequence(std::slice::from_ref(&person))
                    choose=move || users.open.set(Some(Open::Confirm(deed, vec![known.get_value()])))
                />
            }
        })
        .collect_view();
    let about = AuditFilter { user: person.name.clone(), ..AuditFilter::default() };
    let audit = format!("{}{}", routes::AUDIT, about.url_query());
    view! {
        <Modal id="more-title" title="More" leave=move || users.open.set(None)>
            <div>
                <p class="who-name">
                    <bdi translate="no">{person.name.clone()}</bdi>
                </p>
                {(!person.display_name.is_empty())
                    .then(|| view! { <p class="muted"><bdi translate="no">{person.display_name.clone()}</bdi></p> })}
                {(!person.mail_address.is_empty())
                    .then(|| view! { <p class="muted who-mail"><bdi translate="no">{person.mail_address.clone()}</bdi></p> })}
                <Badges person />
            </div>
            <ul class="deeds" role="list">
                {code}
                {deeds}
                <Choice
                    name="Mail address"
                    words="Where notices about their account go, if the portal sends mail. Nobody signs in with it."
                    choose=move || users.open.set(Some(Open::MailAddress(known.get_value())))
                />
                <li class="deed">
                    <a class="button" href=audit>
                        "Audit"
                        <span class="visually-hidden">" entries about this person"</span>
                    </a>
                    <p class="muted">"What happened to their account, and what they did to others."</p>
                </li>
            </ul>
        </Modal>
    }
}

#[component]
fn Choice(
    name: &'static str,
    /// What it does.
    #[prop(into)]
    words: Oco<'static, str>,
    choose: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <li class="deed">
            <Button on:click=move |_| choose()>{name}</Button>
            <p class="muted">{words}</p>
        </li>
    }
}
