//! Choosing a password: what the policy demands, what only the server knows,
//! and changing one's own.

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::common_password::is_common,
        mail::message::Message,
        text::typed,
    },
    service::{
        Service,
        audit::record::{Actor, record},
        error::incident,
        session::opening::hand_over,
    },
    store::{
        Tx,
        account::accounts,
        policy::{self, versioned},
        session::sessions,
    },
};
use contract::{
    ApiError,
    password::{MAXIMUM_LENGTH, PasswordRule},
    portal::Bound,
    session::ChallengeReason,
};
use zeroize::Zeroizing;

/// How many of a person's latest passwords can't be chosen again, the present one included.
const REMEMBERED: i64 = 10;

impl Service {
    /// Checks a password that a person called `user_name` is about to choose.
    ///
    /// # Errors
    /// [`ApiError::Password`] with the rules that it breaks.
    pub(crate) async fn check_new_password(&self, password: &str, user_name: &str) -> Result<(), ApiError> {
        let rules = versioned(&policy::load(&self.db).await?).policy.password;
        // One that is too long to be normalised breaks that rule as it is.
        let normalised = typed::opaque(password, MAXIMUM_LENGTH);
        let password = normalised.as_ref().map_or(password, |password| password.as_str());
        let broken = rules.broken(password, user_name);
        if !broken.is_empty() {
            return Err(ApiError::Password(broken));
        }
        let (password, name) = (Zeroizing::new(password.to_owned()), user_name.to_owned());
        let portal = self.settings.portal_name.clone();
        let common = tokio::task::spawn_blocking(move || is_common(&password, &[&name, &portal]));
        match common.await {
            Ok(false) => Ok(()),
            Ok(true) => Err(ApiError::Password(vec![PasswordRule::NotCommon])),
            Err(cause) => Err(incident(cause)),
        }
    }

    /// Checks that a password is none of the person's latest.
    ///
    /// # Errors
    /// [`ApiError::Password`] when it is.
    pub(crate) async fn check_not_recent(&self, password: &str, user_id: &str) -> Result<(), ApiError> {
        let latest = accounts::passwords(&self.db, user_id).await?;
        match self.hasher.matches_any(password, &latest).await? {
            true => Err(ApiError::Password(vec![PasswordRule::NotRecent])),
            false => Ok(()),
        }
    }

    /// Stores a password in place of `before`, which can't be chosen again for a
    /// while. Sessions and trust are for the caller to end.
    pub(crate) async fn store_password(
        &self,
        tx: &mut Tx,
        user_id: &str,
        before: Option<&str>,
        after: &str,
    ) -> Result<(), ApiError> {
        accounts::set_password(tx, user_id, after).await?;
        if let Some(before) = before {
            self.notify(tx, user_id, &Message::PasswordChanged)?;
            accounts::retire_password(tx, &self.new_id(), user_id, before, REMEMBERED - 1).await?;
        }
        Ok(())
    }

    /// Changes the caller's password. Every other session and all trust end.
    pub(crate) async fn replace_password(
        &self,
        caller: &Bound,
        current: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), ApiError> {
        let session = caller.session();
        let mut charge = self.check_password(caller, current).await?;
        let checked = match self.check_new_password(&new, &session.user_name).await {
            Ok(()) => self.check_not_recent(&new, &session.user_id).await,
            refused => refused,
        };
        if let Err(problem) = checked {
            // The current password was right: only the new one was not good enough.
            let mut tx = self.db.begin().await?;
            charge.take_back(&mut tx)?;
            charge.concluded(tx.commit().await)?;
            return Err(problem);
        }
        let after = self.hash_password(&new).await?;

        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx)?;
        accounts::lock(&mut tx, &session.user_id)?;
        let user = accounts::by_id(&mut tx, &session.user_id).await?.ok_or(ApiError::SignedOut)?;
        self.store_password(&mut tx, &user.id, user.password_hash.as_deref(), &after).await?;
        sessions::delete_others(&mut tx, &user.id, &session.id).await?;
        let token = self.elevate_session(&mut tx, session).await?;
        self.end_all_trust(&mut tx, &user.id, ChallengeReason::PasswordChanged).await?;
        let actor = Actor::of(session, &caller.call().client);
        record(&mut tx, self.now(), actor, AuditEvent::PasswordChanged, Outcome::Success).await?;
        charge.concluded(tx.commit().await)?;
        hand_over(caller.call(), &token);
        Ok(())
    }
}
