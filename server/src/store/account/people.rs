//! People as administrators see them, page by page.
//!
//! A page is read in one of three ways, each of which looks at a bounded number
//! of rows however many people there are:
//!
//! - *along* the index of the order, from the end of the page before: for the
//!   whole list, for the filters that have an index in each order, and for
//!   searches that many people match. The latter, and the filter "locked", may
//!   have to pass many who do not match; so they go no further than a
//!   [`horizon`], and the next page goes on from there;
//! - *by word*, for searches that few people match;
//! - *by lock*, when few accounts are locked.
//!
//! Each way is one statement for each filter and order, put together by the
//! compiler. Their placeholders are those of [`Page`].

use crate::domain::second_factor::recovery_code::SPENT_WHEN_FEW;
use crate::{
    store::{
        account::accounts::{PORTION, padded},
        db::{Db, StoreError},
    },
    values,
};
use contract::people::{PeopleFilter, PeopleSort, PeopleView};
use sqlx::FromRow;

/// A person in the list.
#[derive(Debug, Clone, FromRow)]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// User name.
    pub name: String,
    /// The name by which they are ordered.
    pub name_key: String,
    /// Name shown beside it.
    pub display_name: String,
    /// Where they get mail; empty for nowhere.
    pub mail_address: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether a method is active.
    pub has_second_factor: bool,
    /// Whether a password was chosen.
    pub has_password: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; 0 when they never did.
    pub last_sign_in_at: i64,
    /// Unix seconds of the last failure, when so many were charged that the account is locked.
    pub locked_at: Option<i64>,
    /// Whether so many codes were wrong that no more are looked at.
    pub codes_locked: bool,
    /// Unix seconds at which their one-time link expires.
    pub invited_until: Option<i64>,
    /// Unix seconds at which their temporary access code expires.
    pub code_expires_at: Option<i64>,
    /// Id of the code.
    pub code_id: Option<String>,
    /// Whether a second administrator approved it.
    pub code_approved: bool,
    /// That was demanded when it was issued.
    pub code_approval_demanded: bool,
    /// Who issued it.
    pub code_issued_by: Option<String>,
}

/// A place in the order: a time, 0 in the order of names, and a name or id.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Place {
    /// Unix seconds.
    pub at: i64,
    /// Name or id.
    pub text: String,
}

/// When counters are full.
#[derive(Debug, Clone, Copy)]
pub struct Locking {
    /// Of passwords: with so many failures.
    pub failures: i64,
    /// The last one of which came after then, in Unix seconds.
    pub since: i64,
    /// Of codes in a day: with so many failures.
    pub codes: i64,
    /// The last one of which came after then, in Unix seconds.
    pub codes_since: i64,
    /// Of codes in a row: with so many failures.
    pub codes_in_a_row: i64,
}

/// What is to be read.
#[derive(Debug)]
pub struct Page<'a> {
    /// Which list, in which order.
    pub view: PeopleView,
    /// Where the page before ended.
    pub after: &'a Place,
    /// The last place that is looked at.
    pub until: &'a Place,
    /// Ranges of words, of each of which a person must have one; empty ones match everybody.
    pub terms: &'a [(&'a str, &'a str); 3],
    /// When an account is locked.
    pub locking: Locking,
    /// Most rows.
    pub limit: i64,
    /// Unix seconds.
    pub now: i64,
}

/// The way to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the order of the index.
    Along,
    /// From the people who have a word in the first range.
    ByWord,
    /// From the locked accounts.
    ByLock,
    /// From the sets of recovery codes that run low; all there is for that list.
    ByCodes,
}

// $1, $2: where the page before ended; $3, $4: the last place; $5 to $10: words;
// $11, $12: when an account is locked; $13: most rows; $14: now; $15 to $17: when codes are.
macro_rules! everyone {
    () => {
        "TRUE"
    };
}
macro_rules! without_second_factor {
    () => {
        "u.active AND NOT u.has_second_factor AND u.password_hash IS NOT NULL"
    };
}
macro_rules! locked {
    () => {
        "EXISTS (SELECT 1 FROM attempt_counters c WHERE c.user_id = u.id AND c.failures >= $11 AND c.last_failure_at > $12)"
    };
}
macro_rules! administrators {
    () => {
        "u.administrator"
    };
}
macro_rules! deactivated {
    () => {
        "NOT u.active"
    };
}

macro_rules! not_activated {
    () => {
        "u.active AND u.password_hash IS NULL"
    };
}

macro_rules! active {
    () => {
        "u.active"
    };
}

macro_rules! word {
    ($from:literal, $to:literal) => {
        concat!(
            " AND (",
            $from,
            " = '' OR EXISTS (SELECT 1 FROM user_words w WHERE w.user_id = u.id AND w.word >= ",
            $from,
            " AND w.word < ",
            $to,
            "))"
        )
    };
}

/// Whether no more codes of `u` are looked at, anywhere or in one of their own
/// browsers: from so many in a day, the last of which came after then; from so many in a row.
macro_rules! codes_locked {
    ($codes:literal, $since:literal, $in_a_row:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM
                 (SELECT '' AS place UNION ALL SELECT ':' || b.id FROM browsers b WHERE b.user_id = u.id) counted
                 CROSS JOIN attempt_counters c
                 WHERE c.key IN ('codes-a-day:' || u.id || place, 'recovery:' || u.id || place, 'codes-in-a-row:' || u.id || place)
                     AND (c.failures >= ", $in_a_row, "
                         OR (c.key NOT LIKE 'codes-in-a-row:%' AND c.failures >= ", $codes, " AND c.last_failure_at > ", $since, ")))"
        )
    };
}

/// The columns of an entry; `p` is the page.
macro_rules! entries {
    () => {
        concat!(" SELECT u.id, u.name, u.name_key, u.display_name, u.mail_address, u.administrator, u.active, u.has_second_factor,
             u.password_hash IS NOT NULL AS has_password, u.created_at, u.last_sign_in_at,
             (SELECT MAX(c.last_failure_at) FROM attempt_counters c
              WHERE c.user_id = u.id AND c.failures >= $11 AND c.last_failure_at > $12) AS locked_at,
             ", codes_locked!("$15", "$16", "$17"), " AS codes_locked,
             (SELECT MAX(i.expires_at) FROM invitations i WHERE i.user_id = u.id AND i.expires_at > $14) AS invited_until,
             a.expires_at AS code_expires_at, a.id AS code_id, a.approved_at IS NOT NULL AS code_approved,
             COALESCE(a.approval_demanded, FALSE) AS code_approval_demanded,
             a.issued_by AS code_issued_by
         FROM page p CROSS JOIN users u LEFT JOIN access_codes a ON a.user_id = u.id AND a.expires_at > $14
         WHERE u.id = p.id ORDER BY ")
    };
}

macro_rules! page {
    (along, $filter:ident, $between:literal, $order:literal, $entry_order:literal) => {
        concat!(
            "WITH page AS (SELECT u.id, u.name_key, u.created_at, u.last_sign_in_at FROM users u WHERE ",
            $filter!(), " AND ", $between, word!("$5", "$6"), word!("$7", "$8"), word!("$9", "$10"),
            " ORDER BY ", $order, " LIMIT $13) ", entries!(), $entry_order
        )
    };
    (by_word, $filter:ident, $between:literal, $order:literal, $entry_order:literal) => {
        concat!(
            "WITH page AS (SELECT DISTINCT u.id, u.name_key, u.created_at, u.last_sign_in_at
             FROM user_words m CROSS JOIN users u WHERE m.word >= $5 AND m.word < $6 AND u.id = m.user_id AND ",
            $filter!(), " AND ", $between, word!("$7", "$8"), word!("$9", "$10"),
            " ORDER BY ", $order, " LIMIT $13) ", entries!(), $entry_order
        )
    };
    (by_codes, $filter:ident, $between:literal, $order:literal, $entry_order:literal) => {
        concat!(
            "WITH page AS (SELECT DISTINCT u.id, u.name_key, u.created_at, u.last_sign_in_at
             FROM recovery_sets m CROSS JOIN users u
             WHERE m.id IN (", low_sets!(), ") AND u.id = m.user_id AND ",
            $filter!(), " AND ", $between, word!("$5", "$6"), word!("$7", "$8"), word!("$9", "$10"),
            " ORDER BY ", $order, " LIMIT $13) ", entries!(), $entry_order
        )
    };
    (by_lock, $filter:ident, $between:literal, $order:literal, $entry_order:literal) => {
        concat!(
            "WITH page AS (SELECT DISTINCT u.id, u.name_key, u.created_at, u.last_sign_in_at
             FROM attempt_counters m CROSS JOIN users u
             WHERE m.user_id IS NOT NULL AND m.failures >= $11 AND m.last_failure_at > $12 AND u.id = m.user_id AND ",
            $filter!(), " AND ", $between, word!("$5", "$6"), word!("$7", "$8"), word!("$9", "$10"),
            " ORDER BY ", $order, " LIMIT $13) ", entries!(), $entry_order
        )
    };
}

/// Sets of which few codes are left.
macro_rules! low_sets {
    () => {
        "SELECT set_id FROM recovery_codes WHERE used_at IS NOT NULL GROUP BY set_id HAVING COUNT(*) >= 7"
    };
}
// A statement is put together from texts alone.
const _: () = assert!(SPENT_WHEN_FEW == 7);

/// The statements of one way and filter: by name, creation and last sign-in, each up and down.
macro_rules! in_each_order {
    ($way:ident, $filter:ident) => {
        [
            page!(
                $way,
                $filter,
                "u.name_key > $1 AND u.name_key <= $3 AND $2 = 0 AND $4 = 0",
                "u.name_key",
                "p.name_key"
            ),
            page!(
                $way,
                $filter,
                "u.name_key < $1 AND u.name_key >= $3 AND $2 = 0 AND $4 = 0",
                "u.name_key DESC",
                "p.name_key DESC"
            ),
            page!(
                $way,
                $filter,
                "(u.created_at, u.id) > ($2, $1) AND (u.created_at, u.id) <= ($4, $3)",
                "u.created_at, u.id",
                "p.created_at, p.id"
            ),
            page!(
                $way,
                $filter,
                "(u.created_at, u.id) < ($2, $1) AND (u.created_at, u.id) >= ($4, $3)",
                "u.created_at DESC, u.id DESC",
                "p.created_at DESC, p.id DESC"
            ),
            page!(
                $way,
                $filter,
                "(u.last_sign_in_at, u.id) > ($2, $1) AND (u.last_sign_in_at, u.id) <= ($4, $3)",
                "u.last_sign_in_at, u.id",
                "p.last_sign_in_at, p.id"
            ),
            page!(
                $way,
                $filter,
                "(u.last_sign_in_at, u.id) < ($2, $1) AND (u.last_sign_in_at, u.id) >= ($4, $3)",
                "u.last_sign_in_at DESC, u.id DESC",
                "p.last_sign_in_at DESC, p.id DESC"
            ),
        ]
    };
}

static ALONG: Statements = [
    in_each_order!(along, everyone),
    in_each_order!(along, without_second_factor),
    in_each_order!(along, locked),
    in_each_order!(along, administrators),
    in_each_order!(along, deactivated),
    in_each_order!(along, not_activated),
];

static BY_WORD: Statements = [
    in_each_order!(by_word, everyone),
    in_each_order!(by_word, without_second_factor),
    in_each_order!(by_word, locked),
    in_each_order!(by_word, administrators),
    in_each_order!(by_word, deactivated),
    in_each_order!(by_word, not_activated),
];

static BY_LOCK: [&str; 6] = in_each_order!(by_lock, everyone);
static BY_CODES: [&str; 6] = in_each_order!(by_codes, active);

macro_rules! horizon {
    ($filter:ident) => {
        [
            concat!("WITH passed AS (SELECT u.name_key FROM users u WHERE ", $filter!(),
                " AND u.name_key > $1 AND $2 = 0 ORDER BY u.name_key LIMIT 1 OFFSET $3)
                 SELECT CAST(0 AS BIGINT) AS at, name_key AS text FROM passed"),
            concat!("WITH passed AS (SELECT u.name_key FROM users u WHERE ", $filter!(),
                " AND u.name_key < $1 AND $2 = 0 ORDER BY u.name_key DESC LIMIT 1 OFFSET $3)
                 SELECT CAST(0 AS BIGINT) AS at, name_key AS text FROM passed"),
            concat!("WITH passed AS (SELECT u.created_at, u.id FROM users u WHERE ", $filter!(),
                " AND (u.created_at, u.id) > ($2, $1) ORDER BY u.created_at, u.id LIMIT 1 OFFSET $3)
                 SELECT created_at AS at, id AS text FROM passed"),
            concat!("WITH passed AS (SELECT u.created_at, u.id FROM users u WHERE ", $filter!(),
                " AND (u.created_at, u.id) < ($2, $1) ORDER BY u.created_at DESC, u.id DESC LIMIT 1 OFFSET $3)
                 SELECT created_at AS at, id AS text FROM passed"),
            concat!("WITH passed AS (SELECT u.last_sign_in_at, u.id FROM users u WHERE ", $filter!(),
                " AND (u.last_sign_in_at, u.id) > ($2, $1) ORDER BY u.last_sign_in_at, u.id LIMIT 1 OFFSET $3)
                 SELECT last_sign_in_at AS at, id AS text FROM passed"),
            concat!("WITH passed AS (SELECT u.last_sign_in_at, u.id FROM users u WHERE ", $filter!(),
                " AND (u.last_sign_in_at, u.id) < ($2, $1) ORDER BY u.last_sign_in_at DESC, u.id DESC LIMIT 1 OFFSET $3)
                 SELECT last_sign_in_at AS at, id AS text FROM passed"),
        ]
    };
}

/// Locked accounts have no index in an order: everybody is passed.
static HORIZON: Statements = [
    horizon!(everyone),
    horizon!(without_second_factor),
    horizon!(everyone),
    horizon!(administrators),
    horizon!(deactivated),
    horizon!(not_activated),
];

/// By filter, then by order.
type Statements = [[&'static str; 6]; 6];

const fn number_of_order(view: PeopleView) -> usize {
    let sort = match view.sort {
        PeopleSort::Name => 0,
        PeopleSort::Created => 2,
        PeopleSort::LastSignIn => 4,
    };
    if view.descending { sort + 1 } else { sort }
}

const fn statement(statements: &Statements, view: PeopleView) -> &'static str {
    let filter = match view.filter {
        // Nobody is passed on the way to those whose codes run low.
        PeopleFilter::Everyone | PeopleFilter::FewCodes => 0,
        PeopleFilter::NoSecondFactor => 1,
        PeopleFilter::Locked => 2,
        PeopleFilter::Administrators => 3,
        PeopleFilter::Deactivated => 4,
        PeopleFilter::NotActivated => 5,
    };
    statements[filter][number_of_order(view)]
}

/// Every statement that is put together here.
pub fn statements() -> impl Iterator<Item = &'static str> {
    [&ALONG, &BY_WORD, &HORIZON]
        .into_iter()
        .flatten()
        .flatten()
        .chain(&BY_LOCK)
        .chain(&BY_CODES)
        .chain([&THESE])
        .copied()
}

/// A page of people.
///
/// # Errors
/// See [`StoreError`].
pub async fn page(db: &Db, way: Way, page: &Page<'_>) -> Result<Vec<PersonRow>, StoreError> {
    let sql = match way {
        Way::Along => statement(&ALONG, page.view),
        Way::ByWord => statement(&BY_WORD, page.view),
        Way::ByLock => BY_LOCK[number_of_order(page.view)],
        Way::ByCodes => BY_CODES[number_of_order(page.view)],
    };
    let [first, second, third] = page.terms;
    db.all(
        sql,
        values![
            page.after.text.as_str(),
            page.after.at,
            page.until.text.as_str(),
            page.until.at,
            first.0,
            first.1,
            second.0,
            second.1,
            third.0,
            third.1,
            page.locking.failures,
            page.locking.since,
            page.limit,
            page.now,
            page.locking.codes,
            page.locking.codes_since,
            page.locking.codes_in_a_row
        ],
    )
    .await
}

/// The place that lies `distance` people further; `None` when there are not so many.
///
/// # Errors
/// See [`StoreError`].
pub async fn horizon(db: &Db, view: PeopleView, after: &Place, distance: i64) -> Result<Option<Place>, StoreError> {
    db.optional(statement(&HORIZON, view), values![after.text.as_str(), after.at, distance]).await
}

/// How many people a list has, counted up to `most`; `None` for a list that has to be looked through.
///
/// # Errors
/// See [`StoreError`].
pub async fn count(db: &Db, filter: PeopleFilter, most: u32) -> Result<Option<u32>, StoreError> {
    let sql = match filter {
        PeopleFilter::Everyone => "SELECT COUNT(*) FROM (SELECT 1 FROM users LIMIT $1) AS found",
        PeopleFilter::NoSecondFactor => {
            "SELECT COUNT(*) FROM (SELECT 1 FROM users
                 WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL LIMIT $1) AS found"
        }
        PeopleFilter::NotActivated => {
            "SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE active AND password_hash IS NULL LIMIT $1) AS found"
        }
        PeopleFilter::Administrators => {
            "SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE administrator LIMIT $1) AS found"
        }
        PeopleFilter::Deactivated => "SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE NOT active LIMIT $1) AS found",
        PeopleFilter::Locked | PeopleFilter::FewCodes => return Ok(None),
    };
    let (count,): (i64,) = db.one(sql, values![i64::from(most)]).await?;
    Ok(u32::try_from(count).ok())
}

/// How many accounts are locked, counted up to `most`.
///
/// # Errors
/// See [`StoreError`].
pub async fn count_locked(db: &Db, locking: Locking, most: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM attempt_counters
         WHERE user_id IS NOT NULL AND failures >= $1 AND last_failure_at > $2 LIMIT $3) AS found";
    let (count,): (i64,) = db.one(sql, values![locking.failures, locking.since, most]).await?;
    Ok(count)
}

/// These people, in any order.
///
/// # Errors
/// See [`StoreError`].
pub async fn these(db: &Db, ids: &[String], locking: Locking, now: i64) -> Result<Vec<PersonRow>, StoreError> {
    let mut people = Vec::with_capacity(ids.len());
    for portion in ids.chunks(PORTION) {
        let mut values =
            values![locking.failures, locking.since, now, locking.codes, locking.codes_since, locking.codes_in_a_row]
                .to_vec();
        values.extend(padded(portion));
        people.extend(db.all::<PersonRow>(THESE, &values).await?);
    }
    Ok(people)
}

const THESE: &str = concat!(
        " SELECT u.id, u.name, u.name_key, u.display_name, u.mail_address, u.administrator, u.active, u.has_second_factor,
             u.password_hash IS NOT NULL AS has_password, u.created_at, u.last_sign_in_at,
             (SELECT MAX(c.last_failure_at) FROM attempt_counters c
              WHERE c.user_id = u.id AND c.failures >= $1 AND c.last_failure_at > $2) AS locked_at,
             ", codes_locked!("$4", "$5", "$6"), " AS codes_locked,
             (SELECT MAX(i.expires_at) FROM invitations i WHERE i.user_id = u.id AND i.expires_at > $3) AS invited_until,
             a.expires_at AS code_expires_at, a.id AS code_id, a.approved_at IS NOT NULL AS code_approved,
             COALESCE(a.approval_demanded, FALSE) AS code_approval_demanded,
             a.issued_by AS code_issued_by
         FROM users u LEFT JOIN access_codes a ON a.user_id = u.id AND a.expires_at > $3
         WHERE u.id IN ($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
             $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47,
             $48, $49, $50, $51, $52, $53, $54, $55, $56)");
