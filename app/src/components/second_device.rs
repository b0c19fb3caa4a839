//! "Add a second device now": offered once, at the end of the first set-up.

use super::{
    alert::{Notice, Tone},
    browser,
    button::Button,
    set_up::{Intent, Outcome, use_set_up},
};
use crate::routes;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Id of the page's content.
const MAIN: &str = "main";

/// The offer above a page, after a set-up that was demanded. The profile makes
/// it where its own news stands.
#[component]
pub fn SecondDeviceOffer() -> impl IntoView {
    let (set_up, path) = (use_set_up(), use_location().pathname);
    let offered = move || set_up.outcome().is_some_and(Outcome::is_first) && path.with(|path| path != routes::PROFILE);
    // The button that opened the dialog has gone with the offer.
    Effect::new(move |_| {
        if set_up.outcome().is_some() {
            request_animation_frame(|| browser::focus_if_nothing_has_it(MAIN));
        }
    });
    view! {
        <div role="status">
            {move || {
                offered()
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Good>
                                <p>"Two-factor authentication is on."</p>
                                <AddSecondDevice home=MAIN />
                            </Notice>
                        }
                    })
            }}
        </div>
    }
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
