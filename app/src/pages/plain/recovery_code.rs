//! A recovery code in place of the app's.

use super::form::{
    FormProblem, PlainForm, PlainLink, Refusal, StartOver, SubmitButton, TimeForCode, destination, flash,
};
use crate::components::{
    card::Standalone,
    field::{Kind, TextField},
    page::WindowTitle,
};
use contract::{ApiError, routes};
use leptos::prelude::*;

/// The second step for those without their app.
#[component]
pub fn RecoveryCodePage() -> impl IntoView {
    let flash = flash();
    let refusal =
        Refusal::new(flash.map(|flash| flash.problem), |problem| matches!(problem, ApiError::RecoveryCode(_)));
    let described_by = refusal.form_problem_id();
    let next = destination();
    view! {
        <WindowTitle page="Two-factor authentication with recovery code" />
        <Standalone>
            <dialog open class="card" aria-labelledby="recovery-title">
                <h1 id="recovery-title">"Two-factor authentication with recovery code"</h1>
                <p class="lead">"Enter one of the ten codes that you stored when you set up your authentication app, or the temporary access code that an administrator gave you."</p>
                <FormProblem problem=refusal.at_form />
                <PlainForm action="/api/sign-in-with-recovery-code" next=next.clone()>
                    <TextField
                        id="code"
                        label="Recovery code"
                        kind=Kind::RecoveryCode
                        hint="Each works once. Capitals and dashes do not matter."
                        required=true
                        autofocus=true
                        error=refusal.at_field
                        described_by
                    />
                    <TimeForCode />
                    <SubmitButton name="Use recovery code" />
                </PlainForm>
                <div class="card-foot">
                    <PlainLink page=routes::SECOND_FACTOR next name="Enter the app's code instead" />
                    <StartOver />
                </div>
            </dialog>
        </Standalone>
    }
}
