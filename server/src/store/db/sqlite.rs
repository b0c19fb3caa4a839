//! SQLite: connections that are kept, and transactions that make few calls.
//!
//! A connection of sqlx lives on a thread of its own, and calling over costs
//! more than most statements do. So a transaction begins in the call of its
//! first statement, and connections wait here rather than in sqlx's pool, which
//! calls each of them once more when it comes back.

use super::{PATIENCE, Row, Value, add_values};
use futures_util::TryStreamExt;
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions, Connection, Either, Executor, SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqlitePool, SqlitePoolOptions},
};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A number of connections to one file, opened when they are first needed.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    places: Arc<Semaphore>,
    most: u32,
    idle: Mutex<Vec<SqliteConnection>>,
}

/// A connection for as long as this is held; it goes back when dropped.
#[derive(Debug)]
pub struct Taken {
    /// `None` once it is not to come back.
    connection: Option<SqliteConnection>,
    shared: Arc<Shared>,
    // Given up after the connection is back.
    _place: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(options: SqliteConnectOptions, most: u32) -> Self {
        let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
        Self { shared: Arc::new(Shared { options, places, most, idle: Mutex::default() }) }
    }

    /// Waits for a connection, in turn.
    ///
    /// # Errors
    /// When the file can't be opened; [`sqlx::Error::PoolClosed`] after [`Connections::close`].
    pub async fn take(&self) -> Result<Taken, sqlx::Error> {
        let place = Arc::clone(&self.shared.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.shared.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.shared.options.connect().await?,
        };
        Ok(Taken { connection: Some(connection), shared: Arc::clone(&self.shared), _place: place })
    }

    /// One more connection, in a pool of sqlx's: what its migrations take.
    pub(in crate::store) async fn pool(&self) -> Result<SqlitePool, sqlx::Error> {
        SqlitePoolOptions::new().max_connections(1).connect_with(self.shared.options.clone()).await
    }

    /// Closes every connection, after waiting for those that are in use.
    pub(super) async fn close(&self) {
        let all = timeout(PATIENCE, self.shared.places.acquire_many(self.shared.most)).await;
        self.shared.places.close();
        drop(all);
        let idle = std::mem::take(&mut *self.shared.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection could not be closed in good order");
            }
        }
    }
}

impl Shared {
    /// A panic while it was held can't have left the list half changed.
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// The connection itself.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolClosed`] after it broke.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.idle().push(connection);
        }
    }
}

/// A transaction that will write. Dropped before its commit it is rolled back,
/// after what may still be running.
pub(super) struct Transaction {
    writer: Option<Taken>,
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
    pub(super) fn new(writer: Taken) -> Result<Self, sqlx::Error> {
        let mut transaction = Self { writer: Some(writer), script: Script::default(), begun: false };
        transaction.later("BEGIN IMMEDIATE", &[])?;
        Ok(transaction)
    }

    /// Has a statement wait for the next one.
    pub(super) fn later(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), sqlx::Error> {
        self.script.add(sql, values)
    }

    /// Runs what waits and then this, and answers what it changed and its rows;
    /// those before it have none.
    pub(super) async fn run<R: Row>(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(u64, Vec<R>), sqlx::Error> {
        self.script.add(sql, values)?;
        let Script { sql, arguments } = std::mem::take(&mut self.script);
        self.begun = true;
        let writer = self.writer.as_mut().ok_or(sqlx::Error::PoolClosed)?.connection()?;
        // Made of the static statements of the store and nothing else.
        let mut results = writer.fetch_many(sqlx::query_with(AssertSqlSafe(sql), arguments));
        let (mut changed, mut rows) = (0, Vec::new());
        while let Some(result) = results.try_next().await? {
            match result {
                Either::Left(done) => changed = done.rows_affected(),
                Either::Right(row) => rows.push(R::from_row(&row)?),
            }
        }
        Ok((changed, rows))
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
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
            drop(writer.connection.take());
            return;
        };
        runtime.spawn(async move {
            let Ok(connection) = writer.connection() else { return };
            // What can't be rolled back was committed at the last moment, was never begun, or is
            // broken.
            if sqlx::query("ROLLBACK").execute(connection).await.is_err() {
                drop(writer.connection.take());
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
