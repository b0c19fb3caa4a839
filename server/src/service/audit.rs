//! Writing to the audit trail, in the transaction of the change itself.

use crate::{
    clock::UnixTime,
    domain::audit::{AuditEvent, Outcome},
    store::{
        StoreError, Tx,
        accounts::UserRow,
        audit::{Named, NewEntry, append},
    },
};
use app::portal::{Client, Session};

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

    /// Someone who is not signed in and gave the name of this person. A name
    /// that nobody has is not recorded: people type passwords into that field.
    pub fn claiming(user: Option<&'a UserRow>, client: &'a Client) -> Self {
        Self { person: user.map(UserRow::named), client: Some(client) }
    }

    /// The command line.
    pub const fn operator(name: &'a str) -> Self {
        Self { person: Some(Named { id: None, name }), client: None }
    }
}

/// Records something that concerns the actor themselves.
pub async fn record(
    tx: &mut Tx,
    now: UnixTime,
    actor: Actor<'_>,
    event: AuditEvent,
    outcome: Outcome,
) -> Result<(), StoreError> {
    record_about(tx, now, actor, actor.person, event, outcome, None).await
}

/// Records something that concerns `subject`, with more in `detail` (JSON, never a secret).
pub async fn record_about(
    tx: &mut Tx,
    now: UnixTime,
    actor: Actor<'_>,
    subject: Option<Named<'_>>,
    event: AuditEvent,
    outcome: Outcome,
    detail: Option<&str>,
) -> Result<(), StoreError> {
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
    append(tx, &entry).await
}
