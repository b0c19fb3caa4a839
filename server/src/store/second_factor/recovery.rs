//! Recovery codes, stored as hashes with one salt per set.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// One code of a person's current set.
#[derive(Debug, Clone, FromRow)]
pub struct CodeRow {
    /// Id of the set.
    pub set_id: String,
    /// Salt of all hashes of the set.
    pub salt: Vec<u8>,
    /// Hashed quickly, with the portal's secret; otherwise as passwords are.
    pub quick: bool,
    /// Unix seconds at which the set was made.
    pub created_at: i64,
    /// 1 to 10, as on the sheet.
    pub number: i64,
    /// Argon2id of the code.
    pub hash: Vec<u8>,
    /// Unix seconds; `None` while unused.
    pub used_at: Option<i64>,
    /// Where from.
    pub used_address: Option<String>,
    /// In which browser.
    pub used_user_agent: Option<String>,
}

/// A set about to become the person's only one.
#[derive(Debug)]
pub struct NewSet<'a> {
    /// Id.
    pub id: &'a str,
    /// Whose it is.
    pub user_id: &'a str,
    /// Salt of all hashes, 16 bytes.
    pub salt: &'a [u8],
    /// Quick hashes in the order of the numbers.
    pub hashes: &'a [[u8; 32]],
    /// Unix seconds.
    pub now: i64,
}

/// The codes of the person's current set, by number; none when there is no set.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_user(db: &Db, user_id: &str) -> Result<Vec<CodeRow>, StoreError> {
    db.all(
        "SELECT c.set_id, s.salt, s.quick, s.created_at, c.number, c.hash, c.used_at, c.used_address, c.used_user_agent
         FROM recovery_sets s JOIN recovery_codes c ON c.set_id = s.id WHERE s.user_id = $1 ORDER BY c.number",
        values![user_id],
    )
    .await
}

/// Replaces the person's set whole.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace(tx: &mut Tx, set: &NewSet<'_>) -> Result<(), StoreError> {
    delete_of_user(tx, set.user_id).await?;
    tx.enqueue(
        "INSERT INTO recovery_sets (id, user_id, salt, created_at, quick) VALUES ($1, $2, $3, $4, TRUE)",
        values![set.id, set.user_id, set.salt, set.now],
    )?;
    for (number, hash) in (1_i64..).zip(set.hashes) {
        tx.enqueue(
            "INSERT INTO recovery_codes (set_id, number, hash) VALUES ($1, $2, $3)",
            values![set.id, number, hash],
        )?;
    }
    Ok(())
}

/// The portal's part of what is stored for codes, sealed; `None` until there is one.
///
/// # Errors
/// See [`StoreError`].
pub async fn code_secret(db: &Db) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Option<Vec<u8>>,)> = db.optional("SELECT code_secret FROM portal WHERE id = 1", values![]).await?;
    Ok(row.and_then(|(sealed,)| sealed))
}

/// Stores it where there is none yet.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_code_secret(db: &Db, sealed: &[u8]) -> Result<(), StoreError> {
    db.execute("UPDATE portal SET code_secret = $1 WHERE id = 1 AND code_secret IS NULL", values![sealed]).await?;
    Ok(())
}

/// Replaces it if it is still `before`; `false` when it is not.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace_code_secret(db: &Db, before: &[u8], after: &[u8]) -> Result<bool, StoreError> {
    let sql = "UPDATE portal SET code_secret = $2 WHERE id = 1 AND code_secret = $1";
    Ok(db.execute(sql, values![before, after]).await? == 1)
}

/// Uses up a code; `false` when it was used already or its set is gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn consume(
    tx: &mut Tx,
    set_id: &str,
    number: i64,
    now: i64,
    address: &str,
    user_agent: &str,
) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE recovery_codes SET used_at = $3, used_address = $4, used_user_agent = $5
             WHERE set_id = $1 AND number = $2 AND used_at IS NULL",
            values![set_id, number, now, address, user_agent],
        )
        .await?;
    Ok(changed == 1)
}

/// Removes the person's set.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM recovery_sets WHERE user_id = $1", values![user_id]).await?;
    Ok(())
}
