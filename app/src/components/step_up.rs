//! "Confirm it is you": proving one's identity again before a sensitive change.
//!
//! Whatever may need it runs through [`StepUp::run`]. When the portal asks for
//! proof, the dialog opens, and the action goes on by itself afterwards.

use super::{
    button::{Button, Emphasis},
    changing::sometimes,
    field::on_submit,
    modal::Modal,
    part::{MissingPart, Part},
    proof::{Proof, ProofFields},
};
use contract::ApiError;
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
    sometimes(move || {
        let code = step_up.asking.get()?;
        let dialog = Suspend::new(async move {
            let Some(dialog) = confirm_dialog(code).await.ok() else {
                step_up.conclude(Err(MissingPart::why().await.into()));
                return ().into_any();
            };
            dialog
        });
        Some(dialog.into_any())
    })
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
    let proof = Proof::new(code);
    let pending = RwSignal::new(false);
    let confirm = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        proof.form_error.clear();
        spawn_local(async move {
            let answer = proof.give().await;
            pending.set(false);
            match answer {
                Ok(()) => host.conclude(Ok(())),
                Err(problem) => proof.form_error.note(problem),
            }
        });
    };
    view! {
        <Modal id="step-up-title" title="Confirm it is you" leave=decline>
            <form class="stack" novalidate on:submit=on_submit(confirm)>
                <p>"This change matters for security, so the portal makes sure that it is really you. It won't ask again for five minutes."</p>
                <ProofFields proof />
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
