//! Brings a database to the schema that this version knows.
//!
//! The migrations are part of the binary. Two servers may start at once:
//! PostgreSQL's advisory lock (sqlx takes it) lets one of them work and the
//! other wait; for SQLite a lock file beside the database does. A migration
//! takes as long as it takes, on a connection of its own; whoever waits is told
//! how far it has come.

use super::db::{Db, StoreError, process_of};
use crate::values;
use sqlx::{
    Connection as _,
    migrate::{MigrateError, Migrator},
};
use std::{
    fs::{File, TryLockError},
    path::Path,
    pin::pin,
    time::Duration,
};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// How often is said that the schema is still being brought up to date.
const NEWS: Duration = Duration::from_secs(5);

/// How long a migration waits for another program that writes to the SQLite file.
const LOCKED: Duration = Duration::from_secs(60);

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The database was written by a later version.
    #[error("the database was made by a newer version of Twofold (schema {0}); nothing was changed")]
    Newer(i64),
    /// The database was written by an earlier version, and was to be read only.
    #[error(
        "the database was made by an older version of Twofold (it lacks schema {0}). Read it with that version, or start this one on it once"
    )]
    Older(i64),
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
            let mut connection = writer.target().patient(LOCKED).await?;
            let outcome = tell_meanwhile(db, 0, SQLITE.run_direct(None, &mut connection, false)).await;
            // What comes next opens the file anew; a connection that is not closed would keep it locked.
            connection.close().await.map_err(StoreError::from)?;
            outcome
        }
        Db::Postgres { connections, .. } => {
            let mut connection = connections.target().connect_with(Duration::ZERO).await?;
            let process = process_of(&mut connection).await?;
            let outcome = tell_meanwhile(db, process, POSTGRES.run_direct(None, &mut connection, false)).await;
            // With it goes the lock, also where something failed.
            connection.close().await.map_err(StoreError::from)?;
            outcome
        }
    };
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(version) => SchemaError::Newer(version),
        other => SchemaError::Failed(other),
    })
}

/// Whether the database has the very schema of this version, without touching it.
///
/// # Errors
/// See [`SchemaError`].
pub async fn check(db: &Db) -> Result<(), SchemaError> {
    let (applied, known) = (applied(db).await?, known(db));
    if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
        return Err(SchemaError::Newer(*version));
    }
    match known.iter().find(|version| !applied.contains(version)) {
        Some(version) => Err(SchemaError::Older(*version)),
        None => Ok(()),
    }
}

/// The migrations of this version.
fn known(db: &Db) -> Vec<i64> {
    let migrator = match db {
        Db::Sqlite { .. } => &SQLITE,
        Db::Postgres { .. } => &POSTGRES,
    };
    migrator.iter().map(|migration| migration.version).collect()
}

/// The migrations that were applied.
async fn applied(db: &Db) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = db.all("SELECT version FROM _sqlx_migrations WHERE success", values![]).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// Does the work, and says from time to time how far it has come.
async fn tell_meanwhile<T>(db: &Db, process: i64, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut news = interval(NEWS);
    news.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first comes at once.
    news.tick().await;
    let mut seconds = 0;
    loop {
        tokio::select! {
            outcome = &mut work => return outcome,
            _ = news.tick() => {}
        }
        seconds += NEWS.as_secs();
        // It may not be there yet, or be locked.
        let done = applied(db).await.unwrap_or_default().len();
        let waits_for = db.who_blocks(process).await.unwrap_or_default();
        tracing::info!(
            seconds,
            done,
            of = known(db).len(),
            %waits_for,
            "bringing the database up to date, which may take minutes where it is large; do not stop it"
        );
    }
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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                tracing::info!("waiting for another process that opens the database");
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(file)
    });
    locked.await.map_err(std::io::Error::other).flatten().map_err(|error| SchemaError::Lock(name, error))
}
