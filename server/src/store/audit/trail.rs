//! The audit trail: appended to, never changed, chained by hash.
//!
//! The head row serialises appends: PostgreSQL locks it with the first
//! statement, SQLite has one writer anyway. It is locked late in a transaction
//! and briefly; from then on the transaction knows it, and stores it when it
//! commits.

use crate::{
    domain::audit::trail::{AuditEvent, EntryFields, Outcome, chain_hash},
    store::db::{Db, Last, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A person named in an entry.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Id; unknown people have none.
    pub id: Option<&'a str>,
    /// Name.
    pub name: &'a str,
}

/// What happened, before it has its place in the chain.
#[derive(Debug, Clone)]
pub struct NewEntry<'a> {
    /// Unix seconds.
    pub at: i64,
    /// What happened.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub actor: Option<Named<'a>>,
    /// Whom it concerns.
    pub subject: Option<Named<'a>>,
    /// Client address.
    pub address: Option<&'a str>,
    /// User agent.
    pub user_agent: Option<&'a str>,
    /// More, as JSON; never a secret.
    pub detail: Option<&'a str>,
}

/// A stored entry.
#[derive(Debug, Clone, FromRow)]
pub struct EntryRow {
    /// Its place in the chain, from 1.
    pub sequence: i64,
    /// Unix seconds.
    pub at: i64,
    /// [`AuditEvent`] by name.
    pub event: String,
    /// [`Outcome`] by name.
    pub outcome: String,
    /// Who did it.
    pub actor_id: Option<String>,
    /// Their name then.
    pub actor_name: Option<String>,
    /// Whom it concerns.
    pub subject_id: Option<String>,
    /// Their name then.
    pub subject_name: Option<String>,
    /// Client address.
    pub address: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// More, as JSON.
    pub detail: Option<String>,
    /// Hash over the hash before it and this entry.
    pub hash: Vec<u8>,
}

impl EntryRow {
    /// Calls `visit` with what the hash covers.
    pub fn with_fields<T>(&self, visit: impl FnOnce(EntryFields<'_>) -> T) -> T {
        visit(EntryFields {
            id: &self.sequence.to_string(),
            occurred_at: self.at,
            event: &self.event,
            outcome: &self.outcome,
            actor_id: self.actor_id.as_deref(),
            actor_name: self.actor_name.as_deref(),
            subject_id: self.subject_id.as_deref(),
            subject_name: self.subject_name.as_deref(),
            client_address: self.address.as_deref(),
            user_agent: self.user_agent.as_deref(),
            detail: self.detail.as_deref(),
        })
    }
}

/// Appends an entry; it lasts if the transaction does.
///
/// # Errors
/// See [`StoreError`].
pub async fn append(tx: &mut Tx, entry: &NewEntry<'_>) -> Result<(), StoreError> {
    let Head { sequence, hash: previous } = head(tx).await?;
    let sequence = sequence.saturating_add(1);
    let fields = EntryFields {
        id: &sequence.to_string(),
        occurred_at: entry.at,
        event: entry.event.as_str(),
        outcome: entry.outcome.as_str(),
        actor_id: entry.actor.and_then(|actor| actor.id),
        actor_name: entry.actor.map(|actor| actor.name),
        subject_id: entry.subject.and_then(|subject| subject.id),
        subject_name: entry.subject.map(|subject| subject.name),
        client_address: entry.address,
        user_agent: entry.user_agent,
        detail: entry.detail,
    };
    let hash = chain_hash(&previous, &fields);
    tx.enqueue(
        "INSERT INTO audit_entries (sequence, at, event, outcome, actor_id, actor_name, subject_id, subject_name,
             address, user_agent, detail, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        values![
            sequence,
            fields.occurred_at,
            fields.event,
            fields.outcome,
            fields.actor_id,
            fields.actor_name,
            fields.subject_id,
            fields.subject_name,
            fields.client_address,
            fields.user_agent,
            fields.detail,
            &hash
        ],
    )?;
    tx.do_last(Head { sequence, hash });
    Ok(())
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Place of the last entry, 0 when there is none.
    pub sequence: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Last for Head {
    fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let Self { sequence, hash } = self;
        tx.enqueue("UPDATE audit_head SET sequence = $1, hash = $2 WHERE id = 1", values![*sequence, hash])
    }
}

/// Holds the end of the chain until the transaction ends: nobody else appends meanwhile.
///
/// # Errors
/// See [`StoreError`].
pub async fn hold(tx: &mut Tx) -> Result<(), StoreError> {
    let head = head(tx).await?;
    tx.do_last(head);
    Ok(())
}

/// The end of the chain, held until the transaction ends.
async fn head(tx: &mut Tx) -> Result<Head, StoreError> {
    if let Some(head) = tx.last::<Head>() {
        return Ok(*head);
    }
    let (sequence, hash): (i64, Vec<u8>) =
        tx.one("UPDATE audit_head SET sequence = sequence WHERE id = 1 RETURNING sequence, hash", values![]).await?;
    let hash = <[u8; 32]>::try_from(hash.as_slice())
        .map_err(|_| StoreError::Database(sqlx::Error::Decode("the head of the audit chain is no hash".into())))?;
    Ok(Head { sequence, hash })
}

const SELECT_AFTER: &str =
    "SELECT sequence, at, event, outcome, actor_id, actor_name, subject_id, subject_name, address, user_agent,
        detail, hash FROM audit_entries WHERE sequence > $1 ORDER BY sequence LIMIT $2";

/// Up to `limit` entries after `sequence`, oldest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn after(db: &Db, sequence: i64, limit: i64) -> Result<Vec<EntryRow>, StoreError> {
    db.all(SELECT_AFTER, values![sequence, limit]).await
}

/// A person's latest attempts to sign in, newest first. A sign-in with a
/// recovery code leaves two entries, of which the one that says so counts.
///
/// # Errors
/// See [`StoreError`].
pub async fn recent_sign_ins(db: &Db, user_id: &str, limit: i64) -> Result<Vec<EntryRow>, StoreError> {
    db.all(
        "SELECT sequence, at, event, outcome, actor_id, actor_name, subject_id, subject_name, address, user_agent, detail, hash
         FROM audit_entries
         WHERE subject_id = $1 AND event IN ('signed_in', 'sign_in_failed', 'recovery_code_used', 'second_factor_failed',
             'code_reused', 'clock_skew', 'recovery_code_failed')
             AND NOT (event = 'signed_in' AND EXISTS (SELECT 1 FROM audit_entries before
                 WHERE before.sequence = audit_entries.sequence - 1 AND before.subject_id = $1
                     AND before.event = 'recovery_code_used'))
         ORDER BY sequence DESC LIMIT $2",
        values![user_id, limit],
    )
    .await
}

/// Up to `limit` entries that concern a person, before `sequence`, newest first;
/// without the steps between a password and a sign-in, which other entries tell.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_person(db: &Db, user_id: &str, sequence: i64, limit: i64) -> Result<Vec<EntryRow>, StoreError> {
    db.all(
        "SELECT sequence, at, event, outcome, actor_id, actor_name, subject_id, subject_name, address, user_agent, detail, hash
         FROM audit_entries
         WHERE subject_id = $1 AND sequence < $2
             AND event NOT IN ('second_factor_requested', 'second_factor_accepted', 'enrolment_qr_renewed')
         ORDER BY sequence DESC LIMIT $3",
        values![user_id, sequence, limit],
    )
    .await
}
