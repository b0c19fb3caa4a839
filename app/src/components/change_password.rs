//! The dialog "Change password".
//!
//! The current password proves who asks; where identity was not proved just
//! now, a code does so besides it. Then the portal is asked twice: to accept
//! the proof, and to change the password.

use super::{
    alert::{Notice, Tone},
    browser,
    button::{Button, Emphasis},
    changing::changing,
    field::on_submit,
    loaded::{Failed, FormError},
    modal::Modal,
    new_password::NewPassword,
    part::Part,
    proof::{Proof, ProofFields},
    signed_in::use_signed_in,
};
use crate::api::{
    account::{change_password, fetch_password_policy},
    session::fetch_session_state,
};
use contract::{ApiError, error::CodeProblem, password::PasswordPolicy};
use leptos::{prelude::*, task::spawn_local};

/// Id of the field for the current password, which is part of the proof.
const CURRENT_PASSWORD: &str = "step-up-password";

/// Id of the field for the new password.
const NEW_PASSWORD: &str = "new-password";

/// What the form needs to know.
#[derive(Clone)]
struct Terms {
    policy: PasswordPolicy,
    /// Identity was proved just now.
    stepped_up: bool,
    /// A second factor is active.
    second_factor: bool,
}

/// Opens the dialog, which closes with whether the password was changed.
///
/// # Errors
/// This part of the program could not be fetched.
#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible)]
pub fn change_password_dialog(second_factor: bool, secured: bool, close: Callback<bool>) -> Part {
    Ok(view! { <ChangePassword second_factor secured close /> }.into_any())
}

#[component]
fn ChangePassword(
    /// A second factor is active.
    second_factor: bool,
    /// Everything else was ended just now.
    secured: bool,
    close: Callback<bool>,
) -> impl IntoView {
    let terms = RwSignal::new(None);
    let signed_in = use_signed_in();
    // By hand: a resource would make this part of the program half as large again.
    let ask = move || {
        terms.set(None);
        spawn_local(async move {
            let answer = ask_for_terms(second_factor).await;
            if let Err(problem) = &answer {
                signed_in.deals_with(problem);
            }
            terms.set(Some(answer));
        });
    };
    ask();
    let body = changing(move || match terms.get() {
        None => view! { <p class="loading">"One moment…"</p> }.into_any(),
        Some(Ok(terms)) => view! { <Form terms close /> }.into_any(),
        Some(Err(problem)) => view! { <Failed problem retry=ask /> }.into_any(),
    });
    view! {
        <Modal id="change-password-title" title="Change password" leave=move || close.run(false)>
            {secured
                .then(|| {
                    view! {
                        <Notice tone=Tone::Good live=true>
                            "Every other session has ended, and no browser is trusted any more. Now choose a new password."
                        </Notice>
                    }
                })}
            {body}
        </Modal>
    }
}

async fn ask_for_terms(second_factor: bool) -> Result<Terms, ApiError> {
    let policy = fetch_password_policy().await?;
    let stepped_up = fetch_session_state().await?.stepped_up;
    Ok(Terms { policy, stepped_up, second_factor })
}

/// What is typed into the form, and what came of it.
#[derive(Clone, Copy)]
struct Draft {
    proof: Proof,
    /// The proof has been given.
    proved: RwSignal<bool>,
    new: RwSignal<String>,
    /// What is wrong with the new password.
    form_error: FormError,
}

impl Draft {
    fn new(terms: &Terms) -> Self {
        Self {
            proof: Proof::new(terms.second_factor && !terms.stepped_up),
            proved: RwSignal::new(terms.stepped_up),
            new: RwSignal::new(String::new()),
            form_error: FormError::new(),
        }
    }

    /// Changes the password; proves identity first where that is needed.
    ///
    /// What is typed is read before the first wait: the dialog may be closed meanwhile.
    async fn send(self) -> Result<(), ApiError> {
        let (current, new) = (self.proof.password(), self.new.get_untracked());
        if !self.proved.get_untracked() {
            self.proof.give().await?;
            // A code counts once: it must not be asked for again if the new password is refused.
            self.proved.set(true);
            self.proof.set_needs_code(false);
        }
        change_password(current, new).await.flatten()
    }

    fn note(self, problem: ApiError) {
        match problem {
            ApiError::Password(_) => self.form_error.note(problem),
            // The dialog was open for so long that an earlier proof has lapsed.
            ApiError::StepUpRequired { code } => {
                self.proved.set(false);
                self.proof.set_needs_code(code);
                if code {
                    self.proof.form_error.note(ApiError::Code(CodeProblem::Malformed));
                }
            }
            problem => self.proof.form_error.note(problem),
        }
    }
}

#[component]
fn Form(terms: Terms, close: Callback<bool>) -> impl IntoView {
    let draft = Draft::new(&terms);
    let pending = RwSignal::new(false);
    let user_name = use_signed_in().viewer().map(|viewer| viewer.user_name).unwrap_or_default();
    let (rules, name) = (terms.policy.clone(), user_name.clone());
    let save = move || {
        if pending.get_untracked() {
            return;
        }
        draft.form_error.clear();
        draft.proof.form_error.clear();
        // Nothing is proved, and no code spent, for a password that can't be taken.
        let broken = draft.new.with_untracked(|password| rules.broken(password, &name));
        let no_proof = draft.proof.password().is_empty();
        if no_proof {
            draft.proof.form_error.note(ApiError::WrongPassword);
        }
        if !broken.is_empty() {
            draft.form_error.note(ApiError::Password(broken.clone()));
        }
        if no_proof || !broken.is_empty() {
            // After the fields, each of which takes the focus when it turns out to be wrong.
            let first = if no_proof { CURRENT_PASSWORD } else { NEW_PASSWORD };
            request_animation_frame(move || browser::focus(first));
            return;
        }
        pending.set(true);
        spawn_local(async move {
            let mut answer = draft.send().await;
            // Without a second factor the current password is all the proof there is.
            if answer == Err(ApiError::StepUpRequired { code: false }) && draft.proved.try_set(false).is_none() {
                answer = draft.send().await;
            }
            match answer {
                Ok(()) => {
                    close.try_run(true);
                }
                Err(problem) => draft.note(problem),
            }
            pending.set(false);
        });
    };
    let error = Signal::derive(move || draft.form_error.get().map(|problem| problem.to_string()));
    view! {
        <form class="stack" novalidate on:submit=on_submit(save)>
            <ProofFields proof=draft.proof password="Current password" />
            <NewPassword
                id=NEW_PASSWORD
                label="New password"
                policy=terms.policy
                user_name=Signal::stored(user_name)
                value=draft.new
                error
            />
            <div class="actions">
                <Button emphasis=Emphasis::Primary submit=true pending>
                    "Change password"
                </Button>
                <Button on:click=move |_| close.run(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
