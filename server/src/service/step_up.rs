//! Proving oneself again before a sensitive change.
//!
//! The password comes first, charged like a sign-in; then, when a second factor
//! is active, a code from the app or a recovery code. Rows are locked in the
//! order that [`super::second_factor`] gives.

use super::{
    Service,
    audit::{Actor, record, record_about},
    guessing::PasswordCharge,
    recovery_codes::FoundCode,
    second_factor::RightCode,
    sessions::hand_over,
};
use crate::{
    domain::{
        audit::{AuditEvent, Outcome},
        code::SixDigits,
        recovery_code::RecoveryCode,
    },
    store::{Tx, accounts, methods},
};
use app::{
    contract::{
        ApiError,
        error::{CodeProblem, RecoveryCodeProblem},
    },
    portal::Bound,
};
use zeroize::Zeroizing;

/// Marks a recovery code that did not sign anybody in.
const FOR_STEP_UP: &str = r#"{"step_up":true}"#;

/// What was typed for the second factor.
enum Typed {
    /// None is active.
    Nothing,
    Code(SixDigits),
    Recovery(RecoveryCode),
}

/// What was right, and is to be used up.
enum Right {
    Nothing,
    Code(RightCode),
    Recovery(FoundCode),
}

impl Service {
    /// Proves identity again: the password and, when a method is active, a code
    /// of either kind.
    pub(super) async fn prove_again(
        &self,
        caller: &Bound,
        password: Zeroizing<String>,
        code: Option<&str>,
        recovery_code: Option<&str>,
    ) -> Result<(), ApiError> {
        let typed = if caller.session().has_second_factor { read(code, recovery_code)? } else { Typed::Nothing };
        let charge = self.check_password(caller, password).await?;
        let right = self.evaluate(caller, &typed, &charge).await?;

        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx).await?;
        accounts::lock(&mut tx, &caller.session().user_id)?;
        // A second factor may have become active while the password was hashed.
        if matches!(right, Right::Nothing)
            && !caller.session().sets_up_anew
            && !methods::of_user_in(&mut tx, &caller.session().user_id).await?.is_empty()
        {
            tx.commit().await?;
            return Err(ApiError::StepUpRequired { code: true });
        }
        if let Some(problem) = self.use_up_right(&mut tx, caller, &right).await? {
            drop(tx);
            return Err(self.refuse_step_up(caller, problem, &charge).await?);
        }
        let token = self.elevate_session(&mut tx, caller.session()).await?;
        if matches!(right, Right::Recovery(_)) {
            self.note_spent_code(&mut tx, caller).await?;
        }
        if !matches!(right, Right::Nothing) {
            self.take_back_codes(&mut tx, &caller.session().user_id).await?;
        }
        let (now, actor) = (self.now(), actor(caller));
        if matches!(right, Right::Recovery(_)) {
            let (event, detail) = (AuditEvent::RecoveryCodeUsed, Some(FOR_STEP_UP));
            record_about(&mut tx, now, actor, actor.person, event, Outcome::Success, detail).await?;
        }
        record(&mut tx, now, actor, AuditEvent::SteppedUp, Outcome::Success).await?;
        tx.commit().await?;
        hand_over(caller.call(), &token);
        Ok(())
    }

    /// Charges and judges what was typed; a wrong one is refused and recorded.
    async fn evaluate(&self, caller: &Bound, typed: &Typed, charge: &PasswordCharge) -> Result<Right, ApiError> {
        let problem = match typed {
            Typed::Nothing => return Ok(Right::Nothing),
            Typed::Code(code) => {
                self.charge_code(caller, false).await?;
                match self.evaluate_code(caller, code).await? {
                    Ok(right) => return Ok(Right::Code(right)),
                    Err(problem) => ApiError::Code(problem),
                }
            }
            Typed::Recovery(code) => {
                self.charge_recovery_code(caller, false).await?;
                match self.find_code(&caller.session().user_id, code).await? {
                    Some(found) => return Ok(Right::Recovery(found)),
                    None => ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { attempts_left: None }),
                }
            }
        };
        Err(self.refuse_step_up(caller, problem, charge).await?)
    }

    /// Uses up what was right; answers the problem when it was used before.
    async fn use_up_right(&self, tx: &mut Tx, caller: &Bound, right: &Right) -> Result<Option<ApiError>, ApiError> {
        Ok(match right {
            Right::Nothing => None,
            Right::Code(right) => (!self.use_up(tx, right).await?).then_some(ApiError::Code(CodeProblem::Reused)),
            Right::Recovery(found) => {
                (!self.spend(tx, caller, found).await?).then_some(ApiError::RecoveryCode(RecoveryCodeProblem::Used))
            }
        })
    }

    /// Records a refused code. The password was right, so its charge is taken back: codes have counters of their own.
    async fn refuse_step_up(
        &self,
        caller: &Bound,
        problem: ApiError,
        charge: &PasswordCharge,
    ) -> Result<ApiError, ApiError> {
        let event = match problem {
            ApiError::Code(CodeProblem::Reused) => AuditEvent::CodeReused,
            ApiError::Code(CodeProblem::Clock { .. }) => AuditEvent::ClockSkew,
            _ => AuditEvent::StepUpFailed,
        };
        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx).await?;
        record(&mut tx, self.now(), actor(caller), event, Outcome::Failure).await?;
        tx.commit().await?;
        Ok(problem)
    }
}

/// Reads a code of either kind; one that can't be right is refused without a charge.
fn read(code: Option<&str>, recovery_code: Option<&str>) -> Result<Typed, ApiError> {
    match recovery_code.filter(|typed| !typed.is_empty()) {
        Some(typed) => RecoveryCode::normalise(typed)
            .map(Typed::Recovery)
            .ok_or(ApiError::RecoveryCode(RecoveryCodeProblem::Malformed)),
        None => SixDigits::parse(code.unwrap_or_default())
            .map(Typed::Code)
            .map_err(|_| ApiError::Code(CodeProblem::Malformed)),
    }
}

fn actor(caller: &Bound) -> Actor<'_> {
    Actor::of(caller.session(), &caller.call().client)
}
