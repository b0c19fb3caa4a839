//! Step 3: store the recovery codes, then finish.

use super::{
    finish::Finish,
    flow::{Flow, Shown},
};
use crate::components::{
    alert::{Notice, Problem, Tone},
    browser,
    changing::sometimes,
    recovery_sheet::{KeepCodes, KeepFirst},
    time_left::{in_figures, milliseconds_left, seconds},
};
use contract::enrolment::ConfirmedEnrolment;
use leptos::prelude::*;

/// Seconds before the end at which the person is warned.
const WARNED: i64 = 120;

/// The recovery codes, to be stored before "Finish".
#[component]
pub fn Save(flow: Flow, shown: Shown<ConfirmedEnrolment>) -> impl IntoView {
    let Shown { content: ConfirmedEnrolment { id, sheet, replaces_codes, .. }, deadline } = shown;
    let kept = flow.kept;
    Effect::new(|_| browser::focus("save-title"));
    view! {
        <div class="stack save">
            <h3 class="step-title" id="save-title" tabindex="-1">
                "Keep these codes somewhere safe"
            </h3>
            <p>
                {if replaces_codes {
                    "Without your phone, each of them signs you in once. They are not shown again. With “Finish” the new method comes into force and your earlier recovery codes stop working; these take their place."
                } else {
                    "Without your phone, each of them signs you in once. They are not shown again, and two-factor authentication is on only after “Finish”."
                }}
            </p>
            <KeepCodes sheet kept />
            <TimeToFinish deadline flow />
            <Problem problem=flow.form_error.signal() />
            <div class="actions">
                <Finish flow id replaces_codes />
                <KeepFirst kept />
            </div>
        </div>
    }
}

/// How long "Finish" still counts. Takes the codes away when the portal would not accept it any more.
#[component]
fn TimeToFinish(
    /// Milliseconds by the browser's clock.
    deadline: f64,
    flow: Flow,
) -> impl IntoView {
    let left = milliseconds_left(Signal::stored(deadline));
    Effect::new(move |_| {
        if left.get() <= 0 {
            flow.time_is_up();
        }
    });
    let seconds = Memo::new(move |_| seconds(left.get()));
    let soon = Memo::new(move |_| seconds.get() <= WARNED);
    view! {
        <p class="muted time-to-finish">
            "Time left for “Finish”: "
            <span role="timer" aria-label="Time left for “Finish”" aria-live="off">
                {move || in_figures(seconds.get())}
            </span>
            ". After that the set-up begins anew."
        </p>
        <div role="status" class="slot">
            {sometimes(move || {
                soon.get()
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Caution>
                                "Only two minutes are left. Store the codes and press “Finish”, or these codes become worthless."
                            </Notice>
                        }
                            .into_any()
                    })
            })}
        </div>
    }
}
