//! Proving oneself again before a sensitive change.
//!
//! The password comes first, charged like a sign-in; then, when a second factor
//! is active, a code from the app or a recovery code. Rows are locked in the
//! order that [`crate::service::sign_in::code`] gives.

use crate::{
    crypto::token::Token,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{code::SixDigits, recovery_code::RecoveryCode},
    },
    service::{
        Service,
        audit::record::{Actor, record, record_about},
        credentials::throttling::{PasswordCharge, RecoveryCharge},
        session::opening::hand_over,
    },
    store::{Tx, account::accounts, second_factor::methods},
};
use contract::{
    ApiError,
    error::{CodeProblem, RecoveryCodeProblem},
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

impl Service {
    /// Proves identity again: the password and, when a method is active, a code
    /// of either kind.
    pub(crate) async fn prove_again(
        &self,
        caller: &Bound,
        password: Zeroizing<String>,
        code: Option<&str>,
        recovery_code: Option<&str>,
    ) -> Result<(), ApiError> {
        let typed = if caller.session().has_second_factor { read(code, recovery_code)? } else { Typed::Nothing };
        let mut charge = self.check_password(caller, password).await?;
        let outcome = match &typed {
            Typed::Nothing => self.prove_by_password(caller, &charge).await,
            Typed::Code(code) => self.prove_by_code(caller, code, &charge).await,
            Typed::Recovery(code) => self.prove_by_recovery_code(caller, code, &charge).await,
        };
        // Every transaction that got so far has taken it back.
        let token = charge.concluded(outcome)??;
        hand_over(caller.call(), &token);
        Ok(())
    }

    /// With the password alone. The inner error is a refusal that was recorded; so in those below.
    async fn prove_by_password(
        &self,
        caller: &Bound,
        charge: &PasswordCharge,
    ) -> Result<Result<Token, ApiError>, ApiError> {
        let session = caller.session();
        let mut tx = self.begin_with_right_password(caller, charge).await?;
        // A second factor may have become active while the password was hashed.
        if !session.sets_up_anew && !methods::of_user_in(&mut tx, &session.user_id).await?.is_empty() {
            tx.commit().await?;
            return Ok(Err(ApiError::StepUpRequired { code: true }));
        }
        let token = self.elevate_session(&mut tx, session).await?;
        self.conclude_step_up(tx, caller).await?;
        Ok(Ok(token))
    }

    async fn prove_by_code(
        &self,
        caller: &Bound,
        code: &SixDigits,
        charge: &PasswordCharge,
    ) -> Result<Result<Token, ApiError>, ApiError> {
        let mut tx = self.begin_with_right_password(caller, charge).await?;
        let code_charge = match self.judge_code(&mut tx, caller, code, false).await? {
            Ok(code_charge) => code_charge,
            Err(problem) => {
                tx.commit().await?;
                return Ok(Err(problem));
            }
        };
        code_charge.take_back(&mut tx)?;
        let token = self.elevate_session(&mut tx, caller.session()).await?;
        self.conclude_step_up(tx, caller).await?;
        Ok(Ok(token))
    }

    async fn prove_by_recovery_code(
        &self,
        caller: &Bound,
        code: &RecoveryCode,
        charge: &PasswordCharge,
    ) -> Result<Result<Token, ApiError>, ApiError> {
        let session = caller.session();
        let mut code_charge = self.charge_recovery_code(caller, false).await?;
        let found = self.find_code(&session.user_id, code).await?;
        let unused = found.as_ref().filter(|found| found.row.used_at.is_none());
        code_charge.judged(unused.is_some());
        if let Some(unused) = unused {
            let mut tx = self.begin_with_right_password(caller, charge).await?;
            if self.spend(&mut tx, caller, unused).await? {
                let token = self.spent_for_step_up(&mut tx, caller, &code_charge).await?;
                code_charge.concluded(self.conclude_step_up(tx, caller).await)?;
                return Ok(Ok(token));
            }
            code_charge.judged(false);
        }
        let problem = match found {
            Some(_) => RecoveryCodeProblem::Used,
            None => RecoveryCodeProblem::Wrong { attempts_left: None },
        };
        let mut tx = self.begin_with_right_password(caller, charge).await?;
        record(&mut tx, self.now(), Actor::calling(caller), AuditEvent::StepUpFailed, Outcome::Failure).await?;
        tx.commit().await?;
        Ok(Err(ApiError::RecoveryCode(problem)))
    }

    /// Everything that a spent recovery code changes.
    async fn spent_for_step_up(
        &self,
        tx: &mut Tx,
        caller: &Bound,
        code_charge: &RecoveryCharge,
    ) -> Result<Token, ApiError> {
        let token = self.elevate_session(tx, caller.session()).await?;
        self.note_spent_code(tx, caller).await?;
        code_charge.take_back_and_bring_back(tx, &caller.session().user_id)?;
        let (now, actor) = (self.now(), Actor::calling(caller));
        let (event, detail) = (AuditEvent::RecoveryCodeUsed, Some(FOR_STEP_UP));
        record_about(tx, now, actor, actor.person, event, Outcome::Success, detail).await?;
        Ok(token)
    }

    /// Begins a transaction that takes the password's charge back, whatever
    /// becomes of the code: codes have counters of their own. It holds the
    /// person's row.
    async fn begin_with_right_password(&self, caller: &Bound, charge: &PasswordCharge) -> Result<Tx, ApiError> {
        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx)?;
        accounts::lock(&mut tx, &caller.session().user_id)?;
        Ok(tx)
    }

    /// Records the proof and commits.
    async fn conclude_step_up(&self, mut tx: Tx, caller: &Bound) -> Result<(), ApiError> {
        record(&mut tx, self.now(), Actor::calling(caller), AuditEvent::SteppedUp, Outcome::Success).await?;
        tx.commit().await?;
        Ok(())
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
