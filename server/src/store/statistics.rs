//! What the dashboard counts. Audit entries are counted by day when somebody
//! asks, each once: the place that counting has come to moves in the same
//! transaction. Appending an entry costs nothing for it.

use super::db::{Db, StoreError, Tx};
use crate::values;
use sqlx::FromRow;

/// How often something happened on a day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DayRow {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Event by name.
    pub event: String,
    /// Outcome by name.
    pub outcome: String,
    /// How often.
    pub entries: i64,
}

/// How many active people had a second factor on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct AdoptionRow {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Active people.
    pub people: i64,
    /// Those of them with a second factor.
    pub with_second_factor: i64,
}

/// Active people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct PeopleRow {
    /// All of them.
    pub people: i64,
    /// Those with a second factor.
    pub with_second_factor: i64,
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

/// What was counted from a day on.
///
/// # Errors
/// See [`StoreError`].
pub async fn days(db: &Db, from: i64) -> Result<Vec<DayRow>, StoreError> {
    db.all("SELECT day, event, outcome, entries FROM audit_days WHERE day >= $1 ORDER BY day", values![from]).await
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

/// Counts active people, those with a second factor, and those of whose
/// recovery codes at least `spent` are used.
///
/// Whoever has a second factor has one set of recovery codes, however many
/// methods there are: sets are counted, by indexes alone, less those of the few
/// people who are not active.
///
/// # Errors
/// See [`StoreError`].
pub async fn people(db: &Db, spent: i64) -> Result<PeopleRow, StoreError> {
    db.one(
        "SELECT (SELECT COUNT(*) FROM users) - (SELECT COUNT(*) FROM users WHERE NOT active) AS people,
                (SELECT COUNT(*) FROM recovery_sets) - inactive.sets AS with_second_factor,
                (SELECT COUNT(*) FROM (SELECT set_id FROM recovery_codes WHERE used_at IS NOT NULL
                     GROUP BY set_id HAVING COUNT(*) >= $1) low) - inactive.low AS running_low
         FROM (SELECT COUNT(*) AS sets,
                   COUNT(CASE WHEN (SELECT COUNT(*) FROM recovery_codes c
                       WHERE c.set_id = s.id AND c.used_at IS NOT NULL) >= $1 THEN 1 END) AS low
               FROM users u JOIN recovery_sets s ON s.user_id = u.id WHERE NOT u.active) inactive",
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
