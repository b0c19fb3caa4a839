//! Counters of failed attempts.
//!
//! An attempt is charged before it is evaluated, by one conditional statement
//! that either counts it or answers that no more are allowed: parallel
//! requests, restarts and other nodes share the count.

use super::db::{Db, StoreError, Tx};
use crate::{
    clock::UnixTime,
    domain::lockout::{Allowance, Counter, Refused},
    values,
};

/// Charges an attempt, as [`crate::domain::lockout::charge`] specifies.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge(
    tx: &mut Tx,
    key: &str,
    allowance: Allowance,
    now: UnixTime,
) -> Result<Result<Counter, Refused>, StoreError> {
    let forgotten = allowance.forgotten_after.map_or(i64::MIN, |seconds| now.plus(-seconds).0);
    let charged: Option<(i64, i64)> = tx
        .optional(
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $2)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE WHEN attempt_counters.last_failure_at <= $3 THEN 1 ELSE attempt_counters.failures + 1 END,
                 last_failure_at = $2
             WHERE attempt_counters.last_failure_at <= $3 OR attempt_counters.failures < $4
             RETURNING failures, last_failure_at",
            values![key, now.0, forgotten, allowance.most],
        )
        .await?;
    let counter = |(failures, at)| Counter { failures, last_failure_at: UnixTime(at) };
    match charged {
        Some(row) => Ok(Ok(counter(row))),
        None => {
            let sql = "SELECT failures, last_failure_at FROM attempt_counters WHERE key = $1";
            let full = counter(tx.one(sql, values![key]).await?);
            Ok(Err(allowance.refusal(full, now)))
        }
    }
}

/// Notes whose passwords a counter counts.
///
/// # Errors
/// See [`StoreError`].
pub async fn note_owner(tx: &mut Tx, key: &str, user_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE attempt_counters SET user_id = $2 WHERE key = $1 AND user_id IS NULL";
    tx.execute(sql, values![key, user_id]).await?;
    Ok(())
}

/// Starts a counter anew.
///
/// # Errors
/// See [`StoreError`].
pub fn reset(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.later("DELETE FROM attempt_counters WHERE key = $1", values![key])
}

/// Starts all counters anew whose keys begin with `prefix`, which holds no `%` and no `_`.
///
/// # Errors
/// See [`StoreError`].
pub async fn reset_all(tx: &mut Tx, prefix: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM attempt_counters WHERE key LIKE $1 || '%'", values![prefix]).await
}

/// Takes back one charge.
///
/// # Errors
/// See [`StoreError`].
pub fn refund(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.later("UPDATE attempt_counters SET failures = failures - 1 WHERE key = $1 AND failures > 0", values![key])?;
    Ok(())
}

/// Removes counters of network addresses that are older than any rule looks back.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_stale_addresses(db: &Db, before: i64) -> Result<u64, StoreError> {
    db.execute("DELETE FROM attempt_counters WHERE last_failure_at < $1 AND key LIKE 'address:%'", values![before])
        .await
}
