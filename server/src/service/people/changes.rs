//! What administrators do to other people, one or several, from the portal or
//! from the command line.
//!
//! One transaction for all of them, in three steps that keep the order of locks
//! (see [`crate::service::sign_in::code`]): what comes before people's rows, for
//! everybody; the people, by id; the audit trail, last of all. So two
//! administrators who change overlapping lists wait for each other and never in
//! a circle.

use crate::{
    domain::{audit::trail::AuditEvent, identity::name::legible, mail::message::Message},
    service::{
        Service,
        session::administration::{Administration, Authority},
    },
    store::{
        Tx,
        account::accounts::{self, UserRow},
        policy,
        second_factor::{access_codes, methods},
        session::sessions,
    },
};
use contract::{
    ApiError,
    people::{LONGEST_REASON, MOST_AT_ONCE, PeopleChange, PeopleChanged, ReasonProblem},
    portal::{Administrator, SteppedUp},
    session::ChallengeReason,
};
use serde_json::json;
use std::collections::HashSet;

/// What is done, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Whether they may sign in.
    Active(bool),
    /// Ends locks.
    Unlock,
    /// Whether they are administrators.
    Administrator(bool),
    /// Removes their second factor, for a reason.
    DisableSecondFactor(Option<String>),
    /// Ends their sessions.
    EndSessions,
    /// Makes the access code worthless that was issued to them.
    WithdrawAccessCode,
}

impl Change {
    fn parse(change: PeopleChange) -> Result<Self, ApiError> {
        Ok(match change {
            PeopleChange::Deactivate => Self::Active(false),
            PeopleChange::Reactivate => Self::Active(true),
            PeopleChange::Unlock => Self::Unlock,
            PeopleChange::MakeAdministrator => Self::Administrator(true),
            PeopleChange::RemoveAdministrator => Self::Administrator(false),
            PeopleChange::DisableSecondFactor { reason } => Self::DisableSecondFactor(Some(parse_reason(&reason)?)),
            PeopleChange::EndSessions => Self::EndSessions,
            PeopleChange::WithdrawAccessCode => Self::WithdrawAccessCode,
        })
    }

    /// Whether there may be fewer administrators afterwards.
    const fn removes_administrators(&self) -> bool {
        matches!(self, Self::Active(false) | Self::Administrator(false))
    }

    const fn event(&self) -> AuditEvent {
        match self {
            Self::Active(false) => AuditEvent::UserDeactivated,
            Self::Active(true) => AuditEvent::UserReactivated,
            Self::Unlock => AuditEvent::AccountUnlocked,
            Self::Administrator(true) => AuditEvent::AdministratorGranted,
            Self::Administrator(false) => AuditEvent::AdministratorRevoked,
            Self::DisableSecondFactor(_) => AuditEvent::SecondFactorReset,
            Self::EndSessions => AuditEvent::SessionsEnded,
            Self::WithdrawAccessCode => AuditEvent::AccessCodeWithdrawn,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::DisableSecondFactor(Some(reason)) => Some(json!({ "reason": reason }).to_string()),
            _ => None,
        }
    }
}

/// Reads why something is done. Line breaks and what can't be seen become spaces.
pub(crate) fn parse_reason(typed: &str) -> Result<String, ApiError> {
    let reason = legible(typed, ' ');
    let reason = reason.trim();
    if reason.is_empty() {
        Err(ApiError::Reason(ReasonProblem::Empty))
    } else if reason.chars().nth(LONGEST_REASON).is_some() {
        Err(ApiError::Reason(ReasonProblem::TooLong))
    } else {
        Ok(reason.to_owned())
    }
}

/// Ids in the order in which rows are locked, each once.
pub(crate) fn in_order(mut ids: Vec<String>) -> Result<Vec<String>, ApiError> {
    ids.sort();
    ids.dedup();
    match ids.len() {
        1..=MOST_AT_ONCE => Ok(ids),
        _ => Err(ApiError::Malformed),
    }
}

impl Service {
    /// What the page does.
    pub(crate) async fn change_people_as(
        &self,
        caller: &SteppedUp<Administrator>,
        ids: Vec<String>,
        change: PeopleChange,
    ) -> Result<PeopleChanged, ApiError> {
        let (ids, change) = (in_order(ids)?, Change::parse(change)?);
        let yourself = ids.contains(&caller.session().user_id);
        // Nobody gives their own up for new days of grace.
        if yourself
            && matches!(change, Change::DisableSecondFactor(_))
            && policy::load(&self.db).await?.require_second_factor
        {
            return Err(ApiError::SecondFactorEnforced);
        }
        let changed = self.change(Authority::of(caller), &ids, &change).await?;
        let people = self.people_now(caller, &ids).await?;
        Ok(PeopleChanged { people, changed: u32::try_from(changed).unwrap_or(u32::MAX) })
    }

    /// Changes all of these people, or nobody; answers for how many it made a
    /// difference, which are those whom the audit trail names. `ids` are in order.
    pub(crate) async fn change(
        &self,
        authority: Authority<'_>,
        ids: &[String],
        change: &Change,
    ) -> Result<usize, ApiError> {
        let mut begun = self.administer(authority).await?;
        if change.removes_administrators() {
            // Whoever else removes one waits here until this transaction ends.
            accounts::lock_administrators(begun.first()).await?;
        }
        let prepared = self.prepare(begun.first(), ids, change).await?;
        let mut tx = begun.hold(ids).await?;
        let people = self.people_of(&mut tx, ids).await?;
        let mut changed = Vec::new();
        for person in &people {
            if self.change_one(&mut tx, person, change).await? || prepared.contains(&person.id) {
                changed.push(person);
            }
        }
        let lost_one = changed.iter().any(|person| person.administrator && person.can_sign_in());
        if change.removes_administrators() && lost_one && accounts::other_administrators(&mut tx, "").await? == 0 {
            return Err(ApiError::LastAdministrator);
        }
        let (event, detail) = (change.event(), change.detail());
        for person in &changed {
            tx.record(Some(person.named()), event, detail.as_deref()).await?;
        }
        tx.commit().await?;
        Ok(changed.len())
    }

    /// The rows of these people, by id; each is named once.
    pub(crate) async fn people_of(&self, tx: &mut Tx, ids: &[String]) -> Result<Vec<UserRow>, ApiError> {
        let mut people = accounts::by_ids(tx, ids).await?;
        if people.len() != ids.len() {
            return Err(ApiError::NoLongerThere);
        }
        people.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(people)
    }

    /// Changes rows that are touched before people's own; answers to whom that made a difference already.
    async fn prepare(&self, tx: &mut Tx, ids: &[String], change: &Change) -> Result<HashSet<String>, ApiError> {
        let mut changed = HashSet::new();
        match change {
            Change::Unlock => {
                for person in self.people_of(tx, ids).await? {
                    if self.reset_passwords(tx, &person).await? {
                        changed.insert(person.id);
                    }
                }
            }
            // Whoever uses a one-time link touches it first, too.
            Change::Active(false) => {
                for id in ids {
                    accounts::delete_invitations(tx, Some(id)).await?;
                }
            }
            _ => {}
        }
        Ok(changed)
    }

    /// Changes someone whose row the transaction holds; answers whether that made a difference.
    async fn change_one(
        &self,
        tx: &mut Administration<'_>,
        person: &UserRow,
        change: &Change,
    ) -> Result<bool, ApiError> {
        let id = &person.id;
        Ok(match change {
            Change::Active(active) => {
                let changed = accounts::set_active(tx, id, *active, self.now().0).await?;
                if changed && !active {
                    access_codes::delete_of_user(tx, id).await?;
                    access_codes::delete_of_issuer(tx, id)?;
                    sessions::delete_of_user(tx, id).await?;
                    self.end_all_trust(tx, id, ChallengeReason::AccountChanged).await?;
                }
                changed
            }
            Change::Unlock => self.reset_codes(tx, id).await?,
            Change::Administrator(administrator) => {
                let changed = accounts::set_administrator(tx, id, *administrator).await?;
                if changed && *administrator {
                    // No session that a trusted browser opened becomes an administrator's.
                    sessions::delete_unproved(tx, id)?;
                    self.end_all_trust(tx, id, ChallengeReason::AccountChanged).await?;
                } else if changed {
                    access_codes::delete_of_issuer(tx, id)?;
                }
                changed
            }
            // Who has none keeps everything else as it is: sessions, known browsers, days of grace.
            Change::DisableSecondFactor(_) => {
                let active = !methods::of_user_in(tx, id).await?.is_empty();
                if active {
                    self.remove_second_factor(tx, id, None).await?;
                    self.notify(tx, id, &Message::SecondFactorDisabledByAdministrator)?;
                }
                active
            }
            Change::WithdrawAccessCode => access_codes::delete_of_user(tx, id).await?,
            Change::EndSessions => sessions::delete_of_user(tx, id).await? > 0,
        })
    }
}
