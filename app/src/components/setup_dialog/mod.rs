//! The dialog "Set up two-factor authentication".
//!
//! ```text
//! Apps ──begin──> Scan ──right code──> Save ──"Finish"──> closed: on
//!                 │  ^                  │
//!      time is up v  │ "Generate new"   │ too late
//!               Expired                 v
//!                 └──────ended────────> Over
//! any of these ──Escape, "Close"──> closed: nothing is on; at Save only after a question
//! ```
//!
//! A part of the program of its own, fetched when it is opened. What it shows
//! is secret: it comes by POST, lives in [`Stage`] and the page, and goes from
//! both when the stage does.

mod apps;
mod finish;
mod flow;
mod give_up;
mod more_time;
mod phone;
mod save;
mod scan;

use super::{
    alert::{Alert, Problem},
    browser,
    button::{Button, Emphasis},
    changing::{changing, sometimes},
    modal::Modal,
    part::Part,
    set_up::{Intent, TITLE},
};
use apps::Apps;
use flow::{Flow, Stage};
use give_up::GiveUp;
use leptos::prelude::*;
use save::Save;
use scan::{Expired, Scan};

/// The dialog, at its first step or where an earlier page left it.
///
/// # Errors
/// This part of the program could not be fetched.
#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
pub fn setup_dialog(intent: Intent) -> Part {
    Ok(view! { <SetUpDialog intent /> }.into_any())
}

#[component]
fn SetUpDialog(intent: Intent) -> impl IntoView {
    let flow = Flow::new(intent);
    if matches!(flow.stage_untracked(), Stage::Resuming) {
        flow.begin();
    }
    view! {
        <Modal id="setup-title" title=TITLE wide=true leave=move || flow.leave()>
            <Steps flow />
            {changing(move || match flow.stage() {
                Stage::Apps => view! { <Apps flow /> }.into_any(),
                Stage::Resuming => view! { <Resuming flow /> }.into_any(),
                Stage::Scan(shown) => view! { <Scan flow shown /> }.into_any(),
                Stage::Expired => view! { <Expired flow /> }.into_any(),
                Stage::Save(shown) => view! { <Save flow shown /> }.into_any(),
                Stage::Over(why) => view! { <Over flow why=why.to_string() /> }.into_any(),
            })}
        </Modal>
        {sometimes(move || flow.leaving().map(|confirmed| view! { <GiveUp flow confirmed /> }.into_any()))}
    }
}

/// The set-up can't be finished any more.
#[component]
fn Over(flow: Flow, why: String) -> impl IntoView {
    // What had the focus is gone.
    Effect::new(|_| browser::focus("start-again"));
    view! {
        <div class="stack">
            <Alert>{why}</Alert>
            <Problem problem=flow.form_error.signal() />
            <div class="actions">
                <Button
                    attr:id="start-again"
                    emphasis=Emphasis::Primary
                    pending=flow.busy()
                    on:click=move |_| flow.start_again()
                >
                    "Start again"
                </Button>
            </div>
        </div>
    }
}

/// Where the person is in the dialog.
#[component]
fn Steps(flow: Flow) -> impl IntoView {
    let current = Memo::new(move |_| flow.step());
    let step = move |number: usize, name: &'static str| {
        view! {
            <li
                class="step"
                class:step-done=move || number < current.get()
                aria-current=move || (number == current.get()).then_some("step")
            >
                <span class="step-number" aria-hidden="true">
                    {number}
                </span>
                <span class="step-name">
                    {name}
                    <span class="visually-hidden">{move || if number < current.get() { ", done" } else { "" }}</span>
                </span>
            </li>
        }
    };
    view! {
        <ol class="steps" aria-label="Steps" role="list">
            {step(1, "Get an app")}
            {step(2, "Scan")}
            {step(3, "Save the codes")}
        </ol>
    }
}

/// After a reload: the portal is asked where the set-up stands.
#[component]
fn Resuming(flow: Flow) -> impl IntoView {
    let failed = move || flow.form_error.get().is_some();
    view! {
        <div class="stack">
            <Problem problem=flow.form_error.signal() />
            {changing(move || {
                if failed() {
                    view! {
                        <div class="actions">
                            <Button emphasis=Emphasis::Primary pending=flow.busy() on:click=move |_| flow.begin()>
                                "Try again"
                            </Button>
                        </div>
                    }
                        .into_any()
                } else {
                    view! { <p class="loading">"Picking up where you were…"</p> }.into_any()
                }
            })}
        </div>
    }
}
