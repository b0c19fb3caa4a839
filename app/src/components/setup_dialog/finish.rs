//! What ends a set-up well.

use super::flow::Flow;
use crate::components::button::{Button, Emphasis};
use leptos::prelude::*;

/// The button "Finish", for those who have kept the codes.
#[component]
pub fn Finish(
    flow: Flow,
    /// Id of the set-up.
    id: String,
    /// It is not the first method: codes of before stop working.
    replaces_codes: bool,
) -> impl IntoView {
    view! {
        <Button
            emphasis=Emphasis::Primary
            pending=flow.busy()
            disabled=Signal::derive(move || !flow.kept.get())
            on:click=move |_| flow.finish(id.clone(), !replaces_codes)
        >
            "Finish"
        </Button>
    }
}
