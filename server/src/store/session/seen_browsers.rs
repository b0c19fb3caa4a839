//! Browsers in which people signed in: what tells that one is new. They are
//! trusted with nothing.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};

/// Remembers that a person signed in in this browser.
///
/// # Errors
/// See [`StoreError`].
pub fn remember(tx: &mut Tx, token_hash: &[u8; 32], user_id: &str, now: i64) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO seen_browsers (token_hash, user_id, last_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash, user_id) DO UPDATE SET last_used_at = excluded.last_used_at",
        values![token_hash, user_id, now],
    )
}

/// Gives a browser its new token, whoever else signed in with it before.
///
/// # Errors
/// See [`StoreError`].
pub fn renew_token(tx: &mut Tx, before: &[u8; 32], after: &[u8; 32]) -> Result<(), StoreError> {
    tx.enqueue("UPDATE seen_browsers SET token_hash = $2 WHERE token_hash = $1", values![before, after])
}

/// Forgets up to `most` browsers that were not used since `before`.
///
/// # Errors
/// See [`StoreError`].
pub async fn forget_unused(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM seen_browsers WHERE last_used_at < $1 AND (token_hash, user_id) IN
             (SELECT token_hash, user_id FROM seen_browsers WHERE last_used_at < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}
