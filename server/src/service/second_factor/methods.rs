//! Renaming and removing authenticator apps, and switching the second factor off.

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        identity::{
            name::{self, NameProblem},
            user_name::lookup_key,
        },
        mail::message::Message,
    },
    service::{
        Service,
        audit::record::{Actor, record_about},
    },
    store::{
        Tx,
        account::accounts,
        policy,
        second_factor::{
            access_codes, enrolments,
            methods::{self, MethodRow},
            recovery,
        },
        session::{browsers, sessions},
    },
};
use contract::{ApiError, error::MethodNameProblem, portal::Bound, profile::Method, session::ChallengeReason};
use serde_json::json;

/// The longest name of a method, in characters.
const LONGEST_NAME: usize = 64;

impl Service {
    pub(crate) async fn rename(&self, caller: &Bound, id: &str, name: &str) -> Result<(), ApiError> {
        let name = parse_name(name)?;
        let user_id = &caller.session().user_id;
        let mut tx = self.db.begin().await?;
        accounts::lock(&mut tx, user_id)?;
        let before = methods::of_user_in(&mut tx, user_id).await?;
        if before.iter().any(|method| method.id != id && lookup_key(&method.name) == lookup_key(&name)) {
            return Err(ApiError::MethodName(MethodNameProblem::Taken));
        }
        let before = before.into_iter().find(|method| method.id == id).ok_or(ApiError::NoLongerThere)?;
        if !methods::rename(&mut tx, user_id, id, &name).await? {
            return Err(ApiError::NoLongerThere);
        }
        let detail = json!({ "before": before.name, "after": name }).to_string();
        self.conclude(tx, caller, AuditEvent::MethodRenamed, Some(&detail)).await
    }

    /// Removes one of the caller's methods. The last one takes everything that
    /// belongs to the second factor with it.
    pub(crate) async fn remove(&self, caller: &Bound, id: &str) -> Result<(), ApiError> {
        let user_id = &caller.session().user_id;
        let mut tx = self.db.begin().await?;
        // One after the other: of two requests that remove the last two methods,
        // the second one finds one left.
        accounts::lock(&mut tx, user_id)?;
        let methods = methods::of_user_in(&mut tx, user_id).await?;
        let method = methods.iter().find(|method| method.id == id).ok_or(ApiError::NoLongerThere)?;
        if methods.len() == 1 {
            return self.switch_off(tx, caller).await;
        }
        methods::delete(&mut tx, user_id, id).await?;
        if !sessions::lock(&mut tx, &caller.session().id).await? {
            return Err(ApiError::SignedOut);
        }
        self.end_all_trust(&mut tx, user_id, ChallengeReason::SecondFactorChanged).await?;
        self.notify(&mut tx, user_id, &Message::MethodRemoved { name: method.name.clone() })?;
        self.conclude(tx, caller, AuditEvent::MethodDisabled, Some(&named(&method.name))).await
    }

    /// Switches the caller's second factor off.
    pub(crate) async fn disable(&self, caller: &Bound) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        accounts::lock(&mut tx, &caller.session().user_id)?;
        self.switch_off(tx, caller).await
    }

    /// The same in a transaction that holds the caller's row. Other sessions end.
    async fn switch_off(&self, mut tx: Tx, caller: &Bound) -> Result<(), ApiError> {
        let session = caller.session();
        if policy::load_in(&mut tx).await?.require_second_factor {
            return Err(ApiError::SecondFactorEnforced);
        }
        if self.remove_second_factor(&mut tx, &session.user_id, Some(&session.id)).await? == 0 {
            return Err(ApiError::NoLongerThere);
        }
        if !sessions::lock(&mut tx, &session.id).await? {
            return Err(ApiError::SignedOut);
        }
        self.notify(&mut tx, &session.user_id, &Message::SecondFactorDisabled)?;
        self.conclude(tx, caller, AuditEvent::SecondFactorDisabled, None).await
    }

    /// Removes a person's second factor with everything that belongs to it, and
    /// ends their sessions but the one to `keep`; answers how many methods there
    /// were. The transaction holds the person's row.
    pub(crate) async fn remove_second_factor(
        &self,
        tx: &mut Tx,
        user_id: &str,
        keep: Option<&str>,
    ) -> Result<u64, ApiError> {
        let removed = methods::delete_of_user(tx, user_id).await?;
        accounts::expose(tx, user_id, self.now().0)?;
        recovery::delete_of_user(tx, user_id).await?;
        access_codes::delete_of_user(tx, user_id).await?;
        match keep {
            Some(session) => sessions::delete_others(tx, user_id, session).await?,
            None => sessions::delete_of_user(tx, user_id).await?,
        };
        sessions::clear_recovery_notices(tx, user_id)?;
        enrolments::delete_of_user(tx, user_id).await?;
        if keep.is_none() {
            // An administrator's help; who does it alone proves nothing about who was guessing.
            self.reset_codes(tx, user_id).await?;
        }
        browsers::forget_of_user(tx, user_id).await?;
        Ok(removed)
    }

    /// Records what the caller did, and commits.
    async fn conclude(
        &self,
        mut tx: Tx,
        caller: &Bound,
        event: AuditEvent,
        detail: Option<&str>,
    ) -> Result<(), ApiError> {
        let actor = Actor::calling(caller);
        record_about(&mut tx, self.now(), actor, actor.person, event, Outcome::Success, detail).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A method as its person sees it.
pub(crate) fn shown(row: MethodRow) -> Method {
    Method { id: row.id, name: row.name, added_at: row.added_at, last_used_at: row.last_used_at }
}

/// Which method an entry of the audit trail is about.
pub(crate) fn named(method: &str) -> String {
    json!({ "method": method }).to_string()
}

fn parse_name(typed: &str) -> Result<String, ApiError> {
    name::parse(typed, LONGEST_NAME).map_err(|problem| {
        ApiError::MethodName(match problem {
            NameProblem::Blank => MethodNameProblem::Empty,
            NameProblem::TooLong => MethodNameProblem::TooLong,
            NameProblem::ControlCharacter | NameProblem::DirectionMark | NameProblem::InvisibleCharacter => {
                MethodNameProblem::Unprintable
            }
        })
    })
}
