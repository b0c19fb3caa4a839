//! "Are you still there?"

use super::watch::Watch;
use crate::components::{
    alert::Problem,
    button::{Button, Emphasis},
    modal::Modal,
    time_left::{announcement, in_figures, milliseconds_left, seconds},
};
use leptos::prelude::*;

/// Says that the session is about to end.
#[component]
pub fn EndingDialog(watch: Watch) -> impl IntoView {
    let extendable = watch.extendable();
    let leave = move || if extendable.get_untracked() { watch.stay() } else { watch.heed() };
    view! {
        <Modal id="ending-title" title="Are you still there?" bare=true leave>
            <p>
                {move || {
                    if extendable.get() {
                        "You have not done anything here for a while, so the portal is about to sign you out. If you stay, everything on this page is as you left it."
                    } else {
                        "This session has reached the longest time that the portal allows, however busy you are. Finish what you are doing; then sign in again."
                    }
                }}
            </p>
            <TimeLeft watch />
            <Problem problem=watch.form_error.signal() />
            <div class="actions">
                {move || {
                    if extendable.get() {
                        view! {
                            <Button emphasis=Emphasis::Primary pending=watch.staying() on:click=move |_| watch.stay()>
                                "Stay signed in"
                            </Button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <Button emphasis=Emphasis::Primary on:click=move |_| watch.heed()>
                                "Close"
                            </Button>
                        }
                            .into_any()
                    }
                }} <form method="post" action="/api/sign-out">
                    <button type="submit" class="button">
                        "Sign out"
                    </button>
                </form>
            </div>
        </Modal>
    }
}

#[component]
fn TimeLeft(watch: Watch) -> impl IntoView {
    let left = milliseconds_left(watch.deadline());
    let seconds = Memo::new(move |_| seconds(left.get()));
    let announced = Memo::new(move |_| announcement(seconds.get(), "One minute left."));
    view! {
        <div class="ending">
            <span class="countdown-label" aria-hidden="true">
                "Time left"
            </span>
            <span class="ending-time" role="timer" aria-label="Time left" aria-live="off">
                {move || in_figures(seconds.get())}
            </span>
            <p class="visually-hidden" aria-live="polite">
                {announced}
            </p>
        </div>
    }
}
