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

/// What came of charging an attempt to a counter.
type Charged = Result<Counter, Refused>;

/// Charges an attempt, as [`crate::domain::lockout::charge`] specifies.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge(tx: &mut Tx, key: &str, allowance: Allowance, now: UnixTime) -> Result<Charged, StoreError> {
    let charged: Option<(i64, i64)> = tx
        .optional(
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $2)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE WHEN attempt_counters.last_failure_at <= $3 THEN 1 ELSE attempt_counters.failures + 1 END,
                 last_failure_at = $2
             WHERE attempt_counters.last_failure_at <= $3 OR attempt_counters.failures < $4
             RETURNING failures, last_failure_at",
            values![key, now.0, forgotten_at(allowance, now), allowance.most],
        )
        .await?;
    outcome(tx, key, allowance, charged, now).await
}

/// Charges an attempt to two counters at once, to each as [`charge`] does.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge_both(
    tx: &mut Tx,
    counters: [(&str, Allowance); 2],
    now: UnixTime,
) -> Result<[Charged; 2], StoreError> {
    let [(first, first_allowance), (second, second_allowance)] = counters;
    let charged: Vec<(String, i64, i64)> = tx
        .all(
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $3), ($2, 1, $3)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE
                     WHEN attempt_counters.last_failure_at <= CASE excluded.key WHEN $1 THEN CAST($4 AS BIGINT) ELSE $5 END
                     THEN 1 ELSE attempt_counters.failures + 1 END,
                 last_failure_at = $3
             WHERE attempt_counters.last_failure_at <= CASE excluded.key WHEN $1 THEN CAST($4 AS BIGINT) ELSE $5 END
                 OR attempt_counters.failures < CASE excluded.key WHEN $1 THEN CAST($6 AS BIGINT) ELSE $7 END
             RETURNING key, failures, last_failure_at",
            values![
                first,
                second,
                now.0,
                forgotten_at(first_allowance, now),
                forgotten_at(second_allowance, now),
                first_allowance.most,
                second_allowance.most
            ],
        )
        .await?;
    let row = |key| charged.iter().find(|(charged, ..)| charged == key).map(|(_, failures, at)| (*failures, *at));
    Ok([
        outcome(tx, first, first_allowance, row(first), now).await?,
        outcome(tx, second, second_allowance, row(second), now).await?,
    ])
}

/// Charges older than this are forgotten.
fn forgotten_at(allowance: Allowance, now: UnixTime) -> i64 {
    allowance.forgotten_after.map_or(i64::MIN, |seconds| now.plus(-seconds).0)
}

/// The counter as it was charged, or why it was not.
async fn outcome(
    tx: &mut Tx,
    key: &str,
    allowance: Allowance,
    charged: Option<(i64, i64)>,
    now: UnixTime,
) -> Result<Charged, StoreError> {
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
pub fn note_owner(tx: &mut Tx, key: &str, user_id: &str) -> Result<(), StoreError> {
    tx.later("UPDATE attempt_counters SET user_id = $2 WHERE key = $1 AND user_id IS NULL", values![key, user_id])
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

/// Removes up to `most` counters of network addresses that are older than any rule looks back.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_stale_addresses(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM attempt_counters WHERE last_failure_at < $1 AND key IN
             (SELECT key FROM attempt_counters WHERE last_failure_at < $1 AND key LIKE 'address:%' LIMIT $2)";
    db.execute(sql, values![before, most]).await
}
