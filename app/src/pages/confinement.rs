//! The demand for a second factor: all there is until it is met.

use crate::components::{
    alert::{Notice, Tone},
    button::{Button, Emphasis},
    card::Standalone,
    changing::sometimes,
    moment::Moment,
    page::PageHeading,
    set_up::{Intent, Outcome, use_set_up},
    signed_in::use_signed_in,
};
use leptos::prelude::*;

/// What someone sees who owes a second factor.
#[component]
pub fn Confinement(
    /// Unix time until which they may go on without.
    until: Option<i64>,
) -> impl IntoView {
    let (set_up, signed_in) = (use_set_up(), use_signed_in());
    resume_what_a_reload_interrupted();
    let anew = untrack(|| signed_in.viewer()).is_some_and(|viewer| viewer.sets_up_anew);
    let words = match anew {
        true => {
            "You came in with a temporary access code, which is used up now. Set up a new authentication app before you leave: from then on the apps and recovery codes that you had no longer work."
        }
        false => {
            "Everyone here signs in with a password and a code from an authentication app, so that a stolen password alone opens nothing. Setting it up takes about two minutes; then you go on to where you were going."
        }
    };
    Effect::new(move |_| {
        if let Some(Outcome::Finished { .. }) = set_up.outcome() {
            signed_in.refetch();
        }
    });
    let said = sometimes(move || {
        let words = match set_up.outcome()? {
            Outcome::Finished { .. } => return None,
            Outcome::Abandoned => "The set-up was not finished. Two-factor authentication is not on yet.".into_any(),
            Outcome::Unreachable(missing) => missing.words(),
        };
        Some(view! { <Notice tone=Tone::Caution>{words}</Notice> }.into_any())
    });
    view! {
        <Standalone>
            <div class="card">
                <PageHeading title="Two-factor authentication required" />
                <p>{words}</p>
                {until
                    .map(|until| {
                        view! {
                            <p>
                                "You can put it off until " <b>
                                    <Moment at=until />
                                </b> ". From then on it comes before anything else."
                            </p>
                        }
                    })}
                <div role="status">
                    {said}
                </div>
                <div class="actions">
                    <Button emphasis=Emphasis::Primary on:click=move |_| set_up.open(Intent::Add)>
                        "Set up 2FA"
                    </Button>
                    {until.map(|_| view! { <NotNow /> })}
                    <form method="post" action="/api/sign-out">
                        <button type="submit" class="button">
                            "Sign out"
                        </button>
                    </form>
                </div>
            </div>
        </Standalone>
    }
}

/// A plain form, so that it works without script.
#[component]
fn NotNow() -> impl IntoView {
    let signed_in = use_signed_in();
    view! {
        <form method="post" action="/api/postpone-set-up">
            <input type="hidden" name="next" value=move || signed_in.page() />
            <button type="submit" class="button">
                "Not now"
            </button>
        </form>
    }
}

/// Someone who reloads the page in the middle of a set-up finds it where it was.
fn resume_what_a_reload_interrupted() {
    let (set_up, signed_in) = (use_set_up(), use_signed_in());
    Effect::new(move |_| {
        let under_way = untrack(|| signed_in.viewer()).is_some_and(|viewer| viewer.enrolment_under_way);
        if under_way && !set_up.is_open_untracked() {
            set_up.open(Intent::Resume);
        }
    });
}
