//! Secrets on their way to become a method.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A secret that is being enrolled.
#[derive(Debug, Clone, FromRow)]
pub struct EnrolmentRow {
    /// Id; the sealed parts are bound to it.
    pub id: String,
    /// `pending`, `confirmed` or `replaced`.
    pub state: String,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// When the present state ends, in Unix seconds.
    pub deadline: i64,
    /// The step of the confirming code.
    pub step: Option<i64>,
    /// The sealed recovery codes.
    pub recovery_codes: Option<Vec<u8>>,
    /// Unix seconds.
    pub confirmed_at: Option<i64>,
    /// Id of the method that it takes the place of.
    pub replaces: Option<String>,
    /// The name of that method, while there is one.
    pub replaced_name: Option<String>,
    /// How often more time was given.
    pub extensions: i64,
    /// Whether the person has recovery codes that will die with "Finish".
    pub has_codes: bool,
}

/// A confirmed secret that is about to become a method.
#[derive(Debug, Clone, FromRow)]
pub struct TakenRow {
    /// Id; the sealed secret is bound to it.
    pub id: String,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// The step of the confirming code.
    pub step: Option<i64>,
    /// Id of the method that it takes the place of.
    pub replaces: Option<String>,
}

/// A secret whose enrolment begins.
#[derive(Debug)]
pub struct NewEnrolment<'a> {
    /// Id; the sealed secret is bound to it.
    pub id: &'a str,
    /// The session that it lives and dies with.
    pub session_id: &'a str,
    /// Whose it is.
    pub user_id: &'a str,
    /// The sealed secret.
    pub secret: &'a [u8],
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds until which a code for it is accepted.
    pub deadline: i64,
    /// Id of the method that it takes the place of.
    pub replaces: Option<&'a str>,
}

/// The session's secrets, the current one first, then replaced ones from new to old.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<EnrolmentRow>, StoreError> {
    tx.all(
        "SELECT e.id, e.state, e.secret, e.deadline, e.step, e.recovery_codes, e.confirmed_at, e.replaces,
                m.name AS replaced_name, e.extensions,
                EXISTS (SELECT 1 FROM recovery_sets r WHERE r.user_id = e.user_id) AS has_codes
         FROM enrolments e LEFT JOIN methods m ON m.id = e.replaces AND m.user_id = e.user_id
         WHERE e.session_id = $1 ORDER BY e.state = 'replaced', e.started_at DESC, e.id DESC",
        values![session_id],
    )
    .await
}

/// How the envelopes of set-ups begin that are under way at `now`, and how many there are of each.
///
/// # Errors
/// See [`StoreError`].
pub async fn prefixes(db: &Db, now: i64) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    db.all(
        "SELECT substr(secret, 1, 5), COUNT(*) FROM enrolments WHERE deadline > $1 AND state <> 'replaced'
         GROUP BY substr(secret, 1, 5)",
        values![now],
    )
    .await
}

/// Whether the session has a set-up under way.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_under_way(db: &Db, session_id: &str, now: i64) -> Result<bool, StoreError> {
    let row: Option<(String,)> = db
        .optional(
            "SELECT id FROM enrolments WHERE session_id = $1
             AND (state = 'pending' OR (state = 'confirmed' AND deadline > $2))",
            values![session_id, now],
        )
        .await?;
    Ok(row.is_some())
}

/// Begins the enrolment of a secret.
///
/// # Errors
/// [`StoreError::Conflict`] when the session has a current one already; see [`StoreError`].
pub async fn insert(tx: &mut Tx, enrolment: &NewEnrolment<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO enrolments (id, session_id, user_id, state, secret, started_at, deadline, replaces)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7)",
        values![
            enrolment.id,
            enrolment.session_id,
            enrolment.user_id,
            enrolment.secret,
            enrolment.now,
            enrolment.deadline,
            enrolment.replaces
        ],
    )
    .await?;
    Ok(())
}

/// Changes which method a secret takes the place of.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_replaces(tx: &mut Tx, id: &str, replaces: Option<&str>) -> Result<(), StoreError> {
    tx.execute("UPDATE enrolments SET replaces = $2 WHERE id = $1", values![id, replaces]).await?;
    Ok(())
}

/// Sets the session's pending secret aside, and forgets all but the latest of those before it.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace_pending(tx: &mut Tx, session_id: &str) -> Result<bool, StoreError> {
    tx.execute("DELETE FROM enrolments WHERE session_id = $1 AND state = 'replaced'", values![session_id]).await?;
    let sql = "UPDATE enrolments SET state = 'replaced' WHERE session_id = $1 AND state = 'pending'";
    Ok(tx.execute(sql, values![session_id]).await? == 1)
}

/// Gives a pending secret more time; `false` when it was no longer pending, its time was over, or
/// more was given `most` times.
///
/// # Errors
/// See [`StoreError`].
pub async fn extend(tx: &mut Tx, id: &str, now: i64, deadline: i64, most: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE enrolments SET deadline = $2, extensions = extensions + 1
             WHERE id = $1 AND state = 'pending' AND deadline > $3 AND extensions < $4",
            values![id, deadline, now, most],
        )
        .await?;
    Ok(changed == 1)
}

/// Moves a pending secret to confirmed; `false` when it was no longer pending, its
/// time was over, or this step of it is refused for good.
///
/// # Errors
/// See [`StoreError`].
pub async fn confirm(
    tx: &mut Tx,
    id: &str,
    step: i64,
    recovery_codes: &[u8],
    now: i64,
    finish_before: i64,
) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE enrolments SET state = 'confirmed', step = $2, recovery_codes = $3, confirmed_at = $4, deadline = $5
             WHERE id = $1 AND state = 'pending' AND deadline > $6
                 AND NOT EXISTS (SELECT 1 FROM refused_steps r WHERE r.secret_id = $1 AND r.step = $2)",
            values![id, step, recovery_codes, now, finish_before, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Takes a confirmed secret out of enrolment, with all others of its session;
/// `None` when it was not there or its time was over.
///
/// # Errors
/// See [`StoreError`].
pub async fn take_confirmed(tx: &mut Tx, session_id: &str, id: &str, now: i64) -> Result<Option<TakenRow>, StoreError> {
    let taken = tx
        .optional(
            "DELETE FROM enrolments WHERE session_id = $1 AND id = $2 AND state = 'confirmed' AND deadline > $3
             RETURNING id, secret, step, replaces",
            values![session_id, id, now],
        )
        .await?;
    if taken.is_some() {
        delete_of_session(tx, session_id).await?;
    }
    Ok(taken)
}

/// Drops everything that the session enrols; answers how many secrets that were.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_session(tx: &mut Tx, session_id: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM enrolments WHERE session_id = $1", values![session_id]).await
}

/// Drops everything that the person enrols, in any session.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user_id: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM enrolments WHERE user_id = $1", values![user_id]).await
}
