//! Buttons that need script.

use super::hydration::use_hydrated;
use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// The one thing to do here.
    Primary,
    /// Something else to do.
    #[default]
    Secondary,
    /// What can't be taken back.
    Danger,
}

impl Emphasis {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button that does nothing until the browser has taken over, and says so by being disabled.
///
/// While `pending` it keeps focus and name but acts on no click: whoever
/// handles the click must heed the same signal.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    emphasis: Emphasis,
    /// Submits the form that it is in.
    #[prop(optional)]
    submit: bool,
    /// What it started is still running.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// It can't be used now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Its words.
    children: Children,
) -> impl IntoView {
    let hydrated = use_hydrated();
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=emphasis.class()
            disabled=move || !hydrated.get() || disabled.get()
            aria-disabled=move || pending.get().then_some("true")
            aria-busy=move || pending.get().then_some("true")
        >
            {children()}
        </button>
    }
}
