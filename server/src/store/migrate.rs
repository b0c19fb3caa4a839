//! Brings a database to the schema that this version knows.
//!
//! The migrations are part of the binary. Two servers may start at once:
//! PostgreSQL's advisory lock (sqlx takes it) lets one of them work and the
//! other wait; for SQLite a lock file beside the database does.

use super::db::{Db, StoreError};
use sqlx::migrate::{MigrateError, Migrator};
use std::{fs::File, path::Path};
use tokio::task::spawn_blocking;

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The database was written by a later version.
    #[error("the database was made by a newer version of Twofold (schema {0}); nothing was changed")]
    Newer(i64),
    /// The lock file could not be taken.
    #[error("the lock file {0} can't be used: {1}")]
    Lock(String, std::io::Error),
    /// The migrations themselves failed; each is all or nothing.
    #[error("the database schema could not be brought up to date: {0}")]
    Failed(#[from] MigrateError),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies the migrations that are missing. For SQLite, hold the [`lock`] meanwhile.
///
/// # Errors
/// See [`SchemaError`]. The database stays as it was.
pub async fn migrate(db: &Db) -> Result<(), SchemaError> {
    let outcome = match db {
        Db::Sqlite { writer, .. } => {
            let pool = writer.pool().await.map_err(StoreError::from)?;
            let outcome = SQLITE.run(&pool).await;
            pool.close().await;
            outcome
        }
        Db::Postgres(pool) => POSTGRES.run(pool).await,
    };
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(version) => SchemaError::Newer(version),
        other => SchemaError::Failed(other),
    })
}

/// Waits for the lock beside the SQLite file `database`; it is released when
/// the file is closed.
///
/// Opening the database needs it too: of two that switch a fresh file to WAL
/// at once, SQLite fails one.
///
/// # Errors
/// [`SchemaError::Lock`]
pub async fn lock(database: &Path) -> Result<File, SchemaError> {
    let path = database.with_extension("lock");
    let name = path.display().to_string();
    // Whoever has the lock may need this very thread to go on.
    let locked = spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(&path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(std::io::Error::other).flatten().map_err(|error| SchemaError::Lock(name, error))
}
