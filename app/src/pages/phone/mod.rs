//! Where a phone takes over a set-up that was begun at a computer.
//!
//! The link's secret stands in the fragment of the address: browsers send it
//! to nobody, and this page takes it out of the address and the history before
//! it does anything else. What it is exchanged for lives in this page only.
//!
//! ```text
//! Opening ──> Open ──right code──> Done
//!    │          └── time is up, replaced, ended ──> Over
//!    └── no link, used or dead link ──> Over
//! ```

mod set_up;

use crate::{
    api::enrolment::open_phone_set_up,
    components::{
        alert::Alert,
        browser,
        button::{Button, Emphasis},
        card::Standalone,
        changing::changing,
        icon::{Glyph, Icon},
        page::PageHeading,
        part::lazy_page,
    },
};
use contract::{
    ApiError,
    enrolment::{EnrolmentProblem, PhoneSetUp},
};
use leptos::{prelude::*, task::spawn_local};
use set_up::SetUpHere;

lazy_page! {
    /// What "Continue on my phone" leads to.
    PhonePage, part account, preload preload_phone, phone => async { view! { <Phone /> }.into_any() }
}

/// What the page shows.
#[derive(Clone)]
enum Stage {
    /// The link is being opened.
    Opening,
    /// It could not be opened now; trying again may help.
    Failed(ApiError),
    /// The secret, until a time by this browser's clock.
    Open(PhoneSetUp, f64),
    /// The code was right.
    Done,
    /// This page is good for nothing any more.
    Over(String),
}

#[component]
fn Phone() -> impl IntoView {
    let stage = RwSignal::new(Stage::Opening);
    let token = StoredValue::new(None);
    let open = move || {
        let Some(link) = token.get_value() else {
            return stage.set(Stage::Over(NO_LINK.to_owned()));
        };
        stage.set(Stage::Opening);
        spawn_local(async move {
            stage.set(match open_phone_set_up(link).await.flatten() {
                Ok(set_up) => {
                    // It is used up.
                    token.set_value(None);
                    let deadline = browser::now() + set_up.milliseconds_left as f64;
                    Stage::Open(set_up, deadline)
                }
                Err(problem @ ApiError::Enrolment(_)) => Stage::Over(sentence(&problem)),
                Err(problem) => Stage::Failed(problem),
            });
        });
    };
    Effect::new(move |_| {
        token.set_value(browser::take_fragment());
        open();
    });
    view! {
        <Standalone>
            <div class="card">
                <PageHeading title="Set up on this phone" />
                {changing(move || match stage.get() {
                    Stage::Opening => view! { <p class="loading" role="status">"Opening the link…"</p> }.into_any(),
                    Stage::Failed(problem) => {
                        view! {
                            <Alert>{problem.to_string()}</Alert>
                            <div class="actions">
                                <Button emphasis=Emphasis::Primary on:click=move |_| open()>
                                    "Try again"
                                </Button>
                            </div>
                        }
                            .into_any()
                    }
                    Stage::Open(set_up, deadline) => {
                        view! {
                            <SetUpHere
                                set_up
                                deadline
                                done=move || stage.set(Stage::Done)
                                over=move |why: EnrolmentProblem| {
                                    stage.set(Stage::Over(sentence(&ApiError::Enrolment(why))));
                                }
                            />
                        }
                            .into_any()
                    }
                    Stage::Done => view! { <Done /> }.into_any(),
                    Stage::Over(why) => view! { <Alert>{why}</Alert> }.into_any(),
                })}
            </div>
        </Standalone>
    }
}

const NO_LINK: &str = "There is no link in this address, or it was opened before. At your computer choose “Continue on my phone”, and scan the code that appears there.";

/// What a refusal means to someone who holds the phone.
fn sentence(problem: &ApiError) -> String {
    match problem {
        ApiError::Enrolment(EnrolmentProblem::QrExpired) => "The time for this set-up is up. At your computer choose “Generate new”, then “Continue on my phone” again; if your app already made an entry, delete it.".to_owned(),
        ApiError::Enrolment(EnrolmentProblem::QrReplaced) => "A new QR code was made at your computer, so this page is no longer good for anything. Delete the entry that your app made, and choose “Continue on my phone” again.".to_owned(),
        ApiError::Enrolment(EnrolmentProblem::Gone | EnrolmentProblem::FinishedTooLate) => "The set-up at your computer has ended. Begin again there; if your app already made an entry, delete it.".to_owned(),
        other => other.to_string(),
    }
}

#[component]
fn Done() -> impl IntoView {
    Effect::new(|_| browser::focus("phone-done"));
    view! {
        <div class="phone-done" id="phone-done" tabindex="-1" role="status">
            <Icon glyph=Glyph::Check />
            <p class="phone-done-words">"Done. Go on at your computer to save your recovery codes."</p>
            <p class="muted">"Your app now shows codes for this account. You can close this page."</p>
        </div>
    }
}
