//! What a request leaves behind that it could not write itself.
//!
//! An attempt is charged, and then the database goes away, the portal is too
//! busy to look, or whoever asked hangs up: nobody failed, so the charge must not
//! stay. It can't be taken back where there is nobody left to do it, or no
//! database to do it in. Such debts are kept in memory and paid as soon as that
//! works. What a process that dies has not paid stays charged: that errs on the
//! side of whoever is being guessed.

use crate::{
    clock::UnixTime,
    domain::audit::trail::{AuditEvent, Outcome},
    service::audit::record::Actor,
    store::{
        Db, StoreError,
        audit::trail::{Named, NewEntry, append},
        credentials::attempts,
        db::PATIENCE,
    },
};
use contract::portal::Client;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::runtime::Handle;

/// Pause after a failed try.
const PAUSE: Duration = Duration::from_secs(1);

/// More than that are not kept.
const MOST: usize = 10_000;

/// Something to be written.
#[derive(Debug)]
pub(crate) enum Debt {
    /// One charge goes back to each of these counters.
    Charge {
        /// The counters.
        keys: Vec<String>,
        /// When they were charged.
        at: UnixTime,
    },
    /// A stored secret was changed by someone else than the portal.
    Tampering {
        /// When that was found out.
        at: UnixTime,
        /// Id and name of the person whose secret it is.
        person: Option<(String, String)>,
        /// Whose request came across it.
        client: Option<Client>,
    },
}

/// The debts of this process.
#[derive(Debug, Clone)]
pub struct Owed {
    db: Db,
    debts: Arc<Mutex<Debts>>,
    /// Whoever pays holds this, so that paying is waited for.
    paying: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Debts {
    waiting: VecDeque<Debt>,
    /// What was reported by this process: SHA-256 of id and sealed secret. Once is enough.
    reported: HashSet<[u8; 32]>,
    /// A task is paying them.
    is_worked_on: bool,
}

impl Owed {
    /// No debts yet.
    pub fn to(db: Db) -> Self {
        // Who is owed something is no longer waiting for it.
        Self { db: db.for_long_work(), debts: Arc::default(), paying: Arc::default() }
    }

    /// Has something written, at once or as soon as that works.
    pub(crate) fn add(&self, debt: Debt) {
        let mut debts = self.lock();
        if debts.waiting.len() < MOST {
            debts.waiting.push_back(debt);
        }
        if let (false, Ok(runtime)) = (debts.is_worked_on, Handle::try_current()) {
            debts.is_worked_on = true;
            runtime.spawn(self.clone().pay_until_none_is_left());
        }
    }

    /// Puts on record that the sealed secret of the row called `id` was changed.
    pub(crate) fn report_tampering(&self, id: &str, sealed: &[u8], actor: Actor<'_>, at: UnixTime) {
        let digest = Sha256::new().chain_update(id).chain_update([0]).chain_update(sealed).finalize();
        if self.lock().reported.insert(digest.into()) {
            let person = actor.person.and_then(|person| Some((person.id?.to_owned(), person.name.to_owned())));
            self.add(Debt::Tampering { at, person, client: actor.client.cloned() });
        }
    }

    async fn pay_until_none_is_left(self) {
        let mut failed = false;
        loop {
            match self.pay().await {
                Ok(()) => {}
                Err(error) => {
                    if !failed {
                        tracing::warn!(%error, "what could not be written is tried again");
                    }
                    failed = true;
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let mut debts = self.lock();
            if debts.waiting.is_empty() {
                debts.is_worked_on = false;
                return;
            }
        }
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// When the database does not take it; it waits on.
    pub async fn pay(&self) -> Result<(), StoreError> {
        let _alone = self.paying.lock().await;
        loop {
            let Some(debt) = self.lock().waiting.pop_front() else { return Ok(()) };
            if let Err(error) = self.write(&debt).await {
                // To the end, so that none stands in the way of the others; but what may have been paid is not
                // paid again.
                if !matches!(error, StoreError::OutcomeUnknown(_)) {
                    self.lock().waiting.push_back(debt);
                }
                return Err(error);
            }
        }
    }

    /// Has everything written that waits, and waits for that as long as a request may.
    pub async fn pay_soon(&self) {
        // A task of its own: what is begun is never given up half-way.
        let paying = self.clone();
        let paid = tokio::spawn(async move { paying.pay().await });
        if tokio::time::timeout(PATIENCE, paid).await.is_err() {
            tracing::warn!("what is owed is still being written");
        }
    }

    async fn write(&self, debt: &Debt) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        match debt {
            Debt::Charge { keys, at } => {
                for key in keys {
                    attempts::refund(&mut tx, key, 1, *at)?;
                }
            }
            Debt::Tampering { at, person, client } => {
                let address = client.as_ref().map(|client| client.address.to_string());
                let entry = NewEntry {
                    at: at.0,
                    event: AuditEvent::SecretTampered,
                    outcome: Outcome::Failure,
                    // It is about the person, and not their deed.
                    actor: None,
                    subject: person.as_ref().map(|(id, name)| Named { id: Some(id), name }),
                    address: address.as_deref(),
                    user_agent: client.as_ref().map(|client| client.user_agent.as_str()),
                    detail: None,
                };
                append(&mut tx, &entry).await?;
            }
        }
        tx.commit().await
    }

    fn lock(&self) -> MutexGuard<'_, Debts> {
        self.debts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
