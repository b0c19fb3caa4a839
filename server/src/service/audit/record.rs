//! Writing to the audit trail, in the transaction of the change itself.

use crate::{
    clock::UnixTime,
    domain::{
        audit::{
            export::rfc3339,
            folding::{Fold, Folded, Repetition, WINDOW, fold, place, repetition},
            trail::{AuditEvent, Outcome},
        },
        credentials::lockout::Allowance,
    },
    service::Service,
    store::{
        StoreError, Tx,
        account::accounts::UserRow,
        audit::{
            folds::{self, FoldRow, OverRow},
            trail::{Named, NewEntry, append, hold},
        },
        credentials::attempts,
    },
};
use contract::{
    ApiError,
    portal::{Bound, Client, Session},
};
use serde_json::{Value, json};

/// Counted events that are recorded in one transaction: whoever else appends waits for no longer than that.
const BATCH: i64 = 50;

/// Who does something, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The person, if one is known.
    pub person: Option<Named<'a>>,
    /// Where the request comes from; `None` on the command line.
    pub client: Option<&'a Client>,
}

impl<'a> Actor<'a> {
    /// The person of a session.
    pub fn of(session: &'a Session, client: &'a Client) -> Self {
        Self { person: Some(Named { id: Some(&session.user_id), name: &session.user_name }), client: Some(client) }
    }

    /// Whoever makes a call in a session.
    pub fn calling(caller: &'a Bound) -> Self {
        Self::of(caller.session(), &caller.call().client)
    }

    /// Someone who is not signed in and gave the name of this person. A name
    /// that nobody has is not recorded: people type passwords into that field.
    pub fn claiming(user: Option<&'a UserRow>, client: &'a Client) -> Self {
        Self { person: user.map(UserRow::named), client: Some(client) }
    }

    /// Nobody: the portal by itself.
    pub const fn portal() -> Self {
        Self { person: None, client: None }
    }

    /// The command line.
    pub const fn operator(name: &'a str) -> Self {
        Self { person: Some(Named { id: None, name }), client: None }
    }
}

/// Records something that concerns the actor themselves.
///
/// # Errors
/// As [`record_about`].
pub async fn record(
    tx: &mut Tx,
    now: UnixTime,
    actor: Actor<'_>,
    event: AuditEvent,
    outcome: Outcome,
) -> Result<(), ApiError> {
    record_about(tx, now, actor, actor.person, event, outcome, None).await
}

/// Records something that concerns `subject`, with more in `detail` (JSON, never a secret). What somebody does to
/// others is recorded by [`Administration`](crate::service::session::administration::Administration).
///
/// # Errors
/// [`ApiError::TooOften`] where the actor may do no more of it for now, and the transaction is to come to nothing;
/// otherwise the database does not answer.
pub async fn record_about(
    tx: &mut Tx,
    now: UnixTime,
    actor: Actor<'_>,
    subject: Option<Named<'_>>,
    event: AuditEvent,
    outcome: Outcome,
    detail: Option<&str>,
) -> Result<(), ApiError> {
    let address = actor.client.map(|client| client.address.to_string());
    let entry = NewEntry {
        at: now.0,
        event,
        outcome,
        actor: actor.person,
        subject,
        address: address.as_deref(),
        user_agent: actor.client.map(|client| client.user_agent.as_str()),
        detail,
    };
    // The command line and the portal itself are nobody who has to be bounded.
    let Some(user_id) = actor.person.and_then(|person| person.id) else { return Ok(append(tx, &entry).await?) };
    match repetition(event, outcome) {
        Repetition::Folded => append_or_count(tx, now, user_id, &entry).await?,
        Repetition::Limited(allowance) => {
            charge(tx, now, user_id, &entry, allowance).await?;
            append(tx, &entry).await?;
        }
        Repetition::Each => append(tx, &entry).await?,
    }
    Ok(())
}

/// Charges an event to how many of its kind the actor may cause. Whoever does so holds the row of whom it concerns.
async fn charge(
    tx: &mut Tx,
    now: UnixTime,
    user_id: &str,
    entry: &NewEntry<'_>,
    allowance: Allowance,
) -> Result<(), ApiError> {
    let key = format!("deeds:{}:{user_id}:{}", entry.event.as_str(), subject_id(entry));
    let charged = attempts::charge(tx, &key, allowance, now).await?;
    charged.map(drop).map_err(|refused| ApiError::TooOften { retry_after: refused.retry_after.unwrap_or(1) })
}

/// Id of whom an entry is about; empty for nobody.
fn subject_id<'a>(entry: &NewEntry<'a>) -> &'a str {
    entry.subject.and_then(|subject| subject.id).unwrap_or_default()
}

/// Appends an entry, or only counts it when there were many of its kind just now.
async fn append_or_count(tx: &mut Tx, now: UnixTime, user_id: &str, entry: &NewEntry<'_>) -> Result<(), StoreError> {
    let (event, subject) = (entry.event.as_str(), subject_id(entry));
    // First, so that whoever counts for the same person waits here and nowhere else.
    hold(tx).await?;
    let mut rows = folds::find(tx, user_id, event, subject).await?;
    let present = rows.iter().filter(|row| !state(row).is_over(now));
    let place = place(entry.address, &present.map(|row| row.place.as_str()).collect::<Vec<_>>());
    let before = rows.iter().position(|row| row.place == place).map(|position| rows.swap_remove(position));
    let Folded { fold: after, recorded, closes } = fold(before.as_ref().map(state), now);
    if let Some(before) = before.as_ref().filter(|_| closes) {
        append_folded(tx, now, [entry.actor, entry.subject], entry.event, before).await?;
    }
    if recorded {
        append(tx, entry).await?;
    }
    let row = FoldRow {
        place: place.to_owned(),
        began_at: after.began_at.0,
        entries: after.entries,
        folded: after.folded,
        first_at: before.filter(|_| after.folded > 1).map_or(now.0, |before| before.first_at),
        last_at: now.0,
        outcome: entry.outcome.as_str().to_owned(),
        address: entry.address.map(str::to_owned),
        user_agent: entry.user_agent.map(str::to_owned),
        detail: entry.detail.map(str::to_owned),
    };
    folds::store(tx, user_id, event, subject, &row)
}

/// One entry for those that were only counted: how many, from when until when, and what the last one was.
async fn append_folded(
    tx: &mut Tx,
    now: UnixTime,
    [actor, subject]: [Option<Named<'_>>; 2],
    event: AuditEvent,
    row: &FoldRow,
) -> Result<(), StoreError> {
    let last = row.detail.as_deref().and_then(|detail| serde_json::from_str::<Value>(detail).ok());
    let mut detail = json!({ "times": row.folded, "from": rfc3339(row.first_at), "until": rfc3339(row.last_at) });
    if let Some(last) = last {
        detail["last"] = last;
    }
    let detail = detail.to_string();
    let entry = NewEntry {
        at: now.0,
        event,
        outcome: Outcome::parse(&row.outcome).unwrap_or(Outcome::Failure),
        actor,
        subject,
        address: row.address.as_deref(),
        user_agent: row.user_agent.as_deref(),
        detail: Some(&detail),
    };
    append(tx, &entry).await
}

/// Who did what was counted, and whom it concerns.
fn people(of: &OverRow) -> [Option<Named<'_>>; 2] {
    let subject = of.subject_name.as_deref().map(|name| Named { id: Some(&of.subject_id), name });
    [Some(Named { id: Some(&of.user_id), name: &of.name }), subject]
}

fn state(row: &FoldRow) -> Fold {
    Fold { began_at: UnixTime(row.began_at), entries: row.entries, folded: row.folded }
}

impl Service {
    /// Records what was only counted, some at a time, once it is over.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record_folded(&self) -> Result<(), StoreError> {
        let now = self.now();
        loop {
            let over = folds::begun_before(&self.db, now.plus(-WINDOW).0, BATCH).await?;
            if over.is_empty() {
                return Ok(());
            }
            let mut tx = self.db.begin().await?;
            hold(&mut tx).await?;
            for of in &over {
                // It may have gone on, or been recorded by another node.
                let mut rows = folds::find(&mut tx, &of.user_id, &of.event, &of.subject_id).await?.into_iter();
                let Some(row) = rows.find(|row| row.place == of.place && state(row).is_over(now)) else { continue };
                if let Some(event) = AuditEvent::parse(&of.event).filter(|_| row.folded > 0) {
                    append_folded(&mut tx, now, people(of), event, &row).await?;
                }
                folds::delete(&mut tx, of)?;
            }
            tx.commit().await?;
        }
    }
}
