//! Why the database did not do what was asked, in the few kinds that matter to
//! whoever asked: repeat it, look whether it was done, or call for help.

use super::value::Nul;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use std::fmt;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Away, overloaded, too slow or unable to write. Nothing was changed; the request may be repeated.
    #[error("{0}")]
    Unavailable(Unavailable),
    /// Contact was lost after a change was handed over and before its outcome came back: it may have been made.
    #[error("whether a change was made is not known: {0}")]
    OutcomeUnknown(Unavailable),
    /// A uniqueness rule of the schema was about to be broken.
    #[error("already there")]
    Conflict,
    /// A text holds what can't be kept: PostgreSQL takes no NUL.
    #[error("a text that can't be kept")]
    Unstorable,
    /// Anything else: a defect.
    #[error(transparent)]
    Database(sqlx::Error),
}

/// What keeps the database from doing its work.
#[derive(Debug)]
pub struct Unavailable {
    /// For operators, in a word.
    pub cause: Cause,
    /// What the database or its driver said.
    pub detail: String,
    /// The database itself said so; otherwise contact was lost, or patience.
    pub answered: bool,
}

/// What keeps a database from doing its work. `Display` gives the sentence for
/// operators, which names no host, file or person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No connection, or it broke.
    Unreachable,
    /// It lets nobody in: it was closed to connections, or making it was not finished.
    Closed,
    /// No answer in time, or what was needed was locked for as long.
    Slow,
    /// Rolled back in favour of another transaction; the same again may succeed at once.
    Contended,
    /// It takes no changes: a standby server, or a file that can't be written.
    ReadOnly,
    /// No room on the disk.
    Full,
    /// The disk or its file system fails.
    Storage,
    /// What is stored contradicts itself.
    Damaged,
    /// The file is something else.
    NotADatabase,
    /// Too many connections, or too little memory.
    Overloaded,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the database can't be reached",
            Self::Closed => "the database accepts no connections",
            Self::Slow => "the database does not answer in time",
            Self::Contended => "the database is busy with conflicting changes",
            Self::ReadOnly => "the database is read-only",
            Self::Full => "the disk of the database is full",
            Self::Storage => "the disk of the database fails",
            Self::Damaged => "the database is damaged",
            Self::NotADatabase => "the file is not a database",
            Self::Overloaded => "the database is overloaded",
        })
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause, self.detail)
    }
}

impl Cause {
    /// Whether a connection that met this may be used again.
    pub(super) const fn spares_the_connection(self) -> bool {
        matches!(self, Self::Slow | Self::Contended)
    }

    /// Whether connections made before are as useless: the server behind them
    /// ended, or takes no changes while another one may.
    pub(super) const fn concerns_every_connection(self) -> bool {
        matches!(self, Self::Unreachable | Self::ReadOnly)
    }

    /// By the primary result code of SQLite, which is the low byte of the
    /// extended one; see <https://www.sqlite.org/rescode.html>.
    const fn of_sqlite(extended: i32) -> Option<Self> {
        Some(match extended & 0xFF {
            // BUSY, LOCKED, INTERRUPT, PROTOCOL (a race for the lock that lasted too long).
            5 | 6 | 9 | 15 => Self::Slow,
            // NOMEM
            7 => Self::Overloaded,
            // PERM, READONLY
            3 | 8 => Self::ReadOnly,
            // IOERR
            10 => Self::Storage,
            // CORRUPT
            11 => Self::Damaged,
            // FULL
            13 => Self::Full,
            // CANTOPEN
            14 => Self::Unreachable,
            // NOTADB
            26 => Self::NotADatabase,
            _ => return None,
        })
    }

    /// By PostgreSQL's SQLSTATE; see appendix A of its manual.
    fn of_postgres(state: &str) -> Option<Self> {
        Some(match state {
            "25006" => Self::ReadOnly,
            // A standby refuses in these words what would need a transaction of its own; nothing
            // here asks for a feature that no server has.
            "0A000" | "55000" => Self::ReadOnly,
            // Serialisation failure, deadlock.
            "40001" | "40P01" => Self::Contended,
            // A lock or a statement took too long, or a transaction stood idle.
            "55P03" | "57014" | "25P03" | "25P04" => Self::Slow,
            "53100" => Self::Full,
            "58030" => Self::Storage,
            "XX001" | "XX002" => Self::Damaged,
            _ => match state.get(..2)? {
                // Connection exceptions and operator intervention.
                "08" | "57" => Self::Unreachable,
                // Insufficient resources.
                "53" => Self::Overloaded,
                // Errors outside of PostgreSQL itself.
                "58" => Self::Storage,
                "40" => Self::Contended,
                _ => return None,
            },
        })
    }

    fn of(error: &sqlx::Error) -> Option<Self> {
        match error {
            // Five characters are an SQLSTATE; SQLite's codes are numbers of at most four.
            sqlx::Error::Database(cause) => match cause.code()?.as_ref() {
                // In the same words as a standby, but with the end of the connection.
                "55000" if ends_the_connection(cause.as_ref()) => Some(Self::Closed),
                // What the connection prepared before another node changed the schema.
                "0A000" if routine(cause.as_ref()) == Some("RevalidateCachedQuery") => Some(Self::Unreachable),
                state if state.len() == 5 => Self::of_postgres(state),
                code => code.parse().ok().and_then(Self::of_sqlite),
            },
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            // A connection that ends in the middle of a word.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_) => Some(Self::Unreachable),
            _ => None,
        }
    }
}

/// The place in PostgreSQL's source that a message came from, in no language.
fn routine<'a>(error: &'a (dyn sqlx::error::DatabaseError + 'static)) -> Option<&'a str> {
    error.try_downcast_ref::<PgDatabaseError>()?.routine()
}

fn ends_the_connection(error: &(dyn sqlx::error::DatabaseError + 'static)) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| error.severity() == PgSeverity::Fatal)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) if cause.is_unique_violation() => return Self::Conflict,
            sqlx::Error::Encode(cause) if cause.is::<Nul>() => return Self::Unstorable,
            _ => {}
        }
        match Cause::of(&error) {
            Some(cause) => {
                let answered = matches!(error, sqlx::Error::Database(_));
                Self::Unavailable(Unavailable { cause, detail: error.to_string(), answered })
            }
            None => Self::Database(error),
        }
    }
}

impl StoreError {
    pub(super) fn unavailable(cause: Cause, detail: &impl fmt::Display) -> Self {
        Self::Unavailable(Unavailable { cause, detail: detail.to_string(), answered: false })
    }

    /// What keeps the database from working, if that is it.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Unavailable(away) | Self::OutcomeUnknown(away) => Some(away.cause),
            _ => None,
        }
    }

    /// The same about a statement that changes something on its own: without
    /// an answer it may have done so.
    pub(super) fn of_change(self) -> Self {
        match self {
            Self::Unavailable(away) if !away.answered => Self::OutcomeUnknown(away),
            other => other,
        }
    }

    /// The same about a commit: that the server ends may be said after it was made.
    pub(super) fn of_commit(self) -> Self {
        match self {
            Self::Unavailable(away) if !away.answered || away.cause == Cause::Unreachable => Self::OutcomeUnknown(away),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_sqlite_go_by_their_primary_code() {
        for (extended, cause) in [
            (5, Cause::Slow),          // BUSY
            (261, Cause::Slow),        // BUSY_RECOVERY
            (517, Cause::Slow),        // BUSY_SNAPSHOT
            (773, Cause::Slow),        // BUSY_TIMEOUT
            (262, Cause::Slow),        // LOCKED_SHAREDCACHE
            (266, Cause::Storage),     // IOERR_READ
            (778, Cause::Storage),     // IOERR_WRITE
            (1034, Cause::Storage),    // IOERR_FSYNC
            (8202, Cause::Storage),    // IOERR_DATA
            (13, Cause::Full),         // FULL
            (8, Cause::ReadOnly),      // READONLY
            (1032, Cause::ReadOnly),   // READONLY_DBMOVED
            (1544, Cause::ReadOnly),   // READONLY_DIRECTORY
            (11, Cause::Damaged),      // CORRUPT
            (779, Cause::Damaged),     // CORRUPT_INDEX
            (14, Cause::Unreachable),  // CANTOPEN
            (526, Cause::Unreachable), // CANTOPEN_ISDIR
            (26, Cause::NotADatabase), // NOTADB
        ] {
            assert_eq!(Cause::of_sqlite(extended), Some(cause), "{extended}");
        }
        for defect in [1, 19, 787, 1299, 2067, 25] {
            assert_eq!(Cause::of_sqlite(defect), None, "{defect}");
        }
    }

    #[test]
    fn errors_of_postgres_go_by_their_state() {
        for (state, cause) in [
            ("25006", Cause::ReadOnly),
            ("40001", Cause::Contended),
            ("40P01", Cause::Contended),
            ("57014", Cause::Slow),
            ("55P03", Cause::Slow),
            ("57P01", Cause::Unreachable),
            ("57P03", Cause::Unreachable),
            ("08006", Cause::Unreachable),
            ("53100", Cause::Full),
            ("53300", Cause::Overloaded),
            ("58030", Cause::Storage),
            ("XX001", Cause::Damaged),
        ] {
            assert_eq!(Cause::of_postgres(state), Some(cause), "{state}");
        }
        for defect in ["42601", "23503", "22021", "25P02", "XX000"] {
            assert_eq!(Cause::of_postgres(defect), None, "{defect}");
        }
    }
}
