//! Where the set-up stands in this browser, and the steps between.

use crate::{
    api::enrolment::{
        begin_enrolment, cancel_enrolment, confirm_enrolment, finish_enrolment, renew_enrolment, resume_enrolment,
    },
    components::{
        browser,
        loaded::FormError,
        recovery_sheet::Kept,
        set_up::{Intent, Outcome, SetUp, use_set_up},
        signed_in::{SignedIn, use_signed_in},
        step_up::{StepUp, use_step_up},
    },
};
use contract::{
    ApiError,
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProblem, PendingEnrolment},
};
use leptos::{prelude::*, task::spawn_local};

/// What the dialog shows.
#[derive(Clone)]
pub enum Stage {
    /// Step 1: get an app.
    Apps,
    /// Asking the portal about a set-up that was begun before.
    Resuming,
    /// Step 2: a QR code to scan.
    Scan(Shown<PendingEnrolment>),
    /// Step 2, when the QR code's time is over.
    Expired,
    /// Step 3: recovery codes to store.
    Save(Shown<ConfirmedEnrolment>),
    /// Nothing can be finished any more.
    Over(EnrolmentProblem),
}

/// Something with a deadline.
#[derive(Clone)]
pub struct Shown<T> {
    /// What it is.
    pub content: T,
    /// When the server stops accepting it, in milliseconds by this browser's clock.
    pub deadline: f64,
}

impl<T> Shown<T> {
    fn new(content: T, milliseconds_left: i64) -> Self {
        Self { content, deadline: browser::now() + milliseconds_left as f64 }
    }
}

/// The set-up in this browser.
#[derive(Clone, Copy)]
pub struct Flow {
    stage: RwSignal<Stage>,
    busy: RwSignal<bool>,
    /// What went wrong in the current stage.
    pub form_error: FormError,
    /// What the dialog was opened for.
    intent: StoredValue<Intent>,
    set_up: SetUp,
    signed_in: SignedIn,
    /// For what takes a fresh proof of identity.
    pub step_up: StepUp,
    /// What the person has done with the recovery codes.
    pub kept: Kept,
    /// The person was about to leave after the right code.
    leaving: RwSignal<bool>,
}

impl Flow {
    /// Starts at the first step, or finds out where the set-up stands.
    pub fn new(intent: Intent) -> Self {
        let stage = if intent == Intent::Resume { Stage::Resuming } else { Stage::Apps };
        Self {
            intent: StoredValue::new(intent),
            stage: RwSignal::new(stage),
            busy: RwSignal::new(false),
            form_error: FormError::new(),
            set_up: use_set_up(),
            signed_in: use_signed_in(),
            step_up: use_step_up(),
            kept: Kept::new(),
            leaving: RwSignal::new(false),
        }
    }

    /// What to show.
    pub fn stage(self) -> Stage {
        self.stage.get()
    }

    /// What is shown now, for once.
    pub fn stage_untracked(self) -> Stage {
        self.stage.get_untracked()
    }

    /// The dialog has not been left.
    pub fn is_open(self) -> bool {
        !self.stage.is_disposed()
    }

    /// A QR code is on the screen.
    pub fn is_scanning(self) -> bool {
        self.stage.try_with_untracked(|stage| matches!(stage, Stage::Scan(_))).unwrap_or(false)
    }

    /// The number of the step that it belongs to.
    pub fn step(self) -> usize {
        self.stage.with(|stage| match stage {
            Stage::Apps => 1,
            Stage::Resuming | Stage::Scan(_) | Stage::Expired | Stage::Over(_) => 2,
            Stage::Save(_) => 3,
        })
    }

    /// A request is under way.
    pub fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Begins the set-up, or takes up the one that this session has.
    pub fn begin(self) {
        let intent = self.intent.get_value();
        let send = async move || match intent.clone() {
            Intent::Add => begin_enrolment(None).await.flatten(),
            Intent::Replace { id } => begin_enrolment(Some(id)).await.flatten(),
            Intent::Resume => resume_enrolment().await.flatten(),
        };
        self.request(async move || match self.step_up.run(send).await {
            Ok(enrolment) => self.show(enrolment),
            Err(ApiError::StepUpRequired { .. }) => {
                // The first step stays as it is, and keeps its focus.
                if !self.stage.with_untracked(|stage| matches!(stage, Stage::Apps)) {
                    self.stage.set(Stage::Apps);
                }
            }
            // It ended elsewhere meanwhile: nothing to take up, and nobody asked for it.
            Err(ApiError::Enrolment(EnrolmentProblem::Gone)) if self.resumes() => self.set_up.withdraw(),
            Err(problem) => self.refused(problem),
        });
    }

    fn resumes(self) -> bool {
        self.intent.with_value(|intent| *intent == Intent::Resume)
    }

    /// "Generate new".
    pub fn renew(self) {
        let send = async || renew_enrolment().await.flatten();
        self.request(async move || match self.step_up.run(send).await {
            Ok(enrolment) => self.show(enrolment),
            Err(problem) => self.refused(problem),
        });
    }

    /// "Next": confirms with a code from the app.
    pub fn confirm(self, id: String, code: String) {
        self.request(async move || match confirm_enrolment(id.clone(), code.clone()).await.flatten() {
            Ok(confirmed) => self.show(Enrolment::Confirmed(confirmed)),
            Err(problem) => self.refused(problem),
        });
    }

    /// "Finish".
    pub fn finish(self, id: String, first: bool) {
        self.request(async move || match finish_enrolment(id.clone()).await.flatten() {
            Ok(_) => {
                self.set_up.close(Outcome::Finished { first });
                // What was said about the codes before is no longer true.
                self.signed_in.refetch();
            }
            Err(problem) => self.refused(problem),
        });
    }

    /// The time of what is shown has run out by the browser's clock.
    pub fn time_is_up(self) {
        self.stage.update(|stage| match stage {
            Stage::Scan(_) => *stage = Stage::Expired,
            Stage::Save(_) => *stage = Stage::Over(EnrolmentProblem::FinishedTooLate),
            _ => {}
        });
    }

    /// Begins anew. Whoever came this far has an app.
    pub fn start_again(self) {
        self.intent.update_value(|intent| {
            if *intent == Intent::Resume {
                *intent = Intent::Add;
            }
        });
        self.begin();
    }

    /// Leaves the dialog; what is pending is dropped. After the right code only "Finish" is
    /// missing: the person is asked first.
    pub fn leave(self) {
        let confirmed = self.stage.try_with_untracked(|stage| matches!(stage, Stage::Save(_)));
        match confirmed {
            Some(true) => self.leaving.set(true),
            Some(false) => self.give_up(),
            None => {}
        }
    }

    /// The set-up that the person was about to leave after the right code.
    pub fn leaving(self) -> Option<ConfirmedEnrolment> {
        let asked = self.leaving.get();
        self.stage.with(|stage| match stage {
            Stage::Save(shown) if asked => Some(shown.content.clone()),
            _ => None,
        })
    }

    /// The person stays.
    pub fn stay(self) {
        self.leaving.set(false);
    }

    /// Closes the dialog and drops what is pending.
    pub fn give_up(self) {
        let Some(begun) = self.stage.try_with_untracked(|stage| !matches!(stage, Stage::Apps)) else { return };
        // What is still being asked for can only be dropped when it has come: see `request`.
        let asking = self.busy.get_untracked();
        self.set_up.close(Outcome::Abandoned);
        if begun && !asking {
            // If this can't be delivered the portal drops the set-up when its time is over.
            spawn_local(async { drop(cancel_enrolment().await) });
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
            if self.is_open() {
                self.busy.set(false);
            } else if self.set_up.was_abandoned() {
                drop(cancel_enrolment().await);
            }
        });
    }

    fn show(self, enrolment: Enrolment) {
        // Other codes than those that were kept before.
        if !self.stage.with_untracked(|stage| matches!(stage, Stage::Save(_))) {
            self.kept.forget();
            self.leaving.set(false);
        }
        self.stage.set(match enrolment {
            Enrolment::Pending(pending) => {
                let milliseconds_left = pending.milliseconds_left;
                Stage::Scan(Shown::new(pending, milliseconds_left))
            }
            Enrolment::Expired { .. } => Stage::Expired,
            Enrolment::Confirmed(confirmed) => {
                let milliseconds_left = confirmed.milliseconds_left;
                Stage::Save(Shown::new(confirmed, milliseconds_left))
            }
        });
    }

    /// Shows what a refusal means for the set-up.
    pub fn refused(self, problem: ApiError) {
        match problem {
            ApiError::Enrolment(EnrolmentProblem::QrExpired) => {
                self.stage.set(Stage::Expired);
                self.form_error.note(problem);
            }
            ApiError::Enrolment(EnrolmentProblem::QrReplaced) => self.show_current_instead(problem),
            ApiError::Enrolment(why @ (EnrolmentProblem::Gone | EnrolmentProblem::FinishedTooLate)) => {
                self.stage.set(Stage::Over(why));
            }
            other => self.form_error.note(other),
        }
    }

    /// Another window made a new QR code: that one is shown, and why.
    fn show_current_instead(self, problem: ApiError) {
        spawn_local(async move {
            match self.step_up.run(async || resume_enrolment().await.flatten()).await {
                Ok(enrolment) => {
                    self.show(enrolment);
                    self.form_error.note(problem);
                }
                Err(other) => self.form_error.note(other),
            }
        });
    }

    /// The set-up went on or ended elsewhere: it is shown where it stands.
    pub fn catch_up(self) {
        let send = async || resume_enrolment().await.flatten();
        self.request(async move || match self.step_up.run(send).await {
            Ok(enrolment) => self.show(enrolment),
            Err(problem) => self.refused(problem),
        });
    }
}
