//! What administrators change, and operators at the command line.
//!
//! Who calls is found out when a request begins. Until it changes something the
//! session may have ended, the right may be gone, or the proof of identity too
//! old; so that is looked at once more within the transaction, which holds the
//! caller's rows from then on: whoever takes the right away comes before, and
//! nothing is done, or waits, and finds what was done.
//!
//! ```text
//! Authority ── administer ──> Begun ── hold the people ──> Administration ── commit
//!                what is locked before people's rows       what is done, with its entries
//! ```
//! Only [`Administration`] can be committed, only holding makes one, and holding
//! looks again. The order of locks is that of [`crate::store`].

use crate::{
    domain::audit::trail::{AuditEvent, Outcome},
    service::{
        Service,
        audit::record::{Actor, record_about},
    },
    store::{Entitled, Tx, account::accounts, audit::trail::Named},
};
use contract::{
    ApiError,
    portal::{Administers, Session},
};
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
};

/// Whoever may change what belongs to others.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    actor: Actor<'a>,
    /// Of an administrator, and what the session must still be.
    session: Option<(&'a Session, Demand)>,
}

/// What a session must be.
type Demand = fn(&Session) -> Result<(), ApiError>;

impl<'a> Authority<'a> {
    /// An administrator, as long as they are one and, where `C` says so, proved who they are.
    pub fn of<C: Administers>(caller: &'a C) -> Self {
        let bound = caller.bound();
        let actor = Actor::of(bound.session(), &bound.call().client);
        Self { actor, session: Some((bound.session(), C::admit)) }
    }

    /// The command line.
    pub const fn operator(name: &'a str) -> Self {
        Self { actor: Actor::operator(name), session: None }
    }

    /// The administrator's id; the command line has none.
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.actor.person.and_then(|person| person.id)
    }

    /// The administrator's or operator's name.
    pub(crate) fn name(&self) -> &'a str {
        self.actor.person.map_or("", |person| person.name)
    }

    /// What has to be asked again during something that takes long.
    pub(crate) fn entitlement(&self) -> Entitlement {
        Entitlement(self.session.map(|(session, demand)| (session.id.clone(), demand)))
    }
}

/// A right that may end while something is under way.
pub(crate) struct Entitlement(Option<(String, Demand)>);

/// A transaction that has yet to hold people's rows, and can't be committed.
pub(crate) struct Begun<'a> {
    service: &'a Service,
    authority: Authority<'a>,
    tx: Tx,
}

/// A transaction of someone who is entitled to it.
pub(crate) struct Administration<'a> {
    service: &'a Service,
    actor: Actor<'a>,
    tx: Tx,
}

impl Service {
    /// Begins a transaction that changes what belongs to others.
    pub(crate) async fn administer<'a>(&'a self, authority: Authority<'a>) -> Result<Begun<'a>, ApiError> {
        Ok(Begun { service: self, authority, tx: self.db.begin().await? })
    }

    /// Whether a right is still there.
    pub(crate) async fn check_entitlement(&self, Entitlement(right): &Entitlement) -> Result<(), ApiError> {
        match right {
            Some((id, demand)) => demand(&self.session_now(id).await?),
            None => Ok(()),
        }
    }
}

impl<'a> Begun<'a> {
    /// For rows that are locked before people's.
    pub(crate) fn first(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Holds the rows of these people and the caller's, in the order of their ids, and looks at the caller again.
    pub(crate) async fn hold(mut self, people: &[impl AsRef<str>]) -> Result<Administration<'a>, ApiError> {
        let ids: BTreeSet<&str> = people.iter().map(AsRef::as_ref).chain(self.authority.id()).collect();
        for id in ids {
            accounts::lock(&mut self.tx, id)?;
        }
        if let Some((session, demand)) = self.authority.session {
            demand(&self.service.hold_session(&mut self.tx, &session.id).await?)?;
        }
        Ok(Administration { service: self.service, actor: self.authority.actor, tx: self.tx })
    }

    /// The same for what concerns nobody in particular.
    pub(crate) async fn hold_nobody(self) -> Result<Administration<'a>, ApiError> {
        self.hold(&[] as &[&str]).await
    }
}

impl Administration<'_> {
    /// Records what is done; `subject` is whom it concerns, `detail` JSON and never a secret. Where it was done too
    /// often just now, it is refused, and with it the transaction.
    pub(crate) async fn record(
        &mut self,
        subject: Option<Named<'_>>,
        event: AuditEvent,
        detail: Option<&str>,
    ) -> Result<(), ApiError> {
        let now = self.service.now();
        record_about(&mut self.tx, now, self.actor, subject, event, Outcome::Success, detail).await
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), ApiError> {
        Ok(self.tx.commit().await?)
    }
}

impl Entitled for Administration<'_> {}

impl Deref for Administration<'_> {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Administration<'_> {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}
