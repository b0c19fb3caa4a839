//! Where people get mail.

use crate::{
    store::db::{Db, StoreError, Tx},
    values,
};

/// A person's address, which is empty for none; `None` when there is no such person.
///
/// # Errors
/// See [`StoreError`].
pub async fn of(db: &Db, user_id: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = db.optional("SELECT mail_address FROM users WHERE id = $1", values![user_id]).await?;
    Ok(row.map(|(address,)| address))
}

/// The same in a transaction.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_in(tx: &mut Tx, user_id: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx.optional("SELECT mail_address FROM users WHERE id = $1", values![user_id]).await?;
    Ok(row.map(|(address,)| address))
}

/// Sets a person's address.
///
/// # Errors
/// See [`StoreError`].
pub fn set(tx: &mut Tx, user_id: &str, address: &str) -> Result<(), StoreError> {
    tx.enqueue("UPDATE users SET mail_address = $2 WHERE id = $1", values![user_id, address])
}
