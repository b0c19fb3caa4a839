//! Removing what has expired. Expiry itself is decided when a row is used;
//! this only keeps the tables small.
//!
//! However much has piled up, it goes in portions that nobody has to wait for,
//! and a part that fails keeps none of the others from its turn.

use crate::{
    domain::second_factor::totp::step_at,
    service::Service,
    store::{
        StoreError,
        account::accounts,
        credentials::attempts,
        policy::{self, PolicyRow},
        second_factor::{access_codes, methods},
        session::{browsers, seen_browsers, sessions},
    },
};
use contract::duration::DAY;
use std::time::Duration;

/// Time between two rounds.
const INTERVAL: Duration = Duration::from_secs(600);

/// Rows removed in one transaction.
const PORTION: i64 = 500;

/// Seconds without use after which a browser is no longer known: half a year.
const BROWSER_MEMORY: i64 = 180 * DAY;

/// Seconds for which an expired access code is told from a wrong one: a day.
const CODE_MEMORY: i64 = DAY;

/// What expires.
#[derive(Debug, Clone, Copy)]
enum Part {
    UnusedSessions,
    OldSessions,
    Browsers,
    SeenBrowsers,
    Invitations,
    AccessCodes,
    Attempts,
    AttemptsInBrowsers,
    RefusedSteps,
}

impl Part {
    const ALL: [Self; 9] = [
        Self::UnusedSessions,
        Self::OldSessions,
        Self::Browsers,
        Self::SeenBrowsers,
        Self::Invitations,
        Self::AccessCodes,
        Self::Attempts,
        Self::AttemptsInBrowsers,
        Self::RefusedSteps,
    ];
}

/// Notes what went wrong; the first is answered in the end.
#[derive(Default)]
struct Problems(Option<StoreError>);

impl Problems {
    fn note<T>(&mut self, part: impl std::fmt::Debug, outcome: Result<T, StoreError>) {
        if let Err(error) = outcome {
            tracing::warn!(?part, %error, "a part of the housekeeping failed; trying again later");
            self.0.get_or_insert(error);
        }
    }
}

impl Service {
    /// Cleans up every ten minutes, until the task is dropped.
    pub async fn run_housekeeping(self) {
        let mut rounds = tokio::time::interval(INTERVAL);
        loop {
            rounds.tick().await;
            if self.clean_up().await.is_err() {
                tracing::warn!("not everything was tidied up; trying again later");
            }
        }
    }

    /// One round.
    ///
    /// # Errors
    /// The first thing that went wrong; everything else was done all the same.
    pub async fn clean_up(&self) -> Result<(), StoreError> {
        let mut problems = Problems::default();
        match policy::load(&self.db).await {
            Ok(limits) => {
                for part in Part::ALL {
                    problems.note(part, self.remove_expired(part, &limits).await);
                }
            }
            Err(error) => problems.note("policy", Err::<(), _>(error)),
        }
        problems.note("folded", self.record_folded().await);
        problems.note("statistics", self.count_everything().await);
        problems.note("adoption", self.note_adoption().await);
        problems.note("audit retention", self.remove_old_entries().await);
        if self.keyring.has_older() && self.reseal().await.is_err() {
            tracing::warn!("secrets sealed with the previous key remain; keep it");
        }
        problems.0.map_or(Ok(()), Err)
    }

    async fn remove_expired(&self, part: Part, limits: &PolicyRow) -> Result<(), StoreError> {
        loop {
            let removed = self.remove_portion(part, limits).await?;
            if i64::try_from(removed).unwrap_or(i64::MAX) < PORTION {
                return Ok(());
            }
        }
    }

    async fn remove_portion(&self, part: Part, limits: &PolicyRow) -> Result<u64, StoreError> {
        let (db, now) = (&self.db, self.now());
        let ago = |seconds: i64| now.plus(-seconds).0;
        match part {
            Part::UnusedSessions => {
                sessions::delete_unused(db, ago(limits.idle_minutes.saturating_mul(60)), PORTION).await
            }
            Part::OldSessions => {
                sessions::delete_old(db, ago(limits.absolute_hours.saturating_mul(3_600)), PORTION).await
            }
            Part::Browsers => browsers::forget_unused(db, ago(BROWSER_MEMORY), PORTION).await,
            Part::SeenBrowsers => seen_browsers::forget_unused(db, ago(BROWSER_MEMORY), PORTION).await,
            Part::Invitations => accounts::delete_expired_invitations(db, now.0, PORTION).await,
            Part::AccessCodes => access_codes::delete_expired(db, ago(CODE_MEMORY), PORTION).await,
            Part::Attempts => {
                // A name that nobody has is as locked as any other, and for as long.
                let lock = limits.lock_minutes.map_or(BROWSER_MEMORY, |minutes| minutes.saturating_mul(60).max(DAY));
                attempts::delete_stale(db, ago(DAY), ago(lock), PORTION).await
            }
            Part::AttemptsInBrowsers => attempts::delete_of_forgotten_browsers(db, ago(DAY), PORTION).await,
            Part::RefusedSteps => methods::forget_refused_steps(db, step_at(now.plus(-DAY)).0, PORTION).await,
        }
    }
}
