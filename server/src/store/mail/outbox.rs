//! Mail that waits to be sent, and whom reminders go to.
//!
//! While a node is sending a row, its `due_at` is the end of that node's lease
//! and its `problem` is NULL: no other node takes it before, and nobody can
//! have it tried again or thrown away in between.

use crate::{
    clock::UnixTime,
    domain::credentials::lockout::Allowance,
    store::{
        Entitled,
        credentials::attempts,
        db::{Db, StoreError, Tx},
    },
    values,
};
use sqlx::FromRow;

/// Mail that is written now.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// Id; ids are in the order of writing.
    pub id: &'a str,
    /// For whom.
    pub user_id: &'a str,
    /// What it says, in JSON.
    pub message: &'a str,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds before which nobody takes it.
    pub due_at: i64,
    /// The counter of mail of this kind to this person.
    pub counter: &'a str,
    /// How much there may be: more is not written.
    pub allowance: Allowance,
}

impl NewMail<'_> {
    /// Mail until then is forgotten.
    fn forgotten(&self) -> i64 {
        attempts::before(self.allowance.forgotten_after, UnixTime(self.now))
    }
}

/// Mail that this node is to send.
#[derive(Debug, Clone, FromRow)]
pub struct DueRow {
    /// Id.
    pub id: String,
    /// Where to.
    pub address: String,
    /// What it says, in JSON.
    pub message: String,
    /// Unix seconds.
    pub written_at: i64,
    /// How often it was tried, this time included.
    pub tries: i64,
    /// User name of the person.
    pub name: String,
}

/// Mail that was not sent yet.
#[derive(Debug, Clone, FromRow)]
pub struct WaitingRow {
    /// Id.
    pub id: String,
    /// User name of the person.
    pub name: String,
    /// What it says, in JSON.
    pub message: String,
    /// Unix seconds.
    pub written_at: i64,
    /// When it is tried, or until when a node has it, in Unix seconds.
    pub due_at: i64,
    /// How often it was tried.
    pub tries: i64,
    /// What the last try failed for.
    pub problem: Option<String>,
    /// No longer tried by itself.
    pub given_up: bool,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct CountRow {
    /// Mail that waits.
    pub waiting: i64,
    /// Mail that is no longer tried.
    pub given_up: i64,
}

/// What a notice says of whoever was thrown away.
#[derive(Debug, Clone, FromRow)]
pub struct DiscardedRow {
    /// Whose mail it was.
    pub user_id: String,
    /// Their user name.
    pub name: String,
    /// What it said, in JSON.
    pub message: String,
}

/// Writes mail to a person, if they have an address.
///
/// # Errors
/// See [`StoreError`].
pub fn write(tx: &mut Tx, mail: &NewMail<'_>) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO outbox (id, user_id, address, message, written_at, due_at)
         SELECT CAST($1 AS TEXT), id, mail_address, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
         FROM users WHERE id = $2 AND mail_address <> ''
             AND NOT EXISTS (SELECT 1 FROM attempt_counters c
                 WHERE c.key = $6 AND c.failures >= $7 AND c.last_failure_at > $8)",
        values![
            mail.id,
            mail.user_id,
            mail.message,
            mail.now,
            mail.due_at,
            mail.counter,
            mail.allowance.most,
            mail.forgotten()
        ],
    )?;
    count_letter(tx, mail)
}

/// Counts mail that was written just now, if it was: as attempts are counted, but
/// without a look at what came of it.
fn count_letter(tx: &mut Tx, mail: &NewMail<'_>) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO attempt_counters (key, failures, last_failure_at)
         SELECT CAST($2 AS TEXT), 1, CAST($3 AS BIGINT) FROM outbox WHERE id = $1
         ON CONFLICT (key) DO UPDATE SET last_failure_at = excluded.last_failure_at,
             failures = CASE WHEN attempt_counters.last_failure_at > $4 THEN attempt_counters.failures + 1 ELSE 1 END",
        values![mail.id, mail.counter, mail.now, mail.forgotten()],
    )
}

/// Whether mail was written within this transaction, or waits.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_written(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.optional::<(String,)>("SELECT id FROM outbox WHERE id = $1", values![id]).await?.is_some())
}

/// Writes the same, if the person has signed in before, but not in the browser
/// with this token.
///
/// # Errors
/// See [`StoreError`].
pub fn write_if_new_browser(tx: &mut Tx, mail: &NewMail<'_>, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO outbox (id, user_id, address, message, written_at, due_at)
         SELECT CAST($1 AS TEXT), u.id, u.mail_address, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
         FROM users u WHERE u.id = $2 AND u.mail_address <> ''
             AND (EXISTS (SELECT 1 FROM seen_browsers s WHERE s.user_id = u.id)
                 OR EXISTS (SELECT 1 FROM browsers b WHERE b.user_id = u.id))
             AND NOT EXISTS (SELECT 1 FROM seen_browsers s WHERE s.token_hash = $6 AND s.user_id = u.id)
             AND NOT EXISTS (SELECT 1 FROM browsers b WHERE b.token_hash = $6 AND b.user_id = u.id)
             AND NOT EXISTS (SELECT 1 FROM attempt_counters c
                 WHERE c.key = $7 AND c.failures >= $8 AND c.last_failure_at > $9)",
        values![
            mail.id,
            mail.user_id,
            mail.message,
            mail.now,
            mail.due_at,
            token_hash,
            mail.counter,
            mail.allowance.most,
            mail.forgotten()
        ],
    )?;
    count_letter(tx, mail)
}

/// Whether any mail is due.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_due(db: &Db, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT due_at FROM outbox WHERE NOT given_up AND due_at <= $1 ORDER BY due_at, id LIMIT 1";
    Ok(db.optional::<(i64,)>(sql, values![now]).await?.is_some())
}

/// Takes mail that is due, for this node alone until `lease_end`.
///
/// # Errors
/// See [`StoreError`].
pub async fn claim(tx: &mut Tx, now: i64, lease_end: i64, most: i64) -> Result<Vec<DueRow>, StoreError> {
    tx.all(
        "UPDATE outbox SET due_at = $2, tries = tries + 1, problem = NULL
         WHERE NOT given_up AND due_at <= $1 AND id IN
             (SELECT id FROM outbox WHERE NOT given_up AND due_at <= $1 ORDER BY due_at, id LIMIT $3)
         RETURNING id, address, message, written_at, tries,
             (SELECT u.name FROM users u WHERE u.id = outbox.user_id) AS name",
        values![now, lease_end, most],
    )
    .await
}

/// Takes one that was written for this node, as `claim` does.
///
/// # Errors
/// See [`StoreError`].
pub async fn claim_one(tx: &mut Tx, id: &str) -> Result<Option<DueRow>, StoreError> {
    tx.optional(
        "UPDATE outbox SET tries = tries + 1 WHERE id = $1
         RETURNING id, address, message, written_at, tries,
             (SELECT u.name FROM users u WHERE u.id = outbox.user_id) AS name",
        values![id],
    )
    .await
}

/// Mail was taken by the mail server.
///
/// # Errors
/// See [`StoreError`].
pub async fn finish(db: &Db, id: &str) -> Result<(), StoreError> {
    db.execute("DELETE FROM outbox WHERE id = $1", values![id]).await?;
    Ok(())
}

/// Mail was not taken for `problem`, until `mend` is mended where that is named; without `next_try` it
/// is given up.
///
/// # Errors
/// See [`StoreError`].
pub async fn fail(
    db: &Db,
    id: &str,
    problem: &str,
    mend: Option<&str>,
    next_try: Option<i64>,
) -> Result<(), StoreError> {
    db.execute(
        "UPDATE outbox SET problem = $2, mend = $3, due_at = COALESCE($4, due_at), given_up = $5 WHERE id = $1",
        values![id, problem, mend, next_try, next_try.is_none()],
    )
    .await?;
    Ok(())
}

/// Mail that was claimed is left to whoever comes next, and was not tried.
///
/// # Errors
/// See [`StoreError`].
pub async fn hand_back(db: &Db, id: &str, now: i64) -> Result<(), StoreError> {
    db.execute("UPDATE outbox SET tries = tries - 1, due_at = $2 WHERE id = $1", values![id, now]).await?;
    Ok(())
}

/// What must be mended before mail is taken, each with what was said about it.
///
/// # Errors
/// See [`StoreError`].
pub async fn to_mend(db: &Db) -> Result<Vec<(String, Option<String>)>, StoreError> {
    db.all(
        "SELECT mend, MAX(problem) AS problem FROM outbox WHERE mend IS NOT NULL GROUP BY mend ORDER BY mend",
        values![],
    )
    .await
}

/// Mail that waits, or mail that was given up: the newest first, before `id`.
///
/// # Errors
/// See [`StoreError`].
pub async fn page(db: &Db, given_up: bool, before: &str, limit: i64) -> Result<Vec<WaitingRow>, StoreError> {
    db.all(
        "SELECT o.id, u.name, o.message, o.written_at, o.due_at, o.tries, o.problem, o.given_up
         FROM outbox o JOIN users u ON u.id = o.user_id
         WHERE o.given_up = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3",
        values![given_up, before, limit],
    )
    .await
}

/// How much there is.
///
/// # Errors
/// See [`StoreError`].
pub async fn count(db: &Db) -> Result<CountRow, StoreError> {
    db.one(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE given_up = FALSE) AS waiting,
                (SELECT COUNT(*) FROM outbox WHERE given_up = TRUE) AS given_up",
        values![],
    )
    .await
}

/// The mail server took something: what waits until it can be reached, encrypted or signed in to is due, and
/// has as many tries as at first, since nothing was its own fault.
///
/// # Errors
/// See [`StoreError`].
pub async fn release(db: &Db, now: i64) -> Result<(), StoreError> {
    db.execute(
        "UPDATE outbox SET mend = NULL, tries = 0, due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END
         WHERE mend IN ('server', 'encryption', 'sign_in') AND problem IS NOT NULL AND NOT given_up",
        values![now],
    )
    .await?;
    Ok(())
}

/// Whether something was given up, waits since before `written_before`, or waits until something is mended;
/// that the server is away may mend itself.
///
/// # Errors
/// See [`StoreError`].
pub async fn needs_a_look(db: &Db, written_before: i64) -> Result<bool, StoreError> {
    let (needed,): (bool,) = db
        .one(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE given_up = TRUE)
                 OR EXISTS (SELECT 1 FROM outbox WHERE mend <> 'server')
                 OR COALESCE((SELECT written_at FROM outbox WHERE given_up = FALSE ORDER BY id LIMIT 1) < $1, FALSE)",
            values![written_before],
        )
        .await?;
    Ok(needed)
}

/// Has mail that failed tried now; `false` when it is gone or on its way.
///
/// # Errors
/// See [`StoreError`].
pub async fn try_again(tx: &mut impl Entitled, id: &str, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET due_at = $2, tries = 0, given_up = FALSE WHERE id = $1 AND problem IS NOT NULL";
    Ok(tx.execute(sql, values![id, now]).await? == 1)
}

/// The same for all that failed.
///
/// # Errors
/// See [`StoreError`].
pub async fn try_all_again(tx: &mut impl Entitled, now: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE outbox SET due_at = $1, tries = 0, given_up = FALSE WHERE problem IS NOT NULL";
    tx.execute(sql, values![now]).await
}

/// Throws mail away, unless it is on its way.
///
/// # Errors
/// See [`StoreError`].
pub async fn discard(tx: &mut impl Entitled, id: &str) -> Result<Option<DiscardedRow>, StoreError> {
    tx.optional(
        "DELETE FROM outbox WHERE id = $1 AND (problem IS NOT NULL OR tries = 0)
         RETURNING user_id, message, (SELECT u.name FROM users u WHERE u.id = outbox.user_id) AS name",
        values![id],
    )
    .await
}

/// Notes whether this portal's servers send mail.
///
/// # Errors
/// See [`StoreError`].
pub async fn note_sending(db: &Db, sends: bool) -> Result<(), StoreError> {
    db.execute("UPDATE portal SET sends_mail = $1 WHERE id = 1 AND sends_mail <> $1", values![sends]).await?;
    Ok(())
}

/// Notes whether the mail server takes addresses with letters beyond ASCII before the @.
///
/// # Errors
/// See [`StoreError`].
pub async fn note_utf8(db: &Db, takes: bool) -> Result<(), StoreError> {
    let sql = "UPDATE portal SET takes_utf8_mail = $1 WHERE id = 1 AND takes_utf8_mail <> $1";
    db.execute(sql, values![takes]).await?;
    Ok(())
}

/// Whether it does, as far as is known.
///
/// # Errors
/// See [`StoreError`].
pub async fn takes_utf8(db: &Db) -> Result<bool, StoreError> {
    let row: Option<(bool,)> = db.optional("SELECT takes_utf8_mail FROM portal WHERE id = 1", values![]).await?;
    Ok(row.is_some_and(|(takes,)| takes))
}

/// The same, within a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn takes_utf8_in(tx: &mut Tx) -> Result<bool, StoreError> {
    let row: Option<(bool,)> = tx.optional("SELECT takes_utf8_mail FROM portal WHERE id = 1", values![]).await?;
    Ok(row.is_some_and(|(takes,)| takes))
}

/// Whether this portal's servers send mail.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_sending(db: &Db) -> Result<bool, StoreError> {
    let row: Option<(bool,)> = db.optional("SELECT sends_mail FROM portal WHERE id = 1", values![]).await?;
    Ok(row.is_some_and(|(sends,)| sends))
}

/// Someone to be reminded.
#[derive(Debug, Clone, FromRow)]
pub struct ToRemindRow {
    /// Id.
    pub id: String,
    /// User name.
    pub name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Unix seconds since which they are without a second factor.
    pub exposed_since: i64,
    /// Where they get mail; empty when nowhere.
    pub mail_address: String,
}

/// Someone who can sign in and has no second factor, whose row the transaction holds afterwards;
/// noted as reminded now if they have an address.
///
/// # Errors
/// See [`StoreError`].
pub async fn remind(tx: &mut impl Entitled, user_id: &str, now: i64) -> Result<Option<ToRemindRow>, StoreError> {
    tx.optional(
        "UPDATE users SET reminded_at = CASE WHEN mail_address = '' THEN reminded_at ELSE $2 END
         WHERE id = $1 AND active AND NOT has_second_factor AND password_hash IS NOT NULL
         RETURNING id, name, administrator, exposed_since, mail_address",
        values![user_id, now],
    )
    .await
}

/// The same, unless they were reminded after `since`.
///
/// # Errors
/// See [`StoreError`].
pub async fn remind_once(
    tx: &mut impl Entitled,
    user_id: &str,
    now: i64,
    since: i64,
) -> Result<Option<ToRemindRow>, StoreError> {
    tx.optional(
        "UPDATE users SET reminded_at = $2
         WHERE id = $1 AND active AND NOT has_second_factor AND password_hash IS NOT NULL
             AND mail_address <> '' AND reminded_at <= $3
         RETURNING id, name, administrator, exposed_since, mail_address",
        values![user_id, now, since],
    )
    .await
}

/// Ids of those whom `remind_once` would note, in order, after `id`.
///
/// # Errors
/// See [`StoreError`].
pub async fn to_remind(db: &Db, id: &str, since: i64, limit: i64) -> Result<Vec<(String,)>, StoreError> {
    db.all(
        "SELECT u.id FROM users u
         WHERE u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL
             AND u.id > $1 AND u.mail_address <> '' AND u.reminded_at <= $2
         ORDER BY u.id LIMIT $3",
        values![id, since, limit],
    )
    .await
}

/// What reminding everyone would do.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct PlanRow {
    /// They would get a reminder.
    pub reminded: i64,
    /// They have no address.
    pub without_address: i64,
    /// They were reminded after `since`.
    pub recently: i64,
}

/// Counts people who can sign in and have no second factor.
///
/// # Errors
/// See [`StoreError`].
pub async fn plan(db: &Db, since: i64) -> Result<PlanRow, StoreError> {
    db.one(
        "SELECT COUNT(CASE WHEN u.mail_address <> '' AND u.reminded_at <= $1 THEN 1 END) AS reminded,
                COUNT(CASE WHEN u.mail_address = '' THEN 1 END) AS without_address,
                COUNT(CASE WHEN u.mail_address <> '' AND u.reminded_at > $1 THEN 1 END) AS recently
         FROM users u WHERE u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL",
        values![since],
    )
    .await
}
