//! Keeping an eye on the end of the session.

use super::{
    end::End,
    tabs::{News, Tabs},
};
use crate::{
    api::session::{fetch_session_state, stay_signed_in},
    components::{
        browser,
        loaded::FormError,
        signed_in::{SignedIn, use_signed_in},
    },
};
use contract::{ApiError, session::SessionState};
use gloo_timers::callback::Timeout;
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::HtmlFormElement;

/// Longest sleep in milliseconds. Timers stand still while a laptop sleeps; the wall clock does not.
const LONGEST_SLEEP: f64 = 30_000.0;

/// Milliseconds between two looks while the dialog is open: a request of another tab may have put the end off.
const LOOK_AGAIN: f64 = 10_000.0;

/// Milliseconds after the end before the portal is asked whether it is over.
const GRACE: f64 = 500.0;

/// Where every "Sign out" leads.
const SIGN_OUT: &str = "/api/sign-out";

/// The watch of one page.
#[derive(Clone, Copy)]
pub struct Watch {
    end: RwSignal<Option<End>>,
    /// The dialog is open.
    warns: RwSignal<bool>,
    /// The person knows of an end that can't be put off.
    told: StoredValue<bool>,
    /// "Stay signed in" is on its way.
    staying: RwSignal<bool>,
    /// Why that did not work.
    pub form_error: FormError,
    looking: StoredValue<bool>,
    timer: StoredValue<Option<Timeout>, LocalStorage>,
    tabs: StoredValue<Option<Tabs>, LocalStorage>,
    signed_in: SignedIn,
}

impl Watch {
    /// Asleep.
    pub fn new() -> Self {
        Self {
            end: RwSignal::new(None),
            warns: RwSignal::new(false),
            told: StoredValue::new(false),
            staying: RwSignal::new(false),
            form_error: FormError::new(),
            looking: StoredValue::new(false),
            timer: StoredValue::new_local(None),
            tabs: StoredValue::new_local(None),
            signed_in: use_signed_in(),
        }
    }

    /// Asks for the end of the session and watches it as long as the page is signed in. Browser only.
    pub fn start(self) {
        self.tabs.set_value(Tabs::open(move |news| self.hear(news)));
        let back = window_event_listener(ev::visibilitychange, move |_| self.wake());
        let leaving = tell_when_signing_out(self);
        on_cleanup(move || {
            back.remove();
            leaving.into_iter().for_each(WindowListenerHandle::remove);
            self.timer.set_value(None);
            self.tabs.set_value(None);
        });
        self.look();
    }

    /// The person is to be told that the session ends soon.
    pub fn warns(self) -> bool {
        self.warns.get()
    }

    /// When it ends, in milliseconds by the browser's clock.
    pub fn deadline(self) -> Signal<f64> {
        Signal::derive(move || self.end.get().map_or(0.0, |end| end.at))
    }

    /// Whether that can be put off.
    pub fn extendable(self) -> Signal<bool> {
        Signal::derive(move || self.end.get().is_none_or(|end| end.extendable))
    }

    /// "Stay signed in" is on its way.
    pub fn staying(self) -> Signal<bool> {
        self.staying.into()
    }

    /// Puts the end off, here and in the other tabs.
    pub fn stay(self) {
        // Taking the dialog out of the page makes the browser report that it is closed.
        if self.staying.get_untracked() || !self.warns.get_untracked() {
            return;
        }
        self.staying.set(true);
        self.form_error.clear();
        spawn_local(async move {
            let answer = stay_signed_in().await;
            // The page may have gone meanwhile.
            if self.staying.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(state) => {
                    self.end.set(None);
                    self.learn(state);
                    self.tell(News::Stayed);
                }
                Err(problem) => self.form_error.note(problem),
            }
        });
    }

    /// Closes the dialog about an end that can't be put off.
    pub fn heed(self) {
        if !self.warns.get_untracked() {
            return;
        }
        self.told.set_value(true);
        self.warns.set(false);
        self.sleep();
    }

    fn tell(self, news: News) {
        self.tabs.with_value(|tabs| {
            if let Some(tabs) = tabs {
                tabs.tell(news);
            }
        });
    }

    fn hear(self, news: News) {
        match news {
            News::Stayed => self.look(),
            News::Left => {
                self.signed_in.deals_with(&ApiError::SignedOut);
            }
        }
    }

    /// Asks the portal, which does not keep the session alive.
    fn look(self) {
        if self.looking.get_value() {
            return;
        }
        self.looking.set_value(true);
        spawn_local(async move {
            let answer = fetch_session_state().await;
            // The page may have gone meanwhile.
            if self.looking.try_set_value(false).is_some() {
                return;
            }
            match answer {
                Ok(state) => self.learn(state),
                Err(problem) if self.signed_in.deals_with(&problem) => {}
                // Nobody knows better than what was known before.
                Err(_) => self.warn_if_it_is_time(),
            }
        });
    }

    fn learn(self, state: SessionState) {
        let before = self.end.get_untracked();
        let end = End::new(state, browser::now(), before);
        if before.is_none_or(|before| before.was_put_off_to(end.at)) {
            self.warns.set(false);
            self.told.set_value(false);
        }
        self.end.set(Some(end));
        self.warn_if_it_is_time();
    }

    fn warn_if_it_is_time(self) {
        let due = self.end.get_untracked().is_some_and(|end| browser::now() >= end.notice_at);
        if due && !self.told.get_value() && !self.warns.get_untracked() {
            self.form_error.clear();
            self.warns.set(true);
        }
        self.sleep();
    }

    /// Sleeps until there may be something to do.
    fn sleep(self) {
        let now = browser::now();
        let until = match self.end.get_untracked() {
            Some(end) if self.warns.get_untracked() => (end.at + GRACE).min(now + LOOK_AGAIN),
            Some(end) if self.told.get_value() => end.at + GRACE,
            Some(end) => end.notice_at,
            None => now + LONGEST_SLEEP,
        };
        // What has been due for long was tried just now.
        let shortest = if until < now - GRACE { LOOK_AGAIN } else { GRACE };
        let duration = (until - now).clamp(shortest, LONGEST_SLEEP) as u32;
        self.timer.set_value(Some(Timeout::new(duration, move || self.wake())));
    }

    /// Looks if there is a reason to; every request of the page may have put the end off.
    fn wake(self) {
        let now = browser::now();
        let reason = match self.end.get_untracked() {
            Some(end) if self.told.get_value() => now >= end.at,
            Some(end) => now >= end.notice_at,
            None => true,
        };
        if reason { self.look() } else { self.sleep() }
    }
}

/// Tells the other tabs when this one has signed out.
///
/// The page goes away when the answer to the form has come: by then the session is over.
fn tell_when_signing_out(watch: Watch) -> [WindowListenerHandle; 2] {
    let submitted = window_event_listener(ev::submit, move |event| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        if form.is_some_and(|form| form.action().ends_with(SIGN_OUT)) {
            watch.signed_in.sign_out();
        }
    });
    let gone = window_event_listener(ev::pagehide, move |_| {
        if watch.signed_in.signs_out() {
            watch.tell(News::Left);
        }
    });
    [submitted, gone]
}
