//! Step 3: store the recovery codes, then finish.

use super::flow::{Flow, Shown};
use crate::{
    components::{
        alert::Problem,
        browser,
        button::{Button, Emphasis},
        recovery_sheet::{KeepCodes, KeepFirst, Kept},
    },
    contract::enrolment::ConfirmedEnrolment,
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// The recovery codes, to be stored before "Finish".
#[component]
pub fn Save(flow: Flow, shown: Shown<ConfirmedEnrolment>) -> impl IntoView {
    let Shown { content: ConfirmedEnrolment { id, sheet, replaces_codes, .. }, deadline } = shown;
    end_at(deadline, flow);
    let kept = Kept::new();
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
            <Problem problem=flow.trouble.signal() />
            <div class="actions">
                <Button
                    emphasis=Emphasis::Primary
                    pending=flow.busy()
                    disabled=Signal::derive(move || !kept.get())
                    on:click=move |_| flow.finish(id.clone(), !replaces_codes)
                >
                    "Finish"
                </Button>
                <KeepFirst kept />
            </div>
        </div>
    }
}

/// Takes the codes away when the portal would not accept "Finish" any more.
fn end_at(deadline: f64, flow: Flow) {
    let timeout = StoredValue::new_local(None);
    Effect::new(move |_| {
        let left = (deadline - browser::now()).clamp(0.0, f64::from(i32::MAX)) as u32;
        timeout.set_value(Some(Timeout::new(left, move || flow.time_is_up())));
    });
    on_cleanup(move || timeout.set_value(None));
}
