//! Asking before something is done that can't be taken back.

use super::{
    alert::Problem,
    button::{Button, Emphasis},
    modal::Modal,
};
use contract::ApiError;
use leptos::prelude::*;

/// A dialog with one thing to do, and "Cancel".
#[component]
pub fn Confirm(
    /// Unique in the document.
    id: &'static str,
    /// Its accessible name.
    title: &'static str,
    /// Words of the button that does it.
    button: &'static str,
    /// How it looks.
    #[prop(default = Emphasis::Primary)]
    emphasis: Emphasis,
    /// It is being done.
    #[prop(into)]
    pending: Signal<bool>,
    /// Why it was not.
    #[prop(into)]
    problem: Signal<Option<ApiError>>,
    /// Does it.
    act: impl Fn() + Copy + Send + Sync + 'static,
    /// The person wants to leave.
    leave: impl Fn() + Copy + Send + Sync + 'static,
    /// What will happen.
    children: Children,
) -> impl IntoView {
    view! {
        <Modal id title leave>
            <div class="stack">{children()}</div>
            <Problem problem />
            <div class="actions">
                <Button emphasis pending on:click=move |_| act()>
                    {button}
                </Button>
                // A key pressed too soon does nothing.
                <Button attr:autofocus=true on:click=move |_| leave()>"Cancel"</Button>
            </div>
        </Modal>
    }
}
