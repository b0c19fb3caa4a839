//! Browsers in which people signed in, with both factors once they have two, and which of them are trusted.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A browser as its person's own.
#[derive(Debug, Clone, FromRow)]
pub struct BrowserRow {
    /// Id.
    pub id: String,
    /// SHA-256 of the token in its cookie.
    pub token_hash: Vec<u8>,
    /// Where it signed in last.
    pub address: String,
    /// What it was then.
    pub user_agent: String,
    /// Unix seconds; `None` when it never was.
    pub trusted_at: Option<i64>,
    /// Unix seconds.
    pub trusted_until: Option<i64>,
}

/// A browser in which somebody signed in just now.
#[derive(Debug)]
pub struct SeenBrowser<'a> {
    /// Id, should it be new.
    pub id: &'a str,
    /// Whose browser it is.
    pub user_id: &'a str,
    /// SHA-256 of its new token.
    pub token_hash: &'a [u8; 32],
    /// Unix seconds.
    pub now: i64,
    /// Client address.
    pub address: &'a str,
    /// User agent.
    pub user_agent: &'a str,
    /// Unix seconds until which it is trusted.
    pub trusted_until: Option<i64>,
}

/// Up to `most` of the person's trusted browsers, by last use.
///
/// # Errors
/// See [`StoreError`].
pub async fn trusted(db: &Db, user_id: &str, now: i64, most: i64) -> Result<Vec<BrowserRow>, StoreError> {
    db.all(
        "SELECT id, token_hash, address, user_agent, trusted_at, trusted_until FROM browsers
         WHERE user_id = $1 AND trust_ended IS NULL AND trusted_until > $2 ORDER BY last_used_at DESC, id LIMIT $3",
        values![user_id, now, most],
    )
    .await
}

/// Gives a browser its new token, whoever else signed in with it before.
///
/// # Errors
/// See [`StoreError`].
pub fn renew_token(tx: &mut Tx, before: &[u8; 32], after: &[u8; 32]) -> Result<(), StoreError> {
    tx.enqueue("UPDATE browsers SET token_hash = $2 WHERE token_hash = $1", values![before, after])?;
    Ok(())
}

/// Remembers a browser in which somebody signed in, trusted from now on or not.
///
/// # Errors
/// See [`StoreError`].
pub fn remember(tx: &mut Tx, browser: &SeenBrowser<'_>) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO browsers (id, user_id, token_hash, last_used_at, address, user_agent, trusted_at, trusted_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (token_hash, user_id) DO UPDATE SET last_used_at = excluded.last_used_at,
             address = excluded.address, user_agent = excluded.user_agent, trusted_at = excluded.trusted_at,
             trusted_until = excluded.trusted_until, trust_ended = NULL",
        values![
            browser.id,
            browser.user_id,
            browser.token_hash,
            browser.now,
            browser.address,
            browser.user_agent,
            browser.trusted_until.map(|_| browser.now),
            browser.trusted_until
        ],
    )?;
    Ok(())
}

/// Notes that a trusted browser signed in.
///
/// # Errors
/// See [`StoreError`].
pub fn touch(tx: &mut Tx, id: &str, now: i64, address: &str, user_agent: &str) -> Result<(), StoreError> {
    tx.enqueue(
        "UPDATE browsers SET last_used_at = $2, address = $3, user_agent = $4 WHERE id = $1",
        values![id, now, address, user_agent],
    )?;
    Ok(())
}

/// Trusts one browser of a person no longer; `false` when it was not trusted.
///
/// # Errors
/// See [`StoreError`].
pub async fn end_trust(tx: &mut Tx, user_id: &str, id: &str, why: &str, now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE browsers SET trust_ended = $3
             WHERE user_id = $1 AND id = $2 AND trust_ended IS NULL AND trusted_until > $4",
            values![user_id, id, why, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Trusts no browser of a person any longer; answers how many were trusted.
///
/// # Errors
/// See [`StoreError`].
pub async fn end_all_trust(tx: &mut Tx, user_id: &str, why: &str, now: i64) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE browsers SET trust_ended = $2 WHERE user_id = $1 AND trust_ended IS NULL AND trusted_until > $3",
        values![user_id, why, now],
    )
    .await
}

/// Ends everybody's trust that was given for more than `most` seconds.
///
/// # Errors
/// See [`StoreError`].
pub async fn end_longer_trust(tx: &mut Tx, most: i64, why: &str, now: i64) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE browsers SET trust_ended = $2
         WHERE trust_ended IS NULL AND trusted_until > $3 AND trusted_until - trusted_at > $1",
        values![most, why, now],
    )
    .await
}

/// Forgets up to `most` browsers that were not used since `before`.
///
/// # Errors
/// See [`StoreError`].
pub async fn forget_unused(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM browsers WHERE last_used_at < $1 AND id IN
             (SELECT id FROM browsers WHERE last_used_at < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}

/// Forgets all browsers of a person.
///
/// # Errors
/// See [`StoreError`].
pub async fn forget_of_user(tx: &mut Tx, user_id: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM browsers WHERE user_id = $1", values![user_id]).await
}
