//! PostgreSQL: connections that are set up alike whatever the server's own
//! settings are, and transactions on them.
//!
//! What a connection needs is set by its first statement rather than by the
//! packet that opens it, because a pool in between passes on little of that.

use super::{
    connections::{Connections, PooledConnection, Target},
    error::{Cause, StoreError},
    patience::{PATIENCE, STATEMENT_LIMIT},
    value::{Row, Value, add_values, read},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, Executor, PgConnection, Row as _,
    postgres::{PgArguments, PgConnectOptions, PgQueryResult},
};
use std::time::Duration;
use tokio::{runtime::Handle, time::timeout};

/// What makes a transaction whole whatever the server's default is: each
/// statement sees what was committed before it, and what must happen once is
/// one conditional statement.
const ISOLATION: &str = "read committed";

/// A database of a server and how it is reached.
#[derive(Debug, Clone)]
pub struct PostgresDatabase {
    options: PgConnectOptions,
    /// A standby will do.
    to_read: bool,
}

impl Target for PostgresDatabase {
    type Connection = PgConnection;

    const ASKED_AFTER: Option<Duration> = Some(Duration::from_secs(1));

    // It is in the middle of an answer.
    const OUTLIVES_ABANDONMENT: bool = false;

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        self.connect_with(STATEMENT_LIMIT).await
    }
}

impl PostgresDatabase {
    pub(super) fn new(options: PgConnectOptions, to_read: bool) -> Self {
        // Not every pool passes it on, and no number here has a fraction.
        let options = options.application_name("twofold").extra_float_digits(None);
        Self { options, to_read }
    }

    /// A connection whose statements and transactions may take so long; zero for any time.
    pub(in crate::store) async fn connect_with(&self, limit: Duration) -> Result<PgConnection, StoreError> {
        let mut connection = self.options.connect().await?;
        let statement = limit.as_millis();
        let idle = if limit.is_zero() { 0 } else { PATIENCE.as_millis() };
        // Numbers and names of this file; in one statement, so that it is one round trip.
        let sql = format!(
            "SELECT set_config('default_transaction_isolation', '{ISOLATION}', FALSE),
                    set_config('statement_timeout', '{statement}', FALSE),
                    set_config('idle_in_transaction_session_timeout', '{idle}', FALSE),
                    set_config('lock_timeout', '0', FALSE),
                    pg_is_in_recovery()::TEXT AS standby"
        );
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut connection).await?;
        let standby: String = row.try_get("standby")?;
        // What it says may be out of date, and nothing can be written.
        if standby == "true" && !self.to_read {
            return Err(StoreError::unavailable(Cause::ReadOnly, &"this PostgreSQL server is a standby"));
        }
        Ok(connection)
    }
}

impl PooledConnection<PostgresDatabase> {
    /// Runs one statement; answers how many rows it changed, and its rows.
    pub(super) async fn run<R: Row>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<(u64, Vec<R>), StoreError> {
        let arguments = arguments(values)?;
        self.run_with(sql, arguments).await
    }

    async fn run_with<R: Row>(
        &mut self,
        sql: &'static str,
        arguments: PgArguments,
    ) -> Result<(u64, Vec<R>), StoreError> {
        let results = self.connection()?.fetch_many(sqlx::query_with(sql, arguments));
        let outcome = read(results, PgQueryResult::rows_affected).await;
        self.heed(outcome)
    }

    /// Runs a statement that is put together and not kept for a next time; its rows are not looked at.
    async fn run_once(&mut self, sql: String, arguments: PgArguments) -> Result<(), StoreError> {
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false);
        let outcome = self.connection()?.execute(query).await;
        self.heed(outcome.map(drop))
    }

    /// Runs what needs no arguments and has no rows.
    async fn tell(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let outcome = self.connection()?.execute(sql).await;
        self.heed(outcome.map(drop))
    }
}

fn arguments(values: &[Value<'_>]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    add_values(&mut arguments, values)?;
    Ok(arguments)
}

/// A transaction. Dropped before its commit it is rolled back.
pub(super) struct Transaction {
    connection: Option<PooledConnection<PostgresDatabase>>,
    waiting: Vec<Waiting>,
}

/// A statement that waits for the next one.
struct Waiting {
    sql: &'static str,
    arguments: PgArguments,
    /// How often: one that inserts a row inserts all of them in one round trip.
    times: usize,
}

/// Rows of one statement; with twelve columns that is below the 65,535 arguments of the protocol.
const MOST_ROWS: usize = 1_000;

/// The same INSERT for so many rows, each with arguments of its own; `None` for any other statement.
fn for_rows(sql: &str, rows: usize) -> Option<String> {
    let (begins, rest) = sql.strip_prefix("INSERT INTO ")?.split_once("VALUES (")?;
    let (row, rest) = rest.split_once(')')?;
    if row.contains('(') || rest.contains('$') {
        return None;
    }
    let columns: Vec<&str> = row.split(',').map(str::trim).collect();
    let number = |column: &str| column.strip_prefix('$').map(|number| number.parse::<usize>().ok());
    let each = columns.iter().filter_map(|column| number(column)?).max()?;
    let mut all = Vec::with_capacity(rows);
    for before in (0..rows).map(|row| row * each) {
        let mut own = Vec::with_capacity(columns.len());
        for column in &columns {
            own.push(match number(column) {
                Some(number) => format!("${}", number? + before),
                None => (*column).to_owned(),
            });
        }
        all.push(format!("({})", own.join(", ")));
    }
    Some(format!("INSERT INTO {begins}VALUES {}{rest}", all.join(", ")))
}

impl Transaction {
    pub(super) async fn begin(connections: &Connections<PostgresDatabase>) -> Result<Self, StoreError> {
        loop {
            let mut connection = connections.take().await?;
            match connection.tell("BEGIN").await {
                Ok(()) => return Ok(Self { connection: Some(connection), waiting: Vec::new() }),
                Err(error) if connection.was_stale(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Has a statement wait for the next one. Rows that are inserted one after the other go together.
    pub(super) fn enqueue(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(), StoreError> {
        match self.waiting.last_mut() {
            Some(last) if last.sql == sql && last.times < MOST_ROWS && for_rows(sql, 1).is_some() => {
                add_values(&mut last.arguments, values)?;
                last.times += 1;
            }
            _ => self.waiting.push(Waiting { sql, arguments: arguments(values)?, times: 1 }),
        }
        Ok(())
    }

    /// Runs what waits and then this, and answers what it changed and its rows.
    pub(super) async fn run<R: Row>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<(u64, Vec<R>), StoreError> {
        self.catch_up().await?;
        self.connection()?.run(sql, values).await
    }

    /// Runs what waits, in order.
    pub(super) async fn catch_up(&mut self) -> Result<(), StoreError> {
        for Waiting { sql, arguments, times } in std::mem::take(&mut self.waiting) {
            let connection = self.connection()?;
            match (times > 1).then(|| for_rows(sql, times)).flatten() {
                Some(sql) => connection.run_once(sql, arguments).await?,
                None => drop(connection.run_with::<(i64,)>(sql, arguments).await?),
            }
        }
        Ok(())
    }

    /// Makes its changes last; nothing must wait any more.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.connection()?.tell("COMMIT").await?;
        // Over: there is nothing to roll back.
        drop(self.connection.take());
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut PooledConnection<PostgresDatabase>, StoreError> {
        Ok(self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let runtime = match Handle::try_current() {
            Ok(runtime) if !connection.is_asking() => runtime,
            // The server rolls back what a closed connection began.
            _ => return connection.discard(),
        };
        runtime.spawn(async move {
            if !matches!(timeout(PATIENCE, connection.tell("ROLLBACK")).await, Ok(Ok(()))) {
                connection.discard();
            }
        });
    }
}

/// Who keeps a process waiting.
pub(super) const BLOCKING: &str = "SELECT application_name || ' (process ' || pid || ')' FROM pg_stat_activity
     WHERE pid = ANY (pg_blocking_pids(CAST(CAST($1 AS BIGINT) AS INTEGER)))";

/// The number of the server's process behind a connection.
pub(in crate::store) async fn process_of(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let (process,): (i64,) = sqlx::query_as("SELECT pg_backend_pid()::BIGINT").fetch_one(connection).await?;
    Ok(process)
}

/// Why a PostgreSQL can't be used, although it answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// It could not keep every text.
    #[error(
        "the database is encoded as {0} and can't keep every name. Make one that is UTF-8 (CREATE DATABASE twofold ENCODING 'UTF8' TEMPLATE template0) and, if there are data in the old one, move them with pg_dump and pg_restore"
    )]
    Encoding(String),
    /// Settings and statements of a connection do not stay with it.
    #[error(
        "between here and PostgreSQL is a connection pool that changes servers within a connection (PgBouncer with pool_mode = transaction or statement). Set pool_mode = session for this database, or name PostgreSQL itself in --database-url"
    )]
    SharedConnections,
}

async fn process_and_encoding(connection: &mut PgConnection) -> Result<(String, String), StoreError> {
    // A simple query prepares nothing, which a pool in between might not be able to do.
    let sql = "SELECT pg_backend_pid()::TEXT, current_setting('server_encoding')";
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Looks whether the database can be used; `None` when it can.
///
/// Two connections tell a pool in transaction mode: there, the second one gets
/// the server on which the first one has just worked, or the first one another.
///
/// # Errors
/// See [`StoreError`].
pub(super) async fn unsuitable(target: &PostgresDatabase) -> Result<Option<Unsuitable>, StoreError> {
    let (mut one, mut other) = (target.options.connect().await?, target.options.connect().await?);
    let (process, encoding) = process_and_encoding(&mut one).await?;
    match other.execute("BEGIN").await {
        Ok(_) => {}
        // A pool in statement mode allows no transactions; a server always does.
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "08P01") => {
            return Ok(Some(Unsuitable::SharedConnections));
        }
        Err(error) => return Err(error.into()),
    }
    let (other_process, _) = process_and_encoding(&mut other).await?;
    let moves = process == other_process || process_and_encoding(&mut one).await?.0 != process;
    // What becomes of them no longer matters.
    let _ = tokio::join!(one.close(), other.close());
    if moves {
        return Ok(Some(Unsuitable::SharedConnections));
    }
    Ok((encoding != "UTF8").then_some(Unsuitable::Encoding(encoding)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_inserts_many_rows() {
        let sql = "INSERT INTO words (word, kept, by, at) VALUES ($1, TRUE, $2, $2) ON CONFLICT (word) DO NOTHING";
        assert_eq!(for_rows(sql, 1).as_deref(), Some(sql));
        let three = "INSERT INTO words (word, kept, by, at) VALUES ($1, TRUE, $2, $2), ($3, TRUE, $4, $4), ($5, TRUE, $6, $6) ON CONFLICT (word) DO NOTHING";
        assert_eq!(for_rows(sql, 3).as_deref(), Some(three));
    }

    #[test]
    fn others_go_one_by_one() {
        for sql in [
            "UPDATE users SET name = $1 WHERE id = $2",
            "DELETE FROM users WHERE id = $1",
            "INSERT INTO words SELECT $1",
            "INSERT INTO words (word) VALUES (LOWER($1))",
            "INSERT INTO words (word) VALUES ($1) ON CONFLICT (word) DO UPDATE SET kept = $2",
            "INSERT INTO words (word) VALUES (DEFAULT)",
        ] {
            assert_eq!(for_rows(sql, 2), None, "{sql}");
        }
    }
}
