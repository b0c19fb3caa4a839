//! "I need more time": the same QR code for longer (WCAG 2.2 success criterion 2.2.1).

use super::flow::Flow;
use crate::{
    api::enrolment::extend_enrolment,
    components::{
        browser,
        button::Button,
        changing::sometimes,
        time_left::{milliseconds_left, seconds},
    },
};
use contract::enrolment::ExtendedEnrolment;
use leptos::{prelude::*, task::spawn_local};

/// Seconds before the end at which more time is offered.
const OFFERED: i64 = 60;

/// How long the QR code on the screen still counts.
#[derive(Clone, Copy)]
pub struct Time {
    flow: Flow,
    /// Milliseconds by this browser's clock.
    deadline: RwSignal<f64>,
    may_extend: RwSignal<bool>,
    pending: RwSignal<bool>,
    said: RwSignal<&'static str>,
}

impl Time {
    /// As the portal gave it.
    pub fn new(flow: Flow, deadline: f64, may_extend: bool) -> Self {
        Self {
            flow,
            deadline: RwSignal::new(deadline),
            may_extend: RwSignal::new(may_extend),
            pending: RwSignal::new(false),
            said: RwSignal::new(""),
        }
    }

    /// Milliseconds by this browser's clock.
    pub fn deadline(self) -> Signal<f64> {
        self.deadline.into()
    }

    fn extend(self, id: String) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.flow.form_error.clear();
        spawn_local(async move {
            let answer = extend_enrolment(id).await.flatten();
            // Gone when the step was left meanwhile.
            if self.pending.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(ExtendedEnrolment { milliseconds_left, may_extend }) => {
                    self.deadline.set(browser::now() + milliseconds_left as f64);
                    self.may_extend.set(may_extend);
                    self.said.set("The QR code is valid for longer now.");
                    // The button is gone when enough time is left.
                    request_animation_frame(|| {
                        if browser::has_mouse() && browser::is_in_view("setup-code") {
                            browser::focus_if_nothing_has_it("setup-code");
                        }
                        browser::focus_if_nothing_has_it("more-time-said");
                    });
                }
                Err(problem) => self.flow.refused(problem),
            }
        });
    }
}

/// The button, when time is short, and what came of it.
#[component]
pub fn MoreTime(
    time: Time,
    /// Id of the secret.
    id: String,
) -> impl IntoView {
    let left = milliseconds_left(time.deadline());
    let short = Memo::new(move |_| (1..=OFFERED).contains(&seconds(left.get())));
    view! {
        {sometimes(move || {
            let id = id.clone();
            (short.get() && time.may_extend.get())
                .then(|| {
                    view! {
                        <Button pending=time.pending on:click=move |_| time.extend(id.clone())>
                            "I need more time"
                        </Button>
                    }
                        .into_any()
                })
        })}
        <p class="muted more-time" role="status" id="more-time-said" tabindex="-1">
            {time.said}
        </p>
    }
}
