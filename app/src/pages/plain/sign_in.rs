//! Name and password.

use super::form::{FormProblem, PlainForm, Refusal, SubmitButton, destination, flash};
use crate::api::caller::current_call;
use crate::components::{
    alert::{Notice, Tone},
    card::Standalone,
    field::{Kind, TextField},
    page::{PageHeading, portal_name},
};
use contract::ApiError;
use leptos::prelude::*;

/// Where everybody begins.
#[component]
pub fn SignInPage() -> impl IntoView {
    let flash = flash();
    let session_ended = flash.is_none() && current_call().session_ended();
    let user_name = flash.as_ref().and_then(|flash| flash.user_name.clone()).unwrap_or_default();
    let refusal = Refusal::new(flash.map(|flash| flash.problem), |problem| *problem == ApiError::Credentials);
    let described_by = refusal.form_problem_id();
    // The field at fault, else the first that is empty.
    let name_is_next = user_name.is_empty() && refusal.at_field.with_untracked(Option::is_none);
    view! {
        <Standalone>
            <div class="card">
                <PageHeading title="Sign in" />
                {session_ended
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Caution>"Your session has ended. Sign in again to go on."</Notice>
                        }
                    })}
                <FormProblem problem=refusal.at_form />
                <PlainForm action="/api/sign-in" next=destination()>
                    <TextField
                        id="user_name"
                        label="User name"
                        kind=Kind::UserName
                        initial=user_name
                        required=true
                        autofocus=name_is_next
                        described_by
                    />
                    <TextField
                        id="password"
                        label="Password"
                        kind=Kind::CurrentPassword
                        required=true
                        autofocus=!name_is_next
                        error=refusal.at_field
                        described_by
                    />
                    <SubmitButton name="Sign in" />
                </PlainForm>
            </div>
            <p class="standalone-foot">"Forgot your password? An administrator of " <bdi translate="no">{portal_name()}</bdi> " can help."</p>
        </Standalone>
    }
}
