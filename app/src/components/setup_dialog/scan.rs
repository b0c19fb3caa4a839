//! Step 2: scan the QR code and prove it with a code.

use super::{
    countdown::Countdown,
    flow::{Flow, Shown},
};
use crate::{
    components::{
        alert::Problem,
        browser,
        button::{Button, Emphasis},
        field::{Kind, TextField, on_submit},
        icon::{Glyph, Icon},
    },
    contract::{
        ApiError,
        enrolment::{PendingEnrolment, QrCode},
        error::CodeProblem,
    },
};
use leptos::{prelude::*, task::spawn_local};

/// A QR code that waits to be scanned.
#[component]
pub fn Scan(flow: Flow, shown: Shown<PendingEnrolment>) -> impl IntoView {
    let Shown { content: PendingEnrolment { id, qr, key, uri, lifetime_milliseconds, .. }, deadline } = shown;
    view! {
        <div class="scan">
            <p class="scan-intro" id="scan-intro">
                "Scan this QR code with your authentication app, then enter the six-digit code that the app shows."
            </p>
            <a class="button scan-open" href=uri rel="external">
                <Icon glyph=Glyph::Phone />
                "Open the app on this device"
            </a>
            <div class="scan-code">
                <Qr qr />
                <Countdown deadline lifetime=lifetime_milliseconds finished=move || flow.time_is_up() />
            </div>
            <SetupKey key />
            <CodeForm flow id />
        </div>
    }
}

/// The QR code, dark on white in every colour scheme, as cameras need it.
#[component]
fn Qr(qr: QrCode) -> impl IntoView {
    let QrCode { size, path } = qr;
    view! {
        <svg class="qr" role="img" aria-label="QR code" viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
            <rect width=size height=size fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
}

/// The secret as text, for those who can't scan.
#[component]
fn SetupKey(key: String) -> impl IntoView {
    let copied = RwSignal::new("");
    let shown = key.clone();
    let copy = move |_| {
        // Apps take the key without the spaces that make it readable.
        let key: String = key.split_whitespace().collect();
        spawn_local(async move {
            copied.set(match browser::copy(&key).await {
                Ok(()) => "Copied.",
                Err(_) => "Your browser does not let this page copy. Select the key and copy it yourself.",
            });
        });
    };
    view! {
        <div class="setup-key">
            <p class="field-label" id="setup-key-label">
                "Setup key"
            </p>
            <p class="field-hint">"If you can't scan, type this into the app instead."</p>
            <div class="setup-key-row">
                <div class="setup-key-text" role="group" aria-labelledby="setup-key-label">
                    {shown}
                </div>
                <Button on:click=copy>"Copy key"</Button>
            </div>
            <p class="copied" role="status">
                {copied}
            </p>
        </div>
    }
}

/// The code that proves the scan.
#[component]
fn CodeForm(flow: Flow, id: String) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let submit = move || {
        let typed = code.get_untracked();
        if six_digits(&typed) {
            flow.confirm(id.clone(), typed);
        } else {
            flow.trouble.note(ApiError::Code(CodeProblem::Malformed));
        }
    };
    let error = move || flow.trouble.get().filter(is_about_code).map(|problem| problem.to_string());
    let other = move || flow.trouble.get().filter(|problem| !is_about_code(problem));
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
                autofocus=browser::has_mouse()
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
    let other = move || flow.trouble.get().filter(|problem| !matches!(problem, ApiError::Enrolment(_)));
    let late = move || matches!(flow.trouble.get(), Some(ApiError::Enrolment(_)));
    view! {
        <div class="stack expired">
            <div class="expired-frame">
                <p class="expired-title" role="alert">
                    "This QR code has expired"
                </p>
                <p>
                    {move || {
                        if late() {
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

/// Whether the portal would look at this code at all.
fn six_digits(typed: &str) -> bool {
    let mut digits = 0;
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').all(|c| {
        digits += 1;
        c.is_ascii_digit()
    }) && digits == 6
}

fn is_about_code(problem: &ApiError) -> bool {
    matches!(problem, ApiError::Code(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_ascii_digits_however_they_are_grouped() {
        for good in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6"] {
            assert!(six_digits(good), "{good:?}");
        }
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "12.3456"] {
            assert!(!six_digits(bad), "{bad:?}");
        }
    }
}
