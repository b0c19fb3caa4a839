//! Reading the audit trail, as administrators do.

use crate::{
    domain::{
        audit::{
            search::{Followed, Order, Page, containing, events_called, names, page},
            trail::Outcome,
        },
        credentials::client::readable_browser,
        identity::{name::is_legible, user_name::lookup_key},
        text::typed,
    },
    service::Service,
    store::{
        StoreError,
        account::accounts::{self, Person},
        audit::{
            search::{self, Conditions, Lane, Place, Window},
            trail::EntryRow,
        },
    },
};
use contract::{
    ApiError,
    audit_trail::{AuditEntry, AuditField, AuditFilter, AuditPage, NamedPerson},
};
use std::net::IpAddr;

/// Entries of a page.
pub const PAGE: usize = 50;

/// Entries that one request looks at, in all lanes together.
pub const LOOKED_AT: i64 = 10_000;

/// Events that are looked for by the index; among more, what is wanted is not rare.
const MOST_EVENTS: usize = 8;

/// Seconds by which the clocks of a portal's nodes may differ without an entry being missed.
const CLOCKS_DIFFER: i64 = 3_600;

/// A search, ready to be gone on with.
#[derive(Debug)]
pub struct Search {
    order: Order,
    lanes: Vec<(Lane, String)>,
    conditions: Conditions,
    window: Window,
    /// The text is this person's name.
    pub person: Option<String>,
}

impl Search {
    /// Leaves out what is appended from now on.
    pub fn up_to(&mut self, newest: i64) {
        self.window.before = self.window.before.min(newest.saturating_add(1));
    }

    /// Goes on behind the entry `cursor`.
    pub fn go_on(&mut self, cursor: i64) {
        match self.order {
            Order::NewestFirst => self.window.before = self.window.before.min(cursor),
            Order::OldestFirst => self.window.after = self.window.after.max(cursor),
        }
    }
}

impl Service {
    /// Makes a filter ready to be searched with.
    ///
    /// # Errors
    /// Names the values that can't be used; or the database does not answer.
    pub async fn search(&self, filter: &AuditFilter) -> Result<Search, ApiError> {
        let line = |text: &str| typed::line(text).to_owned();
        let filter = &AuditFilter { user: line(&filter.user), text: line(&filter.text), ..filter.clone() };
        let mut problems = filter.problems();
        // Also what would reach a terminal or a file through the entry about an export.
        for (field, text) in [(AuditField::User, &filter.user), (AuditField::Text, &filter.text)] {
            if !is_legible(text) && !problems.contains(&field) {
                problems.push(field);
            }
        }
        let filter = &filter.clone().with_events_once();
        if !problems.is_empty() {
            return Err(ApiError::AuditFilter(problems));
        }
        let (from, until) = filter.times();
        let window = Window {
            after: match from {
                Some(at) => search::before_time(&self.db, at, CLOCKS_DIFFER).await?,
                None => Window::WHOLE.after,
            },
            before: match until {
                Some(at) => search::after_time(&self.db, at, CLOCKS_DIFFER).await?,
                None => Window::WHOLE.before,
            },
        };
        let mut conditions = Conditions {
            from: from.unwrap_or(i64::MIN),
            until: until.unwrap_or(i64::MAX),
            outcome: filter.outcome.map_or(String::new(), |outcome| outcome.as_str().to_owned()),
            events: names(&filter.events),
            ..Conditions::NONE
        };
        let (lanes, person) = self.lanes(filter, &mut conditions).await?;
        let order = if filter.oldest_first { Order::OldestFirst } else { Order::NewestFirst };
        Ok(Search { order, lanes, conditions, window, person })
    }

    /// The lanes that bring the fewest entries to look at, and what is left to be looked for in them.
    async fn lanes(
        &self,
        filter: &AuditFilter,
        conditions: &mut Conditions,
    ) -> Result<(Vec<(Lane, String)>, Option<String>), ApiError> {
        let mut lanes = Vec::new();
        if !filter.user.is_empty() {
            lanes = match accounts::find(&self.db, &lookup_key(&filter.user)).await? {
                Some(person) => of_person(&person),
                None => Vec::new(),
            };
            // The command line may go by the same name.
            lanes.push((Lane::Operator, filter.user.clone()));
        }
        let mut text = filter.text.as_str();
        let mut person = None;
        if lanes.is_empty() && !text.is_empty() && !filter.everywhere {
            if let Ok(address) = text.parse::<IpAddr>() {
                lanes = vec![(Lane::Address, address.to_string())];
                text = "";
            } else if let Some(known) = accounts::find(&self.db, &lookup_key(text)).await? {
                lanes = of_person(&known);
                person = Some(known.name);
                text = "";
            }
        }
        if lanes.is_empty() && (1..=MOST_EVENTS).contains(&filter.events.len()) {
            lanes = filter.events.iter().map(|event| (Lane::Event, event.as_str().to_owned())).collect();
            conditions.events.clear();
        }
        if lanes.is_empty() && filter.outcome == Some(Outcome::Failure) {
            lanes = vec![(Lane::Failures, String::new())];
            conditions.outcome.clear();
        }
        if lanes.is_empty() {
            lanes = vec![(Lane::Everything, String::new())];
        }
        let lower = text.to_lowercase();
        let as_typed = text.to_ascii_lowercase();
        conditions.events_of_text = names(&events_called(&lower));
        conditions.text = containing(&lower);
        conditions.text_as_typed = if as_typed == lower { String::new() } else { containing(&as_typed) };
        Ok((lanes, person))
    }

    /// The next page of a search, of at most `size` entries; looks at about `looked_at`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_page(&self, search: &Search, size: usize, looked_at: i64) -> Result<Page<EntryRow>, StoreError> {
        let share = (looked_at / i64::try_from(search.lanes.len()).unwrap_or(1).max(1)).max(1);
        let mut followed = Vec::with_capacity(search.lanes.len());
        for (lane, key) in &search.lanes {
            followed.push(self.follow(search, (*lane, key), size, share).await?);
        }
        Ok(page(followed, search.order, size))
    }

    /// Follows one lane until there are more than `size` entries or its share was looked at.
    async fn follow(
        &self,
        search: &Search,
        lane: (Lane, &str),
        size: usize,
        share: i64,
    ) -> Result<Followed<EntryRow>, StoreError> {
        let Search { order, window, conditions, .. } = search;
        let bound = search::place(&self.db, lane, *order, *window, share - 1).await?;
        let nearer = bound.map_or(*window, |Place { sequence, .. }| match order {
            Order::NewestFirst => Window { after: sequence.saturating_sub(1), ..*window },
            Order::OldestFirst => Window { before: sequence.saturating_add(1), ..*window },
        });
        let limit = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
        let rows = search::rows(&self.db, lane, *order, nearer, limit, conditions).await?;
        let filled = rows.len() > size;
        let last = rows.last().filter(|_| filled).map(|row| (row.sequence, row.at));
        let reached = last.or(bound.map(|place| (place.sequence, place.at)));
        Ok(Followed { found: rows.into_iter().map(|row| (row.sequence, row)).collect(), reached })
    }

    pub(crate) async fn read_audit_page(
        &self,
        filter: &AuditFilter,
        cursor: Option<i64>,
        size: usize,
    ) -> Result<AuditPage, ApiError> {
        let mut search = self.search(filter).await?;
        if let Some(cursor) = cursor {
            search.go_on(cursor);
        }
        let Page { entries, next, searched_to } = self.next_page(&search, size, LOOKED_AT).await?;
        Ok(AuditPage { entries: entries.into_iter().map(readable).collect(), next, searched_to, person: search.person })
    }
}

/// A person's entries: those that concern them, and what they did to others.
fn of_person(person: &Person) -> Vec<(Lane, String)> {
    vec![(Lane::Subject, person.id.clone()), (Lane::OtherActor, person.id.clone())]
}

/// An entry as people read it.
fn readable(row: EntryRow) -> AuditEntry {
    let named = |id, name: Option<String>| name.map(|name| NamedPerson { id, name });
    AuditEntry {
        sequence: row.sequence,
        at: row.at,
        event: row.event,
        outcome: Outcome::parse(&row.outcome).unwrap_or(Outcome::Failure),
        actor: named(row.actor_id, row.actor_name),
        subject: named(row.subject_id, row.subject_name),
        address: row.address,
        browser: row.user_agent.as_deref().map(readable_browser),
        user_agent: row.user_agent,
        detail: row.detail.map(laid_out),
        hash: hex::encode(row.hash),
    }
}

/// JSON on several lines; anything else as it is.
fn laid_out(detail: String) -> String {
    let value = serde_json::from_str::<serde_json::Value>(&detail);
    value.map_or(detail, |value| format!("{value:#}"))
}
