//! The dialog "Change password".
//!
//! The current password proves who asks; where identity was not proved just
//! now, a code does so besides it. Then the portal is asked twice: to accept
//! the proof, and to change the password.

use super::{
    alert::{Notice, Problem, Tone},
    button::{Button, Emphasis},
    field::{Kind, TextField, on_submit},
    loaded::{Failed, Trouble},
    modal::Modal,
    new_password::NewPassword,
    part::Part,
    signed_in::use_signed_in,
};
use crate::{
    api::{
        account::{change_password, fetch_password_policy},
        session::fetch_session_state,
        sign_in::step_up,
    },
    contract::{ApiError, error::CodeProblem, password::PasswordPolicy},
};
use leptos::{prelude::*, task::spawn_local};

/// The proof that is asked for besides the current password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Identity was proved just now.
    None,
    /// The current password is enough.
    Password,
    /// A code from the app.
    Code,
    /// A recovery code in its place.
    RecoveryCode,
}

/// What the form needs to know.
#[derive(Clone)]
struct Terms {
    policy: PasswordPolicy,
    proof: Proof,
}

/// Opens the dialog, which closes with whether the password was changed.
///
/// # Errors
/// This part of the program could not be fetched.
#[leptos::wasm_split::wasm_split(password, wasm_split_path = leptos::wasm_split, fallible)]
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
            {move || match terms.get() {
                None => view! { <p class="loading">"One moment…"</p> }.into_any(),
                Some(Ok(terms)) => view! { <Form terms close /> }.into_any(),
                Some(Err(problem)) => view! { <Failed problem retry=ask /> }.into_any(),
            }}
        </Modal>
    }
}

async fn ask_for_terms(second_factor: bool) -> Result<Terms, ApiError> {
    let policy = fetch_password_policy().await?;
    let proof = match fetch_session_state().await? {
        state if state.stepped_up => Proof::None,
        _ if second_factor => Proof::Code,
        _ => Proof::Password,
    };
    Ok(Terms { policy, proof })
}

/// What is typed into the form, and what came of it.
#[derive(Clone, Copy)]
struct Draft {
    current: RwSignal<String>,
    new: RwSignal<String>,
    /// A code of either kind.
    code: RwSignal<String>,
    proof: RwSignal<Proof>,
    pending: RwSignal<bool>,
    trouble: Trouble,
}

impl Draft {
    /// Changes the password; proves identity first where that is needed.
    ///
    /// Everything is read before the first wait: the dialog may be closed meanwhile.
    async fn send(self) -> Result<(), ApiError> {
        let (current, new, code) = (self.current.get_untracked(), self.new.get_untracked(), self.code.get_untracked());
        self.prove(self.proof.get_untracked(), &current, code).await?;
        match change_password(current.clone(), new.clone()).await.flatten() {
            // The dialog was open for so long that an earlier proof has lapsed.
            Err(ApiError::StepUpRequired { code: false }) => {
                self.prove(Proof::Password, &current, String::new()).await?;
                change_password(current, new).await.flatten()
            }
            answer => answer,
        }
    }

    async fn prove(self, proof: Proof, password: &str, code: String) -> Result<(), ApiError> {
        let (code, recovery_code) = match proof {
            Proof::None => return Ok(()),
            Proof::Password => (None, None),
            Proof::Code => (Some(code), None),
            Proof::RecoveryCode => (None, Some(code)),
        };
        step_up(password.to_owned(), code, recovery_code).await.flatten()?;
        // A code counts once: it must not be asked for again if the new password is refused.
        self.proof.set(Proof::None);
        Ok(())
    }

    /// The problem, if it belongs to the field that `matches` stands for.
    fn at(self, matches: fn(&ApiError) -> bool) -> Signal<Option<String>> {
        Signal::derive(move || self.trouble.get().filter(matches).map(|problem| problem.to_string()))
    }
}

#[component]
fn Form(terms: Terms, close: Callback<bool>) -> impl IntoView {
    let draft = Draft {
        current: RwSignal::new(String::new()),
        new: RwSignal::new(String::new()),
        code: RwSignal::new(String::new()),
        proof: RwSignal::new(terms.proof),
        pending: RwSignal::new(false),
        trouble: Trouble::new(),
    };
    let user_name = use_signed_in().viewer().map(|viewer| viewer.user_name).unwrap_or_default();
    let rules = terms.policy.clone();
    let name = user_name.clone();
    let broken = move || draft.new.with(|password| rules.broken(password, &name));
    let save = {
        let broken = broken.clone();
        move || {
            if draft.pending.get_untracked() {
                return;
            }
            draft.trouble.clear();
            // Nothing is proved, and no code spent, for a password that can't be taken.
            let broken = untrack(&broken);
            if !broken.is_empty() {
                return draft.trouble.note(ApiError::Password(broken));
            }
            draft.pending.set(true);
            spawn_local(async move {
                match draft.send().await {
                    Ok(()) => {
                        close.try_run(true);
                    }
                    // Asked for only now, because an earlier proof has lapsed.
                    Err(ApiError::StepUpRequired { .. }) => {
                        draft.proof.set(Proof::Code);
                        draft.trouble.note(ApiError::Code(CodeProblem::Malformed));
                    }
                    Err(problem) => draft.trouble.note(problem),
                }
                draft.pending.set(false);
            });
        }
    };
    let other = move || {
        draft
            .trouble
            .get()
            .filter(|problem| !(is_about_current(problem) || is_about_new(problem) || is_about_code(problem)))
    };
    view! {
        <form class="stack" novalidate on:submit=on_submit(save)>
            // Tells password managers whose password this is.
            <input
                class="visually-hidden"
                type="text"
                autocomplete="username"
                value=user_name.clone()
                readonly=true
                tabindex="-1"
                aria-hidden="true"
            />
            <Problem problem=Signal::derive(other) />
            <TextField
                id="current-password"
                label="Current password"
                kind=Kind::CurrentPassword
                value=draft.current
                error=draft.at(is_about_current)
                autofocus=true
                required=true
            />
            <NewPassword
                id="new-password"
                label="New password"
                policy=terms.policy
                user_name=Signal::stored(user_name)
                value=draft.new
                error=draft.at(is_about_new)
            />
            <CodeField draft />
            <div class="actions">
                <Button emphasis=Emphasis::Primary submit=true pending=draft.pending>
                    "Change password"
                </Button>
                <Button on:click=move |_| close.run(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

/// The code from the app, or the one that stands in for it.
#[component]
fn CodeField(draft: Draft) -> impl IntoView {
    let error = draft.at(is_about_code);
    let instead = move |proof| {
        move |_| {
            draft.code.set(String::new());
            draft.trouble.clear();
            draft.proof.set(proof);
        }
    };
    move || match draft.proof.get() {
        Proof::None | Proof::Password => ().into_any(),
        Proof::Code => view! {
            <div>
                <TextField
                    id="change-password-code"
                    label="Six-digit code"
                    hint="From your authentication app."
                    kind=Kind::OneTimeCode
                    value=draft.code
                    error
                />
                <button type="button" class="button button-link" on:click=instead(Proof::RecoveryCode)>
                    "Use a recovery code instead"
                </button>
            </div>
        }
        .into_any(),
        Proof::RecoveryCode => view! {
            <div>
                <TextField
                    id="change-password-recovery-code"
                    label="Recovery code"
                    hint="It is used up by this."
                    kind=Kind::RecoveryCode
                    value=draft.code
                    error
                />
                <button type="button" class="button button-link" on:click=instead(Proof::Code)>
                    "Use the authentication app instead"
                </button>
            </div>
        }
        .into_any(),
    }
}

fn is_about_current(problem: &ApiError) -> bool {
    matches!(problem, ApiError::WrongPassword)
}

fn is_about_new(problem: &ApiError) -> bool {
    matches!(problem, ApiError::Password(_))
}

fn is_about_code(problem: &ApiError) -> bool {
    matches!(problem, ApiError::Code(_) | ApiError::RecoveryCode(_))
}
