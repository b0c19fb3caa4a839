//! Asking before a set-up is given up after its code was right: the person may
//! take it for done, and it is not before "Finish".

use super::{finish::Finish, flow::Flow};
use crate::components::{
    alert::Problem,
    button::{Button, Emphasis},
    modal::Modal,
    recovery_sheet::KeepFirst,
};
use contract::enrolment::ConfirmedEnrolment;
use leptos::prelude::*;

/// "Finish" or "Give up"; Escape leads back to the codes.
#[component]
pub fn GiveUp(flow: Flow, confirmed: ConfirmedEnrolment) -> impl IntoView {
    let ConfirmedEnrolment { id, replaces_codes, .. } = confirmed;
    let kept = flow.kept;
    let (title, loss) = if replaces_codes {
        (
            "The new method is not in force yet",
            "It is only after “Finish”. If you give up, these recovery codes are worthless, and the entry in your app can be deleted; your earlier method and codes stay as they are.",
        )
    } else {
        (
            "Two-factor authentication is not on yet",
            "It is only after “Finish”. If you give up, these recovery codes are worthless, and the entry in your app can be deleted.",
        )
    };
    view! {
        <Modal id="give-up-title" title leave=move || flow.stay()>
            <p>{loss}</p>
            <Problem problem=flow.form_error.signal() />
            <div class="actions">
                <Finish flow id replaces_codes />
                // A key pressed too soon does nothing.
                <Button attr:autofocus=true on:click=move |_| flow.stay()>"Back to the codes"</Button>
                <Button emphasis=Emphasis::Danger on:click=move |_| flow.give_up()>"Give up"</Button>
            </div>
            <KeepFirst kept />
        </Modal>
    }
}
