//! What the plain forms have in common.

use crate::{
    api::caller::current_call,
    components::alert::{Alert, Notice, Tone},
};
use contract::{ApiError, portal::Flash, routes};
use leptos::prelude::*;
use leptos_meta::Style;
use leptos_router::hooks::use_query_map;

/// Where the person was going, as far as it may be carried along.
pub fn destination() -> String {
    let next = use_query_map().with_untracked(|query| query.get("next"));
    next.as_deref().and_then(routes::local_path).unwrap_or_default().to_owned()
}

/// What the previous attempt left behind.
pub fn flash() -> Option<Flash> {
    current_call().flash().cloned()
}

/// What was wrong with the previous attempt.
pub struct Refusal {
    /// The sentence for the field at fault.
    pub at_field: Signal<Option<String>>,
    /// The sentence for the whole form, where no field is at fault.
    pub at_form: Option<String>,
}

impl Refusal {
    /// Sorts a problem to the field or to the form.
    pub fn new(problem: Option<ApiError>, concerns_field: impl Fn(&ApiError) -> bool) -> Self {
        let (at_field, at_form) = match problem {
            Some(problem) if concerns_field(&problem) => (Some(problem.to_string()), None),
            other => (None, other.map(|problem| problem.to_string())),
        };
        Self { at_field: Signal::stored(at_field), at_form }
    }

    /// Id of the form's problem, if there is one to be described by.
    pub fn form_problem_id(&self) -> &'static str {
        if self.at_form.is_some() { FORM_PROBLEM } else { "" }
    }
}

const FORM_PROBLEM: &str = "form-problem";

/// What was wrong with the whole form.
#[component]
pub fn FormProblem(
    /// The sentence.
    problem: Option<String>,
) -> impl IntoView {
    problem.map(|problem| view! { <Alert id=FORM_PROBLEM>{problem}</Alert> })
}

/// A form that the browser sends by itself, with the destination in it.
#[component]
pub fn PlainForm(
    /// The server function's URL.
    action: &'static str,
    /// Where the person was going.
    next: String,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    view! {
        <form class="stack" method="post" action=action>
            {(!next.is_empty()).then(|| view! { <input type="hidden" name="next" value=next /> })}
            {children()}
        </form>
    }
}

/// Seconds before the end at which the person is warned.
const WARNED: i64 = 120;

/// How long the right password waits for its code, and the name with which it begins anew after that.
/// The warning before the end is there from the start: its styles show it in time, without script.
#[component]
pub fn TimeForCode() -> impl IntoView {
    let call = current_call();
    let session = call.session().ok()?;
    let left = session.state.milliseconds_left;
    let minutes = (left + 30_000) / 60_000;
    let until_warned = left / 1_000 - WARNED;
    let warning = (until_warned > 0).then(|| {
        let words = format!(
            "Only two of these {minutes} minutes are left. For more time choose “Start over” and enter your password again."
        );
        let in_time = format!(".in-time {{ animation: in-time 0s {until_warned}s backwards !important; }}");
        view! {
            <Style>{in_time}</Style>
            <div class="in-time">
                <Notice tone=Tone::Caution>{words}</Notice>
            </div>
        }
    });
    let words = match minutes {
        ..=1 => "You have about a minute left for this. After that you begin again with your password.".to_owned(),
        minutes => format!("You have {minutes} minutes for this. After that you begin again with your password."),
    };
    Some(view! {
        <input type="hidden" name="user_name" value=session.user_name.clone() />
        <div>
            <p class="reason">{words}</p>
            <div role="status">{warning}</div>
        </div>
    })
}

/// The button that sends the form.
#[component]
pub fn SubmitButton(
    /// Its words.
    name: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class="button button-primary button-wide">
            {name}
        </button>
    }
}

/// Another way on, as a document of its own.
#[component]
pub fn PlainLink(
    /// Page of the portal.
    page: &'static str,
    /// Where the person was going.
    next: String,
    /// Its words.
    name: &'static str,
) -> impl IntoView {
    view! {
        <a href=routes::with_next(page, &next) rel="external">
            {name}
        </a>
    }
}

/// Gives up this sign-in.
#[component]
pub fn StartOver() -> impl IntoView {
    view! {
        <form method="post" action="/api/sign-out">
            <button type="submit" class="button button-link">
                "Start over"
            </button>
        </form>
    }
}
