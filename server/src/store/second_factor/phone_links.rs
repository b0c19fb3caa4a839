//! Links with which a phone takes a pending set-up over. They live and die with its row.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A set-up that a phone took over, with what decides whether its session still lives.
#[derive(Debug, Clone, FromRow)]
pub struct PhoneRow {
    /// Id of the secret.
    pub enrolment_id: String,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// When its present state ends, in Unix seconds.
    pub deadline: i64,
    /// The session that shows it.
    pub session_id: String,
    /// Whose session it is.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; trails by up to a minute.
    pub last_seen_at: i64,
    /// Policy: minutes without a request until the session ends.
    pub idle_minutes: i64,
    /// Policy: hours until it ends in any case.
    pub absolute_hours: i64,
}

/// Makes a link for a pending secret; the one before dies, used or not.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace(tx: &mut Tx, enrolment_id: &str, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO phone_links (enrolment_id, token_hash) VALUES ($1, $2)
         ON CONFLICT (enrolment_id) DO UPDATE SET token_hash = excluded.token_hash, grant_hash = NULL",
        values![enrolment_id, token_hash],
    )
    .await?;
    Ok(())
}

/// Uses a link up for a grant; `false` when it is unknown, was used, or its secret is no longer pending.
///
/// # Errors
/// See [`StoreError`].
pub async fn open(tx: &mut Tx, token_hash: &[u8; 32], grant_hash: &[u8; 32], now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE phone_links SET grant_hash = $2 WHERE token_hash = $1 AND grant_hash IS NULL AND EXISTS (
                 SELECT 1 FROM enrolments e
                 WHERE e.id = phone_links.enrolment_id AND e.state = 'pending' AND e.deadline > $3)",
            values![token_hash, grant_hash, now],
        )
        .await?;
    Ok(changed == 1)
}

/// The set-up that a grant is for, of an active person. Whether its session is too old, the caller decides.
///
/// # Errors
/// See [`StoreError`].
pub async fn granted(tx: &mut Tx, grant_hash: &[u8; 32]) -> Result<Option<PhoneRow>, StoreError> {
    tx.optional(
        "SELECT e.id AS enrolment_id, e.secret, e.deadline, e.session_id, e.user_id, u.name AS user_name,
                s.created_at, s.last_seen_at, p.idle_minutes, p.absolute_hours
         FROM phone_links l
         JOIN enrolments e ON e.id = l.enrolment_id
         JOIN sessions s ON s.id = e.session_id
         JOIN users u ON u.id = e.user_id AND u.active
         CROSS JOIN account_policy p
         WHERE l.grant_hash = $1",
        values![grant_hash],
    )
    .await
}

/// State of the set-up that a grant is for, and when that ends.
///
/// # Errors
/// See [`StoreError`].
pub async fn state_of_granted(db: &Db, grant_hash: &[u8; 32]) -> Result<Option<(String, i64)>, StoreError> {
    db.optional(
        "SELECT e.state, e.deadline FROM phone_links l
         JOIN enrolments e ON e.id = l.enrolment_id
         JOIN users u ON u.id = e.user_id AND u.active
         WHERE l.grant_hash = $1",
        values![grant_hash],
    )
    .await
}

/// State of a secret of this session, and when that ends.
///
/// # Errors
/// See [`StoreError`].
pub async fn progress(db: &Db, session_id: &str, enrolment_id: &str) -> Result<Option<(String, i64)>, StoreError> {
    db.optional(
        "SELECT state, deadline FROM enrolments WHERE session_id = $1 AND id = $2",
        values![session_id, enrolment_id],
    )
    .await
}
