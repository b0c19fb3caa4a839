//! Where a person is signed in and what happened there, as far as it is known here.

use crate::{
    api::{
        account::fetch_activity,
        session::{fetch_sessions, fetch_trusted_browsers},
    },
    components::fetched::{Fetched, fetched, settled},
    contract::{
        activity::ActivityPage,
        profile::TwoFactorStatus,
        session::{SessionEntry, TrustedBrowser},
    },
};
use leptos::prelude::*;

/// What several sections show and change.
#[derive(Clone, Copy)]
pub struct Records {
    /// Browsers that are not asked for a code.
    pub trusted_browsers: Fetched<Vec<TrustedBrowser>>,
    /// Sessions, this one first.
    pub sessions: Fetched<Vec<SessionEntry>>,
    /// The latest security events.
    pub activity: Fetched<ActivityPage>,
}

impl Records {
    /// Asks the portal for all of them at once.
    pub fn fetch() -> Self {
        Self {
            trusted_browsers: fetched(|| (), |()| fetch_trusted_browsers()),
            sessions: fetched(|| (), |()| fetch_sessions()),
            activity: fetched(|| (), |()| fetch_activity(None)),
        }
    }

    /// Waits for the first answers.
    pub async fn settle(self) {
        settled(self.trusted_browsers).await;
        settled(self.sessions).await;
        settled(self.activity).await;
    }

    /// Asks again: one change shows in several sections, and leaves a trace in the activity.
    pub fn refetch(self) {
        self.trusted_browsers.refetch();
        self.sessions.refetch();
        self.activity.refetch();
    }

    /// Asks again whenever the second factor changes: sessions and trusted browsers may end with it.
    pub fn follow(self, status: Fetched<TwoFactorStatus>) {
        Effect::new(move |before: Option<Option<TwoFactorStatus>>| {
            let now = status.get().and_then(Result::ok);
            let before = before.flatten();
            if before.is_some() && now.is_some() && before != now {
                self.refetch();
            }
            now.or(before)
        });
    }
}
