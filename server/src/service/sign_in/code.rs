//! The second step of a sign-in.
//!
//! A code of the app is charged, evaluated and used up in one transaction, by one
//! conditional update: of two requests with the same right code, one gets in.
//! Nothing is answered before the commit, so that a transaction that comes to
//! nothing, charge and all, has told nobody anything.

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{
            code::SixDigits,
            recovery_code::RecoveryCode,
            totp::{Step, Verdict, last_credible, steps_of, verify},
        },
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::throttling::CodeCharge,
        session::{
            browsers::Remembered,
            opening::{hand_over, hand_over_browser},
        },
    },
    store::{Tx, account::accounts, second_factor::methods, session::sessions},
};
use contract::{
    ApiError,
    error::{CodeProblem, RecoveryCodeProblem},
    portal::Bound,
    session::ChallengeReason,
};

impl Service {
    /// Completes a sign-in with a code from the authenticator app.
    pub(crate) async fn complete_with_code(
        &self,
        caller: &Bound,
        code: &str,
        trust_days: Option<u32>,
    ) -> Result<(), ApiError> {
        let code = SixDigits::parse(code).map_err(|_| ApiError::Code(CodeProblem::Malformed))?;
        let mut tx = self.db.begin().await?;
        match self.judge_code(&mut tx, caller, &code, true).await? {
            Ok(charge) => {
                accounts::note_sign_in(&mut tx, &caller.session().user_id, self.now().0)?;
                let accepted = AuditEvent::SecondFactorAccepted;
                self.complete(tx, caller, accepted, trust_days, |tx| charge.take_back(tx)).await
            }
            Err(problem) => {
                tx.commit().await?;
                Err(problem)
            }
        }
    }

    /// Completes a sign-in with a recovery code, or with a temporary access
    /// code typed in its place; answers how many recovery codes are left.
    pub(crate) async fn complete_with_recovery_code(&self, caller: &Bound, code: &str) -> Result<u32, ApiError> {
        let malformed = ApiError::RecoveryCode(RecoveryCodeProblem::Malformed);
        let code = RecoveryCode::normalise(code).ok_or(malformed)?;
        let user_id = &caller.session().user_id;
        let mut charge = self.charge_recovery_code(caller, true).await?;
        let Some(found) = self.find_code(user_id, &code).await? else {
            charge.judged(false);
            return self.complete_with_access_code(caller, &code, charge).await.map(|()| 0);
        };
        // A spent one was right once and is none now.
        charge.judged(found.row.used_at.is_none());
        let mut tx = self.db.begin().await?;
        accounts::note_sign_in(&mut tx, user_id, self.now().0)?;
        if !self.spend(&mut tx, caller, &found).await? {
            charge.judged(false);
            drop(tx);
            return Err(self.refuse_recovery_code(caller, RecoveryCodeProblem::Used, charge.left).await?);
        }
        let take_back = |tx: &mut Tx| charge.take_back_and_bring_back(tx, user_id);
        let completed = self.complete(tx, caller, AuditEvent::RecoveryCodeUsed, None, take_back).await;
        charge.concluded(completed)?;
        Ok(found.left.saturating_sub(1))
    }

    /// Ends a sign-in well: full assurance under a new token, in a browser known from now on.
    async fn complete(
        &self,
        mut tx: Tx,
        caller: &Bound,
        accepted: AuditEvent,
        trust_days: Option<u32>,
        take_back: impl FnOnce(&mut Tx) -> Result<(), ApiError>,
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
        take_back(&mut tx)?;
        let trusted = trust.map(|_| AuditEvent::BrowserTrusted);
        for event in [accepted, AuditEvent::SignedIn].into_iter().chain(trusted) {
            record(&mut tx, now, Actor::calling(caller), event, Outcome::Success).await?;
        }
        tx.commit().await?;
        hand_over(call, &token);
        hand_over_browser(call, &browser);
        Ok(())
    }

    /// A recovery code was spent: the session says so, and whoever may have the
    /// phone that it stood in for is trusted in no browser. Comes after the
    /// session's elevation and before the browser that is remembered.
    pub(crate) async fn note_spent_code(&self, tx: &mut Tx, caller: &Bound) -> Result<(), ApiError> {
        let session = caller.session();
        sessions::note_used_code(tx, &session.id)?;
        self.end_all_trust(tx, &session.user_id, ChallengeReason::RecoveryCodeUsed).await
    }

    /// Charges a code, judges it, and uses it up if it is right, in a
    /// transaction that has touched nothing but counters of passwords. The inner
    /// error says why it is refused; the transaction is to be committed then, too.
    pub(crate) async fn judge_code(
        &self,
        tx: &mut Tx,
        caller: &Bound,
        code: &SixDigits,
        signing_in: bool,
    ) -> Result<Result<CodeCharge, ApiError>, ApiError> {
        accounts::lock(tx, &caller.session().user_id)?;
        let charge = match self.charge_code(tx, caller, signing_in).await? {
            Ok(charge) => charge,
            Err(refused) => return Ok(Err(refused)),
        };
        let problem = match self.use_up_code(tx, caller, code).await? {
            Ok(()) => return Ok(Ok(charge)),
            Err(ApiError::Code(CodeProblem::Wrong { .. })) if signing_in => {
                ApiError::Code(CodeProblem::Wrong { attempts_left: Some(charge.left) })
            }
            Err(problem) => problem,
        };
        let event = match problem {
            ApiError::Code(CodeProblem::Reused) => AuditEvent::CodeReused,
            ApiError::Code(CodeProblem::Clock { .. }) => AuditEvent::ClockSkew,
            _ if signing_in => AuditEvent::SecondFactorFailed,
            _ => AuditEvent::StepUpFailed,
        };
        record(tx, self.now(), Actor::calling(caller), event, Outcome::Failure).await?;
        if signing_in && charge.left == 0 {
            // The sign-in ends with its last attempt.
            sessions::delete(tx, &caller.session().id)?;
            return Ok(Err(ApiError::SignInExpired));
        }
        Ok(Err(problem))
    }

    /// Uses up a code that is right for one of the person's methods. Of several
    /// problems the best one is told; and what is told about a step is the end of it.
    async fn use_up_code(
        &self,
        tx: &mut Tx,
        caller: &Bound,
        code: &SixDigits,
    ) -> Result<Result<(), ApiError>, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let credible = last_credible(now);
        let wrong = CodeProblem::Wrong { attempts_left: None };
        let (mut problem, mut looked, mut broken, mut told) = (wrong, false, None, Vec::new());
        for method in methods::of_user_in(tx, &session.user_id).await? {
            let secret = match self.open_secret(&method.id, &method.secret, Actor::calling(caller)) {
                Ok(secret) => secret,
                // The other methods count all the same.
                Err(error) => {
                    broken = Some(error);
                    continue;
                }
            };
            looked = true;
            let last_used = Step(method.last_step);
            match verify(&secret, code, now, Some(last_used).filter(|step| *step <= credible)) {
                Verdict::Accepted(step) => {
                    if !methods::consume_step(tx, &method.id, step.0, credible.0, now.0).await? {
                        problem = CodeProblem::Reused;
                        continue;
                    }
                    if last_used > credible {
                        // It counts once, too, when its time comes.
                        methods::refuse_step(tx, &method.id, last_used.0)?;
                        record(tx, now, Actor::calling(caller), AuditEvent::ClockCorrected, Outcome::Success).await?;
                    }
                    return Ok(Ok(()));
                }
                Verdict::Reused => problem = CodeProblem::Reused,
                Verdict::SkewedClock { seconds } => {
                    told.extend(steps_of(&secret, code, now).map(|step| (method.id.clone(), step)));
                    if problem == wrong {
                        problem = CodeProblem::Clock { seconds };
                    }
                }
                Verdict::Wrong => {}
            }
        }
        if let Some(error) = broken.filter(|_| problem == wrong) {
            // A guess at the others counts as one.
            return if looked { Ok(Err(error)) } else { Err(error) };
        }
        for (method, step) in told {
            methods::refuse_step(tx, &method, step.0)?;
        }
        Ok(Err(ApiError::Code(problem)))
    }
}
