//! A row that is written to find out whether anything can be.

use super::db::{Db, StoreError};
use crate::values;

/// Writes, in a transaction of its own.
///
/// # Errors
/// See [`StoreError`].
pub async fn write(db: &Db) -> Result<(), StoreError> {
    db.execute("UPDATE readiness SET checks = checks + 1 WHERE id = 1", values![]).await?;
    Ok(())
}
