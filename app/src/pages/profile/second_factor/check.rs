//! "Check a code": whether a sheet is the current one, without spending a code.

use crate::{
    api::recovery::check_recovery_code,
    components::{
        alert::{Notice, Problem, Tone},
        browser,
        button::Button,
        changing::sometimes,
        field::{Kind, TextField, on_submit},
        loaded::FormError,
        moment::Moment,
    },
};
use contract::{ApiError, recovery::RecoveryCodeEntry};
use leptos::{prelude::*, task::spawn_local};

/// Id of what holds the answer.
const ANSWER: &str = "check-answer";

/// The form and its answer.
#[component]
pub fn CheckACode() -> impl IntoView {
    let (typed, pending, form_error) = (RwSignal::new(String::new()), RwSignal::new(false), FormError::new());
    let found = RwSignal::new(None);
    let check = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        found.set(None);
        spawn_local(async move {
            match check_recovery_code(typed.get_untracked()).await.flatten() {
                Ok(entry) => {
                    found.set(Some(entry));
                    request_animation_frame(|| browser::bring_into_view(ANSWER));
                }
                Err(problem) => form_error.note(problem),
            }
            pending.set(false);
        });
    };
    let at_field = |problem: &ApiError| matches!(problem, ApiError::RecoveryCode(_) | ApiError::Locked { .. });
    let error = move || form_error.get().filter(at_field).map(words);
    let other = move || form_error.get().filter(|problem| !at_field(problem));
    view! {
        <form class="check-code" novalidate on:submit=on_submit(check)>
            <TextField
                id="check-code"
                label="Recovery code"
                kind=Kind::RecoveryCode
                hint="Not sure whether a sheet is the current one? Try a code from it here: checking does not use it up."
                value=typed
                error=Signal::derive(error)
            >
                <Button submit=true pending>
                    "Check a code"
                </Button>
            </TextField>
            <Problem problem=Signal::derive(other) />
            <div aria-live="polite" id=ANSWER>{sometimes(move || found.get().map(|entry| view! { <Found entry /> }.into_any()))}</div>
        </form>
    }
}

/// A refusal, and what it means for signing in.
fn words(problem: ApiError) -> String {
    match problem {
        ApiError::Locked { .. } => {
            format!("{problem} Until then no recovery code is taken at sign-in either; the codes of your app are.")
        }
        other => other.to_string(),
    }
}

#[component]
fn Found(entry: RecoveryCodeEntry) -> impl IntoView {
    let RecoveryCodeEntry { number, used } = entry;
    match used {
        None => {
            view! { <Notice tone=Tone::Good>{format!("Code {number} of your current set; not used yet.")}</Notice> }
                .into_any()
        }
        Some(used) => view! {
            <Notice tone=Tone::Caution>
                <p>{format!("Code {number} of your current set; used on ")} <Moment at=used.at /> "."</p>
            </Notice>
        }
        .into_any(),
    }
}
