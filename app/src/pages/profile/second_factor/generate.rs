//! The dialog "Generate new recovery codes".
//!
//! ```text
//! Explain ──same words──> Prove ──"Next"──> Keep ──"Done"──> closed: new codes
//! ```
//!
//! The new set is in force from the moment its codes are on the screen, so
//! from then on the dialog does not close without a warning.

use super::section::{Said, Section};
use crate::{
    api::{recovery::generate_recovery_codes, session::fetch_session_state},
    components::{
        alert::{Alert, Problem},
        browser,
        button::{Button, Emphasis},
        changing::{changing, sometimes},
        field::on_submit,
        loaded::FormError,
        modal::Modal,
        proof::{Proof, ProofFields},
        recovery_sheet::{KeepCodes, KeepFirst, Kept},
        unsaved::{Unsaved, Words},
    },
};
use contract::{ApiError, recovery::RecoveryCodeSheet};
use leptos::{prelude::*, task::spawn_local};

const TITLE: &str = "Generate new recovery codes";

/// Id of the profile's button that opens this dialog.
pub const BUTTON: &str = "generate-codes";

/// Id of the warning before codes are given up that were not kept.
const WARNING: &str = "keep-warning";

/// Asked before the page is left with codes that were not kept.
const CODES: Words = Words {
    title: "Leave without the codes?",
    loss: "They are in force and can’t be shown again, and the earlier ones no longer work.",
    keep: "Stay",
    discard: "Leave",
};

/// What the dialog shows.
#[derive(Clone)]
enum Stage {
    /// What will happen.
    Explain,
    /// Password and perhaps a code.
    Prove {
        /// Identity was not proved just now.
        needs_code: bool,
    },
    /// The new codes.
    Keep(RecoveryCodeSheet),
}

#[derive(Clone, Copy)]
struct Flow {
    section: Section,
    stage: RwSignal<Stage>,
    busy: RwSignal<bool>,
    form_error: FormError,
    /// Whether new codes were made is not known: there was no answer, or none to the portal.
    lost: RwSignal<bool>,
    kept: Kept,
    /// The person tried to leave without having kept the codes.
    warned: RwSignal<bool>,
}

impl Flow {
    /// The person has read what will happen.
    fn go_on(self) {
        self.request(async move || match fetch_session_state().await {
            Ok(state) => self.stage.set(Stage::Prove { needs_code: !state.stepped_up }),
            Err(problem) => self.form_error.note(problem),
        });
    }

    /// "Next".
    fn generate(self, proof: Proof) {
        proof.form_error.clear();
        self.lost.set(false);
        self.request(async move || {
            if proof.needs_code() {
                match proof.give().await {
                    Ok(()) => proof.set_needs_code(false),
                    Err(problem) => return proof.form_error.note(problem),
                }
            }
            match generate_recovery_codes(proof.password()).await.flatten() {
                Ok(sheet) => self.stage.set(Stage::Keep(sheet)),
                // The five minutes ended meanwhile.
                Err(ApiError::StepUpRequired { .. }) => proof.set_needs_code(true),
                // They may be in force without having been seen.
                Err(ApiError::Offline | ApiError::OutcomeUnknown) => self.lost.set(true),
                Err(problem) => proof.form_error.note(problem),
            }
        });
    }

    /// Escape, "Close", "Cancel", "Done".
    fn leave(self) {
        let Some(new) = self.stage.try_with_untracked(|stage| matches!(stage, Stage::Keep(_))) else { return };
        if new && !self.kept.get_untracked() && !self.warned.get_untracked() {
            self.warned.set(true);
            // It may stand below what is in view.
            return request_animation_frame(|| browser::focus(WARNING));
        }
        if new {
            self.section
                .changed(Said::good("Your new recovery codes are in force; the earlier ones no longer work."), BUTTON);
        } else if self.lost.get_untracked() {
            self.section.changed(Said::caution(LOST), BUTTON);
        } else {
            self.section.close();
        }
    }

    /// Runs one request at a time; clicks meanwhile do nothing.
    fn request(self, send: impl AsyncFnOnce() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.form_error.clear();
        spawn_local(async move {
            send().await;
            self.busy.set(false);
        });
    }
}

/// Replaces the recovery codes.
#[component]
pub fn Generate(section: Section) -> impl IntoView {
    let flow = Flow {
        section,
        stage: RwSignal::new(Stage::Explain),
        busy: RwSignal::new(false),
        form_error: FormError::new(),
        lost: RwSignal::new(false),
        kept: Kept::new(),
        warned: RwSignal::new(false),
    };
    view! {
        <Modal id="generate-title" title=TITLE wide=true leave=move || flow.leave()>
            {changing(move || match flow.stage.get() {
                Stage::Explain => view! { <Explain flow /> }.into_any(),
                Stage::Prove { needs_code } => view! { <Prove flow needs_code /> }.into_any(),
                Stage::Keep(sheet) => view! { <Keep flow sheet /> }.into_any(),
            })}
        </Modal>
    }
}

#[component]
fn Explain(flow: Flow) -> impl IntoView {
    view! {
        <div class="stack">
            <p>
                "You get ten new codes, shown once. As soon as they are shown, "
                <strong>"all your earlier codes stop working"</strong> ", used or not: have a place ready to keep the new ones."
            </p>
            <p>"Your authentication apps stay as they are."</p>
            <Problem problem=flow.form_error.signal() />
            <div class="actions">
                <Button emphasis=Emphasis::Primary pending=flow.busy on:click=move |_| flow.go_on()>
                    {TITLE}
                </Button>
                <Button on:click=move |_| flow.leave()>"Cancel"</Button>
            </div>
        </div>
    }
}

/// What is said when a request for new codes got no answer.
const LOST: &str = "The portal’s answer was lost on its way. New codes may be in force already, without having been shown, and the earlier ones may be dead: generate them again.";

#[component]
fn Prove(flow: Flow, needs_code: bool) -> impl IntoView {
    let proof = Proof::new(needs_code);
    view! {
        <form class="stack" novalidate on:submit=on_submit(move || flow.generate(proof))>
            <p>"Confirm that it is you. The new codes come next, and the earlier ones stop working."</p>
            {sometimes(move || flow.lost.get().then(|| view! { <Alert>{LOST}</Alert> }.into_any()))}
            <ProofFields proof />
            <div class="actions">
                <Button emphasis=Emphasis::Primary submit=true pending=flow.busy>
                    "Next"
                </Button>
                <Button on:click=move |_| flow.leave()>"Cancel"</Button>
            </div>
        </form>
    }
}

#[component]
fn Keep(flow: Flow, sheet: RecoveryCodeSheet) -> impl IntoView {
    let kept = flow.kept;
    Effect::new(|_| browser::focus("keep-title"));
    // "Back" and closing the tab would take the only copy along.
    let unsaved = Unsaved::guard(Signal::derive(move || !kept.get()));
    view! {
        <div class="stack save">
            <h3 class="step-title" id="keep-title" tabindex="-1">
                "Keep these codes somewhere safe"
            </h3>
            <p>"They are in force now and are not shown again. Earlier codes no longer work: throw old sheets away."</p>
            <KeepCodes sheet kept />
            {sometimes(move || {
                (flow.warned.get() && !kept.get())
                    .then(|| {
                        view! {
                            <div id=WARNING tabindex="-1">
                                <Alert>
                                    "These codes can’t be shown again. Store them first; or close once more, and generate others later."
                                </Alert>
                            </div>
                        }
                            .into_any()
                    })
            })}
            <div class="actions">
                <Button
                    emphasis=Emphasis::Primary
                    disabled=Signal::derive(move || !kept.get())
                    on:click=move |_| flow.leave()
                >
                    "Done"
                </Button>
                <KeepFirst kept />
            </div>
        </div>
        {unsaved.question(CODES, move || flow.leave())}
    }
}
