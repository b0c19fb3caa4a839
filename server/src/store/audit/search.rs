//! Searching the audit trail, page by page along the chain.
//!
//! The trail may have ten million entries. Each way in, a [`Lane`], goes along
//! an index that ends with the sequence, so that a page begins at once wherever
//! it begins. What no index answers is looked at entry by entry, and how many
//! are looked at is bounded: [`place`] answers where the bound is, from the
//! index alone, and [`rows`] reads no further.

use crate::{
    domain::audit::search::Order,
    store::{
        audit::trail::EntryRow,
        db::{Db, StoreError, Value},
    },
    values,
};
use sqlx::FromRow;

/// A way into the trail. All but the first two take a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// All entries.
    Everything,
    /// What failed.
    Failures,
    /// One event.
    Event,
    /// What concerns a person; most of it they did themselves.
    Subject,
    /// What a person did to others, or to the portal.
    OtherActor,
    /// What was done on the command line under a name.
    Operator,
    /// What came from a network address.
    Address,
}

/// The sequences that are looked at: between two that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Below all of them.
    pub after: i64,
    /// Above all of them.
    pub before: i64,
}

impl Window {
    /// The whole chain.
    pub const WHOLE: Self = Self { after: 0, before: i64::MAX };
}

/// What an entry must fulfil besides being in its lane. Empty texts let all pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// Unix time, inclusive.
    pub from: i64,
    /// Unix time, exclusive.
    pub until: i64,
    /// The outcome by name.
    pub outcome: String,
    /// Names of events, each between two spaces.
    pub events: String,
    /// A pattern in lower case for LIKE, with `!` as escape.
    pub text: String,
    /// The same with only ASCII in lower case, where that differs: SQLite knows no other letters.
    pub text_as_typed: String,
    /// Events whose words contain the text, like `events`.
    pub events_of_text: String,
}

impl Conditions {
    /// Everything passes.
    pub const NONE: Self = Self {
        from: i64::MIN,
        until: i64::MAX,
        outcome: String::new(),
        events: String::new(),
        text: String::new(),
        text_as_typed: String::new(),
        events_of_text: String::new(),
    };
}

/// Where a lane has been followed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Place {
    /// The entry.
    pub sequence: i64,
    /// Its Unix time.
    pub at: i64,
}

/// The statements of one lane in one order.
struct Statements {
    place: &'static str,
    rows: &'static str,
}

// `$1` is the key, `$2` and `$3` the window, `$4` a count. `+at` keeps a
// database from choosing the index by time, which is in no order of use here.
macro_rules! statements {
    ($condition:literal, $direction:literal) => {
        Statements {
            place: concat!(
                "SELECT sequence, at FROM audit_entries",
                " WHERE ",
                $condition,
                " AND sequence > $2 AND sequence < $3 ORDER BY sequence ",
                $direction,
                " LIMIT 1 OFFSET $4"
            ),
            rows: concat!(
                "SELECT sequence, at, event, outcome, actor_id, actor_name, subject_id, subject_name, address,
                    user_agent, detail, hash FROM audit_entries",
                " WHERE ",
                $condition,
                " AND sequence > $2 AND sequence < $3
                    AND +at >= $5 AND +at < $6
                    AND ($7 = '' OR outcome = $7)
                    AND ($8 = '' OR replace($8, ' ' || event || ' ', '') <> $8)
                    AND ($9 = ''
                        OR lower(coalesce(actor_name, '') || ' ' || coalesce(subject_name, '') || ' '
                            || coalesce(address, '') || ' ' || coalesce(user_agent, '') || ' '
                            || coalesce(detail, '') || ' ' || event) LIKE $9 ESCAPE '!'
                        OR ($10 <> '' AND lower(coalesce(actor_name, '') || ' ' || coalesce(subject_name, '') || ' '
                            || coalesce(address, '') || ' ' || coalesce(user_agent, '') || ' '
                            || coalesce(detail, '')) LIKE $10 ESCAPE '!')
                        OR replace($11, ' ' || event || ' ', '') <> $11)
                    ORDER BY sequence ",
                $direction,
                " LIMIT $4"
            ),
        }
    };
}

macro_rules! lanes {
    ($($lane:ident: $condition:literal,)*) => {
        impl Lane {
            /// Every lane.
            pub const ALL: &[Self] = &[$(Self::$lane,)*];

            const fn statements(self, order: Order) -> Statements {
                match (self, order) {
                    $(
                        (Self::$lane, Order::NewestFirst) => statements!($condition, "DESC"),
                        (Self::$lane, Order::OldestFirst) => statements!($condition, "ASC"),
                    )*
                }
            }
        }
    };
}

lanes! {
    Everything: "$1 = ''",
    Failures: "$1 = '' AND outcome = 'failure'",
    Event: "event = $1",
    Subject: "subject_id = $1",
    OtherActor: "actor_id = $1 AND actor_id IS NOT NULL AND actor_id IS DISTINCT FROM subject_id",
    Operator: "actor_name = $1 AND actor_id IS NULL AND actor_name IS NOT NULL",
    Address: "address = $1",
}

/// Every statement that is put together here.
pub fn all_statements() -> Vec<&'static str> {
    let orders = [Order::NewestFirst, Order::OldestFirst];
    let both = |lane: &Lane| orders.map(|order| lane.statements(order)).map(|Statements { place, rows }| [place, rows]);
    Lane::ALL.iter().flat_map(both).flatten().collect()
}

/// The entry of a lane that comes after `skipped` others in the window.
///
/// # Errors
/// See [`StoreError`].
pub async fn place(
    db: &Db,
    (lane, key): (Lane, &str),
    order: Order,
    window: Window,
    skipped: i64,
) -> Result<Option<Place>, StoreError> {
    db.optional(lane.statements(order).place, values![key, window.after, window.before, skipped]).await
}

/// The first `limit` entries of a lane in the window that fulfil the conditions.
///
/// # Errors
/// See [`StoreError`].
pub async fn rows(
    db: &Db,
    (lane, key): (Lane, &str),
    order: Order,
    window: Window,
    limit: i64,
    conditions: &Conditions,
) -> Result<Vec<EntryRow>, StoreError> {
    let Conditions { from, until, outcome, events, text, text_as_typed, events_of_text } = conditions;
    let values: &[Value<'_>] = values![
        key,
        window.after,
        window.before,
        limit,
        *from,
        *until,
        outcome,
        events,
        text,
        text_as_typed,
        events_of_text
    ];
    db.all(lane.statements(order).rows, values).await
}

/// A sequence below every entry of this Unix time or later, as far as the
/// clocks of the portal's nodes agree to `tolerance` seconds.
///
/// Of the entries just before that time the lowest counts, so that a few that
/// a wrong clock has put there hide nothing.
///
/// # Errors
/// See [`StoreError`].
pub async fn before_time(db: &Db, at: i64, tolerance: i64) -> Result<i64, StoreError> {
    let sql = "SELECT MIN(sequence) FROM
                   (SELECT sequence FROM audit_entries WHERE at < $1 ORDER BY at DESC LIMIT 100) nearest";
    let (sequence,): (Option<i64>,) = db.one(sql, values![at.saturating_sub(tolerance)]).await?;
    Ok(sequence.unwrap_or(Window::WHOLE.after))
}

/// A sequence above every entry before this Unix time, in the same sense.
///
/// # Errors
/// See [`StoreError`].
pub async fn after_time(db: &Db, at: i64, tolerance: i64) -> Result<i64, StoreError> {
    let sql = "SELECT MAX(sequence) FROM
                   (SELECT sequence FROM audit_entries WHERE at >= $1 ORDER BY at LIMIT 100) nearest";
    let (sequence,): (Option<i64>,) = db.one(sql, values![at.saturating_add(tolerance)]).await?;
    Ok(sequence.unwrap_or(Window::WHOLE.before))
}
