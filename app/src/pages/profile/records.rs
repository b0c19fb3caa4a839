//! Where a person is signed in and what happened there, as far as it is known here.

use crate::{
    api::{
        account::{fetch_activity, fetch_own_mail},
        session::{fetch_sessions, fetch_trusted_browsers},
    },
    components::{
        changing::{Changing, sometimes},
        fetched::{Fetched, fetched, settled},
        loaded::{Failed, newer},
        signed_in::use_signed_in,
    },
};
use contract::{
    ApiError,
    activity::ActivityPage,
    mail_address::OwnMail,
    profile::TwoFactorStatus,
    session::{SessionEntry, TrustedBrowser},
};
use futures_util::future::join4;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The answers of the portal, each of which may be missing by itself.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// Browsers that are not asked for a code.
    pub trusted_browsers: Result<Vec<TrustedBrowser>, ApiError>,
    /// Sessions, this one first.
    pub sessions: Result<Vec<SessionEntry>, ApiError>,
    /// The latest security events.
    pub activity: Result<ActivityPage, ApiError>,
    /// Where the person gets mail.
    pub mail: Result<OwnMail, ApiError>,
}

async fn ask() -> Result<Answers, ApiError> {
    let (trusted_browsers, sessions, activity, mail) =
        join4(fetch_trusted_browsers(), fetch_sessions(), fetch_activity(None), fetch_own_mail()).await;
    Ok(Answers { trusted_browsers, sessions, activity, mail })
}

/// What several sections show and change. One resource rather than three: they
/// change together, and each costs kilobytes of program.
#[derive(Clone, Copy)]
pub struct Records {
    asked: Fetched<Answers>,
    /// The latest answers that said something.
    latest: Memo<Option<Answers>>,
}

impl Records {
    /// Asks the portal for all of them at once.
    pub fn fetch() -> Self {
        let asked = fetched(|| (), |()| ask());
        let latest = Memo::new(move |before: Option<&Option<Answers>>| {
            let now = asked.get().and_then(Result::ok)?;
            Some(match before.and_then(Option::as_ref) {
                None => now,
                Some(before) => Answers {
                    trusted_browsers: newer(Some(&before.trusted_browsers), now.trusted_browsers),
                    sessions: newer(Some(&before.sessions), now.sessions),
                    activity: newer(Some(&before.activity), now.activity),
                    mail: newer(Some(&before.mail), now.mail),
                },
            })
        });
        Self { asked, latest }
    }

    /// Waits for the first answers.
    pub async fn settle(self) {
        settled(self.asked).await;
    }

    /// Asks again: one change shows in several sections, and leaves a trace in the activity.
    pub fn refetch(self) {
        self.asked.refetch();
    }

    /// Asks again whenever the second factor changes, because sessions and
    /// trusted browsers may end with it; and heeds what concerns this session.
    pub fn follow(self, status: Fetched<TwoFactorStatus>) {
        Effect::new(move |before: Option<Option<TwoFactorStatus>>| {
            let now = status.get().and_then(Result::ok);
            let before = before.flatten();
            if before.is_some() && now.is_some() && before != now {
                self.refetch();
            }
            now.or(before)
        });
        let signed_in = use_signed_in();
        Effect::new(move |_| {
            if let Some(Answers { trusted_browsers, sessions, activity, mail }) = self.latest.get() {
                let problems = [trusted_browsers.err(), sessions.err(), activity.err(), mail.err()];
                problems.into_iter().flatten().any(|problem| signed_in.deals_with(&problem));
            }
        });
    }

    /// Where the person gets mail, as far as it is known.
    pub fn mail(self) -> Option<OwnMail> {
        self.latest.with(|answers| answers.as_ref().and_then(|answers| answers.mail.clone().ok()))
    }

    /// One of the answers: how it looks, or that it is missing.
    pub fn view<T: Clone + 'static>(
        self,
        pick: fn(&Answers) -> &Result<T, ApiError>,
        show: impl Fn(T) -> AnyView + Send + 'static,
    ) -> Changing {
        sometimes(move || {
            let answer = self.latest.with(|answers| answers.as_ref().map(|answers| pick(answers).clone()))?;
            Some(match answer {
                Ok(content) => show(content),
                Err(problem) => view! { <Failed problem retry=move || self.refetch() /> }.into_any(),
            })
        })
    }
}
