//! Name and password, and signing out.
//!
//! ```text
//! charge (committed) -> hash, once, also for unknown names -> conclude (committed with its audit entry)
//! ```

use crate::{
    crypto::password::is_too_long,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        identity::user_name::lookup_key,
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::throttling::PasswordCharge,
        session::opening::{Opened, hand_over, hand_over_browser},
    },
    store::{
        account::accounts::{self, UserRow},
        session::sessions,
    },
};
use contract::{
    ApiError,
    account::Standing,
    portal::{CookieChange, Visitor},
};
use zeroize::Zeroizing;

impl Service {
    /// Ends the session.
    pub(super) async fn end(&self, visitor: &Visitor) -> Result<(), ApiError> {
        let call = visitor.call();
        if let Ok(session) = call.session() {
            let mut tx = self.db.begin().await?;
            // What it enrols goes with it.
            sessions::delete(&mut tx, &session.id)?;
            let actor = Actor::of(session, &call.client);
            record(&mut tx, self.now(), actor, AuditEvent::SignedOut, Outcome::Success).await?;
            tx.commit().await?;
        }
        call.set_cookie(CookieChange::EndSession);
        Ok(())
    }

    /// Signs in with name and password, or leads on to the code.
    pub(super) async fn sign_in_with_password(
        &self,
        visitor: &Visitor,
        user_name: &str,
        password: String,
    ) -> Result<Standing, ApiError> {
        let password = Zeroizing::new(password);
        let name_key = lookup_key(user_name);
        if name_key.is_empty() || password.is_empty() || is_too_long(&password) {
            return Err(ApiError::Credentials);
        }
        let (user, mut charge) =
            self.charge_password(&visitor.call().client, &name_key, AuditEvent::SignInRefused).await?;
        let stored = user.as_ref().filter(|user| user.active).and_then(|user| user.password_hash.as_deref());
        let verified = self.verify_charged(&mut charge, &password, stored).await?;
        let rehash = if verified.needs_rehash { Some(self.hash_password(&password).await?) } else { None };
        match user {
            Some(user) if verified.matches => self.conclude_sign_in(visitor, &user, charge, rehash).await,
            user => Err(self.refuse_sign_in(visitor, user.as_ref(), &charge).await?),
        }
    }

    async fn refuse_sign_in(
        &self,
        visitor: &Visitor,
        user: Option<&UserRow>,
        charge: &PasswordCharge,
    ) -> Result<ApiError, ApiError> {
        let actor = Actor::claiming(user, &visitor.call().client);
        let mut tx = self.db.begin().await?;
        record(&mut tx, self.now(), actor, AuditEvent::SignInFailed, Outcome::Failure).await?;
        if charge.locks() {
            record(&mut tx, self.now(), actor, AuditEvent::AccountLocked, Outcome::Success).await?;
        }
        tx.commit().await?;
        Ok(charge.refusal(ApiError::Credentials, self.now()))
    }

    async fn conclude_sign_in(
        &self,
        visitor: &Visitor,
        user: &UserRow,
        mut charge: PasswordCharge,
        rehash: Option<String>,
    ) -> Result<Standing, ApiError> {
        let call = visitor.call();
        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx)?;
        // While the password was hashed, someone may have changed or deactivated the account, or
        // set up a second factor. Who does so later waits for this session, and ends it.
        accounts::lock(&mut tx, &user.id)?;
        let opening = self.opening(&mut tx, call, &user.id).await?;
        if !opening.active {
            return Err(ApiError::Credentials);
        }
        if opening.password_hash != user.password_hash {
            // Another one, or the same hashed anew by a sign-in at the same time: to be compared again.
            self.db.note_contended();
            return Err(ApiError::Unavailable);
        }
        if let Some(password_hash) = rehash {
            accounts::set_password(&mut tx, &user.id, &password_hash).await?;
        }
        let Opened { token, id, standing, trusted } = self.open_session(&mut tx, call, &user.id, &opening)?;
        if trusted {
            self.note_few_codes(&mut tx, &id, &user.id).await?;
        }
        let event = match standing {
            Standing::SecondFactorRequired => AuditEvent::SecondFactorRequested,
            Standing::EnrolmentRequired | Standing::Complete => AuditEvent::SignedIn,
        };
        if event == AuditEvent::SignedIn {
            accounts::note_sign_in(&mut tx, &user.id, self.now().0)?;
        }
        let noted = event == AuditEvent::SignedIn && !trusted;
        let known = if noted { Some(self.remember(&mut tx, call, &user.id, None)?) } else { None };
        let actor = Actor::claiming(Some(user), &call.client);
        for event in trusted.then_some(AuditEvent::TrustedBrowserUsed).into_iter().chain([event]) {
            record(&mut tx, self.now(), actor, event, Outcome::Success).await?;
        }
        charge.concluded(tx.commit().await)?;
        hand_over(call, &token);
        if let Some(known) = known {
            hand_over_browser(call, &known);
        }
        Ok(standing)
    }
}
