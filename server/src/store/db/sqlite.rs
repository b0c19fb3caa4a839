//! SQLite: connections to one file, and transactions that make few calls.
//!
//! A connection of sqlx lives on a thread of its own, and calling over costs
//! more than most statements do. So a transaction begins in the call of its
//! first statement.

use super::{
    connections::{Connections, PooledConnection, Target},
    error::StoreError,
    patience::STATEMENT_LIMIT,
    value::{Row, Value, add_values, read},
};
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions, Connection as _, Executor, SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteQueryResult, SqliteSynchronous},
};
use std::{fmt::Write as _, path::Path, time::Duration};
use tokio::runtime::Handle;

/// A database file and how it is opened.
#[derive(Debug, Clone)]
pub struct SqliteFile(SqliteConnectOptions);

impl Target for SqliteFile {
    type Connection = SqliteConnection;

    const ASKED_AFTER: Option<Duration> = None;

    // Its thread ends the statement before it begins the next.
    const OUTLIVES_ABANDONMENT: bool = true;

    async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        Ok(self.0.connect().await?)
    }
}

impl SqliteFile {
    /// A file that is read and written, made if it is not there.
    pub(super) fn to_write(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(STATEMENT_LIMIT);
        Self(options)
    }

    /// The same file for those who only read.
    pub(super) fn to_read(&self) -> Self {
        Self(self.0.clone().create_if_missing(false).pragma("query_only", "ON"))
    }

    /// A file that may lie where nothing can be written. `alone` has no log
    /// beside it and is not written by anybody else.
    pub(super) fn left_alone(path: &Path, alone: bool) -> Self {
        Self(SqliteConnectOptions::new().filename(path).read_only(true).immutable(alone).busy_timeout(STATEMENT_LIMIT))
    }

    /// One more connection, which waits for locks for so long.
    pub(in crate::store) async fn patient(&self, patience: Duration) -> Result<SqliteConnection, StoreError> {
        Ok(self.0.clone().busy_timeout(patience).connect().await?)
    }
}

/// Writes a database into the empty file `copy`, as it is at one moment. Readers and writers go on meanwhile.
pub(super) async fn copy(file: &Path, alone: bool, copy: &Path) -> Result<(), StoreError> {
    let mut connection = SqliteFile::left_alone(file, alone).connect().await?;
    let copy = copy.to_str().ok_or_else(|| sqlx::Error::Encode("the name of the copy is not UTF-8".into()))?;
    sqlx::query("VACUUM INTO $1").bind(copy).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

impl PooledConnection<SqliteFile> {
    /// Runs one statement; answers how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let query = sqlx::query_with(sql, arguments(values)?);
        let outcome = query.execute(self.connection()?).await;
        self.heed(outcome.map(|done| done.rows_affected()))
    }

    /// Reads at most one row.
    pub(super) async fn optional<R: Row>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<R>, StoreError> {
        let query = sqlx::query_as_with(sql, arguments(values)?);
        let outcome = query.fetch_optional(self.connection()?).await;
        self.heed(outcome)
    }

    /// Reads all rows.
    pub(super) async fn all<R: Row>(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<R>, StoreError> {
        let query = sqlx::query_as_with(sql, arguments(values)?);
        let outcome = query.fetch_all(self.connection()?).await;
        self.heed(outcome)
    }
}

fn arguments(values: &[Value<'_>]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    add_values(&mut arguments, values)?;
    Ok(arguments)
}

/// A transaction that will write. Dropped before its commit it is rolled back,
/// after what may still be running.
pub(super) struct Transaction {
    writer: Option<PooledConnection<SqliteFile>>,
    script: Script,
    /// Something was sent: a transaction may be open.
    begun: bool,
}

/// Statements that are sent as one text.
#[derive(Default)]
struct Script {
    sql: String,
    arguments: SqliteArguments,
}

impl Transaction {
    pub(super) async fn begin(writers: &Connections<SqliteFile>) -> Result<Self, StoreError> {
        let writer = Some(writers.take().await?);
        let mut transaction = Self { writer, script: Script::default(), begun: false };
        transaction.enqueue("BEGIN IMMEDIATE", &[])?;
        Ok(transaction)
    }

    /// Has a statement wait for the next one.
    pub(super) fn enqueue(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        Ok(self.script.add(sql, values)?)
    }

    /// Runs what waits and then this, and answers what it changed and its rows;
    /// those before it have none.
    pub(super) async fn run<R: Row>(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(u64, Vec<R>), StoreError> {
        self.script.add(sql, values)?;
        let Script { sql, arguments } = std::mem::take(&mut self.script);
        self.begun = true;
        let writer = self.writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        // Made of the static statements of the store and nothing else.
        let results = writer.connection()?.fetch_many(sqlx::query_with(AssertSqlSafe(sql), arguments));
        let outcome = read(results, SqliteQueryResult::rows_affected).await;
        writer.heed(outcome)
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.run::<(i64,)>("COMMIT", &[]).await?;
        self.begun = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut writer) = self.writer.take().filter(|_| self.begun) else { return };
        let Ok(runtime) = Handle::try_current() else {
            // Nobody can wait for it; closing it rolls back too.
            writer.discard();
            return;
        };
        runtime.spawn(async move {
            let Ok(connection) = writer.connection() else { return };
            // What can't be rolled back was committed at the last moment, was never begun, or is
            // broken.
            if sqlx::query("ROLLBACK").execute(connection).await.is_err() {
                writer.discard();
            }
        });
    }
}

impl Script {
    /// Adds a statement; its placeholders go on counting where those before it ended.
    fn add(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), sqlx::Error> {
        let before = self.arguments.len();
        let mut pieces = sql.split('$');
        self.sql.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = piece.split_at(digits);
            let number: usize =
                number.parse().map_err(|_| sqlx::Error::Encode("a placeholder has no number".into()))?;
            // Writing to a string can't fail.
            let _ = write!(self.sql, "${}{rest}", before + number);
        }
        self.sql.push(';');
        add_values(&mut self.arguments, values)
    }
}
