//! The code from the authenticator app.

use super::{
    form::{FormProblem, PlainForm, PlainLink, Refusal, StartOver, SubmitButton, TimeForCode, destination, flash},
    trust::{Trust, reason},
};
use crate::{
    api::sign_in::fetch_code_request,
    components::{
        card::Standalone,
        field::{Kind, TextField},
        page::WindowTitle,
    },
};
use contract::{ApiError, portal::Flash, routes, session::CodeRequest};
use leptos::prelude::*;

/// The second step for those who have an app.
#[component]
pub fn CodePage() -> impl IntoView {
    let (flash, next) = (flash(), destination());
    view! {
        <WindowTitle page="Two factor authentication" />
        <Standalone>
            <section class="card" aria-labelledby="code-title">
                <h1 id="code-title">"Two factor authentication"</h1>
                {Suspend::new(async move {
                    // Without an answer the form still works; it only says and offers less.
                    let request = fetch_code_request().await.ok();
                    view! { <CodeForm request flash next /> }
                })}
            </section>
        </Standalone>
    }
}

#[component]
fn CodeForm(
    /// Why the code is asked for, and what may be offered.
    request: Option<CodeRequest>,
    /// What the previous attempt left behind.
    flash: Option<Flash>,
    /// Where the person was going.
    next: String,
) -> impl IntoView {
    let chosen = flash.as_ref().and_then(|flash| flash.trust_days);
    let refusal = Refusal::new(flash.map(|flash| flash.problem), |problem| matches!(problem, ApiError::Code(_)));
    let described_by = refusal.form_problem_id();
    view! {
        <div class="lead">
            <p>"Your password was right. Now enter the code from your authentication app."</p>
            {request.map(|request| view! { <p class="reason">{reason(request.because)}</p> })}
        </div>
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
            {request.and_then(|request| request.trust_days).map(|most| view! { <Trust most chosen /> })}
            <TimeForCode />
            <SubmitButton name="Sign in" />
        </PlainForm>
        <div class="card-foot">
            <PlainLink page=routes::RECOVERY_CODE next name="Enter recovery code" />
            <StartOver />
        </div>
    }
}
