//! The narrow waist: this file and its folder alone know that there are two databases.
//!
//! A statement is written once, with `$1` placeholders that both databases
//! take, and run through four verbs: `execute`, `optional`, `all`, `one`, on
//! the [`Db`] itself (one statement, its own transaction) or on a [`Tx`].
//! A transaction has one verb more: `later` runs a statement whose result
//! nobody looks at together with the next one. SQLite's connection lives on a
//! thread of its own, and calling over costs more than most statements do; so
//! there a transaction begins with its first statement, in the same call, and
//! ends with its last one.
//!
//! SQLite has one writer, which begins IMMEDIATE so that a transaction never
//! fails half-way for want of the lock, and several readers. PostgreSQL has one
//! pool. Every verb is bounded in time ([`patience`]): a database that is away
//! or slow is [`StoreError::Unavailable`], never a wait without end. Contact
//! that is lost while a commit is under way is [`StoreError::OutcomeUnknown`].
//!
//! What PostgreSQL rolls back in favour of another transaction (a deadlock, a
//! serialisation failure) is tried again: a single statement here, a request as
//! a whole where it came in ([`Db::take_contended`]), background work in its
//! next round.

mod connections;
mod error;
pub mod patience;
mod postgres;
mod sqlite;
mod value;

pub use connections::{Connections, PooledConnection};
pub use error::{Cause, StoreError, Unavailable};
pub use patience::PATIENCE;
pub(super) use postgres::process_of;
pub use postgres::{PostgresDatabase, Unsuitable};
pub use sqlite::SqliteFile;
pub use value::{Row, Value};

use patience::Patience;
use sqlx::postgres::PgConnectOptions;
use std::{any::Any, num::NonZero, path::Path};

/// Fewest readers of an SQLite database; where there are more cores, one for each.
const SQLITE_READERS: u32 = 4;

/// Connections of one node to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// How often a single statement is tried that PostgreSQL rolls back in favour of others.
const TRIES: u32 = 3;

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// Embedded.
    Sqlite {
        /// One connection; transactions begin IMMEDIATE.
        writer: Connections<SqliteFile>,
        /// Several connections that can't write.
        readers: Connections<SqliteFile>,
        /// How long is waited.
        patience: Patience,
    },
    /// Shared by several nodes.
    Postgres {
        /// They read and write.
        connections: Connections<PostgresDatabase>,
        /// How long is waited.
        patience: Patience,
    },
}

/// An open transaction; dropping it rolls back.
pub struct Tx {
    connection: Connection,
    patience: Patience,
    last: Option<Box<dyn Last>>,
}

/// The connection of a transaction, with the statements that wait for the next one.
enum Connection {
    /// The writer.
    Sqlite(sqlite::Transaction),
    /// Any one.
    Postgres(postgres::Transaction),
}

impl Db {
    /// Opens the SQLite file at `path`, creating it if it is not there.
    ///
    /// # Errors
    /// See [`StoreError`]; a file that is no database shows at the first statement.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let file = SqliteFile::to_write(path);
        let readers = Connections::new(file.to_read(), readers());
        let writer = Connections::new(file, 1);
        // Makes the file, or finds out that it is none.
        drop(writer.take().await?);
        Ok(Self::Sqlite { writer, readers, patience: Patience::default() })
    }

    /// Opens an SQLite file only to read it; it may lie where nothing can be
    /// written. `alone`: there is no log beside it, and nobody writes to it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sqlite_to_read(path: &Path, alone: bool) -> Result<Self, StoreError> {
        let file = SqliteFile::left_alone(path, alone);
        let (writer, readers) = (Connections::new(file.clone(), 1), Connections::new(file, readers()));
        drop(readers.take().await?);
        Ok(Self::Sqlite { writer, readers, patience: Patience::default() })
    }

    /// Copies an SQLite database, as of one moment, into the empty file `copy`.
    /// `alone` as for [`Self::sqlite_to_read`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn copy_sqlite(file: &Path, alone: bool, copy: &Path) -> Result<(), StoreError> {
        sqlite::copy(file, alone, copy).await
    }

    /// Connects to PostgreSQL; `to_read`, a standby will do.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it can't be reached.
    pub async fn postgres(options: PgConnectOptions, to_read: bool) -> Result<Self, StoreError> {
        let connections = Connections::new(PostgresDatabase::new(options, to_read), POSTGRES_CONNECTIONS);
        let patience = Patience::default();
        drop(patience.wait(connections.take()).await?);
        Ok(Self::Postgres { connections, patience })
    }

    /// Why a PostgreSQL can't be used although it answers. Changes no setting of its connections.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it can't be reached.
    pub async fn unsuitable(options: &PgConnectOptions) -> Result<Option<Unsuitable>, StoreError> {
        let target = PostgresDatabase::new(options.clone(), true);
        Patience::default().wait(postgres::unsuitable(&target)).await
    }

    /// The same database for one request, which has [`PATIENCE`] for all that it asks from now on.
    #[must_use]
    pub fn for_request(&self) -> Self {
        self.with(Patience::for_request())
    }

    /// The same database for work of any length, which has [`PATIENCE`] for each statement.
    #[must_use]
    pub fn for_long_work(&self) -> Self {
        self.with(Patience::ForEachStatement)
    }

    fn with(&self, patience: Patience) -> Self {
        match self.clone() {
            Self::Sqlite { writer, readers, .. } => Self::Sqlite { writer, readers, patience },
            Self::Postgres { connections, .. } => Self::Postgres { connections, patience },
        }
    }

    const fn patience(&self) -> &Patience {
        match self {
            Self::Sqlite { patience, .. } | Self::Postgres { patience, .. } => patience,
        }
    }

    /// Has this request answered anew: what it went by was changed meanwhile.
    pub fn note_contended(&self) {
        self.patience().note_contended();
    }

    /// Whether, since this was asked last, the database rolled a transaction of
    /// this request back in favour of another: then the request may be tried again.
    pub fn take_contended(&self) -> bool {
        self.patience().take_contended()
    }

    /// Names those who keep PostgreSQL's process `process` waiting.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(super) async fn who_blocks(&self, process: i64) -> Result<String, StoreError> {
        if matches!(self, Self::Sqlite { .. }) {
            return Ok(String::new());
        }
        let names: Vec<(String,)> = self.all(postgres::BLOCKING, crate::values![process]).await?;
        Ok(names.into_iter().map(|(name,)| name).collect::<Vec<_>>().join(", "))
    }

    /// Begins a transaction that will write.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let begin = async {
            Ok(match self {
                Self::Sqlite { writer, .. } => Connection::Sqlite(sqlite::Transaction::begin(writer).await?),
                Self::Postgres { connections, .. } => {
                    Connection::Postgres(postgres::Transaction::begin(connections).await?)
                }
            })
        };
        let connection = self.patience().wait(begin).await?;
        Ok(Tx { connection, patience: self.patience().clone(), last: None })
    }

    /// Runs a statement in its own transaction; answers how many rows it changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let patience = self.patience();
        match self {
            Self::Sqlite { writer, .. } => {
                let mut writer = patience.wait(writer.take()).await?;
                patience.wait(writer.execute(sql, values)).await.map_err(StoreError::of_change)
            }
            Self::Postgres { connections, .. } => {
                let may_be_sent_again = |taken: &PooledConnection<_>, error: &StoreError| match error {
                    StoreError::Unavailable(away) => away.answered && taken.was_stale(error),
                    _ => false,
                };
                let outcome = self.on_postgres(connections, sql, values, may_be_sent_again).await;
                outcome.map(|(changed, _): (u64, Vec<(i64,)>)| changed).map_err(StoreError::of_change)
            }
        }
    }

    /// Reads at most one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn optional<R: Row>(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<R>, StoreError> {
        match self {
            Self::Sqlite { readers, patience, .. } => {
                patience.wait(async { readers.take().await?.optional(sql, values).await }).await
            }
            Self::Postgres { connections, .. } => {
                let rows = self.on_postgres(connections, sql, values, PooledConnection::was_stale).await?.1;
                Ok(rows.into_iter().next())
            }
        }
    }

    /// Reads exactly one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn one<R: Row>(&self, sql: &'static str, values: &[Value<'_>]) -> Result<R, StoreError> {
        self.optional(sql, values).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn all<R: Row>(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<R>, StoreError> {
        match self {
            Self::Sqlite { readers, patience, .. } => {
                patience.wait(async { readers.take().await?.all(sql, values).await }).await
            }
            Self::Postgres { connections, .. } => {
                Ok(self.on_postgres(connections, sql, values, PooledConnection::was_stale).await?.1)
            }
        }
    }

    /// Runs a single statement; again when it was rolled back in favour of
    /// others, or when `stale` says that another connection may do better.
    async fn on_postgres<R: Row>(
        &self,
        connections: &Connections<PostgresDatabase>,
        sql: &'static str,
        values: &[Value<'_>],
        stale: impl Fn(&PooledConnection<PostgresDatabase>, &StoreError) -> bool,
    ) -> Result<(u64, Vec<R>), StoreError> {
        let patience = self.patience();
        let mut tries = 0;
        loop {
            let mut connection = patience.wait(connections.take()).await?;
            let outcome = patience.wait(connection.run(sql, values)).await;
            tries += 1;
            match outcome {
                Err(error) if tries < TRIES && error.cause() == Some(Cause::Contended) => {}
                Err(error) if stale(&connection, &error) => {}
                outcome => return patience.note(outcome),
            }
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { connections, .. } => connections.close().await,
        }
    }
}

fn readers() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX).max(SQLITE_READERS)
}

/// What a transaction does last of all, right before its commit.
pub trait Last: Any + Send {
    /// Does it, with statements of which nobody looks at the result.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn run(&self, tx: &mut Tx) -> Result<(), StoreError>;
}

impl Tx {
    /// What is to be done last, if it is of this kind.
    pub(super) fn last<T: Last>(&self) -> Option<&T> {
        let last: &dyn Any = self.last.as_deref()?;
        last.downcast_ref()
    }

    /// Has this done last, in place of what was to be before.
    pub(super) fn do_last(&mut self, last: impl Last) {
        self.last = Some(Box::new(last));
    }

    /// Runs a statement whose result nobody looks at together with the next
    /// one, or with the commit; until then its errors wait too.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn enqueue(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(tx) => tx.enqueue(sql, values),
            Connection::Postgres(tx) => tx.enqueue(sql, values),
        }
    }

    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(self.run::<(i64,)>(sql, values).await?.0)
    }

    /// Reads, or writes with RETURNING, at most one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn optional<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<R>, StoreError> {
        Ok(self.run(sql, values).await?.1.into_iter().next())
    }

    /// Reads, or writes with RETURNING, exactly one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn one<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<R, StoreError> {
        self.optional(sql, values).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn all<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<R>, StoreError> {
        Ok(self.run(sql, values).await?.1)
    }

    async fn run<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(u64, Vec<R>), StoreError> {
        let connection = &mut self.connection;
        let work = async {
            match connection {
                Connection::Sqlite(tx) => tx.run(sql, values).await,
                Connection::Postgres(tx) => tx.run(sql, values).await,
            }
        };
        self.patience.note(self.patience.wait(work).await)
    }

    /// Makes the transaction's changes last.
    ///
    /// # Errors
    /// See [`StoreError`]. After [`StoreError::OutcomeUnknown`] they may have been made; after any other, not.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if let Some(last) = self.last.take() {
            last.run(&mut self)?;
        }
        let patience = self.patience;
        match self.connection {
            // What waits goes along, in one call.
            Connection::Sqlite(tx) => patience.wait(tx.commit()).await.map_err(StoreError::of_commit),
            Connection::Postgres(mut tx) => {
                patience.note(patience.wait(tx.catch_up()).await)?;
                patience.note(patience.wait(tx.commit()).await).map_err(StoreError::of_commit)
            }
        }
    }
}
