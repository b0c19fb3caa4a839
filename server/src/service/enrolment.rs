//! Setting up a second factor, from "Add method" to "Finish".
//!
//! The rules are [`crate::domain::enrolment`]'s. A set-up belongs to one
//! session: reloading the page or opening a second tab finds the same secret,
//! and the end of the session is its end. Nothing counts at sign-in before
//! "Finish", which makes the method and its recovery codes active in one
//! transaction.

use super::{
    Service,
    audit::{Actor, record},
    error::incident,
    sessions::hand_over,
};
use crate::{
    clock::UnixTime,
    crypto::{password::Salt, secret_box::Purpose},
    domain::{
        audit::{AuditEvent, Outcome},
        code::SixDigits,
        enrolment::{Attempt, ConfirmRefused, FINISH_WITHIN, Pending},
        otpauth, qr,
        recovery_code::{CODE_CHARS, RecoveryCode},
        totp::{Secret, Step, verify},
    },
    store::{
        Tx, accounts,
        enrolments::{self, EnrolmentRow, NewEnrolment},
        methods::{self, NewMethod},
        policy,
        recovery::{self, NewSet},
        sessions,
    },
};
use app::{
    contract::{
        ApiError,
        enrolment::{
            ConfirmedEnrolment, Enrolment, EnrolmentProblem, EnrolmentProgress, PendingEnrolment, PhoneLink,
            PhoneSetUp, QrCode,
        },
        error::CodeProblem,
        profile::{Method, TwoFactorStatus},
        recovery::RecoveryCodeSheet,
    },
    portal::{Bound, Enrolling, Person, SecondFactor, SteppedUp, Visitor},
};
use async_trait::async_trait;
use zeroize::Zeroizing;

/// Separates the recovery codes in their sealed form.
const SEPARATOR: &str = "\n";

const GONE: ApiError = ApiError::Enrolment(EnrolmentProblem::Gone);

#[async_trait]
impl SecondFactor for Service {
    async fn begin_enrolment(
        &self,
        caller: &SteppedUp<Enrolling>,
        _replaces: Option<&str>,
    ) -> Result<Enrolment, ApiError> {
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        if let Some(current) = current(&rows)
            && let Some(view) = self.view(caller, current)?
        {
            return Ok(view);
        }
        enrolments::delete_of_session(&mut tx, &caller.session().id).await?;
        self.insert_secret(tx, caller, AuditEvent::EnrolmentStarted).await
    }

    async fn resume_enrolment(&self, caller: &SteppedUp<Enrolling>) -> Result<Enrolment, ApiError> {
        self.begin_enrolment(caller, None).await
    }

    async fn renew_enrolment(&self, caller: &Enrolling) -> Result<Enrolment, ApiError> {
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        let current = current(&rows).ok_or(GONE)?;
        if current.state == "confirmed" {
            return self.view(caller, current)?.ok_or(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate));
        }
        if !enrolments::replace_pending(&mut tx, &caller.session().id).await? {
            return Err(GONE);
        }
        if (Pending { expires_at: UnixTime(current.deadline) }).is_expired(self.now()) {
            record(&mut tx, self.now(), actor(caller), AuditEvent::EnrolmentExpired, Outcome::Failure).await?;
        }
        self.insert_secret(tx, caller, AuditEvent::EnrolmentQrRenewed).await
    }

    async fn confirm_enrolment(
        &self,
        caller: &Enrolling,
        id: &str,
        code: &str,
    ) -> Result<ConfirmedEnrolment, ApiError> {
        let code = SixDigits::parse(code).map_err(|_| ApiError::Code(CodeProblem::Malformed))?;
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        let current = current(&rows).ok_or(GONE)?;
        if current.state == "confirmed" {
            return self.confirmed(caller, current).ok_or(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate))?;
        }
        let attempt = self.attempt(&rows, current, id, &code)?;
        let pending = Pending { expires_at: UnixTime(current.deadline) };
        match pending.confirm(attempt, self.now()) {
            Ok(confirmed) => self.store_confirmed(tx, caller, &current.id, confirmed.step).await,
            Err((_, refused)) => {
                record(&mut tx, self.now(), actor(caller), AuditEvent::EnrolmentCodeWrong, Outcome::Failure).await?;
                tx.commit().await?;
                Err(refusal(refused))
            }
        }
    }

    async fn finish_enrolment(&self, caller: &Enrolling, id: &str) -> Result<Method, ApiError> {
        self.finish(caller, id).await
    }

    async fn cancel_enrolment(&self, caller: &Enrolling) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        if enrolments::delete_of_session(&mut tx, &caller.session().id).await? > 0 {
            record(&mut tx, self.now(), actor(caller), AuditEvent::EnrolmentCancelled, Outcome::Success).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn continue_on_phone(&self, caller: &Enrolling, id: &str) -> Result<PhoneLink, ApiError> {
        self.make_phone_link(caller, id).await
    }

    async fn enrolment_progress(&self, caller: &Enrolling, id: &str) -> Result<EnrolmentProgress, ApiError> {
        self.progress(caller, id).await
    }

    async fn phone_set_up(&self, visitor: &Visitor, token: &str) -> Result<PhoneSetUp, ApiError> {
        self.open_on_phone(visitor, token).await
    }

    async fn confirm_on_phone(&self, visitor: &Visitor, grant: &str, code: &str) -> Result<(), ApiError> {
        self.confirm_by_phone(visitor, grant, code).await
    }

    async fn two_factor_status(&self, caller: &Person) -> Result<TwoFactorStatus, ApiError> {
        self.status(caller).await
    }

    async fn rename_method(&self, caller: &Person, id: &str, name: &str) -> Result<(), ApiError> {
        self.rename(caller, id, name).await
    }

    async fn remove_method(&self, caller: &SteppedUp<Person>, id: &str) -> Result<(), ApiError> {
        self.remove(caller, id).await
    }

    async fn disable_second_factor(&self, caller: &SteppedUp<Person>) -> Result<(), ApiError> {
        self.disable(caller).await
    }
}

impl Service {
    /// The second factor of the caller, as the profile and the dashboard show it.
    pub(super) async fn status(&self, caller: &Bound) -> Result<TwoFactorStatus, ApiError> {
        let session = caller.session();
        let methods = methods::of_user(&self.db, &session.user_id).await?.into_iter().map(|row| Method {
            id: row.id,
            name: row.name,
            added_at: row.added_at,
            last_used_at: row.last_used_at,
        });
        Ok(TwoFactorStatus {
            methods: methods.collect(),
            recovery: self.recovery_ledger(&session.user_id).await?,
            enforced: policy::load(&self.db).await?.require_second_factor,
            enrolment_under_way: enrolments::is_under_way(&self.db, &session.id, self.now().0).await?,
        })
    }

    /// Begins a transaction in which no other request of this session enrols anything.
    async fn begin_with_rows(&self, caller: &Bound) -> Result<(Tx, Vec<EnrolmentRow>), ApiError> {
        let mut tx = self.db.begin().await?;
        if !sessions::lock(&mut tx, &caller.session().id).await? {
            return Err(ApiError::SignedOut);
        }
        let rows = enrolments::of_session(&mut tx, &caller.session().id).await?;
        Ok((tx, rows))
    }

    /// Stores a fresh secret as the session's current one, commits, and shows it.
    async fn insert_secret(&self, mut tx: Tx, caller: &Bound, event: AuditEvent) -> Result<Enrolment, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let secret = Secret::generate(&mut self.rng());
        let id = self.new_id();
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::TotpSecret, &id, secret.as_bytes())?;
        let pending = Pending::begin(now, self.settings.qr_lifetime);
        let row = NewEnrolment {
            id: &id,
            session_id: &session.id,
            user_id: &session.user_id,
            secret: &sealed,
            now: now.0,
            deadline: pending.expires_at.0,
        };
        enrolments::insert(&mut tx, &row).await?;
        record(&mut tx, now, actor(caller), event, Outcome::Success).await?;
        tx.commit().await?;
        Ok(Enrolment::Pending(self.pending_view(caller, id, &secret, pending)?))
    }

    /// What the dialog shows of a stored secret; `None` when its time to finish is over.
    fn view(&self, caller: &Bound, row: &EnrolmentRow) -> Result<Option<Enrolment>, ApiError> {
        if row.state == "confirmed" {
            return Ok(self.confirmed(caller, row).transpose()?.map(Enrolment::Confirmed));
        }
        let pending = Pending { expires_at: UnixTime(row.deadline) };
        if pending.is_expired(self.now()) {
            return Ok(Some(Enrolment::Expired { id: row.id.clone() }));
        }
        let secret = self.open_secret(&row.id, &row.secret)?;
        Ok(Some(Enrolment::Pending(self.pending_view(caller, row.id.clone(), &secret, pending)?)))
    }

    fn pending_view(
        &self,
        caller: &Bound,
        id: String,
        secret: &Secret,
        pending: Pending,
    ) -> Result<PendingEnrolment, ApiError> {
        let uri = otpauth::uri(secret, &self.settings.portal_name, &caller.session().user_name);
        let matrix = qr::draw(&uri).map_err(incident)?;
        Ok(PendingEnrolment {
            id,
            qr: QrCode { size: matrix.size, path: matrix.path },
            key: secret.groups().to_string(),
            uri: uri.to_string(),
            milliseconds_left: self.milliseconds_until(pending.expires_at),
            lifetime_milliseconds: self.settings.qr_lifetime.saturating_mul(1_000),
            replaces: None,
        })
    }

    /// The recovery codes of a confirmed secret; `None` when its time to finish is over.
    fn confirmed(&self, caller: &Bound, row: &EnrolmentRow) -> Option<Result<ConfirmedEnrolment, ApiError>> {
        let end = UnixTime(row.deadline);
        (self.now() < end).then(|| {
            Ok(ConfirmedEnrolment {
                id: row.id.clone(),
                sheet: RecoveryCodeSheet {
                    codes: self.open_codes(row)?.split(SEPARATOR).map(str::to_owned).collect(),
                    portal_name: self.settings.portal_name.clone(),
                    user_name: caller.session().user_name.clone(),
                    created_at: row.confirmed_at.unwrap_or_default(),
                },
                replaces_codes: caller.session().has_second_factor,
                milliseconds_left: self.milliseconds_until(end),
            })
        })
    }

    fn open_codes(&self, row: &EnrolmentRow) -> Result<Zeroizing<String>, ApiError> {
        let sealed = row.recovery_codes.as_deref().ok_or_else(|| incident("a confirmed enrolment has no codes"))?;
        let bytes = self.keyring.open(Purpose::RecoveryCodes, &row.id, sealed)?;
        String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(|_| incident("sealed codes are not text"))
    }

    /// Judges the confirming code for the secret that the dialog showed as `id`.
    fn attempt(
        &self,
        rows: &[EnrolmentRow],
        current: &EnrolmentRow,
        id: &str,
        code: &SixDigits,
    ) -> Result<Attempt, ApiError> {
        let replaced = || rows.iter().filter(|row| row.state == "replaced");
        if id != current.id {
            let known = replaced().any(|row| row.id == id);
            return Err(if known { ApiError::Enrolment(EnrolmentProblem::QrReplaced) } else { GONE });
        }
        let verdict = verify(&self.open_secret(&current.id, &current.secret)?, code, self.now(), None);
        let mut fits_replaced_secret = false;
        for row in replaced() {
            let secret = self.open_secret(&row.id, &row.secret)?;
            fits_replaced_secret |=
                matches!(verify(&secret, code, self.now(), None), crate::domain::totp::Verdict::Accepted(_));
        }
        Ok(Attempt { verdict, fits_replaced_secret })
    }

    /// Moves the secret to confirmed with a fresh set of recovery codes, commits, and shows them.
    async fn store_confirmed(
        &self,
        mut tx: Tx,
        caller: &Bound,
        id: &str,
        step: Step,
    ) -> Result<ConfirmedEnrolment, ApiError> {
        let now = self.now();
        let codes = RecoveryCode::generate_set(&mut self.rng());
        let shown: Vec<String> = codes.iter().map(|code| code.display().to_string()).collect();
        let text = Zeroizing::new(shown.join(SEPARATOR));
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::RecoveryCodes, id, text.as_bytes())?;
        let finish_before = now.plus(FINISH_WITHIN);
        if !enrolments::confirm(&mut tx, id, step.0, &sealed, now.0, finish_before.0).await? {
            return Err(ApiError::Enrolment(EnrolmentProblem::QrExpired));
        }
        record(&mut tx, now, actor(caller), AuditEvent::EnrolmentConfirmed, Outcome::Success).await?;
        tx.commit().await?;
        Ok(ConfirmedEnrolment {
            id: id.to_owned(),
            sheet: RecoveryCodeSheet {
                codes: shown,
                portal_name: self.settings.portal_name.clone(),
                user_name: caller.session().user_name.clone(),
                created_at: now.0,
            },
            replaces_codes: caller.session().has_second_factor,
            milliseconds_left: self.milliseconds_until(finish_before),
        })
    }

    /// Makes the confirmed secret a method and its codes the person's set. The
    /// session gets a new token; every other session of the person, opened with
    /// the password alone, ends.
    async fn finish(&self, caller: &Bound, id: &str) -> Result<Method, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let (salt, hashes) = self.hash_codes(caller, id).await?;

        let mut tx = self.db.begin().await?;
        // One after the other, whichever browser of the person finishes.
        accounts::lock(&mut tx, &session.user_id).await?;
        if !sessions::lock(&mut tx, &session.id).await? {
            return Err(ApiError::SignedOut);
        }
        let row = enrolments::take_confirmed(&mut tx, &session.id, id, now.0).await?.ok_or(GONE)?;
        let step = row.step.ok_or_else(|| incident("a confirmed enrolment has no step"))?;
        let secret = self.open_secret(&row.id, &row.secret)?;
        let before = methods::of_user_in(&mut tx, &session.user_id).await?;
        let method_id = self.new_id();
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::TotpSecret, &method_id, secret.as_bytes())?;
        let name = method_name(before.len());
        let method = NewMethod {
            id: &method_id,
            user_id: &session.user_id,
            name: &name,
            secret: &sealed,
            last_step: step,
            now: now.0,
        };
        methods::insert(&mut tx, &method).await?;
        let set = NewSet { id: &self.new_id(), user_id: &session.user_id, salt: &salt.0, hashes: &hashes, now: now.0 };
        recovery::replace(&mut tx, &set).await?;
        if before.is_empty() {
            sessions::delete_others(&mut tx, &session.user_id, &session.id).await?;
        }
        let token = self.elevate_session(&mut tx, session).await?;
        self.take_back_codes(&mut tx, &session.user_id).await?;
        record(&mut tx, now, actor(caller), AuditEvent::EnrolmentFinished, Outcome::Success).await?;
        tx.commit().await?;
        hand_over(caller.call(), &token);
        Ok(Method { id: method_id, name, added_at: now.0, last_used_at: None })
    }

    /// Hashes the recovery codes of a confirmed secret; before the transaction,
    /// because it takes a while.
    async fn hash_codes(&self, caller: &Bound, id: &str) -> Result<(Salt, Vec<[u8; 32]>), ApiError> {
        let (_, rows) = self.begin_with_rows(caller).await?;
        let row = rows.iter().find(|row| row.id == id && row.state == "confirmed").ok_or(GONE)?;
        if self.now() >= UnixTime(row.deadline) {
            return Err(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate));
        }
        let text = self.open_codes(row)?;
        let codes: Vec<RecoveryCode> = text.split(SEPARATOR).filter_map(RecoveryCode::normalise).collect();
        let codes: Vec<&[u8; CODE_CHARS]> = codes.iter().map(RecoveryCode::as_bytes).collect();
        let salt = Salt::generate(&mut self.rng());
        let hashes = self.hasher.derive_many(&codes, salt).await?;
        Ok((salt, hashes))
    }
}

/// The session's current secret, the one that was not replaced.
fn current(rows: &[EnrolmentRow]) -> Option<&EnrolmentRow> {
    rows.iter().find(|row| row.state != "replaced")
}

fn actor(caller: &Bound) -> Actor<'_> {
    Actor::of(caller.session(), &caller.call().client)
}

/// The name of a new method, when there are `before` already.
fn method_name(before: usize) -> String {
    if before == 0 { "Authenticator app".to_owned() } else { format!("Authenticator app {}", before + 1) }
}

fn refusal(refused: ConfirmRefused) -> ApiError {
    match refused {
        ConfirmRefused::Expired => ApiError::Enrolment(EnrolmentProblem::QrExpired),
        ConfirmRefused::Replaced => ApiError::Enrolment(EnrolmentProblem::QrReplaced),
        ConfirmRefused::Wrong | ConfirmRefused::AlreadyConfirmed => {
            ApiError::Code(CodeProblem::Wrong { attempts_left: None })
        }
        ConfirmRefused::Reused => ApiError::Code(CodeProblem::Reused),
        ConfirmRefused::SkewedClock { seconds } => ApiError::Code(CodeProblem::Clock { seconds }),
    }
}
