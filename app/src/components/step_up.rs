//! "Confirm it is you": proving one's identity again before a sensitive change.
//!
//! Whatever may need it runs through [`StepUp::run`]. When the portal asks for
//! proof, the dialog opens, and the action goes on by itself afterwards.

use super::{
    alert::Problem,
    button::{Button, Emphasis},
    field::{Kind, TextField, on_submit},
    loaded::Trouble,
    modal::Modal,
    part::Part,
};
use crate::{api::sign_in::step_up, contract::ApiError};
use futures_channel::oneshot;
use leptos::{prelude::*, task::spawn_local};

/// Asks for proof of identity where an action needs it. Provided by the layout.
#[derive(Clone, Copy)]
pub struct StepUp {
    /// The dialog is open; says whether a code is needed.
    asking: RwSignal<Option<bool>>,
    /// Whoever waits for the outcome.
    waiting: StoredValue<Option<oneshot::Sender<Result<(), ApiError>>>>,
}

impl StepUp {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self { asking: RwSignal::new(None), waiting: StoredValue::new(None) }
    }

    /// Runs `action`; if proof of identity is missing, asks for it and runs `action` again.
    ///
    /// # Errors
    /// What `action` answers; [`ApiError::StepUpRequired`] when the person did not confirm.
    pub async fn run<T>(self, action: impl AsyncFn() -> Result<T, ApiError>) -> Result<T, ApiError> {
        match action().await {
            Err(ApiError::StepUpRequired { code }) => {
                self.ask(code).await?;
                action().await
            }
            answer => answer,
        }
    }

    /// Opens the dialog and waits for its outcome.
    async fn ask(self, code: bool) -> Result<(), ApiError> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.set_value(Some(sender));
        self.asking.set(Some(code));
        receiver.await.unwrap_or(Err(ApiError::StepUpRequired { code }))
    }

    fn conclude(self, outcome: Result<(), ApiError>) {
        self.asking.set(None);
        if let Some(sender) = self.waiting.try_update_value(Option::take).flatten() {
            // Nobody waits any more when the page has moved on.
            let _ = sender.send(outcome);
        }
    }
}

/// Asks for proof of identity; only inside the layout.
pub fn use_step_up() -> StepUp {
    expect_context()
}

/// Where the dialog appears.
#[component]
pub fn StepUpHost() -> impl IntoView {
    let step_up = use_step_up();
    move || {
        step_up.asking.get().map(|code| {
            Suspend::new(async move {
                confirm_dialog(code).await.unwrap_or_else(|_| {
                    step_up.conclude(Err(ApiError::Offline));
                    ().into_any()
                })
            })
        })
    }
}

#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
fn confirm_dialog(code: bool) -> Part {
    Ok(view! { <ConfirmDialog code /> }.into_any())
}

#[component]
fn ConfirmDialog(
    /// A six-digit code is needed besides the password.
    code: bool,
) -> impl IntoView {
    let host = use_step_up();
    let decline = move || host.conclude(Err(ApiError::StepUpRequired { code }));
    let trouble = Trouble::new();
    let (password, digits) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let pending = RwSignal::new(false);
    let confirm = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        trouble.clear();
        spawn_local(async move {
            let answer = step_up(password.get_untracked(), code.then(|| digits.get_untracked()), None).await.flatten();
            pending.set(false);
            match answer {
                Ok(()) => host.conclude(Ok(())),
                Err(problem) => trouble.note(problem),
            }
        });
    };
    let wrong_password = move || matches!(trouble.get(), Some(ApiError::WrongPassword));
    let password_error = move || wrong_password().then(|| "This password is wrong.".to_owned());
    let code_error = move || trouble.get().filter(|_| code).filter(is_about_code).map(|problem| problem.to_string());
    let other = move || trouble.get().filter(|problem| !(wrong_password() || code && is_about_code(problem)));
    view! {
        <Modal id="step-up-title" title="Confirm it is you" leave=decline>
            <form class="stack" novalidate on:submit=on_submit(confirm)>
                <p>"This change matters for security, so the portal makes sure that it is really you. It won't ask again for five minutes."</p>
                <Problem problem=Signal::derive(other) />
                <TextField
                    id="step-up-password"
                    label="Password"
                    kind=Kind::CurrentPassword
                    value=password
                    error=Signal::derive(password_error)
                    autofocus=true
                />
                {code
                    .then(|| {
                        view! {
                            <TextField
                                id="step-up-code"
                                label="Six-digit code"
                                hint="From your authentication app."
                                kind=Kind::OneTimeCode
                                value=digits
                                error=Signal::derive(code_error)
                            />
                        }
                    })}
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        "Confirm"
                    </Button>
                    <Button on:click=move |_| decline()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}

fn is_about_code(problem: &ApiError) -> bool {
    matches!(problem, ApiError::Code(_))
}
