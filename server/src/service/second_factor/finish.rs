//! "Finish": a confirmed secret becomes a method, its codes the person's set.

use crate::{
    clock::UnixTime,
    crypto::{password::Salt, secret_box::Purpose},
    domain::{
        audit::trail::{AuditEvent, Outcome},
        mail::message::Message,
        second_factor::recovery_code::RecoveryCode,
    },
    service::{
        Service,
        audit::record::{Actor, record, record_about},
        error::incident,
        second_factor::{
            enrolment::{GONE, SEPARATOR},
            methods::{named, shown},
        },
        session::opening::{hand_over, hand_over_browser},
    },
    store::{
        Tx,
        account::accounts,
        second_factor::{
            access_codes,
            enrolments::{self, TakenRow},
            methods::{self, MethodRow, NewMethod},
            recovery::{self, NewSet},
        },
        session::{browsers, sessions},
    },
};
use contract::{
    ApiError,
    enrolment::EnrolmentProblem,
    portal::Bound,
    profile::{MOST_METHODS, Method},
    session::ChallengeReason,
};

impl Service {
    /// Makes the confirmed secret a method, in place of the one that it was to
    /// replace, and its codes the person's set. The session gets a new token.
    /// After a temporary access code it takes the place of all methods before.
    /// With the first method every other session of the person, opened with the
    /// password alone, ends, and other browsers are no longer known; with any
    /// method all trust in browsers does. This browser is known from now on.
    ///
    /// Finishing what is finished answers the same: another tab may have done
    /// it, or the first answer may have been lost.
    pub(crate) async fn finish(&self, caller: &Bound, id: &str) -> Result<Method, ApiError> {
        match self.finish_once(caller, id).await {
            Err(GONE) => self.finished_before(caller, id).await?.ok_or(GONE),
            outcome => outcome,
        }
    }

    async fn finished_before(&self, caller: &Bound, id: &str) -> Result<Option<Method>, ApiError> {
        let methods = methods::of_user(&self.db, &caller.session().user_id).await?;
        Ok(methods.into_iter().find(|method| method.id == id).map(shown))
    }

    async fn finish_once(&self, caller: &Bound, id: &str) -> Result<Method, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let (salt, hashes) = self.hash_confirmed(caller, id).await?;

        let mut tx = self.db.begin().await?;
        // One after the other, whichever browser of the person finishes.
        accounts::lock(&mut tx, &session.user_id)?;
        methods::lock_of_user(&mut tx, &session.user_id)?;
        let set = NewSet { id: &self.new_id(), user_id: &session.user_id, salt: &salt.0, hashes: &hashes, now: now.0 };
        recovery::replace(&mut tx, &set).await?;
        if !sessions::lock(&mut tx, &session.id).await? {
            return Err(ApiError::SignedOut);
        }
        let row = enrolments::take_confirmed(&mut tx, &session.id, id, now.0).await?.ok_or(GONE)?;
        let before = methods::of_user_in(&mut tx, &session.user_id).await?;
        // Whoever came in with a temporary access code has lost them all.
        let lost: &[MethodRow] = if session.sets_up_anew { before.as_slice() } else { &[] };
        let before: &[MethodRow] = if session.sets_up_anew { &[] } else { before.as_slice() };
        if !lost.is_empty() {
            methods::delete_of_user(&mut tx, &session.user_id).await?;
        }
        access_codes::delete_of_user(&mut tx, &session.user_id).await?;
        sessions::set_up_anew(&mut tx, &session.id, false)?;
        let replaced = before.iter().find(|method| Some(&method.id) == row.replaces.as_ref());
        // Others may have been finished since this one was begun.
        if replaced.is_none() && before.len() >= MOST_METHODS {
            return Err(ApiError::TooManyMethods);
        }
        let method = self.activate(&mut tx, caller, &row, replaced, before).await?;
        if before.is_empty() {
            sessions::delete_others(&mut tx, &session.user_id, &session.id).await?;
            browsers::forget_of_user(&mut tx, &session.user_id).await?;
        }
        sessions::clear_recovery_notices(&mut tx, &session.user_id)?;
        let token = self.renew_session(&mut tx, session).await?;
        self.end_all_trust(&mut tx, &session.user_id, ChallengeReason::SecondFactorChanged).await?;
        let browser = self.remember(&mut tx, caller.call(), &session.user_id, None)?;
        let actor = Actor::of(session, &caller.call().client);
        record(&mut tx, now, actor, AuditEvent::EnrolmentFinished, Outcome::Success).await?;
        let name = method.name.clone();
        let message = if replaced.is_some() { Message::MethodReplaced { name } } else { Message::MethodAdded { name } };
        self.notify(&mut tx, &session.user_id, &message)?;
        for lost in lost {
            self.notify(&mut tx, &session.user_id, &Message::MethodRemoved { name: lost.name.clone() })?;
        }
        for replaced in replaced.into_iter().chain(lost) {
            let (event, detail) = (AuditEvent::MethodReplaced, named(&replaced.name));
            record_about(&mut tx, now, actor, actor.person, event, Outcome::Success, Some(&detail)).await?;
        }
        tx.commit().await?;
        hand_over(caller.call(), &token);
        hand_over_browser(caller.call(), &browser);
        Ok(method)
    }

    /// Stores the method; it takes over the name of the one that it replaces.
    async fn activate(
        &self,
        tx: &mut Tx,
        caller: &Bound,
        row: &TakenRow,
        replaced: Option<&MethodRow>,
        before: &[MethodRow],
    ) -> Result<Method, ApiError> {
        let (user_id, now) = (&caller.session().user_id, self.now());
        let step = row.step.ok_or_else(|| incident("a confirmed enrolment has no step"))?;
        let actor = Actor::calling(caller);
        let secret = self.open_secret(&row.id, &row.secret, actor)?;
        // The method keeps the id of its set-up, by which it is known to be finished.
        let id = row.id.clone();
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::TotpSecret, &id, secret.as_bytes())?;
        let name = match replaced {
            Some(replaced) => {
                methods::delete(tx, user_id, &replaced.id).await?;
                replaced.name.clone()
            }
            None => method_name(before),
        };
        let method = NewMethod { id: &id, user_id, name: &name, secret: &sealed, last_step: step, now: now.0 };
        methods::insert(tx, &method).await?;
        Ok(Method { id, name, added_at: now.0, last_used_at: None })
    }

    /// Hashes the recovery codes of a confirmed secret; before the transaction,
    /// because it takes a while.
    async fn hash_confirmed(&self, caller: &Bound, id: &str) -> Result<(Salt, Vec<[u8; 32]>), ApiError> {
        let (tx, rows) = self.begin_with_rows(caller).await?;
        drop(tx);
        let row = rows.iter().find(|row| row.id == id && row.state == "confirmed").ok_or(GONE)?;
        if self.now() >= UnixTime(row.deadline) {
            return Err(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate));
        }
        let text = self.open_codes(row, Actor::calling(caller))?;
        let codes: Vec<RecoveryCode> = text.split(SEPARATOR).filter_map(RecoveryCode::normalise).collect();
        self.hash_set(&codes).await
    }
}

/// The name of a new method: by its number, or the next that is free.
fn method_name(before: &[MethodRow]) -> String {
    let name = |number: usize| match number {
        1 => "Authenticator app".to_owned(),
        _ => format!("Authenticator app {number}"),
    };
    let is_free = |name: &String| before.iter().all(|method| method.name != *name);
    (before.len() + 1..).map(name).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(name: &str) -> MethodRow {
        MethodRow {
            id: String::new(),
            name: name.to_owned(),
            secret: Vec::new(),
            last_step: 0,
            added_at: 0,
            last_used_at: None,
        }
    }

    #[test]
    fn a_new_method_is_called_by_its_number_and_like_no_other() {
        assert_eq!(method_name(&[]), "Authenticator app");
        assert_eq!(method_name(&[method("Authenticator app")]), "Authenticator app 2");
        assert_eq!(method_name(&[method("Phone")]), "Authenticator app 2");
        let after_removal = [method("Authenticator app 2"), method("Authenticator app 3")];
        assert_eq!(method_name(&after_removal), "Authenticator app 4");
    }
}
