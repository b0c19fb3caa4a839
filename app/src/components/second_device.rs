//! "Add a second device now": offered once, at the end of the first set-up.

use super::{
    alert::{Notice, Tone},
    browser,
    button::Button,
    changing::sometimes,
    page::HEADING,
    part::Part,
    set_up::{Intent, Outcome, use_set_up},
};
use contract::routes;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The offer above a page, after a set-up that was demanded. The profile makes
/// it where its own news stands.
///
/// This is only its door: few people see it.
#[component]
pub fn SecondDeviceOffer() -> impl IntoView {
    let (set_up, path) = (use_set_up(), use_location().pathname);
    let offered = Memo::new(move |_| {
        set_up.outcome().is_some_and(Outcome::is_first) && path.with(|path| path != routes::PROFILE)
    });
    sometimes(move || {
        // Where it can't be fetched, the profile still has the button.
        offered.get().then(|| Suspend::new(async { offer().await.unwrap_or_else(|_| ().into_any()) }).into_any())
    })
}

#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
fn offer() -> Part {
    Ok(view! {
        <Notice tone=Tone::Good live=true>
            <p>"Two-factor authentication is on."</p>
            <AddSecondDevice home=HEADING />
        </Notice>
    }
    .into_any())
}

/// Why a second device is worth it, and the way there.
#[component]
pub fn AddSecondDevice(
    /// Id of where the focus goes when this goes away.
    home: &'static str,
) -> impl IntoView {
    let set_up = use_set_up();
    let put_off = move |_| {
        set_up.forget();
        browser::focus(home);
    };
    view! {
        <p>"With an authentication app on a second device, losing one of them does not lock you out."</p>
        <div class="actions">
            <Button on:click=move |_| set_up.open(Intent::Add)>"Add a second device now"</Button>
            <Button on:click=put_off>"Not now"</Button>
        </div>
    }
}
