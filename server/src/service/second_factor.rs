//! The second step of a sign-in.
//!
//! Codes are charged, evaluated, and then used up by one conditional update:
//! of two requests with the same right code, one gets in.
//!
//! PostgreSQL locks rows in the order in which a transaction touches them, so
//! all that may run at once touch them in one order: counters of passwords, the
//! person, methods and recovery codes, sessions, enrolments, browsers, counters
//! of codes, the audit trail. Whoever changes more than one row of a kind holds
//! the person's row.

use super::{
    Service,
    audit::{Actor, record},
    error::incident,
    sessions::{hand_over, hand_over_browser},
    trust::Remembered,
};
use crate::{
    crypto::secret_box::Purpose,
    domain::{
        audit::{AuditEvent, Outcome},
        code::SixDigits,
        recovery_code::RecoveryCode,
        totp::{Secret, Step, Verdict, verify},
    },
    store::{
        Tx, accounts,
        methods::{self, MethodRow},
        sessions,
    },
};
use app::{
    contract::{
        ApiError,
        error::{CodeProblem, RecoveryCodeProblem},
        session::AskedBecause,
    },
    portal::Bound,
};

/// A code that was right, and what it uses up.
pub(super) struct RightCode {
    method_id: String,
    step: Step,
}

impl Service {
    /// Completes a sign-in with a code from the authenticator app.
    pub(super) async fn complete_with_code(
        &self,
        caller: &Bound,
        code: &str,
        trust_days: Option<u32>,
    ) -> Result<(), ApiError> {
        let code = SixDigits::parse(code).map_err(|_| ApiError::Code(CodeProblem::Malformed))?;
        let left = self.charge_code(caller, true).await?;
        let right = match self.evaluate_code(caller, &code).await? {
            Ok(right) => right,
            Err(problem) => return Err(self.refuse_code(caller, problem, left).await?),
        };
        let mut tx = self.db.begin().await?;
        accounts::note_sign_in(&mut tx, &caller.session().user_id, self.now().0)?;
        if !self.use_up(&mut tx, &right).await? {
            drop(tx);
            return Err(self.refuse_code(caller, CodeProblem::Reused, left).await?);
        }
        self.complete(tx, caller, AuditEvent::SecondFactorAccepted, trust_days).await
    }

    /// Completes a sign-in with a recovery code, or with a temporary access
    /// code typed in its place; answers how many recovery codes are left.
    pub(super) async fn complete_with_recovery_code(&self, caller: &Bound, code: &str) -> Result<u32, ApiError> {
        let malformed = ApiError::RecoveryCode(RecoveryCodeProblem::Malformed);
        let code = RecoveryCode::normalise(code).ok_or(malformed)?;
        let attempts_left = self.charge_recovery_code(caller, true).await?;
        let Some(found) = self.find_code(&caller.session().user_id, &code).await? else {
            return self.complete_with_access_code(caller, &code, attempts_left).await.map(|()| 0);
        };
        let mut tx = self.db.begin().await?;
        accounts::note_sign_in(&mut tx, &caller.session().user_id, self.now().0)?;
        if !self.spend(&mut tx, caller, &found).await? {
            drop(tx);
            return Err(self.refuse_recovery_code(caller, RecoveryCodeProblem::Used, attempts_left).await?);
        }
        self.complete(tx, caller, AuditEvent::RecoveryCodeUsed, None).await?;
        Ok(found.left.saturating_sub(1))
    }

    /// Ends a sign-in well: full assurance under a new token, in a browser known from now on.
    async fn complete(
        &self,
        mut tx: Tx,
        caller: &Bound,
        accepted: AuditEvent,
        trust_days: Option<u32>,
    ) -> Result<(), ApiError> {
        let (session, call, now) = (caller.session(), caller.call(), self.now());
        let token = self.elevate_session(&mut tx, session).await?;
        if accepted == AuditEvent::RecoveryCodeUsed {
            self.note_spent_code(&mut tx, caller).await?;
        } else {
            self.note_few_codes(&mut tx, &session.id, &session.user_id).await?;
        }
        let Remembered { token: browser, trust } =
            self.remember_browser(&mut tx, call, &session.user_id, trust_days).await?;
        self.take_back_codes(&mut tx, &session.user_id).await?;
        let trusted = trust.map(|_| AuditEvent::BrowserTrusted);
        for event in [accepted, AuditEvent::SignedIn].into_iter().chain(trusted) {
            record(&mut tx, now, actor(caller), event, Outcome::Success).await?;
        }
        tx.commit().await?;
        hand_over(call, &token);
        hand_over_browser(call, &browser);
        Ok(())
    }

    /// A recovery code was spent: the session says so, and whoever may have the
    /// phone that it stood in for is trusted in no browser. Comes after the
    /// session's elevation and before the browser that is remembered.
    pub(super) async fn note_spent_code(&self, tx: &mut Tx, caller: &Bound) -> Result<(), ApiError> {
        let session = caller.session();
        sessions::note_used_code(tx, &session.id)?;
        self.end_all_trust(tx, &session.user_id, AskedBecause::RecoveryCodeUsed).await
    }

    /// Judges a code against each of the person's methods; the best verdict counts.
    pub(super) async fn evaluate_code(
        &self,
        caller: &Bound,
        code: &SixDigits,
    ) -> Result<Result<RightCode, CodeProblem>, ApiError> {
        let wrong = CodeProblem::Wrong { attempts_left: None };
        let mut problem = wrong;
        for method in methods::of_user(&self.db, &caller.session().user_id).await? {
            match self.verdict(&method, code)? {
                Verdict::Accepted(step) => return Ok(Ok(RightCode { method_id: method.id, step })),
                Verdict::Reused => problem = CodeProblem::Reused,
                Verdict::SkewedClock { seconds } if problem == wrong => problem = CodeProblem::Clock { seconds },
                Verdict::SkewedClock { .. } | Verdict::Wrong => {}
            }
        }
        Ok(Err(problem))
    }

    fn verdict(&self, method: &MethodRow, code: &SixDigits) -> Result<Verdict, ApiError> {
        let secret = self.open_secret(&method.id, &method.secret)?;
        Ok(verify(&secret, code, self.now(), Some(Step(method.last_step))))
    }

    /// Opens the sealed secret of the row called `id`.
    pub(super) fn open_secret(&self, id: &str, sealed: &[u8]) -> Result<Secret, ApiError> {
        let bytes = self.keyring.open(Purpose::TotpSecret, id, sealed)?;
        Secret::from_slice(&bytes).ok_or_else(|| incident("a stored secret has the wrong length"))
    }

    /// Uses up a right code; `false` when it was used before.
    pub(super) async fn use_up(&self, tx: &mut Tx, right: &RightCode) -> Result<bool, ApiError> {
        Ok(methods::consume_step(tx, &right.method_id, right.step.0, self.now().0).await?)
    }

    /// Records a refused code; the sign-in ends with its last attempt.
    async fn refuse_code(&self, caller: &Bound, problem: CodeProblem, left: u32) -> Result<ApiError, ApiError> {
        let (event, problem) = match problem {
            CodeProblem::Reused => (AuditEvent::CodeReused, problem),
            CodeProblem::Clock { .. } => (AuditEvent::ClockSkew, problem),
            _ => (AuditEvent::SecondFactorFailed, CodeProblem::Wrong { attempts_left: Some(left) }),
        };
        self.refuse(caller, event, ApiError::Code(problem), left).await
    }

    pub(super) async fn refuse_recovery_code(
        &self,
        caller: &Bound,
        problem: RecoveryCodeProblem,
        left: u32,
    ) -> Result<ApiError, ApiError> {
        self.refuse(caller, AuditEvent::RecoveryCodeFailed, ApiError::RecoveryCode(problem), left).await
    }

    async fn refuse(
        &self,
        caller: &Bound,
        event: AuditEvent,
        problem: ApiError,
        left: u32,
    ) -> Result<ApiError, ApiError> {
        let mut tx = self.db.begin().await?;
        record(&mut tx, self.now(), actor(caller), event, Outcome::Failure).await?;
        if left == 0 {
            sessions::delete(&mut tx, &caller.session().id)?;
        }
        tx.commit().await?;
        Ok(if left == 0 { ApiError::SignInExpired } else { problem })
    }
}

fn actor(caller: &Bound) -> Actor<'_> {
    Actor::of(caller.session(), &caller.call().client)
}
