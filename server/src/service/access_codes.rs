//! Temporary access codes: issued, approved and used. The rules are
//! [`crate::domain::access_code`]'s.

use super::{
    Service,
    administration::Authority,
    audit::{Actor, record},
    guessing::RecoveryCharge,
    sessions::{hand_over, hand_over_browser},
};
use crate::{
    clock::UnixTime,
    crypto::password::{Salt, derive_code},
    domain::{
        access_code::{AccessCode, ApprovalRefused, State},
        audit::{AuditEvent, Outcome},
        recovery_code::RecoveryCode,
    },
    store::{
        Tx,
        access_codes::{self, AccessCodeRow, NewAccessCode},
        accounts::{self, UserRow},
        methods, policy, sessions,
    },
};
use app::{
    contract::{
        ApiError,
        error::RecoveryCodeProblem,
        people::{AccessCodeProblem, IssuedAccessCode},
        session::AskedBecause,
    },
    portal::{Administrator, Bound, SteppedUp},
};
use subtle::ConstantTimeEq;

/// A code that was made just now.
pub(super) struct MadeCode {
    /// For the one who issues it, once.
    pub code: RecoveryCode,
    /// Unix seconds.
    pub expires_at: i64,
    /// A second administrator must approve it first.
    pub awaits_approval: bool,
}

impl Service {
    /// Issues a code from the page; answers it for the only time.
    pub(super) async fn issue_code(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<IssuedAccessCode, ApiError> {
        let session = caller.session();
        if person_id == session.user_id {
            return Err(ApiError::AccessCode(AccessCodeProblem::Yourself));
        }
        let ids = super::people_changes::in_order(vec![person_id.to_owned()])?;
        let made = self.make_code(Authority::of(caller), person_id).await?;
        let person = self.people_now(caller, &ids).await?.pop().ok_or(ApiError::NoLongerThere)?;
        Ok(IssuedAccessCode {
            person,
            code: made.code.display().to_string(),
            expires_at: made.expires_at,
            awaits_approval: made.awaits_approval,
        })
    }

    /// Makes a code for a person; the one before dies.
    pub(super) async fn make_code(&self, authority: Authority<'_>, person_id: &str) -> Result<MadeCode, ApiError> {
        let code = RecoveryCode::generate(&mut self.rng());
        let salt = Salt::generate(&mut self.rng());
        let hash = derive_code(code.as_bytes(), salt, &self.code_secret().await?)?;

        // Hashing may have waited: who issues it, and whether they may, is looked at from here on.
        let (mut tx, now) = (self.administer(authority).await?.hold(&[person_id]).await?, self.now());
        let person = accounts::by_id(&mut tx, person_id).await?.ok_or(ApiError::NoLongerThere)?;
        check(&mut tx, &person).await?;
        let issued_by = authority.id();
        let issued = AccessCode::issue(&person.id, issued_by, now);
        let approval_demanded = policy::load_in(&mut tx).await?.approve_access_codes;
        let row = NewAccessCode {
            id: &self.new_id(),
            user_id: &person.id,
            salt: &salt.0,
            hash: &hash,
            now: now.0,
            expires_at: issued.expires_at.0,
            issued_by,
            approval_demanded,
        };
        access_codes::replace(&mut tx, &row).await?;
        tx.record(Some(person.named()), AuditEvent::AccessCodeIssued, None).await?;
        tx.commit().await?;
        let awaits_approval = issued.state(approval_demanded, now) == State::AwaitingApproval;
        Ok(MadeCode { code, expires_at: issued.expires_at.0, awaits_approval })
    }

    /// Lets a code count that somebody else issued.
    pub(super) async fn approve_code(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
        let gone = ApiError::AccessCode(AccessCodeProblem::Gone);
        let (you, now) = (&caller.session().user_id, self.now());
        let waiting = access_codes::waiting(&self.db, Some(id), now.0).await?.pop().ok_or(gone.clone())?;
        let code = AccessCode {
            person: &waiting.user_id,
            issued_by: waiting.issued_by.as_deref(),
            expires_at: UnixTime(waiting.expires_at),
            approved: false,
        };
        code.approve(you, now).map_err(|refused| match refused {
            ApprovalRefused::Issuer | ApprovalRefused::Person => ApiError::AccessCode(AccessCodeProblem::SecondPerson),
            ApprovalRefused::Approved | ApprovalRefused::Expired => gone.clone(),
        })?;
        let mut tx = self.administer(Authority::of(caller)).await?.hold(&[&waiting.user_id]).await?;
        if !access_codes::approve(&mut tx, id, you, now.0).await? {
            return Err(gone);
        }
        let person = accounts::by_id(&mut tx, &waiting.user_id).await?.ok_or(gone)?;
        tx.record(Some(person.named()), AuditEvent::AccessCodeApproved, None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Completes a sign-in with a temporary access code, charged as a recovery
    /// code. The session may do nothing but set up a new second factor.
    pub(super) async fn complete_with_access_code(
        &self,
        caller: &Bound,
        code: &RecoveryCode,
        mut charge: RecoveryCharge,
    ) -> Result<(), ApiError> {
        let (session, now, attempts_left) = (caller.session(), self.now(), charge.left);
        let wrong = RecoveryCodeProblem::Wrong { attempts_left: Some(attempts_left) };
        let Some(row) = self.matching_code(&session.user_id, code).await? else {
            return Err(self.refuse_recovery_code(caller, wrong, attempts_left).await?);
        };
        let demanded = row.approval_demanded || policy::load(&self.db).await?.approve_access_codes;
        match stored(&session.user_id, &row).state(demanded, now) {
            State::Ready => charge.judged(true),
            State::Expired => {
                return Err(self.refuse_recovery_code(caller, RecoveryCodeProblem::Expired, attempts_left).await?);
            }
            State::AwaitingApproval => {
                // It was no guess: only this sign-in counts it.
                let mut tx = self.db.begin().await?;
                charge.judged(true);
                charge.take_back(&mut tx)?;
                charge.concluded(tx.commit().await)?;
                let problem = RecoveryCodeProblem::AwaitsApproval;
                return Err(self.refuse_recovery_code(caller, problem, attempts_left).await?);
            }
        }
        let mut tx = self.db.begin().await?;
        accounts::note_sign_in(&mut tx, &session.user_id, now.0)?;
        if !access_codes::consume(&mut tx, &row.id, now.0).await? {
            charge.judged(false);
            drop(tx);
            return Err(self.refuse_recovery_code(caller, wrong, attempts_left).await?);
        }
        let token = self.elevate_session(&mut tx, session).await?;
        sessions::set_up_anew(&mut tx, &session.id, true)?;
        // Whoever has what was lost is trusted in no browser.
        self.end_all_trust(&mut tx, &session.user_id, AskedBecause::SecondFactorChanged).await?;
        let seen = self.note_untrusted_browser(&mut tx, caller.call(), &session.user_id)?;
        charge.take_back_and_bring_back(&mut tx, &session.user_id)?;
        let actor = Actor::of(session, &caller.call().client);
        for event in [AuditEvent::AccessCodeUsed, AuditEvent::SignedIn] {
            record(&mut tx, now, actor, event, Outcome::Success).await?;
        }
        charge.concluded(tx.commit().await)?;
        hand_over(caller.call(), &token);
        if let Some(seen) = seen {
            hand_over_browser(caller.call(), &seen);
        }
        Ok(())
    }

    /// The person's code, if it is this one. Costs one hash, also when there is none.
    async fn matching_code(&self, user_id: &str, code: &RecoveryCode) -> Result<Option<AccessCodeRow>, ApiError> {
        let row = access_codes::of_user(&self.db, user_id).await?;
        let (salt, quick) = row.as_ref().map_or((&[][..], true), |row| (row.salt.as_slice(), row.quick));
        let hash = self.hash_like(code, salt, quick).await?;
        Ok(row.filter(|row| row.hash.as_slice().ct_eq(hash.as_slice()).into()))
    }
}

/// Whether there is anything for a code to stand in for.
async fn check(tx: &mut Tx, person: &UserRow) -> Result<(), ApiError> {
    if !person.active {
        return Err(ApiError::AccessCode(AccessCodeProblem::Deactivated));
    }
    if methods::of_user_in(tx, &person.id).await?.is_empty() {
        return Err(ApiError::AccessCode(AccessCodeProblem::NoSecondFactor));
    }
    Ok(())
}

fn stored<'a>(person: &'a str, row: &'a AccessCodeRow) -> AccessCode<'a> {
    AccessCode {
        person,
        issued_by: row.issued_by.as_deref(),
        expires_at: UnixTime(row.expires_at),
        approved: row.approved,
    }
}
