//! Active authenticator apps.

use crate::{
    crypto::secret_box::HEADER_BYTES,
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// An active authenticator app.
#[derive(Debug, Clone, FromRow)]
pub struct MethodRow {
    /// Id; the sealed secret is bound to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// The last accepted time step.
    pub last_step: i64,
    /// Unix seconds.
    pub added_at: i64,
    /// Unix seconds.
    pub last_used_at: Option<i64>,
}

/// A method about to be activated.
#[derive(Debug)]
pub struct NewMethod<'a> {
    /// Id; the sealed secret is bound to it.
    pub id: &'a str,
    /// Whose it is.
    pub user_id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The sealed secret.
    pub secret: &'a [u8],
    /// The step of the confirming code, which can't be used again.
    pub last_step: i64,
    /// Unix seconds.
    pub now: i64,
}

const SELECT: &str = "SELECT id, name, secret, last_step, added_at, last_used_at FROM methods WHERE user_id = $1
     ORDER BY added_at, id";

/// A person's methods, oldest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_user(db: &Db, user_id: &str) -> Result<Vec<MethodRow>, StoreError> {
    db.all(SELECT, values![user_id]).await
}

/// A person's methods, oldest first, within a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_user_in(tx: &mut Tx, user_id: &str) -> Result<Vec<MethodRow>, StoreError> {
    tx.all(SELECT, values![user_id]).await
}

/// Activates a method.
///
/// # Errors
/// See [`StoreError`].
pub async fn insert(tx: &mut Tx, method: &NewMethod<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO methods (id, user_id, name, secret, last_step, added_at) VALUES ($1, $2, $3, $4, $5, $6)",
        values![method.id, method.user_id, method.name, method.secret, method.last_step, method.now],
    )
    .await?;
    note_second_factor(tx, method.user_id).await
}

/// Has the person's row say whether they have a method, for lists of people.
async fn note_second_factor(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE users SET has_second_factor = EXISTS (SELECT 1 FROM methods m WHERE m.user_id = users.id) WHERE id = $1";
    tx.execute(sql, values![user_id]).await?;
    Ok(())
}

/// Uses up a time step; `false` when it, or a later one, was used already, or
/// when it is refused for good. A stored step after `credible` hinders nothing:
/// it comes from a clock that was wrong.
///
/// # Errors
/// See [`StoreError`].
pub async fn consume_step(tx: &mut Tx, id: &str, step: i64, credible: i64, now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE methods SET last_step = $2, last_used_at = $3
             WHERE id = $1 AND (last_step < $2 OR last_step > $4)
                 AND NOT EXISTS (SELECT 1 FROM refused_steps r WHERE r.secret_id = $1 AND r.step = $2)",
            values![id, step, now, credible],
        )
        .await?;
    Ok(changed == 1)
}

/// Refuses a time step of a method, or of a set-up that becomes one, for good.
///
/// # Errors
/// See [`StoreError`].
pub fn refuse_step(tx: &mut Tx, secret_id: &str, step: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO refused_steps (secret_id, step) VALUES ($1, $2) ON CONFLICT (secret_id, step) DO NOTHING";
    tx.enqueue(sql, values![secret_id, step])
}

/// Forgets up to `most` refused steps before this one, whose time is over.
///
/// # Errors
/// See [`StoreError`].
pub async fn forget_refused_steps(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM refused_steps WHERE step < $1 AND (secret_id, step) IN
             (SELECT secret_id, step FROM refused_steps WHERE step < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}

/// Holds all methods of a person until the transaction ends.
///
/// # Errors
/// See [`StoreError`].
pub fn lock_of_user(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE methods SET name = name WHERE user_id = $1", values![user_id])?;
    Ok(())
}

/// Gives a method of a person another name; `false` when it is gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn rename(tx: &mut Tx, user_id: &str, id: &str, name: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE methods SET name = $3 WHERE user_id = $1 AND id = $2";
    Ok(tx.execute(sql, values![user_id, id, name]).await? == 1)
}

/// Removes a method of a person; `false` when it was gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete(tx: &mut Tx, user_id: &str, id: &str) -> Result<bool, StoreError> {
    let deleted = tx.execute("DELETE FROM methods WHERE user_id = $1 AND id = $2", values![user_id, id]).await? == 1;
    note_second_factor(tx, user_id).await?;
    Ok(deleted)
}

/// Removes all methods of a person; answers how many there were.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user_id: &str) -> Result<u64, StoreError> {
    let deleted = tx.execute("DELETE FROM methods WHERE user_id = $1", values![user_id]).await?;
    note_second_factor(tx, user_id).await?;
    Ok(deleted)
}

/// A method's id and sealed secret.
#[derive(Debug, Clone, FromRow)]
pub struct SealedRow {
    /// Id; the sealed secret is bound to it.
    pub id: String,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// Whose method it is.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
}

/// Up to `limit` methods after `id`, by id, whose envelopes begin with `prefix`.
///
/// # Errors
/// See [`StoreError`].
pub async fn sealed_with(
    db: &Db,
    prefix: &[u8; HEADER_BYTES],
    id: &str,
    limit: i64,
) -> Result<Vec<SealedRow>, StoreError> {
    db.all(
        "SELECT m.id, m.secret, m.user_id, u.name AS user_name FROM methods m JOIN users u ON u.id = m.user_id
         WHERE substr(m.secret, 1, 5) = $1 AND m.id > $2 ORDER BY m.id LIMIT $3",
        values![prefix, id, limit],
    )
    .await
}

/// How many methods have an envelope that begins with `prefix`.
///
/// # Errors
/// See [`StoreError`].
pub async fn count_sealed_with(db: &Db, prefix: &[u8]) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM methods WHERE substr(secret, 1, 5) = $1";
    let (count,): (i64,) = db.one(sql, values![prefix]).await?;
    Ok(count)
}

/// The beginnings of envelopes that there are, each once. Looks at one row for each.
///
/// # Errors
/// See [`StoreError`].
pub async fn prefixes(db: &Db) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT substr(secret, 1, 5) FROM methods WHERE substr(secret, 1, 5) > $1
         ORDER BY substr(secret, 1, 5) LIMIT 1";
    let mut prefixes: Vec<Vec<u8>> = Vec::new();
    loop {
        let last: &[u8] = prefixes.last().map_or(&[], Vec::as_slice);
        let next: Option<(Vec<u8>,)> = db.optional(sql, values![last]).await?;
        match next {
            Some((prefix,)) => prefixes.push(prefix),
            None => return Ok(prefixes),
        }
    }
}

/// Replaces a sealed secret that is still `before`; `false` when it is not.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace_secret(db: &Db, id: &str, before: &[u8], after: &[u8]) -> Result<bool, StoreError> {
    let sql = "UPDATE methods SET secret = $3 WHERE id = $1 AND secret = $2";
    Ok(db.execute(sql, values![id, before, after]).await? == 1)
}
