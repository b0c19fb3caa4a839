//! Temporary access codes: issued, approved and used. The rules are
//! [`crate::domain::second_factor::access_code`]'s.

use crate::{
    clock::UnixTime,
    crypto::password::{Salt, derive_code},
    domain::{
        audit::trail::AuditEvent,
        second_factor::{
            access_code::{AccessCode, ApprovalRefused, State},
            recovery_code::RecoveryCode,
        },
    },
    service::{Service, session::administration::Authority},
    store::{
        Tx,
        account::accounts::{self, UserRow},
        policy,
        second_factor::{
            access_codes::{self, NewAccessCode},
            methods,
        },
    },
};
use contract::{
    ApiError,
    people::{AccessCodeProblem, IssuedAccessCode},
    portal::{Administrator, SteppedUp},
};

/// A code that was made just now.
pub(crate) struct MadeCode {
    /// For the one who issues it, once.
    pub code: RecoveryCode,
    /// Unix seconds.
    pub expires_at: i64,
    /// A second administrator must approve it first.
    pub awaits_approval: bool,
}

impl Service {
    /// Issues a code from the page; answers it for the only time.
    pub(crate) async fn issue_code(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<IssuedAccessCode, ApiError> {
        let session = caller.session();
        if person_id == session.user_id {
            return Err(ApiError::AccessCode(AccessCodeProblem::Yourself));
        }
        let ids = crate::service::people::changes::in_order(vec![person_id.to_owned()])?;
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
    pub(crate) async fn make_code(&self, authority: Authority<'_>, person_id: &str) -> Result<MadeCode, ApiError> {
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
    pub(crate) async fn approve_code(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
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
