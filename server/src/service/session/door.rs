//! Where a person is signed in, which browsers are trusted, and ending both.

use crate::{
    clock::UnixTime,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::client::origin,
        session::{
            trusted_browser::{browser_hash, stored},
            worth::{Lifetime, Liveness, liveness},
        },
    },
    service::{
        Service,
        audit::record::{Actor, record},
    },
    store::{
        Tx,
        account::accounts,
        policy,
        session::{browsers, sessions},
    },
};
use async_trait::async_trait;
use contract::{
    ApiError,
    portal::{Bound, Person, Sessions, SignedIn},
    session::{ChallengeReason, MOST_LISTED, SessionEntry, SessionState, TrustedBrowser},
};

const MOST_LISTED_ROWS: i64 = MOST_LISTED as i64;

#[async_trait]
impl Sessions for Service {
    async fn session_state(&self, caller: &SignedIn) -> Result<SessionState, ApiError> {
        Ok(caller.session().state)
    }

    async fn stay_signed_in(&self, caller: &SignedIn) -> Result<SessionState, ApiError> {
        // Whoever found the session for this request has noted its use.
        Ok(caller.session().state)
    }

    async fn sessions(&self, caller: &Person) -> Result<Vec<SessionEntry>, ApiError> {
        let (now, here) = (self.now(), caller.session());
        let policy = policy::load(&self.db).await?;
        let limits = Lifetime::limited(policy.idle_minutes, policy.absolute_hours);
        let live = |row: &sessions::ListedSession| {
            liveness(UnixTime(row.created_at), UnixTime(row.last_seen_at), now, limits) == Liveness::Live
        };
        let mut entries: Vec<SessionEntry> = sessions::of_user(&self.db, &here.user_id, &here.id, MOST_LISTED_ROWS)
            .await?
            .into_iter()
            .filter(live)
            .map(|row| SessionEntry {
                current: row.id == here.id,
                origin: origin(&row.address, &row.user_agent),
                first_seen_at: row.created_at,
                last_seen_at: row.last_seen_at,
                id: row.id,
            })
            .collect();
        // This one first; the sort is stable.
        entries.sort_by_key(|entry| !entry.current);
        Ok(entries)
    }

    async fn end_session(&self, caller: &Person, id: &str) -> Result<(), ApiError> {
        let here = caller.session();
        let mut tx = self.db.begin().await?;
        if id == here.id || !sessions::delete_one_of_user(&mut tx, &here.user_id, id).await? {
            return Err(ApiError::NoLongerThere);
        }
        self.note(tx, caller, AuditEvent::SessionEnded).await
    }

    async fn end_other_sessions(&self, caller: &Person) -> Result<(), ApiError> {
        let here = caller.session();
        let mut tx = self.db.begin().await?;
        accounts::lock(&mut tx, &here.user_id)?;
        match sessions::delete_others(&mut tx, &here.user_id, &here.id).await? {
            0 => Ok(()),
            _ => self.note(tx, caller, AuditEvent::SessionEnded).await,
        }
    }

    async fn trusted_browsers(&self, caller: &Person) -> Result<Vec<TrustedBrowser>, ApiError> {
        let here = browser_hash(&caller.call().client);
        let rows = browsers::trusted(&self.db, &caller.session().user_id, self.now().0, MOST_LISTED_ROWS).await?;
        let mut trusted: Vec<TrustedBrowser> = rows
            .into_iter()
            .map(|row| TrustedBrowser {
                current: here.is_some_and(|hash| hash.as_slice() == row.token_hash),
                origin: origin(&row.address, &row.user_agent),
                since: row.trusted_at.unwrap_or_default(),
                until: row.trusted_until.unwrap_or_default(),
                id: row.id,
            })
            .collect();
        trusted.sort_by_key(|browser| !browser.current);
        Ok(trusted)
    }

    async fn revoke_trusted_browser(&self, caller: &Person, id: &str) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        let (user_id, why) = (&caller.session().user_id, stored(ChallengeReason::TrustRemoved));
        if !browsers::end_trust(&mut tx, user_id, id, &why, self.now().0).await? {
            return Err(ApiError::NoLongerThere);
        }
        self.note(tx, caller, AuditEvent::TrustedBrowserRemoved).await
    }

    async fn revoke_trusted_browsers(&self, caller: &Person) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        let (user_id, why) = (&caller.session().user_id, stored(ChallengeReason::TrustRemoved));
        accounts::lock(&mut tx, user_id)?;
        match browsers::end_all_trust(&mut tx, user_id, &why, self.now().0).await? {
            0 => Ok(()),
            _ => self.note(tx, caller, AuditEvent::TrustedBrowserRemoved).await,
        }
    }
}

impl Service {
    /// Records what the caller did to their own account, and commits.
    async fn note(&self, mut tx: Tx, caller: &Bound, event: AuditEvent) -> Result<(), ApiError> {
        let actor = Actor::calling(caller);
        record(&mut tx, self.now(), actor, event, Outcome::Success).await?;
        tx.commit().await?;
        Ok(())
    }
}
