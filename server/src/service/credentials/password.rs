//! Hashing passwords, and checking those of people who are signed in.

use crate::{
    crypto::password::{Salt, is_too_long},
    domain::{
        audit::trail::{AuditEvent, Outcome},
        identity::user_name::lookup_key,
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::throttling::PasswordCharge,
    },
};
use contract::{ApiError, portal::Bound};
use zeroize::Zeroizing;

impl Service {
    /// Hashes a new password under a fresh salt.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, ApiError> {
        Ok(self.hasher.hash(password, Salt::generate(&mut self.rng())).await?)
    }

    /// Checks the password of someone signed in, charged like a sign-in.
    pub(crate) async fn check_password(
        &self,
        caller: &Bound,
        password: Zeroizing<String>,
    ) -> Result<PasswordCharge, ApiError> {
        let (session, client) = (caller.session(), &caller.call().client);
        let name_key = lookup_key(&session.user_name);
        let (user, mut charge) = self.charge_password(client, &name_key, AuditEvent::StepUpRefused).await?;
        let user = user.ok_or(ApiError::SignedOut)?;
        let stored = user.password_hash.as_deref();
        if is_too_long(&password) {
            charge.judged_wrong();
        } else if self.verify_charged(&mut charge, &password, stored).await?.matches {
            return Ok(charge);
        }
        let mut tx = self.db.begin().await?;
        let actor = Actor::of(session, client);
        record(&mut tx, self.now(), actor, AuditEvent::StepUpFailed, Outcome::Failure).await?;
        if charge.locks() {
            record(&mut tx, self.now(), actor, AuditEvent::AccountLocked, Outcome::Success).await?;
        }
        tx.commit().await?;
        Err(charge.refusal(ApiError::WrongPassword, self.now()))
    }
}
