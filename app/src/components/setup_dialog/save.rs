//! Step 3: store the recovery codes, then finish.

use super::flow::{Flow, Shown};
use crate::{
    components::{
        alert::Problem,
        browser,
        button::{Button, Emphasis},
        field::CheckBox,
        recovery_sheet::{RecoverySheet, TakeAway},
    },
    contract::enrolment::ConfirmedEnrolment,
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// The recovery codes, to be stored before "Finish".
#[component]
pub fn Save(flow: Flow, shown: Shown<ConfirmedEnrolment>) -> impl IntoView {
    let Shown { content: ConfirmedEnrolment { id, sheet, .. }, deadline } = shown;
    end_at(deadline, flow);
    let (taken, stored) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(|_| browser::focus("save-title"));
    view! {
        <div class="stack save">
            <h3 class="step-title" id="save-title" tabindex="-1">
                "Keep these codes somewhere safe"
            </h3>
            <p>
                "Without your phone, each of them signs you in once. They are not shown again, and two-factor authentication is on only after “Finish”."
            </p>
            <RecoverySheet sheet=sheet.clone() />
            <TakeAway sheet taken />
            <CheckBox id="codes-stored" label="I have stored these codes" value=stored />
            <Problem problem=flow.trouble.signal() />
            <div class="actions">
                <Button
                    emphasis=Emphasis::Primary
                    pending=flow.busy()
                    disabled=Signal::derive(move || !taken.get() && !stored.get())
                    on:click=move |_| flow.finish(id.clone())
                >
                    "Finish"
                </Button>
                <p class="muted finish-hint">
                    {move || {
                        if taken.get() || stored.get() {
                            ""
                        } else {
                            "First download, copy or print the codes, or tick that you have stored them."
                        }
                    }}
                </p>
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
