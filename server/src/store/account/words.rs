//! The words by which people are found.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A person whose words are to be stored.
#[derive(Debug, Clone, FromRow)]
pub struct NamedRow {
    /// Id.
    pub id: String,
    /// User name.
    pub name: String,
    /// Name shown beside it.
    pub display_name: String,
}

/// Adds a word to those of a person.
///
/// # Errors
/// See [`StoreError`].
pub fn insert(tx: &mut Tx, user_id: &str, word: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO user_words (word, user_id) VALUES ($1, $2) ON CONFLICT (word, user_id) DO NOTHING";
    tx.enqueue(sql, values![word, user_id])
}

/// How many people have a word in this range, counted up to `most`.
///
/// # Errors
/// See [`StoreError`].
pub async fn count(db: &Db, from: &str, to: &str, most: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM user_words WHERE word >= $1 AND word < $2 LIMIT $3) AS found";
    let (count,): (i64,) = db.one(sql, values![from, to, most]).await?;
    Ok(count)
}

/// Whether the words of everybody are stored.
///
/// # Errors
/// See [`StoreError`].
pub async fn are_stored(db: &Db) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM portal WHERE id = 1 AND words_stored";
    Ok(db.optional::<(i64,)>(sql, values![]).await?.is_some())
}

/// Notes that the words of everybody are stored.
///
/// # Errors
/// See [`StoreError`].
pub async fn note_stored(db: &Db) -> Result<(), StoreError> {
    db.execute("UPDATE portal SET words_stored = TRUE WHERE id = 1", values![]).await?;
    Ok(())
}

/// Up to `limit` people after `id`, by id.
///
/// # Errors
/// See [`StoreError`].
pub async fn people_after(db: &Db, id: &str, limit: i64) -> Result<Vec<NamedRow>, StoreError> {
    db.all("SELECT id, name, display_name FROM users WHERE id > $1 ORDER BY id LIMIT $2", values![id, limit]).await
}
