//! Removing what has expired. Expiry itself is decided when a row is used;
//! this only keeps the tables small.

use super::Service;
use crate::{
    domain::totp::step_at,
    store::{StoreError, access_codes, accounts, attempts, browsers, methods, policy, seen_browsers, sessions},
};
use std::time::Duration;

/// Time between two rounds.
const INTERVAL: Duration = Duration::from_secs(600);

/// Seconds without use after which a browser is no longer known: half a year.
const BROWSER_MEMORY: i64 = 180 * 86_400;

/// Seconds for which an expired access code is told from a wrong one: a day.
const CODE_MEMORY: i64 = 86_400;

impl Service {
    /// Cleans up every ten minutes, until the task is dropped.
    pub async fn keep_house(self) {
        let mut rounds = tokio::time::interval(INTERVAL);
        loop {
            rounds.tick().await;
            if let Err(error) = self.clean_up().await {
                tracing::warn!(%error, "could not remove what has expired; trying again later");
            }
        }
    }

    /// One round.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clean_up(&self) -> Result<(), StoreError> {
        let now = self.now();
        let limits = policy::load(&self.db).await?;
        let seen_before = now.plus(-limits.idle_minutes.saturating_mul(60));
        let created_before = now.plus(-limits.absolute_hours.saturating_mul(3_600));
        sessions::delete_stale(&self.db, seen_before.0, created_before.0).await?;
        browsers::forget_unused(&self.db, now.plus(-BROWSER_MEMORY).0).await?;
        seen_browsers::forget_unused(&self.db, now.plus(-BROWSER_MEMORY).0).await?;
        accounts::delete_expired_invitations(&self.db, now.0).await?;
        access_codes::delete_expired(&self.db, now.plus(-CODE_MEMORY).0).await?;
        // A name that nobody has is as locked as any other, and for as long.
        let lock = limits.lock_minutes.map_or(BROWSER_MEMORY, |minutes| minutes.saturating_mul(60).max(86_400));
        attempts::delete_stale(&self.db, now.plus(-86_400).0, now.plus(-lock).0).await?;
        methods::forget_refused_steps(&self.db, step_at(now.plus(-86_400)).0).await?;
        self.record_folded().await?;
        self.count_everything().await?;
        self.note_adoption().await?;
        self.remove_old_entries().await?;
        Ok(())
    }
}
