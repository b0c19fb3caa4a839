//! Step 1: get an authenticator app.

use super::flow::Flow;
use crate::components::{
    alert::Problem,
    button::{Button, Emphasis},
};
use leptos::prelude::*;

/// Apps that are free of charge, with the systems they run on.
const APPS: [(&str, &str); 5] = [
    ("Aegis Authenticator", "Android"),
    ("2FAS Auth", "Android and iOS"),
    ("Google Authenticator", "Android and iOS"),
    ("Microsoft Authenticator", "Android and iOS"),
    ("Apple Passwords", "iOS"),
];

/// The first step.
#[component]
pub fn Apps(flow: Flow) -> impl IntoView {
    let rows = APPS.map(|(name, systems)| {
        view! {
            <li class="app">
                <span class="app-name">{name}</span>
                <span class="app-systems">{systems}</span>
            </li>
        }
    });
    view! {
        <div class="stack">
            <p>
                "You need an authentication app on your phone. It shows a new six-digit code every 30 seconds, and you enter one when you sign in."
            </p>
            <ul class="apps" role="list" aria-label="Authentication apps">
                {rows.collect_view()}
            </ul>
            <p class="muted">
                "Any app for time-based one-time passwords (TOTP) will do; many password managers have one built in."
            </p>
            <Problem problem=flow.form_error.signal() />
            <div class="actions">
                <Button emphasis=Emphasis::Primary pending=flow.busy() on:click=move |_| flow.begin()>
                    "I have an authentication app"
                </Button>
            </div>
        </div>
    }
}
