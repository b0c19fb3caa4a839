//! Events that are counted instead of recorded. Whoever reads or writes these
//! rows holds the head of the audit trail: nobody else does meanwhile.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// What there was of one kind of event of one person since a window began.
#[derive(Debug, Clone, FromRow)]
pub struct FoldRow {
    /// From which address; empty for all that are not told apart.
    pub place: String,
    /// Unix seconds.
    pub began_at: i64,
    /// Recorded one by one since then.
    pub entries: i64,
    /// Only counted since then.
    pub folded: i64,
    /// Unix seconds of the first that was only counted.
    pub first_at: i64,
    /// Unix seconds of the last.
    pub last_at: i64,
    /// How the last ended, by name.
    pub outcome: String,
    /// Where the last came from.
    pub address: Option<String>,
    /// User agent of the last.
    pub user_agent: Option<String>,
    /// What the last had to say, as JSON.
    pub detail: Option<String>,
}

/// Whose events of which kind wait to be recorded.
#[derive(Debug, Clone, FromRow)]
pub struct OverRow {
    /// The person's id.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// The event by name.
    pub event: String,
    /// Id of whom it concerns; empty for nobody.
    pub subject_id: String,
    /// Their name.
    pub subject_name: Option<String>,
    /// From which address; empty for all that are not told apart.
    pub place: String,
}

/// What there was of this event about `subject`, by address.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(tx: &mut Tx, user_id: &str, event: &str, subject: &str) -> Result<Vec<FoldRow>, StoreError> {
    tx.all(
        "SELECT place, began_at, entries, folded, first_at, last_at, outcome, address, user_agent, detail
         FROM audit_folds WHERE user_id = $1 AND event = $2 AND subject_id = $3",
        values![user_id, event, subject],
    )
    .await
}

/// Stores what there is of this event.
///
/// # Errors
/// See [`StoreError`].
pub fn store(tx: &mut Tx, user_id: &str, event: &str, subject: &str, row: &FoldRow) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO audit_folds (user_id, event, began_at, entries, folded, first_at, last_at, outcome, address,
             user_agent, detail, place, subject_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (user_id, event, subject_id, place) DO UPDATE SET began_at = $3, entries = $4, folded = $5, first_at = $6,
             last_at = $7, outcome = $8, address = $9, user_agent = $10, detail = $11",
        values![
            user_id,
            event,
            row.began_at,
            row.entries,
            row.folded,
            row.first_at,
            row.last_at,
            row.outcome.as_str(),
            row.address.as_deref(),
            row.user_agent.as_deref(),
            row.detail.as_deref(),
            row.place.as_str(),
            subject
        ],
    )
}

/// Forgets what there was of this event.
///
/// # Errors
/// See [`StoreError`].
pub fn delete(tx: &mut Tx, of: &OverRow) -> Result<(), StoreError> {
    tx.enqueue(
        "DELETE FROM audit_folds WHERE user_id = $1 AND event = $2 AND subject_id = $3 AND place = $4",
        values![of.user_id.as_str(), of.event.as_str(), of.subject_id.as_str(), of.place.as_str()],
    )
}

/// Up to `limit` events whose window began before then.
///
/// # Errors
/// See [`StoreError`].
pub async fn begun_before(db: &Db, before: i64, limit: i64) -> Result<Vec<OverRow>, StoreError> {
    db.all(
        "SELECT f.user_id, u.name, f.event, f.place, f.subject_id, s.name AS subject_name
         FROM audit_folds f JOIN users u ON u.id = f.user_id LEFT JOIN users s ON s.id = f.subject_id
         WHERE f.began_at < $1 ORDER BY f.began_at LIMIT $2",
        values![before, limit],
    )
    .await
}
