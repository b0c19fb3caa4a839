//! Setting up a second factor, from "Add method" to "Finish".
//!
//! The rules are [`crate::domain::second_factor::enrolment`]'s. A set-up belongs to one
//! session: reloading the page or opening a second tab finds the same secret,
//! and the end of the session is its end. Nothing counts at sign-in before
//! "Finish", which makes the method and its recovery codes active in one
//! transaction.

use crate::{
    clock::UnixTime,
    crypto::secret_box::Purpose,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{enrolment::Pending, otpauth, qr, totp::Secret},
    },
    service::{
        Service,
        audit::record::{Actor, record},
        error::incident,
        second_factor::methods::shown,
    },
    store::{
        Tx, policy,
        second_factor::{
            enrolments::{self, EnrolmentRow, NewEnrolment},
            methods,
        },
        session::sessions,
    },
};
use contract::{
    ApiError,
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProblem, PendingEnrolment, QrCode},
    portal::{Bound, SignedIn, SteppedUp},
    profile::{MOST_METHODS, TwoFactorStatus},
    recovery::RecoveryCodeSheet,
};
use zeroize::Zeroizing;

/// Separates the recovery codes in their sealed form.
pub(crate) const SEPARATOR: &str = "\n";

pub(crate) const GONE: ApiError = ApiError::Enrolment(EnrolmentProblem::Gone);

/// A method that a set-up takes the place of.
struct Replaced {
    id: String,
    name: String,
}

impl Service {
    /// Gives up what is under way.
    pub(super) async fn cancel(&self, caller: &SignedIn) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        if enrolments::delete_of_session(&mut tx, &caller.session().id).await? > 0 {
            record(&mut tx, self.now(), Actor::calling(caller), AuditEvent::EnrolmentCancelled, Outcome::Success)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The set-up that is under way.
    pub(super) async fn resume(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError> {
        let (_tx, rows) = self.begin_with_rows(caller).await?;
        let shown = self.view(caller, current(&rows).ok_or(GONE)?)?;
        shown.ok_or(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate))
    }

    /// A new secret in place of the one that was shown.
    pub(super) async fn renew(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError> {
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        let current = current(&rows).ok_or(GONE)?;
        if current.state == "confirmed" {
            return self.view(caller, current)?.ok_or(ApiError::Enrolment(EnrolmentProblem::FinishedTooLate));
        }
        if !enrolments::replace_pending(&mut tx, &caller.session().id).await? {
            return Err(GONE);
        }
        if pending(current).is_expired(self.now()) {
            record(&mut tx, self.now(), Actor::calling(caller), AuditEvent::EnrolmentExpired, Outcome::Failure).await?;
        }
        self.insert_secret(tx, caller, replaced_by(current), AuditEvent::EnrolmentQrRenewed).await
    }

    /// The second factor of the caller, as the profile and the dashboard show it.
    pub(crate) async fn status(&self, caller: &Bound) -> Result<TwoFactorStatus, ApiError> {
        let session = caller.session();
        let methods = methods::of_user(&self.db, &session.user_id).await?.into_iter().map(shown);
        Ok(TwoFactorStatus {
            methods: methods.collect(),
            recovery: self.recovery_ledger(&session.user_id).await?,
            enforced: policy::load(&self.db).await?.require_second_factor,
            enrolment_under_way: enrolments::is_under_way(&self.db, &session.id, self.now().0).await?,
        })
    }

    /// Begins a set-up, or goes on with the one of this session: it is for what
    /// the person wants now.
    pub(super) async fn begin_set_up(&self, caller: &Bound, replaces: Option<&str>) -> Result<Enrolment, ApiError> {
        let (mut tx, mut rows) = self.begin_with_rows(caller).await?;
        let session = caller.session();
        let mut replaced = None;
        let methods = methods::of_user_in(&mut tx, &session.user_id).await?;
        if replaces.is_none() && !session.sets_up_anew && methods.len() >= MOST_METHODS {
            return Err(ApiError::TooManyMethods);
        }
        if let Some(id) = replaces {
            let method = methods.into_iter().find(|method| method.id == id).ok_or(ApiError::NoLongerThere)?;
            replaced = Some(Replaced { id: method.id, name: method.name });
        }
        if let Some(current) = current(&rows)
            && current.replaces.as_deref() != replaces
        {
            enrolments::set_replaces(&mut tx, &current.id, replaces).await?;
            rows = enrolments::of_session(&mut tx, &session.id).await?;
        }
        if let Some(current) = current(&rows)
            && let Some(view) = self.view(caller, current)?
        {
            tx.commit().await?;
            return Ok(view);
        }
        enrolments::delete_of_session(&mut tx, &session.id).await?;
        self.insert_secret(tx, caller, replaced, AuditEvent::EnrolmentStarted).await
    }

    /// Begins a transaction in which no other request of this session enrols anything.
    pub(crate) async fn begin_with_rows(&self, caller: &Bound) -> Result<(Tx, Vec<EnrolmentRow>), ApiError> {
        let mut tx = self.db.begin().await?;
        if !sessions::lock(&mut tx, &caller.session().id).await? {
            return Err(ApiError::SignedOut);
        }
        let rows = enrolments::of_session(&mut tx, &caller.session().id).await?;
        Ok((tx, rows))
    }

    /// Stores a fresh secret as the session's current one, commits, and shows it.
    async fn insert_secret(
        &self,
        mut tx: Tx,
        caller: &Bound,
        replaced: Option<Replaced>,
        event: AuditEvent,
    ) -> Result<Enrolment, ApiError> {
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
            replaces: replaced.as_ref().map(|method| method.id.as_str()),
        };
        enrolments::insert(&mut tx, &row).await?;
        record(&mut tx, now, Actor::calling(caller), event, Outcome::Success).await?;
        tx.commit().await?;
        let name = replaced.map(|method| method.name);
        Ok(Enrolment::Pending(self.pending_view(caller, id, &secret, pending, name)?))
    }

    /// What the dialog shows of a stored secret; `None` when its time to finish is over.
    fn view(&self, caller: &Bound, row: &EnrolmentRow) -> Result<Option<Enrolment>, ApiError> {
        if row.state == "confirmed" {
            return Ok(self
                .confirmed(&caller.session().user_name, row, Actor::calling(caller))
                .transpose()?
                .map(Enrolment::Confirmed));
        }
        let pending = pending(row);
        if pending.is_expired(self.now()) {
            return Ok(Some(Enrolment::Expired { id: row.id.clone() }));
        }
        let secret = self.open_secret(&row.id, &row.secret, Actor::calling(caller))?;
        let view = self.pending_view(caller, row.id.clone(), &secret, pending, row.replaced_name.clone())?;
        Ok(Some(Enrolment::Pending(view)))
    }

    fn pending_view(
        &self,
        caller: &Bound,
        id: String,
        secret: &Secret,
        pending: Pending,
        replaces: Option<String>,
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
            may_extend: pending.may_extend(),
            replaces,
        })
    }

    /// The recovery codes of a confirmed secret; `None` when its time to finish is over.
    pub(crate) fn confirmed(
        &self,
        user_name: &str,
        row: &EnrolmentRow,
        actor: Actor<'_>,
    ) -> Option<Result<ConfirmedEnrolment, ApiError>> {
        let end = UnixTime(row.deadline);
        (self.now() < end).then(|| {
            Ok(ConfirmedEnrolment {
                id: row.id.clone(),
                sheet: RecoveryCodeSheet {
                    codes: self.open_codes(row, actor)?.split(SEPARATOR).map(str::to_owned).collect(),
                    portal_name: self.settings.portal_name.clone(),
                    user_name: user_name.to_owned(),
                    created_at: row.confirmed_at.unwrap_or_default(),
                },
                replaces_codes: row.has_codes,
                milliseconds_left: self.milliseconds_until(end),
            })
        })
    }

    pub(crate) fn open_codes(&self, row: &EnrolmentRow, actor: Actor<'_>) -> Result<Zeroizing<String>, ApiError> {
        let sealed = row.recovery_codes.as_deref().ok_or_else(|| incident("a confirmed enrolment has no codes"))?;
        let bytes = self.open_sealed(Purpose::RecoveryCodes, &row.id, sealed, actor)?;
        String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(|_| incident("sealed codes are not text"))
    }
}

/// The session's current secret, the one that was not replaced.
pub(crate) fn current(rows: &[EnrolmentRow]) -> Option<&EnrolmentRow> {
    rows.iter().find(|row| row.state != "replaced")
}

/// A secret that waits for its code, as the rules see it.
pub(crate) fn pending(row: &EnrolmentRow) -> Pending {
    Pending { expires_at: UnixTime(row.deadline), extensions: row.extensions }
}

/// The method that a secret takes the place of, unless it is gone.
fn replaced_by(row: &EnrolmentRow) -> Option<Replaced> {
    Some(Replaced { id: row.replaces.clone()?, name: row.replaced_name.clone()? })
}
