//! The numbers of today.

use contract::{
    number::{counted, grouped},
    overview::PortalOverview,
    routes,
};
use leptos::prelude::*;

/// What needs somebody's attention, as tiles.
#[component]
pub fn Figures(overview: PortalOverview) -> impl IntoView {
    let PortalOverview { adoption, not_activated, locked, running_low, .. } = overview;
    let without = adoption.without();
    let words = if without == 0 {
        "Everybody who can sign in has a second factor.".to_owned()
    } else {
        format!(
            "{} of {} {} no second factor.",
            grouped(without),
            counted(adoption.people, "account", "accounts"),
            if without == 1 { "has" } else { "have" }
        )
    };
    view! {
        <div class="tiles">
            <section class="tile" aria-labelledby="tile-without">
                <h3 class="tile-title" id="tile-without">
                    "Without a second factor"
                </h3>
                <p class="tile-value" class:tile-caution=without != 0>{grouped(without)}</p>
                <p class="muted">{words}</p>
                <a href=routes::USERS_WITHOUT_SECOND_FACTOR class="button">
                    "Show who"
                    <span class="visually-hidden">" has no second factor"</span>
                </a>
            </section>
            <section class="tile" aria-labelledby="tile-not-activated">
                <h3 class="tile-title" id="tile-not-activated">
                    "Not activated yet"
                </h3>
                <p class="tile-value" class:tile-caution=not_activated != 0>{grouped(not_activated)}</p>
                <p class="muted">
                    "People who have never chosen a password. They can't sign in yet, and count nowhere else."
                </p>
                <a href=routes::USERS_NOT_ACTIVATED class="button">
                    "Show who"
                    <span class="visually-hidden">" has not activated their account yet"</span>
                </a>
            </section>
            <section class="tile" aria-labelledby="tile-locked">
                <h3 class="tile-title" id="tile-locked">
                    "Locked accounts"
                </h3>
                <p class="tile-value" class:tile-caution=locked != 0>{grouped(locked)}</p>
                <p class="muted">"Locked now, after too many wrong passwords."</p>
                <a href=routes::LOCKED_USERS class="button">
                    "Show who"
                    <span class="visually-hidden">" is locked out"</span>
                </a>
            </section>
            <section class="tile" aria-labelledby="tile-low">
                <h3 class="tile-title" id="tile-low">
                    "Recovery codes running low"
                </h3>
                <p class="tile-value" class:tile-caution=running_low != 0>{grouped(running_low)}</p>
                <p class="muted">"People who have three codes or fewer. Their own dashboard tells them, too."</p>
                <a href=routes::USERS_WITH_FEW_CODES class="button">
                    "Show who"
                    <span class="visually-hidden">" has few recovery codes"</span>
                </a>
            </section>
        </div>
    }
}
