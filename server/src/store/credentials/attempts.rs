//! Counters of failed attempts.
//!
//! An attempt is charged before it is evaluated, by one conditional statement
//! that either counts it or answers that no more are allowed: parallel
//! requests, restarts and other nodes share the count.

use crate::{
    clock::UnixTime,
    domain::credentials::lockout::{Allowance, Counter, Refused},
    store::{
        account::accounts::{PORTION, padded},
        db::{Db, StoreError, Tx},
    },
    values,
};
use std::collections::HashSet;

/// What came of charging an attempt to a counter.
type Charged = Result<Counter, Refused>;

/// Charges an attempt, as [`crate::domain::credentials::lockout::charge`] specifies.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge(tx: &mut Tx, key: &str, allowance: Allowance, now: UnixTime) -> Result<Charged, StoreError> {
    let charged: Option<(i64, i64)> = tx
        .optional(
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $2)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE
                     WHEN attempt_counters.last_failure_at <= CASE WHEN attempt_counters.failures < $3 THEN CAST($5 AS BIGINT) ELSE $4 END
                     THEN 1 ELSE attempt_counters.failures + 1 END,
                 failed_before_at = attempt_counters.last_failure_at,
                 last_failure_at = $2
             WHERE attempt_counters.last_failure_at <= $4 OR attempt_counters.failures < $3
             RETURNING failures, last_failure_at",
            values![
                key,
                now.0,
                allowance.most,
                before(allowance.forgotten_after, now),
                before(allowance.fades_after, now)
            ],
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
            // $4 and $5 are how much is allowed, $6 and $7 when full counters are forgotten, $8 and $9 others.
            "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, $3), ($2, 1, $3)
             ON CONFLICT (key) DO UPDATE SET
                 failures = CASE
                     WHEN attempt_counters.last_failure_at <= CASE
                         WHEN attempt_counters.failures < CASE excluded.key WHEN $1 THEN CAST($4 AS BIGINT) ELSE $5 END
                         THEN CASE excluded.key WHEN $1 THEN CAST($8 AS BIGINT) ELSE $9 END
                         ELSE CASE excluded.key WHEN $1 THEN CAST($6 AS BIGINT) ELSE $7 END END
                     THEN 1 ELSE attempt_counters.failures + 1 END,
                 failed_before_at = attempt_counters.last_failure_at,
                 last_failure_at = $3
             WHERE attempt_counters.last_failure_at <= CASE excluded.key WHEN $1 THEN CAST($6 AS BIGINT) ELSE $7 END
                 OR attempt_counters.failures < CASE excluded.key WHEN $1 THEN CAST($4 AS BIGINT) ELSE $5 END
             RETURNING key, failures, last_failure_at",
            values![
                first,
                second,
                now.0,
                first_allowance.most,
                second_allowance.most,
                before(first_allowance.forgotten_after, now),
                before(second_allowance.forgotten_after, now),
                before(first_allowance.fades_after, now),
                before(second_allowance.fades_after, now)
            ],
        )
        .await?;
    let row = |key| charged.iter().find(|(charged, ..)| charged == key).map(|(_, failures, at)| (*failures, *at));
    Ok([
        outcome(tx, first, first_allowance, row(first), now).await?,
        outcome(tx, second, second_allowance, row(second), now).await?,
    ])
}

/// Charges from then or before are forgotten.
pub(crate) fn before(after: Option<i64>, now: UnixTime) -> i64 {
    after.map_or(i64::MIN, |seconds| now.plus(-seconds).0)
}

/// The counter as it was charged, or why it was not.
async fn outcome(
    tx: &mut Tx,
    key: &str,
    allowance: Allowance,
    charged: Option<(i64, i64)>,
    now: UnixTime,
) -> Result<Charged, StoreError> {
    match charged {
        Some(row) => Ok(Ok(counter(row))),
        None => {
            let full = find(tx, key).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))?;
            Ok(Err(allowance.refusal(full, now)))
        }
    }
}

/// A counter, if there is one.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(tx: &mut Tx, key: &str) -> Result<Option<Counter>, StoreError> {
    let sql = "SELECT failures, last_failure_at FROM attempt_counters WHERE key = $1";
    Ok(tx.optional(sql, values![key]).await?.map(counter))
}

fn counter((failures, at): (i64, i64)) -> Counter {
    Counter { failures, last_failure_at: UnixTime(at) }
}

/// Those of these counters that there are.
///
/// # Errors
/// See [`StoreError`].
pub async fn those_there(tx: &mut Tx, keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let mut there = HashSet::new();
    for portion in keys.chunks(PORTION) {
        let values: Vec<_> = padded(portion).collect();
        there.extend(tx.all::<(String,)>(THERE, &values).await?.into_iter().map(|(key,)| key));
    }
    Ok(there)
}

const THERE: &str = "SELECT key FROM attempt_counters
     WHERE key IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
         $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43,
         $44, $45, $46, $47, $48, $49, $50)";

/// Notes whose passwords a counter counts.
///
/// # Errors
/// See [`StoreError`].
pub fn note_owner(tx: &mut Tx, key: &str, user_id: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE attempt_counters SET user_id = $2 WHERE key = $1 AND user_id IS NULL", values![key, user_id])
}

/// Starts a counter anew.
///
/// # Errors
/// See [`StoreError`].
pub fn reset(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.enqueue("DELETE FROM attempt_counters WHERE key = $1", values![key])
}

/// Starts a counter anew, and all others whose keys begin with `prefix`, which
/// holds no `%` and no `_`; answers what they were.
///
/// # Errors
/// See [`StoreError`].
pub async fn reset_all(tx: &mut Tx, key: &str, prefix: &str) -> Result<Vec<Counter>, StoreError> {
    let sql = "DELETE FROM attempt_counters WHERE key = $1 OR key LIKE $2 || '%' RETURNING failures, last_failure_at";
    Ok(tx.all(sql, values![key, prefix]).await?.into_iter().map(counter).collect())
}

/// Takes back so many charges, of which the last one was made at `at`. Those that
/// stand are as old as they were before it, unless others were charged since.
///
/// # Errors
/// See [`StoreError`].
pub fn refund(tx: &mut Tx, key: &str, charges: i64, at: UnixTime) -> Result<(), StoreError> {
    tx.enqueue(
        "UPDATE attempt_counters SET
             failures = CASE WHEN failures > $2 THEN failures - $2 ELSE 0 END,
             last_failure_at = CASE WHEN last_failure_at = $3 THEN COALESCE(failed_before_at, $3) ELSE last_failure_at END
         WHERE key = $1",
        values![key, charges, at.0],
    )
}

/// Starts a counter anew that has come to `most`.
///
/// # Errors
/// See [`StoreError`].
pub fn reset_full(tx: &mut Tx, key: &str, most: i64) -> Result<(), StoreError> {
    tx.enqueue("DELETE FROM attempt_counters WHERE key = $1 AND failures >= $2", values![key, most])
}

/// Starts a counter of a person's codes anew, and those of the same in each
/// browser in which they signed in with both factors; answers what they were.
///
/// # Errors
/// See [`StoreError`].
pub async fn reset_codes(tx: &mut Tx, user_id: &str, key: &str) -> Result<Vec<Counter>, StoreError> {
    let sql = "DELETE FROM attempt_counters WHERE key IN (
             SELECT CAST($2 AS TEXT) UNION ALL SELECT $2 || ':' || b.id FROM browsers b WHERE b.user_id = $1)
         RETURNING failures, last_failure_at";
    Ok(tx.all(sql, values![user_id, key]).await?.into_iter().map(counter).collect())
}

/// Removes up to `most` counters that no rule looks at any more:
///
/// | what it counts by | goes |
/// |---|---|
/// | an address; what is counted within a day or less: codes, recovery codes, changes of a mail address, letters, deeds | charged last before `before` |
/// | a name that nobody has, a one-time link | charged last before `names_before` |
/// | a browser | with the browser: [`delete_of_forgotten_browsers`] |
/// | a person's password; their codes in a row | with the person: there is one of each |
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_stale(db: &Db, before: i64, names_before: i64, most: i64) -> Result<u64, StoreError> {
    // Again outside: one that was charged meanwhile stays.
    let sql = "DELETE FROM attempt_counters WHERE (last_failure_at < $1 OR last_failure_at < $2) AND key IN
             (SELECT key FROM attempt_counters
              WHERE (last_failure_at < $1 AND (key LIKE 'address:%' OR key LIKE 'codes-a-day:%' OR key LIKE 'recovery%'
                    OR key LIKE 'mail-address:%' OR key LIKE 'letters:%' OR key LIKE 'deeds:%'))
                 OR (last_failure_at < $2 AND user_id IS NULL AND (key LIKE 'password:%' OR key LIKE 'link:%'))
              LIMIT $3)";
    db.execute(sql, values![before, names_before, most]).await
}

/// Removes up to `most` counters of browsers that are not known any more, which
/// have a new id should they come back; charged last before `before`, so that
/// nobody holds one.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_forgotten_browsers(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    // They end with the browser's id, of 36 characters.
    let sql = "DELETE FROM attempt_counters WHERE key IN
             (SELECT key FROM attempt_counters
              WHERE last_failure_at < $1 AND (key LIKE 'browser:%' OR key LIKE 'codes-in-a-row:%:%')
                  AND NOT EXISTS (SELECT 1 FROM browsers b WHERE b.id = substr(key, length(key) - 35))
              LIMIT $2)";
    db.execute(sql, values![before, most]).await
}
