//! The second step of a sign-in, and step-up.
//!
//! Codes are charged, evaluated, and then used up by one conditional update:
//! of two requests with the same right code, one gets in.
//!
//! PostgreSQL locks rows in the order in which a transaction touches them, so
//! all that may run at once touch them in one order: counters of passwords,
//! what the code uses up, the session, browsers, counters of codes, the audit trail.

use super::{
    Service,
    audit::{Actor, record},
    error::incident,
    sessions::hand_over,
    trust::Remembered,
};
use crate::{
    crypto::{password::Salt, secret_box::Purpose},
    domain::{
        audit::{AuditEvent, Outcome},
        code::SixDigits,
        recovery_code::RecoveryCode,
        totp::{Secret, Step, Verdict, verify},
    },
    store::{
        Tx,
        methods::{self, MethodRow},
        recovery::{self, CodeRow},
        sessions,
    },
};
use app::{
    contract::{
        ApiError,
        error::{CodeProblem, RecoveryCodeProblem},
    },
    portal::{Bound, CookieChange},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A code that was right, and what it uses up.
struct RightCode {
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
        if !self.use_up(&mut tx, &right).await? {
            drop(tx);
            return Err(self.refuse_code(caller, CodeProblem::Reused, left).await?);
        }
        self.complete(tx, caller, AuditEvent::SecondFactorAccepted, trust_days).await
    }

    /// Completes a sign-in with a recovery code; answers how many are left.
    pub(super) async fn complete_with_recovery_code(&self, caller: &Bound, code: &str) -> Result<u32, ApiError> {
        let malformed = ApiError::RecoveryCode(RecoveryCodeProblem::Malformed);
        let code = RecoveryCode::normalise(code).ok_or(malformed)?;
        let attempts_left = self.charge_recovery_code(caller).await?;
        let user_id = &caller.session().user_id;

        let mut tx = self.db.begin().await?;
        let set = recovery::set_of_user(&mut tx, user_id).await?;
        let codes = match &set {
            Some(set) => recovery::codes(&mut tx, &set.id).await?,
            None => Vec::new(),
        };
        drop(tx);
        let salt = set.as_ref().and_then(|set| set.salt.as_slice().try_into().ok()).unwrap_or_default();
        let hash = self.hasher.derive(code.as_bytes(), Salt(salt)).await?;
        let found = matching(&codes, &hash);
        let (Some(set), Some(found)) = (set, found) else {
            let problem = RecoveryCodeProblem::Wrong { attempts_left: Some(attempts_left) };
            return Err(self.refuse_recovery_code(caller, problem, attempts_left).await?);
        };

        let mut tx = self.db.begin().await?;
        let client = &caller.call().client;
        let (address, now) = (client.address.to_string(), self.now());
        if !recovery::consume(&mut tx, &set.id, found.number, now.0, &address, &client.user_agent).await? {
            drop(tx);
            return Err(self.refuse_recovery_code(caller, RecoveryCodeProblem::Used, attempts_left).await?);
        }
        self.complete(tx, caller, AuditEvent::RecoveryCodeUsed, None).await?;
        let left = codes.iter().filter(|code| code.used_at.is_none() && code.number != found.number).count();
        Ok(u32::try_from(left).unwrap_or(0))
    }

    /// Proves identity again: the password, and a code when a method is active.
    pub(super) async fn prove_again(
        &self,
        caller: &Bound,
        password: Zeroizing<String>,
        code: Option<&str>,
    ) -> Result<(), ApiError> {
        let code = if caller.session().has_second_factor {
            let typed = code.unwrap_or_default();
            Some(SixDigits::parse(typed).map_err(|_| ApiError::Code(CodeProblem::Malformed))?)
        } else {
            None
        };
        let charge = self.check_password(caller, password).await?;
        let right = match &code {
            None => None,
            Some(code) => {
                self.charge_code(caller, false).await?;
                match self.evaluate_code(caller, code).await? {
                    Ok(right) => Some(right),
                    Err(problem) => return Err(self.refuse_step_up(caller, problem).await?),
                }
            }
        };
        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx).await?;
        if let Some(right) = &right
            && !self.use_up(&mut tx, right).await?
        {
            drop(tx);
            return Err(self.refuse_step_up(caller, CodeProblem::Reused).await?);
        }
        let token = self.elevate_session(&mut tx, caller.session()).await?;
        if right.is_some() {
            self.take_back_codes(&mut tx, &caller.session().user_id).await?;
        }
        record(&mut tx, self.now(), actor(caller), AuditEvent::SteppedUp, Outcome::Success).await?;
        tx.commit().await?;
        hand_over(caller.call(), &token);
        Ok(())
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
        let Remembered { token: browser, trust } =
            self.remember_browser(&mut tx, call, &session.user_id, trust_days).await?;
        self.take_back_codes(&mut tx, &session.user_id).await?;
        let trusted = trust.map(|_| AuditEvent::BrowserTrusted);
        for event in [accepted, AuditEvent::SignedIn].into_iter().chain(trusted) {
            record(&mut tx, now, actor(caller), event, Outcome::Success).await?;
        }
        tx.commit().await?;
        hand_over(call, &token);
        call.set_cookie(CookieChange::KnownBrowser(browser.text().to_string()));
        Ok(())
    }

    /// Judges a code against each of the person's methods; the best verdict counts.
    async fn evaluate_code(
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

    async fn use_up(&self, tx: &mut Tx, right: &RightCode) -> Result<bool, ApiError> {
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

    async fn refuse_recovery_code(
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
            sessions::delete(&mut tx, &caller.session().id).await?;
        }
        tx.commit().await?;
        Ok(if left == 0 { ApiError::SignInExpired } else { problem })
    }

    async fn refuse_step_up(&self, caller: &Bound, problem: CodeProblem) -> Result<ApiError, ApiError> {
        let mut tx = self.db.begin().await?;
        record(&mut tx, self.now(), actor(caller), AuditEvent::StepUpFailed, Outcome::Failure).await?;
        tx.commit().await?;
        Ok(ApiError::Code(problem))
    }
}

fn actor(caller: &Bound) -> Actor<'_> {
    Actor::of(caller.session(), &caller.call().client)
}

/// The code of the set that has this hash. Every one is compared, in constant time.
fn matching<'a>(codes: &'a [CodeRow], hash: &[u8; 32]) -> Option<&'a CodeRow> {
    codes.iter().fold(
        None,
        |found, code| {
            if bool::from(code.hash.as_slice().ct_eq(hash.as_slice())) { Some(code) } else { found }
        },
    )
}
