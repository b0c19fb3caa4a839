//! The narrow waist: the only file that knows there are two databases.
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
//! pool. Every verb is bounded in time: a database that is away or slow is
//! [`StoreError::Unavailable`] within [`PATIENCE`], never a wait without end.

mod sqlite;

pub use sqlite::{Connections, Taken};

use super::audit::{Head, store_head};
use sqlx::{
    Arguments, Encode, FromRow, Postgres, Type,
    postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow},
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use std::{future::Future, path::Path, time::Duration};

/// Longest wait for a connection plus a statement.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Readers of an SQLite database.
const SQLITE_READERS: u32 = 4;

/// Connections of one node to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Away, overloaded or too slow; the request may be repeated.
    #[error("the database can't be reached or is too slow: {0}")]
    Unavailable(String),
    /// A uniqueness rule of the schema was about to be broken.
    #[error("already there")]
    Conflict,
    /// A text holds what can't be kept: PostgreSQL takes no NUL.
    #[error("a text that can't be kept")]
    Unstorable,
    /// Anything else: a defect, or a damaged database.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Conflict,
            sqlx::Error::Encode(cause) if cause.is::<Nul>() => Self::Unstorable,
            // SQLite: BUSY, LOCKED and I/O trouble. PostgreSQL classes 08, 40, 53, 57: connection
            // exceptions, rolled back in favour of others, insufficient resources, operator
            // intervention.
            sqlx::Error::Database(cause) => match cause.code().as_deref() {
                Some("5" | "6" | "261" | "517" | "10" | "13" | "14") => Self::Unavailable(error.to_string()),
                Some(code) if code.len() == 5 && ["08", "40", "53", "57"].contains(&&code[..2]) => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Database(error),
            },
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            // A connection that ends in the middle of a word.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// An argument of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// TEXT
    Text(&'a str),
    /// TEXT or NULL
    OptionalText(Option<&'a str>),
    /// BIGINT
    Integer(i64),
    /// BIGINT or NULL
    OptionalInteger(Option<i64>),
    /// BOOLEAN
    Boolean(bool),
    /// BLOB, BYTEA
    Bytes(&'a [u8]),
}

macro_rules! value_from {
    ($($source:ty => $variant:ident),* $(,)?) => {$(
        impl<'a> From<$source> for Value<'a> {
            fn from(value: $source) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}
value_from! {
    &'a str => Text, Option<&'a str> => OptionalText, i64 => Integer, Option<i64> => OptionalInteger,
    bool => Boolean, &'a [u8] => Bytes,
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

/// The arguments of a statement, in the order of their placeholders.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::db::Value::from($value)),*] };
}

/// A row type that both databases can fill.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// Embedded.
    Sqlite {
        /// One connection; transactions begin IMMEDIATE.
        writer: Connections,
        /// Several connections that can't write.
        readers: Connections,
    },
    /// Shared by several nodes.
    Postgres(PgPool),
}

/// An open transaction; dropping it rolls back.
pub struct Tx {
    connection: Connection,
    /// The head of the audit chain, from when this transaction holds it.
    pub(super) audit_head: Option<Head>,
}

/// The connection of a transaction, with the statements that wait for the next one.
enum Connection {
    /// The writer.
    Sqlite(sqlite::Transaction),
    /// Any one.
    Postgres(sqlx::Transaction<'static, Postgres>, Vec<(&'static str, PgArguments)>),
}

/// A text holds NUL. PostgreSQL keeps none, so that neither database gets one.
#[derive(Debug, thiserror::Error)]
#[error("a text holds NUL")]
struct Nul;

/// Adds the arguments one by one, for either database.
fn add_values<'v, A: Arguments>(arguments: &mut A, values: &'v [Value<'v>]) -> Result<(), sqlx::Error>
where
    &'v str: Encode<'v, A::Database> + Type<A::Database>,
    Option<&'v str>: Encode<'v, A::Database> + Type<A::Database>,
    i64: Encode<'v, A::Database> + Type<A::Database>,
    Option<i64>: Encode<'v, A::Database> + Type<A::Database>,
    bool: Encode<'v, A::Database> + Type<A::Database>,
    &'v [u8]: Encode<'v, A::Database> + Type<A::Database>,
{
    for value in values {
        match *value {
            Value::Text(text) | Value::OptionalText(Some(text)) if text.contains('\0') => Err(Nul.into()),
            Value::Text(value) => arguments.add(value),
            Value::OptionalText(value) => arguments.add(value),
            Value::Integer(value) => arguments.add(value),
            Value::OptionalInteger(value) => arguments.add(value),
            Value::Boolean(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

/// Runs what waits for PostgreSQL, in order.
async fn catch_up(
    tx: &mut sqlx::Transaction<'static, Postgres>,
    waiting: &mut Vec<(&'static str, PgArguments)>,
) -> Result<(), sqlx::Error> {
    for (sql, arguments) in waiting.drain(..) {
        sqlx::query_with(sql, arguments).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn patiently<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {} seconds", PATIENCE.as_secs()))),
    }
}

/// Runs one statement on whichever database is behind, by the sqlx method named last.
macro_rules! run {
    ($arguments:ty, execute: $executor:expr, $sql:expr, $values:expr) => {{
        let mut arguments = <$arguments>::default();
        add_values(&mut arguments, $values)?;
        sqlx::query_with($sql, arguments).execute($executor).await.map(|done| done.rows_affected())
    }};
    ($arguments:ty, $fetch:ident: $executor:expr, $sql:expr, $values:expr) => {{
        let mut arguments = <$arguments>::default();
        add_values(&mut arguments, $values)?;
        sqlx::query_as_with($sql, arguments).$fetch($executor).await
    }};
}

impl Db {
    /// Opens the SQLite file at `path`, creating it if it is not there.
    ///
    /// # Errors
    /// See [`StoreError`]; a file that is no database shows at the first statement.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let writer = Connections::new(options.clone(), 1);
        // Makes the file, or finds out that it is none.
        drop(writer.take().await?);
        let readers = Connections::new(options.create_if_missing(false).pragma("query_only", "ON"), SQLITE_READERS);
        Ok(Self::Sqlite { writer, readers })
    }

    /// Connects to PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it can't be reached.
    pub async fn postgres(options: PgConnectOptions) -> Result<Self, StoreError> {
        let milliseconds = PATIENCE.as_millis().to_string();
        let options = options.application_name("twofold").options([
            ("statement_timeout", milliseconds.as_str()),
            ("idle_in_transaction_session_timeout", milliseconds.as_str()),
        ]);
        let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }

    /// Begins a transaction that will write.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        patiently(async {
            let connection = match self {
                Self::Sqlite { writer, .. } => Connection::Sqlite(sqlite::Transaction::new(writer.take().await?)?),
                Self::Postgres(pool) => Connection::Postgres(pool.begin().await?, Vec::new()),
            };
            Ok(Tx { connection, audit_head: None })
        })
        .await
    }

    /// Runs a statement in its own transaction; answers how many rows it changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        patiently(async {
            match self {
                Self::Sqlite { writer, .. } => {
                    run!(SqliteArguments, execute: writer.take().await?.connection()?, sql, values)
                }
                Self::Postgres(pool) => run!(PgArguments, execute: pool, sql, values),
            }
        })
        .await
    }

    /// Reads at most one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn optional<R: Row>(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<R>, StoreError> {
        patiently(async {
            match self {
                Self::Sqlite { readers, .. } => {
                    run!(SqliteArguments, fetch_optional: readers.take().await?.connection()?, sql, values)
                }
                Self::Postgres(pool) => run!(PgArguments, fetch_optional: pool, sql, values),
            }
        })
        .await
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
        patiently(async {
            match self {
                Self::Sqlite { readers, .. } => {
                    run!(SqliteArguments, fetch_all: readers.take().await?.connection()?, sql, values)
                }
                Self::Postgres(pool) => run!(PgArguments, fetch_all: pool, sql, values),
            }
        })
        .await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Runs a statement whose result nobody looks at together with the next
    /// one, or with the commit; until then its errors wait too.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn later(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(tx) => tx.later(sql, values)?,
            Connection::Postgres(_, waiting) => {
                let mut arguments = PgArguments::default();
                add_values(&mut arguments, values)?;
                waiting.push((sql, arguments));
            }
        }
        Ok(())
    }

    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        patiently(async {
            match &mut self.connection {
                Connection::Sqlite(tx) => Ok(tx.run::<(i64,)>(sql, values).await?.0),
                Connection::Postgres(tx, waiting) => {
                    catch_up(tx, waiting).await?;
                    run!(PgArguments, execute: &mut **tx, sql, values)
                }
            }
        })
        .await
    }

    /// Reads, or writes with RETURNING, at most one row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn optional<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<R>, StoreError> {
        patiently(async {
            match &mut self.connection {
                Connection::Sqlite(tx) => Ok(tx.run(sql, values).await?.1.into_iter().next()),
                Connection::Postgres(tx, waiting) => {
                    catch_up(tx, waiting).await?;
                    run!(PgArguments, fetch_optional: &mut **tx, sql, values)
                }
            }
        })
        .await
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
        patiently(async {
            match &mut self.connection {
                Connection::Sqlite(tx) => Ok(tx.run(sql, values).await?.1),
                Connection::Postgres(tx, waiting) => {
                    catch_up(tx, waiting).await?;
                    run!(PgArguments, fetch_all: &mut **tx, sql, values)
                }
            }
        })
        .await
    }

    /// Makes the transaction's changes last.
    ///
    /// # Errors
    /// See [`StoreError`]. After [`StoreError::Unavailable`] the outcome is unknown.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        store_head(&mut self)?;
        patiently(async {
            match self.connection {
                Connection::Sqlite(tx) => tx.commit().await,
                Connection::Postgres(mut tx, mut waiting) => {
                    catch_up(&mut tx, &mut waiting).await?;
                    tx.commit().await
                }
            }
        })
        .await
    }
}
