//! The secret on the phone that takes it over, and the code that proves it.

use crate::{
    api::enrolment::{confirm_on_phone, phone_set_up_goes_on},
    components::{
        alert::Problem,
        browser,
        button::{Button, Emphasis},
        countdown::Countdown,
        field::{Kind, TextField, on_submit},
        icon::{Glyph, Icon},
        one_time_code::worth_sending,
        page::portal_name,
        setup_key::SetupKey,
    },
};
use contract::{
    ApiError,
    enrolment::{EnrolmentProblem, PhoneSetUp},
    error::CodeProblem,
};
use gloo_timers::callback::Interval;
use leptos::{prelude::*, task::spawn_local};

/// How often the portal is asked whether the set-up goes on.
const LOOK_MILLISECONDS: u32 = 3_000;

/// Opening the app, the key for those whose app does not open, and the code.
#[component]
pub fn SetUpHere(
    set_up: PhoneSetUp,
    /// Milliseconds by the browser's clock.
    deadline: f64,
    /// The code was right.
    done: impl Fn() + Copy + 'static,
    /// Nothing can be confirmed any more.
    over: impl Fn(EnrolmentProblem) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let PhoneSetUp { grant, user_name, uri, key, lifetime_milliseconds, .. } = set_up;
    let kept = grant.clone();
    let deadline = RwSignal::new(deadline);
    let (code, pending) = (RwSignal::new(String::new()), RwSignal::new(false));
    let problem = RwSignal::new(None);
    let confirm = move || {
        if pending.get_untracked() {
            return;
        }
        let typed = code.get_untracked();
        if !worth_sending(&typed) {
            return problem.set(Some(ApiError::Code(CodeProblem::Malformed)));
        }
        pending.set(true);
        problem.set(None);
        let grant = grant.clone();
        spawn_local(async move {
            let answer = confirm_on_phone(grant, typed).await.flatten();
            pending.set(false);
            match answer {
                Ok(()) => done(),
                Err(ApiError::Enrolment(why)) => over(why),
                Err(other) => problem.set(Some(other)),
            }
        });
    };
    look_again_and_again(kept, deadline, over);
    let at_field = |problem: &ApiError| matches!(problem, ApiError::Code(_));
    let error = move || problem.get().filter(at_field).map(|problem| problem.to_string());
    let other = move || problem.get().filter(|problem| !at_field(problem));
    view! {
        <p class="phone-account">
            "For the account " <strong>
                <bdi translate="no">{user_name}</bdi>
            </strong> " at " <bdi translate="no">{portal_name()}</bdi> ". Open your authentication app with the button, then enter the six-digit code that it shows."
        </p>
        <a class="button button-primary button-wide" href=uri rel="external">
            <Icon glyph=Glyph::Phone />
            "Open the app on this device"
        </a>
        <form class="stack" novalidate on:submit=on_submit(confirm)>
            <Problem problem=Signal::derive(other) />
            <TextField
                id="phone-code"
                label="Six-digit code"
                kind=Kind::OneTimeCode
                value=code
                error=Signal::derive(error)
            />
            <Button emphasis=Emphasis::Primary submit=true pending>
                "Next"
            </Button>
        </form>
        <Countdown deadline=deadline.into() lifetime=lifetime_milliseconds finished=move || over(EnrolmentProblem::QrExpired) />
        <SetupKey
            key
            hint="If no app opens, add the account in your app by hand and type or paste this key."
        />
    }
}

/// Takes the key off the screen soon after the set-up has ended at the computer, and learns of
/// more time that was asked for there.
fn look_again_and_again(grant: String, deadline: RwSignal<f64>, over: impl Fn(EnrolmentProblem) + Copy + 'static) {
    let asks = StoredValue::new(false);
    let look = move || {
        if asks.try_get_value() != Some(false) {
            return;
        }
        asks.set_value(true);
        let grant = grant.clone();
        spawn_local(async move {
            let answer = phone_set_up_goes_on(grant).await.flatten();
            // The page may have moved on meanwhile.
            if asks.try_set_value(false).is_some() {
                return;
            }
            match answer {
                Ok(left) => later(deadline, browser::now() + left as f64),
                Err(ApiError::Enrolment(why)) => over(why),
                Err(_) => {}
            }
        });
    };
    let timer = StoredValue::new_local(None);
    Effect::new(move |_| timer.set_value(Some(Interval::new(LOOK_MILLISECONDS, look.clone()))));
    on_cleanup(move || drop(timer.try_update_value(Option::take)));
}

/// Moves the deadline when there is more time; how long an answer takes makes it waver a little.
fn later(deadline: RwSignal<f64>, known: f64) {
    let more = deadline.try_with_untracked(|deadline| known > deadline + f64::from(LOOK_MILLISECONDS));
    if more == Some(true) {
        deadline.set(known);
    }
}
