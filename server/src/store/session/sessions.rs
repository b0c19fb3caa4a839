//! Sessions, and the one query behind every signed-in request.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};
use sqlx::FromRow;

/// A session with everything that decides what its requests may do.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    /// Stable id.
    pub id: String,
    /// Whose session it is.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether both factors were proved, or the one that there is.
    pub full: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; trails by up to a minute.
    pub last_seen_at: i64,
    /// Unix seconds at which identity was last proved.
    pub authenticated_at: i64,
    /// Whether a method is active.
    pub has_second_factor: bool,
    /// Opened with a temporary access code, which leads to a new second factor.
    pub sets_up_anew: bool,
    /// Unix seconds since which the person is active without a second factor, if they have none.
    pub exposed_since: i64,
    /// The demand for a second factor was put off in this session.
    pub set_up_postponed: bool,
    /// Policy: Unix seconds since which everyone must have a second factor.
    pub required_since: Option<i64>,
    /// Policy: days of grace for it.
    pub grace_days: i64,
    /// Policy: minutes without a request until the session ends.
    pub idle_minutes: i64,
    /// Policy: hours until it ends in any case.
    pub absolute_hours: i64,
    /// What it has to say about recovery codes: `used` or `few`.
    pub recovery_notice: Option<String>,
    /// How many of them are left; counted only for that.
    pub codes_left: Option<i64>,
}

/// A session about to be opened.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Stable id.
    pub id: &'a str,
    /// SHA-256 of the token in the cookie.
    pub token_hash: &'a [u8; 32],
    /// Whose it is.
    pub user_id: &'a str,
    /// Whether nothing more is to be proved.
    pub full: bool,
    /// Unix seconds.
    pub now: i64,
    /// Client address.
    pub address: &'a str,
    /// User agent.
    pub user_agent: &'a str,
    /// Unix seconds at which everything that step-up asks for was proved; 0 when it was not.
    pub authenticated_at: i64,
    /// Why a code is awaited.
    pub asked_because: Option<&'a str>,
}

/// A session as its person sees it.
#[derive(Debug, Clone, FromRow)]
pub struct ListedSession {
    /// Stable id.
    pub id: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; trails by up to a minute.
    pub last_seen_at: i64,
    /// Where it was opened.
    pub address: String,
    /// In which browser.
    pub user_agent: String,
}

/// Sessions that one sign-in ends at most, so that it takes no longer because there are many.
const ENDED_AT_ONCE: i64 = 500;

const fn assurance(full: bool) -> &'static str {
    if full { "full" } else { "first_factor" }
}

macro_rules! session_where {
    ($condition:literal) => {
        concat!(
            " SELECT s.id, s.user_id, u.name AS user_name, u.administrator, s.assurance = 'full' AS full,
                s.created_at, s.last_seen_at, s.authenticated_at,
                EXISTS (SELECT 1 FROM methods m WHERE m.user_id = s.user_id) AS has_second_factor, s.sets_up_anew,
                u.exposed_since, s.set_up_postponed, p.required_since, p.grace_days,
                p.idle_minutes, p.absolute_hours, s.recovery_notice,
                CASE WHEN s.recovery_notice IS NULL THEN NULL ELSE (
                    SELECT COUNT(*) FROM recovery_codes c JOIN recovery_sets r ON r.id = c.set_id
                    WHERE r.user_id = s.user_id AND c.used_at IS NULL) END AS codes_left
             FROM sessions s
             JOIN users u ON u.id = s.user_id AND u.active
             CROSS JOIN account_policy p
             WHERE ",
            $condition
        )
    };
}

/// The session with this token, of an active person. Whether it is too old, the caller decides.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(db: &Db, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
    db.optional(session_where!("s.token_hash = $1"), values![token_hash]).await
}

/// The session with this id, of an active person. Whether it is too old, the caller decides.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_id(db: &Db, id: &str) -> Result<Option<SessionRow>, StoreError> {
    db.optional(session_where!("s.id = $1"), values![id]).await
}

/// The same within a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_id_in(tx: &mut Tx, id: &str) -> Result<Option<SessionRow>, StoreError> {
    tx.optional(session_where!("s.id = $1"), values![id]).await
}

/// Opens a session.
///
/// # Errors
/// See [`StoreError`].
pub fn insert(tx: &mut Tx, session: &NewSession<'_>) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO sessions (id, token_hash, user_id, assurance, created_at, last_seen_at, address, user_agent,
             authenticated_at, asked_because)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)",
        values![
            session.id,
            session.token_hash,
            session.user_id,
            assurance(session.full),
            session.now,
            session.address,
            session.user_agent,
            session.authenticated_at,
            session.asked_because
        ],
    )?;
    Ok(())
}

/// Gives a session a new token after identity was proved, with full assurance.
/// Answers whether the session was still there.
///
/// # Errors
/// See [`StoreError`].
pub async fn elevate(tx: &mut Tx, id: &str, token_hash: &[u8; 32], now: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE sessions SET token_hash = $2, assurance = 'full', wrong_codes = 0, code_charges = 0, authenticated_at = $3, last_seen_at = $3
             WHERE id = $1",
            values![id, token_hash, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Gives a session a new token without any new proof of identity; `false` when it is gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn renew_token(tx: &mut Tx, id: &str, token_hash: &[u8; 32], now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET token_hash = $2, last_seen_at = $3 WHERE id = $1";
    Ok(tx.execute(sql, values![id, token_hash, now]).await? == 1)
}

/// What a code that is charged in a session counts against.
#[derive(Debug, Clone, FromRow)]
pub struct ChargedSession {
    /// Codes of either kind that were charged to the sign-in, this one included.
    pub wrong_codes: i64,
    /// Codes of the app that were charged in this session to its account, this one not included.
    pub code_charges: i64,
    /// Id of the browser, if the person signed in there with both factors.
    pub browser_id: Option<String>,
}

/// Charges a code to a session, `by` 1 while it signs in and by 0 afterwards;
/// `None` when `most` were charged already, or the session is gone. `browser` is
/// the SHA-256 of the token that marks the browser.
///
/// # Errors
/// See [`StoreError`].
pub async fn charge_code(
    tx: &mut Tx,
    id: &str,
    by: i64,
    most: i64,
    browser: Option<&[u8; 32]>,
) -> Result<Option<ChargedSession>, StoreError> {
    tx.optional(
        "UPDATE sessions SET wrong_codes = wrong_codes + $2 WHERE id = $1 AND wrong_codes + $2 <= $3
         RETURNING wrong_codes, code_charges,
             (SELECT b.id FROM browsers b WHERE b.token_hash = $4 AND b.user_id = sessions.user_id) AS browser_id",
        // No token has an empty hash.
        values![id, by, most, browser.map_or(&[][..], |hash| &hash[..])],
    )
    .await
}

/// Notes that a code of the app was charged in this session to its account.
///
/// # Errors
/// See [`StoreError`].
pub fn note_code_charge(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE sessions SET code_charges = code_charges + 1 WHERE id = $1", values![id])
}

/// Has a session lead to a new second factor and to nothing else, or no longer.
///
/// # Errors
/// See [`StoreError`].
pub fn set_up_anew(tx: &mut Tx, id: &str, anew: bool) -> Result<(), StoreError> {
    tx.enqueue("UPDATE sessions SET sets_up_anew = $2 WHERE id = $1", values![id, anew])
}

/// Holds the session's row until the transaction ends; `false` when it is gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn lock(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("UPDATE sessions SET wrong_codes = wrong_codes WHERE id = $1", values![id]).await? == 1)
}

/// Has a session say no more that a second factor will be demanded.
///
/// # Errors
/// See [`StoreError`].
pub async fn postpone_set_up(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET set_up_postponed = TRUE WHERE id = $1 AND NOT set_up_postponed";
    Ok(tx.execute(sql, values![id]).await? == 1)
}

/// Notes that a session is in use.
///
/// # Errors
/// See [`StoreError`].
pub async fn touch(db: &Db, id: &str, now: i64) -> Result<(), StoreError> {
    db.execute("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", values![id, now]).await?;
    Ok(())
}

/// Up to `most` of the complete sessions of a person: the one called `first`, then by last use.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_user(db: &Db, user_id: &str, first: &str, most: i64) -> Result<Vec<ListedSession>, StoreError> {
    db.all(
        "SELECT id, created_at, last_seen_at, address, user_agent FROM sessions
         WHERE user_id = $1 AND assurance = 'full' ORDER BY id <> $2, last_seen_at DESC, id DESC LIMIT $3",
        values![user_id, first, most],
    )
    .await
}

/// Ends a session of this person; `false` when it was gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_one_of_user(tx: &mut Tx, user_id: &str, id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND id = $2";
    Ok(tx.execute(sql, values![user_id, id]).await? == 1)
}

/// Ends a session, if it has not ended yet.
///
/// # Errors
/// See [`StoreError`].
pub fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.enqueue("DELETE FROM sessions WHERE id = $1", values![id])
}

/// Ends the sessions of a person in which a trusted browser stood in for the second factor.
///
/// # Errors
/// See [`StoreError`].
pub fn delete_unproved(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    tx.enqueue("DELETE FROM sessions WHERE user_id = $1 AND authenticated_at = 0", values![user_id])
}

/// Ends all sessions of a person.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_of_user(tx: &mut Tx, user_id: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sessions WHERE user_id = $1", values![user_id]).await
}

/// Removes up to `most` sessions that were last seen before then.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_unused(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE last_seen_at < $1 AND id IN
             (SELECT id FROM sessions WHERE last_seen_at < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}

/// Removes up to `most` sessions that were opened before then.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_old(db: &Db, before: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE created_at < $1 LIMIT $2)";
    db.execute(sql, values![before, most]).await
}

/// Ends the sessions of a person that were used before the last `keep`, of those that await no code, the oldest first
/// and no more than `ENDED_AT_ONCE`: the rest goes with the next ones.
///
/// # Errors
/// See [`StoreError`].
pub fn end_oldest(tx: &mut Tx, user_id: &str, keep: i64) -> Result<(), StoreError> {
    tx.enqueue(
        "DELETE FROM sessions WHERE user_id = $1 AND assurance = 'full' AND id IN (
             SELECT s.id FROM sessions s WHERE s.user_id = $1 AND s.assurance = 'full'
             ORDER BY s.last_seen_at, s.id LIMIT (
                 SELECT CASE WHEN COUNT(*) - $2 > $3 THEN $3 WHEN COUNT(*) > $2 THEN COUNT(*) - $2 ELSE 0 END
                 FROM sessions c WHERE c.user_id = $1 AND c.assurance = 'full'))",
        values![user_id, keep, ENDED_AT_ONCE],
    )
}

/// The same of those that await a code: in new browsers, which is why they were asked for one, or in the others.
///
/// # Errors
/// See [`StoreError`].
pub fn end_oldest_pending(
    tx: &mut Tx,
    user_id: &str,
    because_new: &str,
    new: bool,
    keep: i64,
) -> Result<(), StoreError> {
    tx.enqueue(
        "DELETE FROM sessions WHERE user_id = $1 AND assurance = 'first_factor' AND id IN (
             SELECT s.id FROM sessions s WHERE s.user_id = $1 AND s.assurance = 'first_factor'
                 AND (COALESCE(s.asked_because, $2) = $2) = $3
             ORDER BY s.last_seen_at, s.id LIMIT (
                 SELECT CASE WHEN COUNT(*) - $4 > $5 THEN $5 WHEN COUNT(*) > $4 THEN COUNT(*) - $4 ELSE 0 END
                 FROM sessions c WHERE c.user_id = $1 AND c.assurance = 'first_factor'
                     AND (COALESCE(c.asked_because, $2) = $2) = $3))",
        values![user_id, because_new, new, keep, ENDED_AT_ONCE],
    )
}

/// Ends all sessions of a person but one.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_others(tx: &mut Tx, user_id: &str, keep: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sessions WHERE user_id = $1 AND id <> $2", values![user_id, keep]).await
}

/// Has a session say that a recovery code was used in it.
///
/// # Errors
/// See [`StoreError`].
pub fn note_used_code(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE sessions SET recovery_notice = 'used' WHERE id = $1", values![id])?;
    Ok(())
}

/// Has a session say that few recovery codes are left, if its person has no more than `few`.
///
/// # Errors
/// See [`StoreError`].
pub fn note_few_codes(tx: &mut Tx, id: &str, user_id: &str, few: i64) -> Result<(), StoreError> {
    tx.enqueue(
        "UPDATE sessions SET recovery_notice = 'few' WHERE id = $1 AND $3 >= (
             SELECT COUNT(*) FROM recovery_codes c JOIN recovery_sets s ON s.id = c.set_id
             WHERE s.user_id = $2 AND c.used_at IS NULL)",
        values![id, user_id, few],
    )?;
    Ok(())
}

/// Has a session say no more about recovery codes.
///
/// # Errors
/// See [`StoreError`].
pub async fn dismiss_recovery_notice(db: &Db, id: &str) -> Result<(), StoreError> {
    db.execute("UPDATE sessions SET recovery_notice = NULL WHERE id = $1", values![id]).await?;
    Ok(())
}

/// Has no session of a person say anything about recovery codes.
///
/// # Errors
/// See [`StoreError`].
pub fn clear_recovery_notices(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET recovery_notice = NULL WHERE user_id = $1 AND recovery_notice IS NOT NULL";
    tx.enqueue(sql, values![user_id])?;
    Ok(())
}
