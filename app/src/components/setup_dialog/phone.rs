//! "Continue on my phone": the phone takes the set-up over, and this screen
//! goes on by itself when the phone has confirmed it.

use super::flow::Flow;
use crate::{
    api::enrolment::{continue_on_phone, fetch_enrolment_progress},
    components::{
        alert::{Notice, Problem, Tone},
        browser,
        button::{Button, Emphasis},
        changing::changing,
        copied::Copyable,
        qr::Qr,
    },
};
use contract::enrolment::{EnrolmentProgress, PhoneLink};
use gloo_timers::callback::Interval;
use leptos::{prelude::*, task::spawn_local};

/// How often the portal is asked how far the phone has come.
const LOOK_MILLISECONDS: u32 = 2_000;

/// A phone that takes over.
#[derive(Clone, Copy)]
pub struct OnPhone {
    flow: Flow,
    /// Id of the secret.
    id: StoredValue<String>,
    /// The link on the screen.
    link: RwSignal<Option<PhoneLink>>,
    asking: RwSignal<bool>,
    /// The phone has confirmed the secret.
    arrived: RwSignal<bool>,
    /// Looks again and again, from the first link on.
    looking: StoredValue<Option<Interval>, LocalStorage>,
    /// An answer is on its way.
    looks: StoredValue<bool>,
}

impl OnPhone {
    /// No phone yet.
    pub fn new(flow: Flow, id: String) -> Self {
        let looking = StoredValue::new_local(None);
        on_cleanup(move || drop(looking.try_update_value(Option::take)));
        Self {
            flow,
            id: StoredValue::new(id),
            link: RwSignal::new(None),
            asking: RwSignal::new(false),
            arrived: RwSignal::new(false),
            looking,
            looks: StoredValue::new(false),
        }
    }

    /// The link on the screen, if there is one.
    pub fn link(self) -> Option<PhoneLink> {
        self.link.get()
    }

    /// A link is on its way.
    pub fn asking(self) -> Signal<bool> {
        self.asking.into()
    }

    /// Asks for a link; the one before dies.
    pub fn ask(self) {
        if self.asking.get_untracked() {
            return;
        }
        self.asking.set(true);
        self.flow.form_error.clear();
        spawn_local(async move {
            let send = async || continue_on_phone(self.id.get_value()).await.flatten();
            let answer = self.flow.step_up.run(send).await;
            // Gone when the QR code's time was over meanwhile.
            if self.asking.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(link) => {
                    self.link.set(Some(link));
                    self.looking.set_value(Some(Interval::new(LOOK_MILLISECONDS, move || self.look())));
                }
                Err(problem) => self.flow.refused(problem),
            }
        });
    }

    /// Back to the authenticator's own QR code. A phone that has the link may go on.
    fn put_away(self) {
        self.link.set(None);
        request_animation_frame(|| browser::focus("setup-code"));
    }

    /// Finds out how far the phone has come, once there is a link.
    pub fn look(self) {
        let idle = self.looking.with_value(Option::is_none) || self.looks.get_value();
        if idle {
            return;
        }
        self.looks.set_value(true);
        let id = self.id.get_value();
        spawn_local(async move {
            let answer = fetch_enrolment_progress(id).await.flatten();
            // This step, or the whole dialog, may have been left meanwhile.
            let _ = self.looks.try_set_value(false);
            match answer {
                Ok(EnrolmentProgress::Confirmed) if self.flow.is_open() => {
                    self.stop();
                    let _ = self.arrived.try_set(true);
                    self.flow.catch_up();
                }
                Ok(EnrolmentProgress::Over) if self.flow.is_scanning() => {
                    self.stop();
                    self.flow.catch_up();
                }
                Ok(_) => {}
                // It is asked again soon; what concerns the session is dealt with at once.
                Err(problem) => self.flow.form_error.note_session(&problem),
            }
        });
    }

    fn stop(self) {
        drop(self.looking.try_update_value(Option::take));
    }
}

/// The link for the phone, and what to do with it.
#[component]
pub fn PhoneWay(
    phone: OnPhone,
    link: PhoneLink,
    /// How long it is still good for.
    children: Children,
) -> impl IntoView {
    let PhoneLink { url, qr } = link;
    Effect::new(|_| browser::focus("phone-title"));
    view! {
        <div class="scan-intro">
            <h3 class="step-title" id="phone-title" tabindex="-1">
                "Go on with your phone"
            </h3>
        </div>
        <div class="scan-code">
            <Qr label="Link for your phone" qr />
            {children()}
        </div>
        <div class="stack scan-aside">
            <ol class="phone-steps">
                <li>"Scan this code with your phone’s camera, not with the authentication app. It opens a page of this portal."</li>
                <li>"There, open your authentication app and enter the six-digit code that it shows."</li>
                <li>"This window goes on by itself and shows your recovery codes."</li>
            </ol>
            <div class="phone-link">
                <p class="field-label" id="phone-link-label">
                    "Link"
                </p>
                <p class="field-hint">"It works once, on one phone, until the time is up."</p>
                <Copyable
                    text=url.clone()
                    button="Copy link"
                    refused="Your browser does not let this page copy. Select the link and copy it yourself."
                >
                    <div class="phone-link-text" role="group" aria-labelledby="phone-link-label">
                        {url}
                    </div>
                </Copyable>
            </div>
            <Problem problem=phone.flow.form_error.signal() />
            <Waiting phone />
            <div class="actions">
                <Button on:click=move |_| phone.put_away()>"Back to the QR code"</Button>
            </div>
        </div>
    }
}

/// How far the phone has come.
#[component]
fn Waiting(phone: OnPhone) -> impl IntoView {
    view! {
        <div role="status">
            {changing(move || {
                if phone.arrived.get() {
                    view! {
                        <Notice tone=Tone::Good>
                            <p>"Your phone has confirmed the set-up."</p>
                            <Button
                                emphasis=Emphasis::Primary
                                pending=phone.flow.busy()
                                on:click=move |_| phone.flow.catch_up()
                            >
                                "Go on"
                            </Button>
                        </Notice>
                    }
                        .into_any()
                } else {
                    view! { <p class="waiting">"Waiting for your phone…"</p> }.into_any()
                }
            })}
        </div>
    }
}
