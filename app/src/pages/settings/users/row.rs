//! One person in the table.

use super::{
    deed::Deed,
    state::{Open, Users},
};
use crate::components::{button::Button, moment::Moment};
use contract::{people::Person, typed::isolated};
use leptos::prelude::*;

/// What the row's own buttons do; "More" has the rest.
const AT_HAND: [Deed; 6] =
    [Deed::NewLink, Deed::DisableSecondFactor, Deed::Unlock, Deed::WithdrawCode, Deed::Deactivate, Deed::Reactivate];

/// Whether the row has a button of its own for something. Most people need no new link.
const fn is_at_hand(deed: Deed, person: &Person) -> bool {
    deed.concerns(person) && (!matches!(deed, Deed::NewLink) || person.awaits_activation())
}

/// One person.
#[component]
pub fn Row(users: Users, person: Person) -> impl IntoView {
    let known = StoredValue::new(person.clone());
    let (id, row) = (format!("person-{}", person.id), format!("row-{}", person.id));
    let described_by = id.clone();
    let buttons = AT_HAND
        .into_iter()
        .filter(|deed| is_at_hand(*deed, &person))
        .map(|deed| {
            let open = move |_| users.open.set(Some(Open::Confirm(deed, vec![known.get_value()])));
            view! {
                <Button attr:aria-describedby=id.clone() on:click=open>
                    {deed.name()}
                </Button>
            }
        })
        .collect_view();
    let selected = {
        let id = person.id.clone();
        move || users.selected.with(|selected| selected.contains_key(&id))
    };
    let chosen = selected.clone();
    let mark = format!("Select {}", isolated(&person.name));
    view! {
        <tr role="row" id=row class:chosen=chosen>
            <td role="cell" class="pick">
                <input
                    class="check-box"
                    type="checkbox"
                    aria-label=mark
                    prop:checked=selected
                    on:change:target=move |event| users.select(vec![known.get_value()], event.target().checked())
                />
            </td>
            <th role="rowheader" scope="row" class="who">
                <span class="who-name" id=described_by.clone()>
                    <bdi translate="no">{person.name.clone()}</bdi>
                </span>
                {(!person.display_name.is_empty())
                    .then(|| view! { <span class="muted who-also"><bdi translate="no">{person.display_name.clone()}</bdi></span> })}
                {(!person.mail_address.is_empty())
                    .then(|| view! { <span class="muted who-mail"><bdi translate="no">{person.mail_address.clone()}</bdi></span> })}
                <Badges person=person.clone() />
            </th>
            <td role="cell" class="row-do">
                <div class="row-actions">
                    {buttons}
                    <Button
                        attr:aria-describedby=described_by
                        attr:data-return=""
                        on:click=move |_| users.open.set(Some(Open::More(known.get_value())))
                    >
                        "More"
                    </Button>
                </div>
            </td>
            <td role="cell" class="second-factor" data-name="2FA">
                {if person.second_factor {
                    view! { <span class="badge badge-good">"On"</span> }.into_any()
                } else if person.has_password {
                    view! { <span class="badge badge-caution">"Off"</span> }.into_any()
                } else {
                    view! { <span class="muted">"Not yet"</span> }.into_any()
                }}
            </td>
            <td role="cell" class="when" data-name="Last sign-in">
                {match person.last_sign_in_at {
                    Some(at) => view! { <Moment at /> }.into_any(),
                    None => view! { <span class="muted">"Never"</span> }.into_any(),
                }}
            </td>
            <td role="cell" class="when" data-name="Added">
                <Moment at=person.created_at />
            </td>
        </tr>
    }
}

/// What is special about a person.
#[component]
pub fn Badges(person: Person) -> impl IntoView {
    let not_activated = person.awaits_activation();
    let Person { you, administrator, active, lock, codes_locked, has_password, invited_until, access_code, .. } =
        person;
    let plain = |words: &'static str| view! { <span class="badge badge-here">{words}</span> }.into_any();
    let caution = |words: AnyView| view! { <span class="badge badge-caution">{words}</span> }.into_any();
    let mut badges = Vec::new();
    if you {
        badges.push(plain("You"));
    }
    if administrator {
        badges.push(plain("Administrator"));
    }
    if !active {
        badges.push(caution("Deactivated".into_any()));
    }
    if let Some(lock) = lock {
        badges.push(caution(match lock.until {
            Some(at) => view! { "Locked until " <Moment at /> }.into_any(),
            None => "Locked".into_any(),
        }));
    }
    if codes_locked {
        badges.push(caution("Too many wrong codes".into_any()));
    }
    if not_activated {
        badges.push(caution("Not activated yet".into_any()));
    }
    match (has_password, invited_until) {
        (false, Some(at)) => badges.push(caution(view! { "Link open until " <Moment at /> }.into_any())),
        (false, None) => badges.push(caution("No open link".into_any())),
        (true, Some(at)) => badges.push(caution(view! { "New password link until " <Moment at /> }.into_any())),
        (true, None) => {}
    }
    if let Some(code) = access_code {
        let at = code.expires_at;
        badges.push(caution(match code.awaits_approval {
            true => view! { "Access code awaits approval until " <Moment at /> }.into_any(),
            false => view! { "Access code until " <Moment at /> }.into_any(),
        }));
    }
    (!badges.is_empty()).then(|| view! { <span class="badges">{badges}</span> })
}
