//! What a sign-in needs to know from several tables, each time in one statement.

use crate::{
    store::{
        account::accounts::UserRow,
        db::{Db, StoreError, Tx},
    },
    values,
};
use sqlx::FromRow;

/// Whose password someone gives, and how that is counted.
#[derive(Debug)]
pub struct Claim {
    /// The person with that name, if there is one.
    pub user: Option<UserRow>,
    /// Id of the browser, if this person signed in there with both factors.
    pub browser_id: Option<String>,
    /// Policy: lock after so many failures.
    pub maximum_failures: i64,
    /// Policy: lock for so long; `None` until unlocked.
    pub lock_minutes: Option<i64>,
}

#[derive(FromRow)]
struct ClaimRow {
    maximum_failures: i64,
    lock_minutes: Option<i64>,
    id: Option<String>,
    name: Option<String>,
    password_hash: Option<String>,
    administrator: Option<bool>,
    active: Option<bool>,
    exposed_since: Option<i64>,
    browser_id: Option<String>,
}

/// Reads a claim to be the person with this normalised name, made in the
/// browser with this token's SHA-256.
///
/// # Errors
/// See [`StoreError`].
pub async fn claim(tx: &mut Tx, name_key: &str, browser: Option<&[u8; 32]>) -> Result<Claim, StoreError> {
    let row: ClaimRow = tx
        .one(
            "SELECT p.maximum_failures, p.lock_minutes, u.id, u.name, u.password_hash, u.administrator, u.active,
                    u.exposed_since, b.id AS browser_id
             FROM account_policy p
             LEFT JOIN users u ON u.name_key = $1
             LEFT JOIN browsers b ON b.token_hash = $2 AND b.user_id = u.id
             WHERE p.id = 1",
            // No token has an empty hash.
            values![name_key, browser.map_or(&[][..], |hash| &hash[..])],
        )
        .await?;
    let user = row.id.zip(row.name).map(|(id, name)| UserRow {
        id,
        name,
        password_hash: row.password_hash,
        administrator: row.administrator.unwrap_or(false),
        active: row.active.unwrap_or(false),
        exposed_since: row.exposed_since.unwrap_or(0),
    });
    let ClaimRow { maximum_failures, lock_minutes, browser_id, .. } = row;
    Ok(Claim { user, browser_id, maximum_failures, lock_minutes })
}

/// What decides how far a new session of a person reaches.
#[derive(Debug, FromRow)]
pub struct Opening {
    /// Whether they may sign in.
    pub active: bool,
    /// Their password, in PHC form.
    pub password_hash: Option<String>,
    /// Unix seconds since which they are active without a second factor, if they have none.
    pub exposed_since: i64,
    /// Whether a method is active.
    pub has_second_factor: bool,
    /// Policy: Unix seconds since which everyone must have a second factor.
    pub required_since: Option<i64>,
    /// Policy: days that each person has for it.
    pub grace_days: i64,
    /// Policy: browsers may be trusted.
    pub allow_trusted_browsers: bool,
    /// Policy: most days for which they may.
    pub trusted_browser_days: i64,
    /// The browser's id, if the person signed in there with both factors.
    pub browser_id: Option<String>,
    /// Unix seconds; `None` when it never was trusted.
    pub trusted_at: Option<i64>,
    /// Unix seconds.
    pub trusted_until: Option<i64>,
    /// Why trust ended early.
    pub trust_ended: Option<String>,
}

/// Reads what a session of this person may do, opened in the browser with this
/// token's SHA-256; `None` when they are gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn opening(tx: &mut Tx, user_id: &str, browser: Option<&[u8; 32]>) -> Result<Option<Opening>, StoreError> {
    tx.optional(
        "SELECT u.active, u.password_hash, u.exposed_since,
                EXISTS (SELECT 1 FROM methods m WHERE m.user_id = u.id) AS has_second_factor,
                p.required_since, p.grace_days, p.allow_trusted_browsers, p.trusted_browser_days,
                b.id AS browser_id, b.trusted_at, b.trusted_until, b.trust_ended
         FROM users u
         CROSS JOIN account_policy p
         LEFT JOIN browsers b ON b.token_hash = $2 AND b.user_id = u.id
         WHERE u.id = $1 AND p.id = 1",
        values![user_id, browser.map_or(&[][..], |hash| &hash[..])],
    )
    .await
}

/// What the page that awaits a code says.
#[derive(Debug, FromRow)]
pub struct Awaited {
    /// Why a code is awaited.
    pub asked_because: Option<String>,
    /// Policy: browsers may be trusted.
    pub allow_trusted_browsers: bool,
    /// Policy: most days for which they may.
    pub trusted_browser_days: i64,
}

/// Reads what is awaited in this session.
///
/// # Errors
/// See [`StoreError`].
pub async fn awaited(db: &Db, session_id: &str) -> Result<Awaited, StoreError> {
    db.one(
        "SELECT s.asked_because, p.allow_trusted_browsers, p.trusted_browser_days
         FROM account_policy p
         LEFT JOIN sessions s ON s.id = $1
         WHERE p.id = 1",
        values![session_id],
    )
    .await
}
