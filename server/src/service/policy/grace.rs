//! Doing without the demanded second factor for a while, and who does.

use crate::{
    clock::UnixTime,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        policy::grace::{Demand, Requirement},
    },
    service::{
        Service,
        audit::record::{Actor, record},
    },
    store::{
        policy::{self, PersonWithoutRow, requirement},
        session::sessions,
    },
};
use contract::{
    ApiError,
    portal::Person,
    reminder::{Due, Missing, MissingPerson},
};

/// People of a page.
const PAGE: usize = 50;

impl Service {
    /// Lets the caller go on in this session. Nothing happens where nothing is
    /// demanded yet; where it is demanded now, there is no such caller.
    pub(crate) async fn postpone(&self, caller: &Person) -> Result<(), ApiError> {
        let session = caller.session();
        if session.grace.is_none() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        if sessions::postpone_set_up(&mut tx, &session.id).await? {
            let actor = Actor::of(session, &caller.call().client);
            record(&mut tx, self.now(), actor, AuditEvent::EnrolmentPostponed, Outcome::Success).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// People who can sign in and have no second factor, by name, each with their own day.
    pub(crate) async fn missing(&self, after: Option<&str>) -> Result<Missing, ApiError> {
        let (requirement, now) = (requirement(&policy::load(&self.db).await?), self.now());
        // One more than is shown tells whether there are more.
        let mut rows = policy::without(&self.db, after.unwrap_or_default(), PAGE as i64 + 1).await?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        Ok(Missing {
            after: rows.last().filter(|_| more).map(|row| row.name_key.clone()),
            not_activated: match after {
                None => u64::try_from(policy::impact(&self.db).await?.not_activated).ok(),
                Some(_) => None,
            },
            people: rows.into_iter().map(|row| missing_person(row, requirement, now)).collect(),
            address: self.settings.public_url.origin(),
            sends_mail: self.settings.mail.is_some(),
        })
    }
}

fn missing_person(row: PersonWithoutRow, requirement: Requirement, now: UnixTime) -> MissingPerson {
    MissingPerson {
        due: due(requirement, UnixTime(row.exposed_since), now),
        id: row.id,
        name: row.name,
        administrator: row.administrator,
        has_mail_address: row.has_mail_address,
        reminded_at: Some(row.reminded_at).filter(|at| *at > 0),
    }
}

/// By when someone without a second factor needs one.
pub(crate) fn due(requirement: Requirement, exposed_since: UnixTime, now: UnixTime) -> Due {
    match requirement.demand(exposed_since, false, now) {
        Demand::None => Due::Never,
        Demand::Until(deadline) => Due::From(deadline.0),
        Demand::Now => Due::Now,
    }
}
