//! Temporary access codes: at most one for each person.

use crate::{
    clock::UnixTime,
    domain::second_factor::access_code::AccessCode,
    store::{
        Entitled,
        db::{Db, StoreError, Tx},
    },
    values,
};
use sqlx::FromRow;

/// A code that was issued and not spent.
#[derive(Debug, Clone, FromRow)]
pub struct AccessCodeRow {
    /// Another one with each code.
    pub id: String,
    /// Salt of the hash, 16 bytes.
    pub salt: Vec<u8>,
    /// Argon2id of the code.
    pub hash: Vec<u8>,
    /// Hashed quickly, with the portal's secret; otherwise as passwords are.
    pub quick: bool,
    /// Unix seconds.
    pub expires_at: i64,
    /// Id of the administrator who issued it; `None` for the command line.
    pub issued_by: Option<String>,
    /// Whether a second administrator approved it.
    pub approved: bool,
    /// The policy demanded that when it was issued.
    pub approval_demanded: bool,
}

/// A code about to be issued.
#[derive(Debug)]
pub struct NewAccessCode<'a> {
    /// Id.
    pub id: &'a str,
    /// Whom it lets in.
    pub user_id: &'a str,
    /// Salt of the hash, 16 bytes.
    pub salt: &'a [u8],
    /// Quick Argon2id of the code.
    pub hash: &'a [u8; 32],
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds.
    pub expires_at: i64,
    /// Id of the administrator who issues it; `None` for the command line.
    pub issued_by: Option<&'a str>,
    /// The policy demands that a second administrator approves it.
    pub approval_demanded: bool,
}

/// A code that waits for a second administrator.
#[derive(Debug, Clone, FromRow)]
pub struct WaitingRow {
    /// Its id.
    pub id: String,
    /// Whom it lets in.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
    /// Unix seconds.
    pub expires_at: i64,
    /// Id of the administrator who issued it.
    pub issued_by: Option<String>,
    /// Their name.
    pub issuer: Option<String>,
}

/// Issues a code in place of the one before.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace(tx: &mut impl Entitled, code: &NewAccessCode<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO access_codes (user_id, id, salt, hash, issued_at, expires_at, issued_by, approval_demanded, quick)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE)
         ON CONFLICT (user_id) DO UPDATE SET id = $2, salt = $3, hash = $4, issued_at = $5, expires_at = $6,
             issued_by = $7, approval_demanded = $8, quick = TRUE, approved_by = NULL, approved_at = NULL",
        values![
            code.user_id,
            code.id,
            code.salt,
            code.hash,
            code.now,
            code.expires_at,
            code.issued_by,
            code.approval_demanded
        ],
    )
    .await?;
    Ok(())
}

/// A person's code.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_user(db: &Db, user_id: &str) -> Result<Option<AccessCodeRow>, StoreError> {
    db.optional(
        "SELECT id, salt, hash, quick, expires_at, issued_by, approved_at IS NOT NULL AS approved, approval_demanded
         FROM access_codes WHERE user_id = $1",
        values![user_id],
    )
    .await
}

/// Approves a code by someone other than its issuer and its person; `false`
/// when it is approved, spent, replaced or expired.
///
/// # Errors
/// See [`StoreError`].
pub async fn approve(tx: &mut impl Entitled, id: &str, approver: &str, now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE access_codes SET approved_by = $2, approved_at = $3
             WHERE id = $1 AND approved_at IS NULL AND expires_at > $3
                 AND user_id <> $2 AND (issued_by IS NULL OR issued_by <> $2)",
            values![id, approver, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Uses a code up; `false` when it is gone, expired, or not approved though the
/// policy demands it or did when it was issued.
///
/// # Errors
/// See [`StoreError`].
pub async fn consume(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "DELETE FROM access_codes WHERE id = $1 AND expires_at > $2
                 AND (approved_at IS NOT NULL OR NOT (
                     approval_demanded OR (SELECT approve_access_codes FROM account_policy WHERE id = 1)))",
            values![id, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Removes a person's code; `false` when there was none.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM access_codes WHERE user_id = $1", values![user_id]).await? == 1)
}

/// Codes that wait for a second administrator, the oldest first; with `id` that one alone.
///
/// # Errors
/// See [`StoreError`].
pub async fn waiting(db: &Db, id: Option<&str>, now: i64) -> Result<Vec<WaitingRow>, StoreError> {
    db.all(
        "SELECT c.id, c.user_id, u.name AS user_name, c.expires_at, c.issued_by, i.name AS issuer
         FROM account_policy p, access_codes c JOIN users u ON u.id = c.user_id LEFT JOIN users i ON i.id = c.issued_by
         WHERE (p.approve_access_codes OR c.approval_demanded) AND c.expires_at > $1 AND c.approved_at IS NULL
             AND c.id = COALESCE($2, c.id)
         ORDER BY c.expires_at, c.id LIMIT 100",
        values![now, id],
    )
    .await
}

/// Removes the codes that someone issued and that nobody has used.
///
/// # Errors
/// See [`StoreError`].
pub fn delete_of_issuer(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.enqueue("DELETE FROM access_codes WHERE issued_by = $1", values![id])
}

/// Removes up to `most` codes that expired before then.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_expired(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM access_codes WHERE id IN (SELECT id FROM access_codes WHERE expires_at < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}

/// What the rules know of a stored code.
pub fn stored<'a>(person: &'a str, row: &'a AccessCodeRow) -> AccessCode<'a> {
    AccessCode {
        person,
        issued_by: row.issued_by.as_deref(),
        expires_at: UnixTime(row.expires_at),
        approved: row.approved,
    }
}
