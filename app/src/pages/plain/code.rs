//! The code from the authenticator app.

use super::form::{FormProblem, PlainForm, PlainLink, Refusal, StartOver, SubmitButton, destination, flash};
use crate::{
    components::{
        card::Standalone,
        field::{Kind, TextField},
    },
    contract::ApiError,
    routes,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The second step for those who have an app.
#[component]
pub fn CodePage() -> impl IntoView {
    let refusal = Refusal::new(flash().map(|flash| flash.problem), |problem| matches!(problem, ApiError::Code(_)));
    let described_by = refusal.form_problem_id();
    let next = destination();
    view! {
        <Title text="Two factor authentication" />
        <Standalone>
            <dialog open class="card" aria-labelledby="code-title">
                <h1 id="code-title">"Two factor authentication"</h1>
                <p class="lead">"Your password was right. Now enter the code from your authentication app."</p>
                <FormProblem problem=refusal.at_form />
                <PlainForm action="/api/sign-in-with-code" next=next.clone()>
                    <TextField
                        id="code"
                        label="Six-digit code"
                        kind=Kind::OneTimeCode
                        required=true
                        autofocus=true
                        error=refusal.at_field
                        described_by
                    />
                    <SubmitButton name="Sign in" />
                </PlainForm>
                <div class="card-foot">
                    <PlainLink page=routes::RECOVERY_CODE next name="Enter recovery code" />
                    <StartOver />
                </div>
            </dialog>
        </Standalone>
    }
}
