//! Counters of failed attempts.
//!
//! An attempt is charged before it is evaluated, by one conditional statement
//! that either counts it or answers that no more are allowed: parallel
//! requests, restarts and other nodes share the count.

use super::db::{Db, StoreError, Tx};
use crate::values;
use sqlx::FromRow;

/// What a counter allows.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Attempts until no more are evaluated.
    pub most: i64,
    /// Seconds after the last attempt at which the counter starts anew; `None` never.
    pub forgotten_after: Option<i64>,
}

/// A counter as it stands.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Counter {
    /// Attempts charged and not refunded.
    pub failures: i64,
    /// Unix seconds of the last.
    pub last_failure_at: i64,
}

/// Charges an attempt. Answers the count including it, or the counter that refuses it.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge(
    tx: &mut Tx,
    key: &str,
    allowance: Allowance,
    now: i64,
) -> Result<Result<Counter, Counter>, StoreError> {
    let forgotten = allowance.forgotten_after.map_or(i64::MIN, |seconds| now.saturating_sub(seconds));
    let charged = tx
        .optional(
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $2)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE WHEN attempt_counters.last_failure_at <= $3 THEN 1 ELSE attempt_counters.failures + 1 END,
                 last_failure_at = $2
             WHERE attempt_counters.last_failure_at <= $3 OR attempt_counters.failures < $4
             RETURNING failures, last_failure_at",
            values![key, now, forgotten, allowance.most],
        )
        .await?;
    match charged {
        Some(counter) => Ok(Ok(counter)),
        None => Ok(Err(tx
            .one("SELECT failures, last_failure_at FROM attempt_counters WHERE key = $1", values![key])
            .await?)),
    }
}

/// Starts a counter anew.
///
/// # Errors
/// See [`StoreError`].
pub async fn reset(tx: &mut Tx, key: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM attempt_counters WHERE key = $1", values![key]).await? == 1)
}

/// Takes back one charge.
///
/// # Errors
/// See [`StoreError`].
pub async fn refund(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE attempt_counters SET failures = failures - 1 WHERE key = $1 AND failures > 0", values![key])
        .await?;
    Ok(())
}

/// Removes counters of network addresses that are older than any rule looks back.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_stale_addresses(db: &Db, before: i64) -> Result<u64, StoreError> {
    db.execute("DELETE FROM attempt_counters WHERE last_failure_at < $1 AND key LIKE 'address:%'", values![before]).await
}
