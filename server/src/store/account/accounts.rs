//! People, one-time links, and the portal's own row.

use crate::{
    store::{
        Entitled,
        audit::trail::Named,
        db::{Db, StoreError, Tx, Value},
    },
    values,
};
use sqlx::FromRow;
use std::collections::HashSet;

/// A person.
#[derive(Debug, Clone, FromRow)]
pub struct UserRow {
    /// Id.
    pub id: String,
    /// Name as they wrote it.
    pub name: String,
    /// Argon2id in PHC form; `None` until a password was chosen.
    pub password_hash: Option<String>,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they may sign in.
    pub active: bool,
    /// Unix seconds since which they are active without a second factor, if they have none.
    pub exposed_since: i64,
}

impl UserRow {
    /// Whether they may sign in and have a password to do it with.
    pub fn can_sign_in(&self) -> bool {
        self.active && self.password_hash.is_some()
    }

    /// As an entry of the audit trail names them.
    pub fn named(&self) -> Named<'_> {
        Named { id: Some(&self.id), name: &self.name }
    }
}

/// A person as `twofold user list` shows them.
#[derive(Debug, Clone, FromRow)]
pub struct ListedUser {
    /// Name as they wrote it.
    pub name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether a password was chosen.
    pub has_password: bool,
    /// Number of active authenticator apps.
    pub methods: i64,
    /// Where they get mail; empty for nowhere.
    pub mail_address: String,
}

/// A person about to be added.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewUser<'a> {
    /// Id.
    pub id: &'a str,
    /// Name as it was typed.
    pub name: &'a str,
    /// Name after NFKC and case folding.
    pub name_key: &'a str,
    /// Name shown beside it; may be empty.
    pub display_name: &'a str,
    /// Where they get mail; may be empty.
    pub mail_address: &'a str,
    /// Argon2id in PHC form, if there is a password yet.
    pub password_hash: Option<&'a str>,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Unix seconds.
    pub now: i64,
}

/// A one-time link.
#[derive(Debug, Clone, FromRow)]
pub struct InvitationRow {
    /// Whose password it sets; `None` creates the first administrator.
    pub user_id: Option<String>,
    /// Name of that person.
    pub user_name: Option<String>,
}

/// The sealed text that tells a wrong encryption key, if the portal was set up.
///
/// # Errors
/// See [`StoreError`].
pub async fn key_check(db: &Db) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Vec<u8>,)> = db.optional("SELECT key_check FROM portal WHERE id = 1", values![]).await?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Sets the portal up with its key; `false` when it was set up already.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_up(db: &Db, key_check: &[u8]) -> Result<bool, StoreError> {
    let sql = "INSERT INTO portal (id, key_check) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    Ok(db.execute(sql, values![key_check]).await? == 1)
}

/// Replaces the sealed text after the key was changed.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace_key_check(db: &Db, key_check: &[u8]) -> Result<(), StoreError> {
    db.execute("UPDATE portal SET key_check = $1 WHERE id = 1", values![key_check]).await?;
    Ok(())
}

/// Closes the first-administrator links; `false` when they were closed already.
///
/// # Errors
/// See [`StoreError`].
pub async fn close_first_administrator(tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE portal SET first_administrator_at = $1 WHERE id = 1 AND first_administrator_at IS NULL";
    Ok(tx.execute(sql, values![now]).await? == 1)
}

/// Whether the portal still waits for its first administrator.
///
/// # Errors
/// See [`StoreError`].
pub async fn awaits_first_administrator(db: &Db) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM portal WHERE id = 1 AND first_administrator_at IS NULL";
    Ok(db.optional::<(i64,)>(sql, values![]).await?.is_some())
}

/// Adds a person, together with those who are added next.
///
/// # Errors
/// See [`StoreError`]; the next statement that is waited for answers [`StoreError::Conflict`] when the name is taken.
pub fn insert(tx: &mut Tx, user: &NewUser<'_>) -> Result<(), StoreError> {
    let NewUser { id, name, name_key, display_name, mail_address, password_hash, administrator, now } = *user;
    tx.enqueue(
        "INSERT INTO users (id, name, name_key, display_name, mail_address, password_hash, administrator, active,
             created_at, exposed_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $8)",
        values![id, name, name_key, display_name, mail_address, password_hash, administrator, now],
    )
}

/// The person with this normalised name.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_name_key(tx: &mut Tx, name_key: &str) -> Result<Option<UserRow>, StoreError> {
    tx.optional(
        "SELECT id, name, password_hash, administrator, active, exposed_since FROM users WHERE name_key = $1",
        values![name_key],
    )
    .await
}

/// The person with this id.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<UserRow>, StoreError> {
    tx.optional(
        "SELECT id, name, password_hash, administrator, active, exposed_since FROM users WHERE id = $1",
        values![id],
    )
    .await
}

/// People whom one statement asks about.
pub(crate) const PORTION: usize = 50;

/// As many arguments as such a statement takes; nobody has an empty id or name.
pub(crate) fn padded(ids: &[String]) -> impl Iterator<Item = Value<'_>> {
    ids.iter().map(Value::from).chain(std::iter::repeat(Value::Text(""))).take(PORTION)
}

/// The people with these ids, in any order.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_ids(tx: &mut Tx, ids: &[String]) -> Result<Vec<UserRow>, StoreError> {
    let mut people = Vec::with_capacity(ids.len());
    for portion in ids.chunks(PORTION) {
        let values: Vec<_> = padded(portion).collect();
        people.extend(tx.all::<UserRow>(BY_IDS, &values).await?);
    }
    Ok(people)
}

const BY_IDS: &str = "SELECT id, name, password_hash, administrator, active, exposed_since FROM users
     WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
         $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44,
         $45, $46, $47, $48, $49, $50)";

/// Those of these normalised names that somebody has.
///
/// # Errors
/// See [`StoreError`].
pub async fn taken(tx: &mut Tx, name_keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let mut taken = HashSet::new();
    for portion in name_keys.chunks(PORTION) {
        let values: Vec<_> = padded(portion).collect();
        taken.extend(tx.all::<(String,)>(TAKEN, &values).await?.into_iter().map(|(key,)| key));
    }
    Ok(taken)
}

const TAKEN: &str = "SELECT name_key FROM users
     WHERE name_key IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
         $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43,
         $44, $45, $46, $47, $48, $49, $50)";

/// Someone who has an account.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Person {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// The person with this normalised name, outside of a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(db: &Db, name_key: &str) -> Result<Option<Person>, StoreError> {
    db.optional("SELECT id, name FROM users WHERE name_key = $1", values![name_key]).await
}

/// Holds the person's row until the transaction ends.
///
/// # Errors
/// See [`StoreError`].
pub fn lock(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE users SET active = active WHERE id = $1", values![id])?;
    Ok(())
}

/// Notes that a person signs in, and holds their row until the transaction ends.
///
/// # Errors
/// See [`StoreError`].
pub fn note_sign_in(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    tx.enqueue("UPDATE users SET last_sign_in_at = $2 WHERE id = $1", values![id, now])
}

/// Gives a sample person a past.
///
/// # Errors
/// See [`StoreError`].
pub fn backdate(tx: &mut Tx, id: &str, created_at: i64, last_sign_in_at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE users SET created_at = $2, last_sign_in_at = $3 WHERE id = $1";
    tx.enqueue(sql, values![id, created_at, last_sign_in_at])
}

/// Everybody, by name.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db) -> Result<Vec<ListedUser>, StoreError> {
    db.all(
        "SELECT u.name, u.administrator, u.active, u.mail_address, u.password_hash IS NOT NULL AS has_password,
                (SELECT COUNT(*) FROM methods m WHERE m.user_id = u.id) AS methods
         FROM users u ORDER BY u.name_key",
        values![],
    )
    .await
}

/// Sets a password.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_password(tx: &mut Tx, id: &str, password_hash: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", values![id, password_hash]).await?;
    Ok(())
}

/// Keeps the password that a new one replaces, and of those before it the latest `keep` - 1.
///
/// # Errors
/// See [`StoreError`].
pub async fn retire_password(tx: &mut Tx, id: &str, user_id: &str, hash: &str, keep: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO former_passwords (id, user_id, password_hash) VALUES ($1, $2, $3)",
        values![id, user_id, hash],
    )
    .await?;
    tx.execute(
        "DELETE FROM former_passwords WHERE user_id = $1 AND id NOT IN
             (SELECT id FROM former_passwords WHERE user_id = $1 ORDER BY id DESC LIMIT $2)",
        values![user_id, keep],
    )
    .await?;
    Ok(())
}

/// A person's present password and those that it replaced, in PHC form.
///
/// # Errors
/// See [`StoreError`].
pub async fn passwords(db: &Db, user_id: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = db
        .all(
            "SELECT password_hash FROM users WHERE id = $1 AND password_hash IS NOT NULL
             UNION ALL SELECT password_hash FROM former_passwords WHERE user_id = $1",
            values![user_id],
        )
        .await?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Holds the right to change who administers, until the transaction ends.
///
/// # Errors
/// See [`StoreError`].
pub async fn lock_administrators(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("UPDATE portal SET first_administrator_at = first_administrator_at WHERE id = 1", values![]).await?;
    Ok(())
}

const OTHER_ADMINISTRATORS: &str =
    "SELECT COUNT(*) FROM users WHERE administrator AND active AND password_hash IS NOT NULL AND id <> $1";

/// Administrators who can sign in, besides this person.
///
/// # Errors
/// See [`StoreError`].
pub async fn other_administrators(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) = tx.one(OTHER_ADMINISTRATORS, values![id]).await?;
    Ok(count)
}

/// The same, asked outside a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn administrators_besides(db: &Db, id: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) = db.one(OTHER_ADMINISTRATORS, values![id]).await?;
    Ok(count)
}

/// Lets a person sign in, or no longer; `false` when that is how it was.
/// Who may again has their days of grace again.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_active(tx: &mut impl Entitled, id: &str, active: bool, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET active = $2, exposed_since = $3 WHERE id = $1 AND active <> $2";
    Ok(tx.execute(sql, values![id, active, now]).await? == 1)
}

/// Notes that a person has no second factor any more.
///
/// # Errors
/// See [`StoreError`].
pub fn expose(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    tx.enqueue("UPDATE users SET exposed_since = $2 WHERE id = $1", values![id, now])
}

/// Makes a person an administrator, or no longer; `false` when that is how it was.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_administrator(tx: &mut impl Entitled, id: &str, administrator: bool) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET administrator = $2 WHERE id = $1 AND administrator <> $2";
    Ok(tx.execute(sql, values![id, administrator]).await? == 1)
}

/// Adds a one-time link.
///
/// # Errors
/// See [`StoreError`].
pub fn insert_invitation(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    user_id: Option<&str>,
    expires_at: i64,
) -> Result<(), StoreError> {
    tx.enqueue(
        "INSERT INTO invitations (token_hash, user_id, expires_at) VALUES ($1, $2, $3)",
        values![token_hash, user_id, expires_at],
    )
}

/// The one-time link with this token, unless it has expired.
///
/// # Errors
/// See [`StoreError`].
pub async fn find_invitation(db: &Db, token_hash: &[u8; 32], now: i64) -> Result<Option<InvitationRow>, StoreError> {
    db.optional(
        "SELECT i.user_id, u.name AS user_name FROM invitations i LEFT JOIN users u ON u.id = i.user_id
         WHERE i.token_hash = $1 AND i.expires_at > $2 AND (u.id IS NULL OR u.active)",
        values![token_hash, now],
    )
    .await
}

/// Uses up a one-time link and every other link for the same purpose; `false` when it was gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn consume_invitation(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    user_id: Option<&str>,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM invitations WHERE token_hash = $1 AND expires_at > $2";
    let consumed = tx.execute(sql, values![token_hash, now]).await? == 1;
    if consumed {
        delete_invitations(tx, user_id).await?;
    }
    Ok(consumed)
}

/// Removes the one-time links of a person, or those for the first administrator.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_invitations(tx: &mut Tx, user_id: Option<&str>) -> Result<(), StoreError> {
    match user_id {
        Some(id) => tx.execute("DELETE FROM invitations WHERE user_id = $1", values![id]).await?,
        None => tx.execute("DELETE FROM invitations WHERE user_id IS NULL", values![]).await?,
    };
    Ok(())
}

/// Removes up to `most` one-time links that have expired.
///
/// # Errors
/// See [`StoreError`].
pub async fn delete_expired_invitations(db: &Db, now: i64, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invitations WHERE token_hash IN
             (SELECT token_hash FROM invitations WHERE expires_at <= $1 LIMIT $2)";
    db.execute(sql, values![now, most]).await
}
