//! Coming in with a temporary access code.

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{access_code::State, recovery_code::RecoveryCode},
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::throttling::RecoveryCharge,
        session::opening::{hand_over, hand_over_browser},
    },
    store::{
        account::accounts::{self},
        policy,
        second_factor::access_codes::{self, AccessCodeRow, stored},
        session::sessions,
    },
};
use contract::{ApiError, error::RecoveryCodeProblem, portal::Bound, session::ChallengeReason};
use subtle::ConstantTimeEq;

impl Service {
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
        self.end_all_trust(&mut tx, &session.user_id, ChallengeReason::SecondFactorChanged).await?;
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
