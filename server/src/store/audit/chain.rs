//! The ends of the audit trail's chain: its newest entry, and the anchor, the
//! last entry that was removed for its age.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// An entry as a link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LinkRow {
    /// Its place.
    pub sequence: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// An entry whose age matters.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AgedRow {
    /// Its place.
    pub sequence: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// Unix seconds.
    pub at: i64,
}

/// The newest entry, as noted when it was appended.
///
/// # Errors
/// See [`StoreError`].
pub async fn newest(db: &Db) -> Result<LinkRow, StoreError> {
    db.one("SELECT sequence, hash FROM audit_head WHERE id = 1", values![]).await
}

/// The link before the first entry.
///
/// # Errors
/// See [`StoreError`].
pub async fn anchor(db: &Db) -> Result<LinkRow, StoreError> {
    db.one("SELECT sequence, hash FROM audit_anchor WHERE id = 1", values![]).await
}

/// One entry as a link.
///
/// # Errors
/// See [`StoreError`].
pub async fn link(db: &Db, sequence: i64) -> Result<Option<LinkRow>, StoreError> {
    db.optional("SELECT sequence, hash FROM audit_entries WHERE sequence = $1", values![sequence]).await
}

/// An entry at or before `sequence`, if there is one.
///
/// # Errors
/// See [`StoreError`].
pub async fn before_anchor(db: &Db, sequence: i64) -> Result<Option<LinkRow>, StoreError> {
    let sql = "SELECT sequence, hash FROM audit_entries WHERE sequence <= $1 ORDER BY sequence DESC LIMIT 1";
    db.optional(sql, values![sequence]).await
}

/// What the latest entry about removed ones says.
///
/// # Errors
/// See [`StoreError`].
pub async fn latest_removal(db: &Db) -> Result<Option<String>, StoreError> {
    let sql =
        "SELECT COALESCE(detail, '') FROM audit_entries WHERE event = 'audit_pruned' ORDER BY sequence DESC LIMIT 1";
    Ok(db.optional::<(String,)>(sql, values![]).await?.map(|(detail,)| detail))
}

/// The first entries, up to `limit` and no further than `through`.
///
/// # Errors
/// See [`StoreError`].
pub async fn oldest(tx: &mut Tx, through: i64, limit: i64) -> Result<Vec<AgedRow>, StoreError> {
    let sql = "SELECT sequence, hash, at FROM audit_entries WHERE sequence <= $1 ORDER BY sequence LIMIT $2";
    tx.all(sql, values![through, limit]).await
}

/// Moves the anchor from the entry `from` to a later one; `false` when it is elsewhere by now.
///
/// # Errors
/// See [`StoreError`].
pub async fn move_anchor(tx: &mut Tx, from: i64, to: &AgedRow) -> Result<bool, StoreError> {
    let sql = "UPDATE audit_anchor SET sequence = $2, hash = $3 WHERE id = 1 AND sequence = $1";
    Ok(tx.execute(sql, values![from, to.sequence, &to.hash]).await? == 1)
}

/// Removes what the anchor has passed; answers how many entries that were.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove_through(tx: &mut Tx, sequence: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM audit_entries WHERE sequence <= $1", values![sequence]).await
}
