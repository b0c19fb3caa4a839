//! Choosing a password, with the rules in sight.

use super::{
    browser,
    field::{Kind, TextField},
    hydration::use_hydrated,
    icon::{Glyph, Icon},
};
use contract::password::{PasswordPolicy, PasswordRule};
use leptos::prelude::*;

/// A field for a new password; its rules are ticked off while it is typed.
///
/// It can be shown in clear instead of being typed twice.
#[component]
pub fn NewPassword(
    /// Unique in the document.
    id: &'static str,
    /// Its accessible name.
    #[prop(default = "Password")]
    label: &'static str,
    /// The rules.
    policy: PasswordPolicy,
    /// Whose password it is going to be.
    #[prop(into)]
    user_name: Signal<String>,
    /// Follows the text.
    value: RwSignal<String>,
    /// What the portal said about it.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let revealed = RwSignal::new(false);
    let rules = policy.rules().into_iter().map(|rule| view! { <Rule rule user_name value /> }).collect_view();
    view! {
        <div class="new-password">
            <TextField
                id
                label
                kind=Kind::NewPassword
                value
                error
                revealed
                required=true
                described_by="password-rules"
            >
                <button
                    type="button"
                    class="button field-button"
                    aria-pressed=move || if revealed.get() { "true" } else { "false" }
                    disabled=move || !hydrated.get()
                    on:click=move |_| revealed.update(|shown| *shown = !*shown)
                >
                    "Show"
                    <span class="visually-hidden">" the password"</span>
                </button>
            </TextField>
            <ul class="rules" id="password-rules" role="list" aria-label="What it needs">
                {rules}
            </ul>
        </div>
    }
}

#[component]
fn Rule(rule: PasswordRule, user_name: Signal<String>, value: RwSignal<String>) -> impl IntoView {
    // Nothing is ticked, and nothing held against anyone, before they type.
    let kept = Memo::new(move |_| {
        let password = value.with(|password| browser::composed(password));
        user_name.with(|name| !password.is_empty() && rule.holds(&password, name))
    });
    view! {
        <li class="rule" class:rule-kept=kept>
            {move || view! { <Icon glyph=if kept.get() { Glyph::Check } else { Glyph::Circle } /> }}
            <span>
                {rule.to_string()}
                <span class="visually-hidden">{move || if kept.get() { ": kept" } else { "" }}</span>
            </span>
        </li>
    }
}
