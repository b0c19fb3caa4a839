//! The section "Two factor authentication" of the profile.

use crate::{
    components::{
        alert::{Notice, Tone},
        browser,
        button::{Button, Emphasis},
        fetched::Fetched,
        icon::{Glyph, Icon},
        loaded::Loaded,
        moment::Moment,
        set_up::{Intent, Outcome, use_set_up},
    },
    contract::{
        ApiError,
        profile::{Method, TwoFactorStatus},
    },
};
use leptos::prelude::*;

/// The person's authentication apps and recovery codes.
#[component]
pub fn SecondFactor(
    /// What the portal knows of them.
    status: Fetched<TwoFactorStatus>,
) -> impl IntoView {
    let set_up = use_set_up();
    follow_set_up(status);
    view! {
        <section class="panel" aria-labelledby="two-factor">
            <h2 class="panel-title" id="two-factor" tabindex="-1">
                "Two factor authentication"
            </h2>
            <div role="status">
                {move || {
                    let on = matches!(status.get(), Some(Ok(status)) if !status.methods.is_empty());
                    set_up.outcome().map(|outcome| view! { <SetUpOutcome outcome on /> })
                }}
            </div>
            <Loaded resource=status show=|status| view! { <Status status /> }.into_any() />
        </section>
    }
}

/// Resumes a set-up that a reload interrupted, and shows what came of it.
fn follow_set_up(status: Fetched<TwoFactorStatus>) {
    let set_up = use_set_up();
    // What was said about an earlier visit is no news.
    set_up.forget();
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
    Effect::new(move |_| {
        if set_up.outcome().is_some() {
            status.refetch();
        }
    });
    // The button that opened the dialog is replaced when the status changes.
    Effect::new(move |_| {
        let on = matches!(status.get(), Some(Ok(status)) if !status.methods.is_empty());
        match set_up.outcome() {
            Some(Outcome::Finished) if on => request_animation_frame(|| browser::focus("two-factor")),
            // A dialog that opened by itself after a reload had no button to go back to.
            Some(Outcome::Abandoned) => request_animation_frame(|| browser::focus_if_nothing_has_it("two-factor")),
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
        Outcome::Unreachable => view! { <Notice tone=Tone::Caution>{ApiError::Offline.to_string()}</Notice> },
        Outcome::Finished => view! {
            <Notice tone=Tone::Good>"Two-factor authentication is on. From now on you sign in with a code as well."</Notice>
        },
        Outcome::Abandoned => view! {
            <Notice tone=Tone::Caution>{if on {
                "The set-up was not finished, and nothing was changed by it. Its QR code and recovery codes are worthless."
            } else {
                "The set-up was not finished: two-factor authentication is not on yet. Its QR code and recovery codes are worthless."
            }}</Notice>
        },
    }
}

#[component]
fn Status(status: TwoFactorStatus) -> impl IntoView {
    if status.methods.is_empty() { view! { <Off /> }.into_any() } else { view! { <On status /> }.into_any() }
}

#[component]
fn Off() -> impl IntoView {
    let set_up = use_set_up();
    view! {
        <p class="state">
            <span class="badge badge-caution">"Off"</span>
            "Two-factor authentication is not on yet."
        </p>
        <p>"With it, a stolen password alone does not open your account: signing in also takes a code from your phone."</p>
        <Button emphasis=Emphasis::Primary on:click=move |_| set_up.open(Intent::Add)>
            "Add method"
        </Button>
    }
}

#[component]
fn On(status: TwoFactorStatus) -> impl IntoView {
    let set_up = use_set_up();
    let left = status.recovery_codes_left();
    let methods = status.methods;
    let methods = methods.into_iter().map(|method| view! { <MethodRow method /> }).collect_view();
    view! {
        <p class="state">
            <span class="badge badge-good">"On"</span>
            "You sign in with your password and a code."
        </p>
        <ul class="methods" role="list" aria-label="Methods">
            {methods}
        </ul>
        <p class="codes-left">
            {match left {
                0 => "No recovery codes are left.".to_owned(),
                1 => "1 recovery code is left.".to_owned(),
                left => format!("{left} recovery codes are left."),
            }}
        </p>
        <Button on:click=move |_| set_up.open(Intent::Add)>"Add method"</Button>
    }
}

#[component]
fn MethodRow(method: Method) -> impl IntoView {
    let Method { name, added_at, last_used_at, .. } = method;
    view! {
        <li class="method">
            <span class="method-icon">
                <Icon glyph=Glyph::Phone />
            </span>
            <div>
                <p class="method-name">
                    <bdi>{name}</bdi>
                </p>
                <p class="muted">
                    "Added " <Moment at=added_at /> <span aria-hidden="true">" · "</span>
                    {match last_used_at {
                        Some(at) => view! { "Last used " <Moment at /> }.into_any(),
                        None => "Not used yet".into_any(),
                    }}
                </p>
            </div>
        </li>
    }
}
