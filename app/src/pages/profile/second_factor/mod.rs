//! The section "Two factor authentication" of the profile.

mod check;
mod dialogs;
mod generate;
mod ledger;
mod methods;
mod section;

use crate::components::{
    alert::{Notice, Tone},
    browser,
    button::{Button, Emphasis},
    changing::sometimes,
    fetched::Fetched,
    loaded::Loaded,
    pending_action::{PendingAction, use_errands},
    second_device::AddSecondDevice,
    set_up::{Intent, Outcome, use_set_up},
};
use contract::profile::TwoFactorStatus;
use dialogs::Dialogs;
use ledger::RecoveryCodes;
use leptos::prelude::*;
use methods::Methods;
use section::{Asked, HEADING, LastChange, Section};

/// The person's authentication apps and recovery codes.
#[component]
pub fn SecondFactor(
    /// What the portal knows of them.
    status: Fetched<TwoFactorStatus>,
) -> impl IntoView {
    let set_up = use_set_up();
    let section = Section::new(status);
    let on = Memo::new(move |_| matches!(status.get(), Some(Ok(status)) if !status.methods.is_empty()));
    follow_set_up(status);
    run_errand(section);
    view! {
        <section class="panel" aria-labelledby=HEADING>
            <h2 class="panel-title" id=HEADING tabindex="-1">
                "Two factor authentication"
            </h2>
            <div role="status">
                {sometimes(move || {
                    set_up.outcome().map(|outcome| view! { <SetUpOutcome outcome on=on.get() /> }.into_any())
                })}
                <LastChange section />
            </div>
            <Loaded resource=status show=move |status| view! { <Status section status /> }.into_any() />
        </section>
        <Dialogs section />
    }
}

/// Opens what the person has come for. Of several apps they say themselves which one is lost.
fn run_errand(section: Section) {
    let errands = use_errands();
    Effect::new(move |_| {
        let (Some(errand), Some(Ok(status))) = (errands.get(), section.status.get()) else { return };
        errands.done();
        match (errand, status.methods.as_slice()) {
            (_, []) => {}
            (PendingAction::NewCodes, _) => section.ask(Asked::Generate),
            (PendingAction::ReplaceApp, [only]) => section.set_up(Intent::Replace { id: only.id.clone() }),
            (PendingAction::ReplaceApp, _) => browser::focus(HEADING),
        }
    });
}

/// Resumes a set-up that a reload interrupted, and shows what came of it.
fn follow_set_up(status: Fetched<TwoFactorStatus>) {
    let set_up = use_set_up();
    // What was said about an earlier visit is no news, but for the offer that an
    // enforced set-up ends with.
    let stale = StoredValue::new(untrack(|| set_up.outcome()).is_some_and(Outcome::is_first));
    if !stale.get_value() {
        set_up.forget();
    }
    on_cleanup(move || set_up.forget());
    Effect::new(move |_| {
        if set_up.outcome().is_none() {
            stale.set_value(false);
        }
    });
    Effect::new(move |first: Option<bool>| {
        let answer = status.get();
        let known = matches!(answer, Some(Ok(_)));
        if let Some(Ok(status)) = answer
            && status.enrolment_under_way
            && first != Some(true)
        {
            set_up.open(Intent::Resume);
        }
        known || first == Some(true)
    });
    let news = move || set_up.outcome().filter(|_| !stale.get_value());
    Effect::new(move |_| {
        if news().is_some() {
            status.refetch();
        }
    });
    // The button that opened the dialog is replaced when the status changes.
    Effect::new(move |_| {
        status.track();
        match news() {
            Some(Outcome::Finished { .. }) => request_animation_frame(|| browser::focus(HEADING)),
            // A dialog that opened by itself after a reload had no button to go back to.
            Some(Outcome::Abandoned) => request_animation_frame(|| browser::focus_if_nothing_has_it(HEADING)),
            _ => {}
        }
    });
}

#[component]
fn SetUpOutcome(
    outcome: Outcome,
    /// A method is active already.
    on: bool,
) -> impl IntoView {
    match outcome {
        Outcome::Unreachable(missing) => view! { <Notice tone=Tone::Caution>{missing.words()}</Notice> }.into_any(),
        Outcome::Finished { first: true } => view! {
            <Notice tone=Tone::Good>
                <p>"Two-factor authentication is on. From now on you sign in with a code as well."</p>
                <AddSecondDevice home=HEADING />
            </Notice>
        }
        .into_any(),
        Outcome::Finished { first: false } => view! {
            <Notice tone=Tone::Good>
                "The new method is in force, and so are your new recovery codes; the earlier codes no longer work."
            </Notice>
        }
        .into_any(),
        Outcome::Abandoned => view! {
            <Notice tone=Tone::Caution>{if on {
                "The set-up was not finished, and nothing was changed by it. Its QR code and recovery codes are worthless."
            } else {
                "The set-up was not finished: two-factor authentication is not on yet. Its QR code and recovery codes are worthless."
            }}</Notice>
        }
        .into_any(),
    }
}

#[component]
fn Status(section: Section, status: TwoFactorStatus) -> impl IntoView {
    if status.methods.is_empty() {
        view! { <Off section /> }.into_any()
    } else {
        view! { <On section status /> }.into_any()
    }
}

#[component]
fn Off(section: Section) -> impl IntoView {
    view! {
        <p class="state">
            <span class="badge badge-caution">"Off"</span>
            "Two-factor authentication is not on yet."
        </p>
        <p>"With it, a stolen password alone does not open your account: signing in also takes a code from your phone."</p>
        <Button emphasis=Emphasis::Primary on:click=move |_| section.set_up(Intent::Add)>
            "Add method"
        </Button>
    }
}

#[component]
fn On(section: Section, status: TwoFactorStatus) -> impl IntoView {
    let TwoFactorStatus { methods, recovery, enforced, .. } = status;
    view! {
        <p class="state">
            <span class="badge badge-good">"On"</span>
            "You sign in with your password and a code."
        </p>
        <Methods section methods enforced />
        {recovery.map(|ledger| view! { <RecoveryCodes section ledger /> })}
        <SwitchOff section enforced />
    }
}

/// Id of the reason why it can't be switched off.
const ENFORCED: &str = "enforced-reason";

#[component]
fn SwitchOff(section: Section, enforced: bool) -> impl IntoView {
    view! {
        <div class="subpanel">
            <h3 class="subpanel-title">"Switch it off"</h3>
            <p class="muted" id=ENFORCED>
                {if enforced {
                    "Two-factor authentication is required here, so it can’t be switched off."
                } else {
                    "Then your password alone opens your account, and your recovery codes, trusted browsers and other sessions end."
                }}
            </p>
            <Button attr:aria-describedby=ENFORCED disabled=enforced on:click=move |_| section.ask(Asked::Disable)>
                "Disable"
            </Button>
        </div>
    }
}
