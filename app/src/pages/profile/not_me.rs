//! The dialog "This was not me": what to do when someone else was at the account.

use super::{password::ChangePassword, records::Records};
use crate::{
    api::session::{end_other_sessions, revoke_trusted_browsers},
    components::{confirm::Confirm, loaded::FormError},
};
use contract::ApiError;
use leptos::{prelude::*, task::spawn_local};

/// Ends everything but this session, then leads to a new password.
#[component]
pub fn NotMe(
    records: Records,
    change_password: ChangePassword,
    leave: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (form_error, pending) = (FormError::new(), RwSignal::new(false));
    let act = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            let ended = end_everything_else().await;
            records.refetch();
            pending.set(false);
            match ended {
                Ok(()) => {
                    leave();
                    // This dialog gives the focus back in the next frame; the other one has to remember that.
                    request_animation_frame(move || request_animation_frame(move || change_password.open_secured()));
                }
                Err(problem) => form_error.note(problem),
            }
        });
    };
    view! {
        <Confirm
            id="not-me-title"
            title="This was not me"
            button="Secure my account"
            pending
            problem=form_error.signal()
            act
            leave
        >
            <p>"Then someone may know your password. Shut them out now:"</p>
            <ol class="to-do">
                <li>"Every other session ends."</li>
                <li>"No browser is trusted any more."</li>
                <li>"You choose a new password."</li>
            </ol>
            <p class="muted">
                "If you did not add one of your authentication apps yourself, remove it afterwards, and tell an administrator."
            </p>
        </Confirm>
    }
}

async fn end_everything_else() -> Result<(), ApiError> {
    end_other_sessions().await.flatten()?;
    revoke_trusted_browsers().await.flatten()
}
