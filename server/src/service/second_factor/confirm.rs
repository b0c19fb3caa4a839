//! The code that confirms a set-up, typed where it was begun or on a phone.
//!
//! Both ways are judged alike and end in the same place: the recovery codes
//! appear in the session that began the set-up, and only there.

use crate::{
    clock::UnixTime,
    crypto::secret_box::Purpose,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{
            code::{AppDigits, DIGITS, SixDigits},
            compatibility::other_settings,
            enrolment::{Attempt, ConfirmRefused, FINISH_WITHIN},
            recovery_code::RecoveryCode,
            totp::{Secret, Step, Verdict, steps_of, verify},
        },
    },
    service::{
        Service,
        audit::record::{Actor, record},
        second_factor::enrolment::{GONE, SEPARATOR, current, pending},
    },
    store::{
        Tx,
        audit::trail::Named,
        second_factor::{
            enrolments::{self, EnrolmentRow},
            methods,
        },
    },
};
use contract::{
    ApiError,
    enrolment::{ConfirmedEnrolment, EnrolmentProblem},
    error::CodeProblem,
    portal::{Bound, Client, SignedIn},
    recovery::RecoveryCodeSheet,
};
use zeroize::Zeroizing;

/// Whose set-up it is, and who types the code.
#[derive(Clone, Copy)]
pub(crate) struct SetUp<'a> {
    /// The person's id.
    pub user_id: &'a str,
    /// Their name.
    pub user_name: &'a str,
    /// Where the code is typed.
    pub client: &'a Client,
}

impl<'a> SetUp<'a> {
    /// The set-up of the session that makes the request.
    pub fn of(caller: &'a Bound) -> Self {
        let session = caller.session();
        Self { user_id: &session.user_id, user_name: &session.user_name, client: &caller.call().client }
    }

    pub const fn actor(&self) -> Actor<'a> {
        let person = Named { id: Some(self.user_id), name: self.user_name };
        Actor { person: Some(person), client: Some(self.client) }
    }
}

/// A code for a secret, judged.
struct Judged {
    attempt: Attempt,
    /// What to say when it is simply wrong.
    wrong: CodeProblem,
    /// The steps about which that, or a clock that is off, says something.
    told: Vec<Step>,
}

impl Service {
    /// Confirms the secret where it was begun.
    pub(super) async fn confirm(
        &self,
        caller: &SignedIn,
        id: &str,
        code: &str,
    ) -> Result<ConfirmedEnrolment, ApiError> {
        let code = AppDigits::parse(code).map_err(|_| ApiError::Code(CodeProblem::Malformed))?;
        let (tx, rows) = self.begin_with_rows(caller).await?;
        self.confirm_secret(tx, &rows, SetUp::of(caller), id, &code).await
    }

    /// Confirms the secret called `id` if the code is right, and answers the
    /// recovery codes; answers them again when that has been done. `rows` are
    /// those of the session, which the transaction holds.
    pub(crate) async fn confirm_secret(
        &self,
        mut tx: Tx,
        rows: &[EnrolmentRow],
        set_up: SetUp<'_>,
        id: &str,
        code: &AppDigits,
    ) -> Result<ConfirmedEnrolment, ApiError> {
        let current = current(rows).ok_or(GONE)?;
        if current.state == "confirmed" && current.id == id {
            let confirmed = self.confirmed(set_up.user_name, current, set_up.actor());
            return confirmed.ok_or(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate))?;
        }
        if id != current.id {
            let replaced = rows.iter().any(|row| row.state == "replaced" && row.id == id);
            return Err(if replaced { ApiError::Enrolment(EnrolmentProblem::QrReplaced) } else { GONE });
        }
        let Judged { attempt, wrong, told } = self.judge(rows, current, code, set_up)?;
        match pending(current).confirm(attempt, self.now()) {
            Ok(confirmed) => self.store_confirmed(tx, set_up, current, confirmed.step).await,
            Err((_, refused)) => {
                let problem = refusal(refused, wrong);
                if let ApiError::Code(CodeProblem::Clock { .. } | CodeProblem::OtherSettings(_)) = problem {
                    for step in told {
                        methods::refuse_step(&mut tx, &current.id, step.0)?;
                    }
                }
                self.refuse_confirming(tx, set_up, problem).await
            }
        }
    }

    /// Records a code that confirmed nothing, and commits.
    async fn refuse_confirming<T>(&self, mut tx: Tx, set_up: SetUp<'_>, problem: ApiError) -> Result<T, ApiError> {
        record(&mut tx, self.now(), set_up.actor(), AuditEvent::EnrolmentCodeWrong, Outcome::Failure).await?;
        tx.commit().await?;
        Err(problem)
    }

    /// Judges a code against the current secret, and against those it replaced.
    fn judge(
        &self,
        rows: &[EnrolmentRow],
        current: &EnrolmentRow,
        code: &AppDigits,
        set_up: SetUp<'_>,
    ) -> Result<Judged, ApiError> {
        let (secret, now) = (self.open_secret(&current.id, &current.secret, set_up.actor())?, self.now());
        // A longer code ends with the portal's own of the same step (RFC 4226 §5.3).
        let told = last_six(code).map(|six| steps_of(&secret, &six, now).collect()).unwrap_or_default();
        let explain = |otherwise| other_settings(&secret, code, now).map_or(otherwise, CodeProblem::OtherSettings);
        let Some(six) = code.six() else {
            // As long as other apps' codes are: it can only be explained.
            return Ok(Judged { attempt: Verdict::Wrong.into(), wrong: explain(CodeProblem::Malformed), told });
        };
        let verdict = verify(&secret, &six, now, None);
        let mut fits_replaced_secret = false;
        for row in rows.iter().filter(|row| row.state == "replaced") {
            let replaced: Secret = self.open_secret(&row.id, &row.secret, set_up.actor())?;
            fits_replaced_secret |= matches!(verify(&replaced, &six, now, None), Verdict::Accepted(_));
        }
        let wrong = explain(CodeProblem::Wrong { attempts_left: None });
        Ok(Judged { attempt: Attempt { verdict, fits_replaced_secret }, wrong, told })
    }

    /// Moves the secret to confirmed with a fresh set of recovery codes, commits, and shows them.
    async fn store_confirmed(
        &self,
        mut tx: Tx,
        set_up: SetUp<'_>,
        row: &EnrolmentRow,
        step: Step,
    ) -> Result<ConfirmedEnrolment, ApiError> {
        let now = self.now();
        let codes = RecoveryCode::generate_set(&mut self.rng());
        let shown: Vec<String> = codes.iter().map(|code| code.display().to_string()).collect();
        let text = Zeroizing::new(shown.join(SEPARATOR));
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::RecoveryCodes, &row.id, text.as_bytes())?;
        let finish_before = now.plus(FINISH_WITHIN);
        if !enrolments::confirm(&mut tx, &row.id, step.0, &sealed, now.0, finish_before.0).await? {
            if now >= UnixTime(row.deadline) {
                return Err(ApiError::Enrolment(EnrolmentProblem::QrExpired));
            }
            // Somebody was told about this step before its time.
            return self.refuse_confirming(tx, set_up, ApiError::Code(CodeProblem::Reused)).await;
        }
        record(&mut tx, now, set_up.actor(), AuditEvent::EnrolmentConfirmed, Outcome::Success).await?;
        tx.commit().await?;
        Ok(ConfirmedEnrolment {
            id: row.id.clone(),
            sheet: RecoveryCodeSheet {
                codes: shown,
                portal_name: self.settings.portal_name.clone(),
                user_name: set_up.user_name.to_owned(),
                created_at: now.0,
            },
            replaces_codes: row.has_codes,
            milliseconds_left: self.milliseconds_until(finish_before),
        })
    }
}

/// The digits that an app with six of them would have shown.
fn last_six(code: &AppDigits) -> Option<SixDigits> {
    let digits = code.as_str();
    SixDigits::parse(digits.get(digits.len().checked_sub(DIGITS)?..)?).ok()
}

fn refusal(refused: ConfirmRefused, wrong: CodeProblem) -> ApiError {
    match refused {
        ConfirmRefused::Expired => ApiError::Enrolment(EnrolmentProblem::QrExpired),
        ConfirmRefused::Replaced => ApiError::Enrolment(EnrolmentProblem::QrReplaced),
        ConfirmRefused::Wrong | ConfirmRefused::AlreadyConfirmed => ApiError::Code(wrong),
        ConfirmRefused::Reused => ApiError::Code(CodeProblem::Reused),
        ConfirmRefused::SkewedClock { seconds } => ApiError::Code(CodeProblem::Clock { seconds }),
    }
}
