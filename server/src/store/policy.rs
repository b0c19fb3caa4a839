//! The account policy: one row.

use super::{
    Entitled,
    db::{Db, StoreError, Tx},
};
use crate::{clock::UnixTime, domain::policy::grace::Requirement, values};
use contract::{
    password::PasswordPolicy,
    policy::{AccountPolicy, Lockout, PolicyChange, SessionLimits, TrustedBrowserPolicy, VersionedPolicy},
};
use sqlx::FromRow;

/// The policy as stored.
#[derive(Debug, Clone, FromRow)]
pub struct PolicyRow {
    /// Counts changes.
    pub version: i64,
    /// Password: least number of characters.
    pub minimum_length: i64,
    /// Password: at least one number.
    pub require_number: bool,
    /// Password: at least one special character.
    pub require_special: bool,
    /// Password: at least one capital letter.
    pub require_capital: bool,
    /// Lock after so many failures.
    pub maximum_failures: i64,
    /// Lock for so long; `None` until unlocked.
    pub lock_minutes: Option<i64>,
    /// Everyone must have a second factor.
    pub require_second_factor: bool,
    /// Since when; Unix seconds.
    pub required_since: Option<i64>,
    /// Days that each person has for it.
    pub grace_days: i64,
    /// Browsers may be trusted.
    pub allow_trusted_browsers: bool,
    /// Most days for which they may.
    pub trusted_browser_days: i64,
    /// A second administrator must approve temporary access codes.
    pub approve_access_codes: bool,
    /// Session limit without requests.
    pub idle_minutes: i64,
    /// Session limit in any case.
    pub absolute_hours: i64,
    /// Audit entries are kept for so long; `None` for ever.
    pub audit_retention_days: Option<i64>,
    /// Unix seconds of the latest change.
    pub changed_at: Option<i64>,
    /// Who made it.
    pub changed_by: Option<String>,
}

/// An active person with a password and without a second factor.
#[derive(Debug, Clone, FromRow)]
pub struct PersonWithoutRow {
    /// Id.
    pub id: String,
    /// Name as they wrote it.
    pub name: String,
    /// The same, normalised: people are in this order.
    pub name_key: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Unix seconds since which they are.
    pub exposed_since: i64,
    /// Whether they can get mail.
    pub has_mail_address: bool,
    /// Unix seconds; 0 when they never were.
    pub reminded_at: i64,
}

/// How many people have no second factor.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct ImpactRow {
    /// Active people who have chosen a password.
    pub people: i64,
    /// Those of them without a second factor.
    pub people_without: i64,
    /// Those of these who are administrators.
    pub administrators_without: i64,
    /// Active people who have not chosen one yet.
    pub not_activated: i64,
}

/// Active people without a second factor, by when they came to be that.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct ExposedRow {
    /// Between the two moments.
    pub ended: i64,
    /// How many of those are administrators.
    pub administrators: i64,
    /// After both.
    pub later: i64,
}

const SELECT: &str =
    "SELECT version, minimum_length, require_number, require_special, require_capital, maximum_failures,
        lock_minutes, require_second_factor, required_since, grace_days, allow_trusted_browsers, trusted_browser_days,
        idle_minutes, absolute_hours, approve_access_codes, audit_retention_days, changed_at, changed_by
     FROM account_policy WHERE id = 1";

/// The policy in force.
///
/// # Errors
/// See [`StoreError`].
pub async fn load(db: &Db) -> Result<PolicyRow, StoreError> {
    db.one(SELECT, values![]).await
}

/// The policy in force, within a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn load_in(tx: &mut Tx) -> Result<PolicyRow, StoreError> {
    tx.one(SELECT, values![]).await
}

/// Holds the policy until the transaction ends, so that what is given by it is given before it changes.
///
/// # Errors
/// See [`StoreError`].
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("UPDATE account_policy SET version = version WHERE id = 1", values![]).await?;
    Ok(())
}

/// Replaces the policy if it still has `policy.version`; answers the new
/// version. `changed_at` and `changed_by` say who does it; since when a second
/// factor is demanded follows from that.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace(tx: &mut impl Entitled, policy: &PolicyRow) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = tx
        .optional(
            "UPDATE account_policy SET version = version + 1, minimum_length = $2, require_number = $3,
                 require_special = $4, require_capital = $5, maximum_failures = $6, lock_minutes = $7,
                 require_second_factor = $8, idle_minutes = $9, absolute_hours = $10,
                 allow_trusted_browsers = $11, trusted_browser_days = $12, grace_days = $13,
                 required_since = CASE WHEN $8 THEN COALESCE(required_since, $14) ELSE NULL END,
                 changed_at = $14, changed_by = $15, approve_access_codes = $16,
                 audit_retention_days = $17
             WHERE id = 1 AND version = $1 RETURNING version",
            values![
                policy.version,
                policy.minimum_length,
                policy.require_number,
                policy.require_special,
                policy.require_capital,
                policy.maximum_failures,
                policy.lock_minutes,
                policy.require_second_factor,
                policy.idle_minutes,
                policy.absolute_hours,
                policy.allow_trusted_browsers,
                policy.trusted_browser_days,
                policy.grace_days,
                policy.changed_at,
                policy.changed_by.as_deref(),
                policy.approve_access_codes,
                policy.audit_retention_days
            ],
        )
        .await?;
    Ok(row.map(|(version,)| version))
}

/// Counts active people: with and without a second factor, and those who can't sign in yet.
///
/// # Errors
/// See [`StoreError`].
pub async fn impact(db: &Db) -> Result<ImpactRow, StoreError> {
    db.one(
        "SELECT everybody - not_activated AS people, people_without, administrators_without, not_activated FROM (
             SELECT (SELECT COUNT(*) FROM users) - (SELECT COUNT(*) FROM users WHERE NOT active) AS everybody,
                 (SELECT COUNT(*) FROM users
                  WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL) AS people_without,
                 (SELECT COUNT(*) FROM users WHERE administrator
                      AND active AND NOT has_second_factor AND password_hash IS NOT NULL) AS administrators_without,
                 (SELECT COUNT(*) FROM users WHERE active AND password_hash IS NULL) AS not_activated) counted",
        values![],
    )
    .await
}

/// Up to `limit` active people without a second factor, by name, after `name_key`.
///
/// # Errors
/// See [`StoreError`].
pub async fn without(db: &Db, name_key: &str, limit: i64) -> Result<Vec<PersonWithoutRow>, StoreError> {
    db.all(
        "SELECT u.id, u.name, u.name_key, u.administrator, u.exposed_since,
                u.mail_address <> '' AS has_mail_address, u.reminded_at
         FROM users u
         WHERE u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL AND u.name_key > $1
         ORDER BY u.name_key LIMIT $2",
        values![name_key, limit],
    )
    .await
}

/// Counts active people without a second factor who are so since after `after`: until `until`, and later.
///
/// # Errors
/// See [`StoreError`].
pub async fn exposed(db: &Db, after: i64, until: i64) -> Result<ExposedRow, StoreError> {
    db.one(
        "SELECT COUNT(CASE WHEN u.exposed_since <= $2 THEN 1 END) AS ended,
                COUNT(CASE WHEN u.exposed_since <= $2 AND u.administrator THEN 1 END) AS administrators,
                COUNT(CASE WHEN u.exposed_since > $2 THEN 1 END) AS later
         FROM users u WHERE u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL
             AND u.exposed_since > $1",
        values![after, until],
    )
    .await
}

/// The first of those between the two moments, by name.
///
/// # Errors
/// See [`StoreError`].
pub async fn exposed_within(db: &Db, after: i64, until: i64, limit: i64) -> Result<Vec<(String, bool)>, StoreError> {
    db.all(
        "SELECT u.name, u.administrator FROM users u
         WHERE u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL
             AND u.exposed_since > $1 AND u.exposed_since <= $2
         ORDER BY u.name_key LIMIT $3",
        values![after, until, limit],
    )
    .await
}

/// What the stored policy says about second factors.
pub fn requirement(row: &PolicyRow) -> Requirement {
    Requirement { since: row.required_since.map(UnixTime), grace_days: row.grace_days }
}

/// Counts and bounds are far below 2³²; the schema and the checks above see to it.
pub fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Whether browsers may be trusted, and for how many days at most.
pub fn trusted_browser_policy(allowed: bool, days: i64) -> TrustedBrowserPolicy {
    TrustedBrowserPolicy { allowed, days: small(days) }
}

/// The stored policy as the interface knows it.
pub fn versioned(row: &PolicyRow) -> VersionedPolicy {
    VersionedPolicy {
        version: row.version,
        changed: row.changed_at.zip(row.changed_by.clone()).map(|(at, by)| PolicyChange { at, by }),
        policy: AccountPolicy {
            password: PasswordPolicy {
                minimum_length: small(row.minimum_length),
                require_number: row.require_number,
                require_special: row.require_special,
                require_capital: row.require_capital,
            },
            lockout: Lockout { maximum_failures: small(row.maximum_failures), minutes: row.lock_minutes.map(small) },
            require_second_factor: row.require_second_factor,
            grace_days: small(row.grace_days),
            trusted_browsers: trusted_browser_policy(row.allow_trusted_browsers, row.trusted_browser_days),
            approve_access_codes: row.approve_access_codes,
            sessions: SessionLimits {
                idle_minutes: small(row.idle_minutes),
                absolute_hours: small(row.absolute_hours),
            },
            audit_retention_days: row.audit_retention_days.map(small),
        },
    }
}

pub fn row(policy: &AccountPolicy, version: i64, changed: &PolicyChange) -> PolicyRow {
    PolicyRow {
        version,
        minimum_length: policy.password.minimum_length.into(),
        require_number: policy.password.require_number,
        require_special: policy.password.require_special,
        require_capital: policy.password.require_capital,
        maximum_failures: policy.lockout.maximum_failures.into(),
        lock_minutes: policy.lockout.minutes.map(Into::into),
        require_second_factor: policy.require_second_factor,
        // Decided by the statement: it may be demanded already.
        required_since: None,
        grace_days: policy.grace_days.into(),
        allow_trusted_browsers: policy.trusted_browsers.allowed,
        trusted_browser_days: policy.trusted_browsers.days.into(),
        approve_access_codes: policy.approve_access_codes,
        idle_minutes: policy.sessions.idle_minutes.into(),
        absolute_hours: policy.sessions.absolute_hours.into(),
        changed_at: Some(changed.at),
        changed_by: Some(changed.by.clone()),
        audit_retention_days: policy.audit_retention_days.map(Into::into),
    }
}
