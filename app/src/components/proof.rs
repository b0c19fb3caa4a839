//! What a person enters to prove who they are: the password and, where a
//! second factor is active, a code from the app or a recovery code.

use super::{
    alert::Problem,
    changing::changing,
    field::{Kind, PasswordOwner, TextField},
    loaded::FormError,
    signed_in::use_signed_in,
};
use crate::api::sign_in::step_up;
use contract::ApiError;
use leptos::prelude::*;

/// The two kinds of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    App,
    RecoveryCode,
}

/// The proof as it is being entered.
#[derive(Clone, Copy)]
pub struct Proof {
    password: RwSignal<String>,
    code: RwSignal<String>,
    recovery_code: RwSignal<String>,
    by: RwSignal<By>,
    /// The person has changed from one kind of code to the other.
    swapped: RwSignal<bool>,
    /// A code is needed besides the password.
    needs_code: RwSignal<bool>,
    /// What went wrong.
    pub form_error: FormError,
}

impl Proof {
    /// Nothing entered yet.
    pub fn new(needs_code: bool) -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            password: empty(),
            code: empty(),
            recovery_code: empty(),
            by: RwSignal::new(By::App),
            swapped: RwSignal::new(false),
            needs_code: RwSignal::new(needs_code),
            form_error: FormError::new(),
        }
    }

    /// Asks for a code besides the password, or no longer.
    pub fn set_needs_code(self, needs_code: bool) {
        self.needs_code.set(needs_code);
    }

    /// Whether a code is needed besides the password.
    pub fn needs_code(self) -> bool {
        self.needs_code.get_untracked()
    }

    /// The password as it was entered.
    pub fn password(self) -> String {
        self.password.get_untracked()
    }

    /// Sends the proof.
    ///
    /// # Errors
    /// What the portal answers.
    pub async fn give(self) -> Result<(), ApiError> {
        if self.password.with_untracked(String::is_empty) {
            // What is missing needs no attempt of those that are counted.
            return Err(ApiError::WrongPassword);
        }
        let by = self.needs_code().then(|| self.by.get_untracked());
        let code = (by == Some(By::App)).then(|| self.code.get_untracked());
        let recovery_code = (by == Some(By::RecoveryCode)).then(|| self.recovery_code.get_untracked());
        step_up(self.password(), code, recovery_code).await.flatten()
    }

    fn swap(self) {
        self.form_error.clear();
        self.swapped.set(true);
        self.by.update(|by| *by = if *by == By::App { By::RecoveryCode } else { By::App });
    }

    /// Whether a problem belongs to the code field on the screen.
    fn about_code(self, problem: &ApiError) -> bool {
        self.needs_code.get()
            && match self.by.get() {
                By::App => matches!(problem, ApiError::Code(_)),
                By::RecoveryCode => matches!(problem, ApiError::RecoveryCode(_)),
            }
    }
}

/// The fields, with what is wrong at each.
#[component]
pub fn ProofFields(
    proof: Proof,
    /// Accessible name of the field for the password.
    #[prop(default = "Password")]
    password: &'static str,
) -> impl IntoView {
    let form_error = proof.form_error;
    let user_name = untrack(|| use_signed_in().viewer()).map(|viewer| viewer.user_name);
    let wrong_password = |problem: &ApiError| matches!(problem, ApiError::WrongPassword);
    let password_error = move || {
        let missing = proof.password.with_untracked(String::is_empty);
        let words = if missing { "Enter your password." } else { "This password is wrong." };
        form_error.get().filter(wrong_password).map(|_| words.to_owned())
    };
    let code_error =
        move || form_error.get().filter(|problem| proof.about_code(problem)).map(|problem| problem.to_string());
    let other = move || form_error.get().filter(|problem| !wrong_password(problem) && !proof.about_code(problem));
    view! {
        <div class="slot" id="step-up-problem">
            <Problem problem=Signal::derive(other) />
        </div>
        {user_name.map(|user_name| view! { <PasswordOwner user_name /> })}
        <TextField
            id="step-up-password"
            described_by="step-up-problem"
            label=password
            kind=Kind::CurrentPassword
            value=proof.password
            error=Signal::derive(password_error)
            autofocus=true
        />
        {move || {
            proof.needs_code.get().then(|| view! { <CodeField proof error=Signal::derive(code_error) /> })
        }}
    }
}

#[component]
fn CodeField(proof: Proof, error: Signal<Option<String>>) -> impl IntoView {
    changing(move || {
        let autofocus = proof.swapped.get_untracked();
        let (field, other) = match proof.by.get() {
            By::App => (
                view! {
                    <TextField
                        id="step-up-code"
                        label="Six-digit code"
                        hint="From your authentication app."
                        kind=Kind::OneTimeCode
                        value=proof.code
                        error
                        autofocus
                    />
                }
                .into_any(),
                "Use a recovery code instead",
            ),
            By::RecoveryCode => (
                view! {
                    <TextField
                        id="step-up-recovery-code"
                        label="Recovery code"
                        hint="It is used up by this. Capitals and dashes do not matter."
                        kind=Kind::RecoveryCode
                        value=proof.recovery_code
                        error
                        autofocus
                    />
                }
                .into_any(),
                "Use a six-digit code instead",
            ),
        };
        view! {
            <div class="either">
                {field}
                <button type="button" class="button button-link" on:click=move |_| proof.swap()>
                    {other}
                </button>
            </div>
        }
        .into_any()
    })
}
