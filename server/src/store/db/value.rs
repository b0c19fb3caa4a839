//! Arguments of statements and rows, for either database.

use futures_util::{Stream, TryStreamExt as _};
use sqlx::{Arguments, Either, Encode, FromRow, Type, postgres::PgRow, sqlite::SqliteRow};

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

/// Reads what a connection sends to its end: how many rows the last statement changed, and all rows.
pub(super) async fn read<R, D, S>(
    mut results: impl Stream<Item = Result<Either<D, S>, sqlx::Error>> + Unpin,
    changed_by: impl Fn(&D) -> u64,
) -> Result<(u64, Vec<R>), sqlx::Error>
where
    R: for<'r> FromRow<'r, S>,
    S: sqlx::Row,
{
    let (mut changed, mut rows) = (0, Vec::new());
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(done) => changed = changed_by(&done),
            Either::Right(row) => rows.push(R::from_row(&row)?),
        }
    }
    Ok((changed, rows))
}

/// A text holds NUL. PostgreSQL keeps none, so that neither database gets one.
#[derive(Debug, thiserror::Error)]
#[error("a text holds NUL")]
pub(super) struct Nul;

/// Adds the arguments one by one, for either database.
pub(super) fn add_values<'v, A: Arguments>(arguments: &mut A, values: &'v [Value<'v>]) -> Result<(), sqlx::Error>
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
