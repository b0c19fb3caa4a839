//! Step 2: scan the QR code and prove it with a code.

use super::{
    flow::{Flow, Shown},
    more_time::{MoreTime, Time},
    phone::{OnPhone, PhoneWay},
};
use crate::components::{
    alert::Problem,
    browser,
    button::{Button, Emphasis},
    changing::changing,
    countdown::Countdown,
    field::{Kind, TextField, on_submit},
    icon::{Glyph, Icon},
    one_time_code::worth_sending,
    page::ProblemsShown,
    qr::Qr,
    setup_key::SetupKey,
};
use contract::{ApiError, enrolment::PendingEnrolment, error::CodeProblem};
use leptos::prelude::*;

/// A QR code that waits to be scanned here, or on a phone that takes over.
#[component]
pub fn Scan(flow: Flow, shown: Shown<PendingEnrolment>) -> impl IntoView {
    let Shown { content, deadline } = shown;
    let lifetime = content.lifetime_milliseconds;
    let time = Time::new(flow, deadline, content.may_extend);
    let phone = OnPhone::new(flow, content.id.clone());
    let finished = move || {
        // The phone may have been faster than this screen could learn.
        phone.look();
        flow.time_is_up();
    };
    view! {
        <div class="scan">
            {changing(move || {
                let id = content.id.clone();
                let left = view! {
                    <Countdown deadline=time.deadline() lifetime finished />
                    <MoreTime time id />
                };
                match phone.link() {
                    Some(link) => view! { <PhoneWay phone link>{left}</PhoneWay> }.into_any(),
                    None => view! { <HereWay flow phone pending=content.clone()>{left}</HereWay> }.into_any(),
                }
            })}
        </div>
    }
}

/// Everything is done at this screen.
#[component]
fn HereWay(
    flow: Flow,
    phone: OnPhone,
    pending: PendingEnrolment,
    /// How long it is still good for.
    children: Children,
) -> impl IntoView {
    let PendingEnrolment { id, qr, key, uri, replaces, .. } = pending;
    // The button that led here is gone. The field would bring up a keyboard that covers the code,
    // or scroll it out of a small window.
    Effect::new(|_| {
        request_animation_frame(|| {
            browser::scroll_dialog_to_top();
            if browser::has_mouse() && browser::is_in_view("setup-code") {
                browser::focus("setup-code");
            } else {
                browser::focus("scan-intro");
            }
        });
    });
    view! {
        <div class="scan-intro">
            <p id="scan-intro" tabindex="-1">
                "Scan this QR code with your authentication app, or open an app on this device; then enter the six-digit code that it shows."
            </p>
            {replaces
                .map(|name| {
                    view! {
                        <p class="muted">
                            "The new method takes the place of “" <bdi translate="no">{name}</bdi> "”, which keeps working until “Finish”."
                        </p>
                    }
                })}
        </div>
        <div class="scan-ways">
            <a class="button scan-open" href=uri rel="external">
                <Icon glyph=Glyph::Phone />
                "Open the app on this device"
            </a>
            <div class="scan-phone">
                <Button pending=phone.asking() on:click=move |_| phone.ask()>
                    "Continue on my phone"
                </Button>
            </div>
        </div>
        <div class="scan-code">
            <Qr label="QR code" qr />
            {children()}
        </div>
        <SetupKey key hint="If you can't scan, type this into the app instead." />
        <CodeForm flow id />
    }
}

/// The code that proves the scan.
#[component]
fn CodeForm(flow: Flow, id: String) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let submit = move || {
        let typed = code.get_untracked();
        if worth_sending(&typed) {
            flow.confirm(id.clone(), typed);
        } else {
            flow.form_error.note(ApiError::Code(CodeProblem::Malformed));
        }
    };
    let error = move || flow.form_error.get().filter(is_about_code).map(|problem| problem.to_string());
    let other = move || flow.form_error.get().filter(|problem| !is_about_code(problem));
    view! {
        <form class="scan-form stack" novalidate on:submit=on_submit(submit)>
            <Problem problem=Signal::derive(other) />
            <TextField
                id="setup-code"
                label="Six-digit code"
                kind=Kind::OneTimeCode
                value=code
                error=Signal::derive(error)
                described_by="scan-intro"
            />
            <div class="actions">
                <Button emphasis=Emphasis::Primary submit=true pending=flow.busy()>
                    "Next"
                </Button>
            </div>
        </form>
    }
}

/// The QR code's time is over: it is gone from the page, and a new one can be made.
#[component]
pub fn Expired(flow: Flow) -> impl IntoView {
    let other = move || flow.form_error.get().filter(|problem| !matches!(problem, ApiError::Enrolment(_)));
    let late = move || matches!(flow.form_error.get(), Some(ApiError::Enrolment(_)));
    // What had the focus is gone with the QR code.
    Effect::new(|_| browser::focus("expired-title"));
    view! {
        <div class="stack expired">
            <div class="expired-frame">
                <p class="expired-title" id="expired-title" role="alert" tabindex="-1">
                    "This QR code has expired"
                </p>
                <p>
                    {move || {
                        if late() {
                            ProblemsShown::one_more();
                            "The code you entered came too late. Delete the entry that your app made from the old QR code, then generate a new one and scan it."
                        } else {
                            "For your security it is valid for a short time only. Generate a new one and scan it; if your app already made an entry from the old one, delete that entry."
                        }
                    }}
                </p>
                <Button emphasis=Emphasis::Primary pending=flow.busy() on:click=move |_| flow.renew()>
                    "Generate new"
                </Button>
            </div>
            <Problem problem=Signal::derive(other) />
        </div>
    }
}

fn is_about_code(problem: &ApiError) -> bool {
    matches!(problem, ApiError::Code(_))
}
