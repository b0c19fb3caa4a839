//! Content that was fetched: when it is there, when it changes, when it fails.

use super::{
    alert::Alert,
    button::Button,
    changing::sometimes,
    fetched::Fetched,
    signed_in::{SignedIn, use_signed_in},
};
use contract::ApiError;
use leptos::{ev, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

/// Fetched content.
///
/// Whoever shows it has waited for the first answer, see
/// [`settled`](super::fetched::settled). What is shown stays while newer
/// content is on its way.
#[component]
pub fn Loaded<T>(
    /// Where it comes from.
    resource: Fetched<T>,
    /// How it looks.
    #[prop(into)]
    show: Callback<T, AnyView>,
) -> impl IntoView
where
    T: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let signed_in = use_signed_in();
    Effect::new(move |_| {
        if let Some(Err(problem)) = resource.get() {
            signed_in.deals_with(&problem);
        }
    });
    let latest =
        Memo::new(move |before: Option<&Option<Result<T, ApiError>>>| keep_what_is_known(before, resource.get()));
    sometimes(move || {
        Some(match latest.get()? {
            Ok(content) => show.run(content),
            Err(problem) => view! { <Failed problem retry=move || resource.refetch() /> }.into_any(),
        })
    })
}

/// A passing failure does not take away what is on the screen already.
pub fn keep_what_is_known<T: Clone>(
    before: Option<&Option<Result<T, ApiError>>>,
    now: Option<Result<T, ApiError>>,
) -> Option<Result<T, ApiError>> {
    let before = before.and_then(Option::as_ref);
    match now {
        Some(now) => Some(newer(before, now)),
        None => before.filter(|known| known.is_ok()).cloned(),
    }
}

/// An answer, unless it is a passing failure and there was one before.
pub fn newer<T: Clone>(before: Option<&Result<T, ApiError>>, now: Result<T, ApiError>) -> Result<T, ApiError> {
    match (before, now) {
        (Some(known @ Ok(_)), Err(ApiError::Offline | ApiError::Unavailable)) => known.clone(),
        (_, now) => now,
    }
}

/// Content that could not be fetched, and the way to try again where that may help. Where the portal
/// could not be reached it tries again by itself when the browser is back on the net.
#[component]
pub fn Failed(
    /// Why.
    problem: ApiError,
    /// Tries again.
    retry: impl Fn() + 'static,
) -> impl IntoView {
    let session_over = matches!(problem, ApiError::SignedOut | ApiError::SecondFactorRequired);
    let retry = StoredValue::new_local(retry);
    let again = move || retry.with_value(|retry| retry());
    if matches!(problem, ApiError::Offline) {
        Effect::new(move |_| {
            let listener = window_event_listener(ev::online, move |_| again());
            on_cleanup(move || listener.remove());
        });
    }
    // What is asked for has to change first.
    let same_again = matches!(problem, ApiError::AuditFilter(_));
    (!session_over).then(|| {
        view! {
            <div class="failed">
                <Alert>{problem.to_string()}</Alert>
                {(!same_again).then(|| view! { <Button on:click=move |_| again()>"Try again"</Button> })}
            </div>
        }
    })
}

/// The outcome of something a person started: none yet, or what went wrong.
#[derive(Clone, Copy)]
pub struct FormError {
    problem: RwSignal<Option<ApiError>>,
    signed_in: SignedIn,
}

impl FormError {
    /// None yet.
    pub fn new() -> Self {
        Self { problem: RwSignal::new(None), signed_in: use_signed_in() }
    }

    /// Forgets what went wrong before.
    pub fn clear(self) {
        self.problem.set(None);
    }

    /// Notes what went wrong, unless it concerns the session.
    pub fn note(self, problem: ApiError) {
        let elsewhere = self.signed_in.deals_with(&problem);
        self.problem.set((!elsewhere).then_some(problem));
    }

    /// Deals with what concerns the session, and lets the rest pass.
    pub fn note_session(self, problem: &ApiError) {
        self.signed_in.deals_with(problem);
    }

    /// What went wrong.
    pub fn get(self) -> Option<ApiError> {
        self.problem.get()
    }

    /// As a signal.
    pub fn signal(self) -> Signal<Option<ApiError>> {
        self.problem.into()
    }
}
