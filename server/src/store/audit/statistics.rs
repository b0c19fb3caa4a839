//! What the dashboard counts. Audit entries are counted by day when somebody
//! asks, each once: the place that counting has come to moves in the same
//! transaction. Appending an entry costs nothing for it.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// Sign-ins of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct SignInsRow {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Those that succeeded.
    pub signed_in: i64,
    /// Attempts that failed.
    pub failed: i64,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TotalRow {
    /// Event by name.
    pub event: String,
    /// How often.
    pub entries: i64,
}

/// How many people who could sign in had a second factor on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct AdoptionRow {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Active people who had chosen a password.
    pub people: i64,
    /// Those of them with a second factor.
    pub with_second_factor: i64,
}

/// Active people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct PeopleRow {
    /// Those who have chosen a password.
    pub people: i64,
    /// Those of them with a second factor.
    pub with_second_factor: i64,
    /// Those who have not chosen one yet.
    pub not_activated: i64,
    /// Those whose recovery codes run low.
    pub running_low: i64,
}

/// The last entry that is counted.
///
/// # Errors
/// See [`StoreError`].
pub async fn counted(db: &Db) -> Result<i64, StoreError> {
    let (sequence,): (i64,) = db.one("SELECT sequence FROM audit_counted WHERE id = 1", values![]).await?;
    Ok(sequence)
}

/// The same, held until the transaction ends.
///
/// # Errors
/// See [`StoreError`].
pub async fn hold_counted(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "UPDATE audit_counted SET sequence = sequence WHERE id = 1 RETURNING sequence";
    let (sequence,): (i64,) = tx.one(sql, values![]).await?;
    Ok(sequence)
}

/// Counts the entries after one and through another.
///
/// # Errors
/// See [`StoreError`].
pub async fn count(tx: &mut Tx, after: i64, through: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit_days (day, event, outcome, entries)
         SELECT at / 86400, event, outcome, COUNT(*) FROM audit_entries WHERE sequence > $1 AND sequence <= $2
         GROUP BY at / 86400, event, outcome
         ON CONFLICT (day, event, outcome) DO UPDATE SET entries = audit_days.entries + excluded.entries",
        values![after, through],
    )
    .await?;
    tx.execute("UPDATE audit_counted SET sequence = $1 WHERE id = 1", values![through]).await?;
    Ok(())
}

/// An entry that stands for several.
#[derive(Debug, Clone, FromRow)]
pub struct SummedRow {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Event by name.
    pub event: String,
    /// Outcome by name.
    pub outcome: String,
    /// How many, among others, as JSON.
    pub detail: String,
}

/// Entries after one and through another that may stand for several.
///
/// # Errors
/// See [`StoreError`].
pub async fn summed(tx: &mut Tx, after: i64, through: i64) -> Result<Vec<SummedRow>, StoreError> {
    tx.all(
        "SELECT at / 86400 AS day, event, outcome, detail FROM audit_entries
         WHERE sequence > $1 AND sequence <= $2 AND detail LIKE '%times_:%'",
        values![after, through],
    )
    .await
}

/// Counts so many more than one for an entry that was counted.
///
/// # Errors
/// See [`StoreError`].
pub fn count_more(tx: &mut Tx, row: &SummedRow, more: i64) -> Result<(), StoreError> {
    tx.enqueue(
        "UPDATE audit_days SET entries = entries + $4 WHERE day = $1 AND event = $2 AND outcome = $3",
        values![row.day, row.event.as_str(), row.outcome.as_str(), more],
    )
}

/// The sign-ins of each day that has any, from a day on: those that succeeded
/// with the event `signed_in`, and events `failed`. Added up
/// here, because each row that comes out of SQLite's thread costs as much as
/// reading dozens there.
///
/// # Errors
/// See [`StoreError`].
pub async fn sign_ins(
    db: &Db,
    from: i64,
    signed_in: &str,
    [a, b, c, d, e, f, g]: [&str; 7],
) -> Result<Vec<SignInsRow>, StoreError> {
    db.all(
        "SELECT day,
             CAST(SUM(CASE WHEN event = $2 AND outcome = 'success' THEN entries ELSE 0 END) AS BIGINT) AS signed_in,
             CAST(SUM(CASE WHEN event <> $2 THEN entries ELSE 0 END) AS BIGINT) AS failed
         FROM audit_days WHERE day >= $1 AND event IN ($2, $3, $4, $5, $6, $7, $8, $9) GROUP BY day ORDER BY day",
        values![from, signed_in, a, b, c, d, e, f, g],
    )
    .await
}

/// How often everything happened from a day on.
///
/// # Errors
/// See [`StoreError`].
pub async fn totals(db: &Db, from: i64) -> Result<Vec<TotalRow>, StoreError> {
    let sql = "SELECT event, CAST(SUM(entries) AS BIGINT) AS entries FROM audit_days WHERE day >= $1 GROUP BY event";
    db.all(sql, values![from]).await
}

/// Notes how many people have a second factor today.
///
/// # Errors
/// See [`StoreError`].
pub async fn note_adoption(db: &Db, row: AdoptionRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO adoption_days (day, people, with_second_factor) VALUES ($1, $2, $3)
         ON CONFLICT (day) DO UPDATE SET people = excluded.people, with_second_factor = excluded.with_second_factor",
        values![row.day, row.people, row.with_second_factor],
    )
    .await?;
    Ok(())
}

/// What was noted from a day on, and the last note before it.
///
/// # Errors
/// See [`StoreError`].
pub async fn adoption(db: &Db, from: i64) -> Result<Vec<AdoptionRow>, StoreError> {
    db.all(
        "SELECT day, people, with_second_factor FROM adoption_days
         WHERE day >= COALESCE((SELECT MAX(day) FROM adoption_days WHERE day < $1), $1) ORDER BY day",
        values![from],
    )
    .await
}

/// Counts active people: those who can sign in, those with a second factor,
/// those who have not chosen a password yet, and those of whose
/// recovery codes at least `spent` are used: by narrow indexes, and looking up
/// only those few whose codes run low.
///
/// # Errors
/// See [`StoreError`].
pub async fn people(db: &Db, spent: i64) -> Result<PeopleRow, StoreError> {
    db.one(
        "SELECT everybody - not_activated AS people, everybody - not_activated - missing AS with_second_factor,
             not_activated, running_low FROM (
             SELECT (SELECT COUNT(*) FROM users) - (SELECT COUNT(*) FROM users WHERE NOT active) AS everybody,
                 (SELECT COUNT(*) FROM users
                  WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL) AS missing,
                 (SELECT COUNT(*) FROM users WHERE active AND password_hash IS NULL) AS not_activated,
                 (SELECT COUNT(*) FROM (SELECT set_id FROM recovery_codes WHERE used_at IS NOT NULL
                      GROUP BY set_id HAVING COUNT(*) >= $1) low
                  JOIN recovery_sets s ON s.id = low.set_id JOIN users u ON u.id = s.user_id
                  WHERE u.active) AS running_low) counted",
        values![spent],
    )
    .await
}

/// How many active people's passwords are locked.
///
/// # Errors
/// See [`StoreError`].
pub async fn locked(db: &Db, failures: i64, after: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(DISTINCT c.user_id) FROM attempt_counters c JOIN users u ON u.id = c.user_id
         WHERE c.user_id IS NOT NULL AND c.failures >= $1 AND c.last_failure_at > $2 AND u.active";
    let (count,): (i64,) = db.one(sql, values![failures, after]).await?;
    Ok(count)
}
