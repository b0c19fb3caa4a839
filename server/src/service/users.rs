//! What `twofold user …` does, beside a running server.

use super::{
    Service,
    accounts::parse_name,
    audit::{Actor, record_about},
    guessing::{account_key, browser_keys_prefix},
};
use crate::{
    crypto::token::Token,
    domain::{
        audit::{AuditEvent, Outcome},
        user_name::lookup_key,
    },
    store::{
        Tx,
        accounts::{self, ListedUser, UserRow},
        attempts,
        audit::Named,
        sessions,
    },
};
use app::contract::{ApiError, session::AskedBecause};
use zeroize::Zeroizing;

/// How a new person gets a password.
#[derive(Debug)]
pub enum FirstPassword {
    /// The operator has chosen it.
    Given(Zeroizing<String>),
    /// The person chooses it by a one-time link.
    ByLink,
}

impl Service {
    /// Adds a person; answers the token of their one-time link, if they choose the password.
    ///
    /// # Errors
    /// Name or password can't be used, or the database does not answer.
    pub async fn add_user(
        &self,
        operator: &str,
        name: &str,
        administrator: bool,
        password: FirstPassword,
    ) -> Result<Option<Token>, ApiError> {
        let name = parse_name(name)?;
        let hash = match &password {
            FirstPassword::Given(password) => {
                self.check_new_password(password, name.as_str()).await?;
                Some(self.hash_password(password).await?)
            }
            FirstPassword::ByLink => None,
        };
        let mut tx = self.db.begin().await?;
        let user = self.insert_user(&mut tx, &name, hash.as_deref(), administrator).await?;
        if administrator {
            accounts::close_first_administrator(&mut tx, self.now().0).await?;
            accounts::delete_invitations(&mut tx, None).await?;
        }
        let token = match hash {
            Some(_) => None,
            None => Some(self.insert_invitation(&mut tx, Some(&user.id)).await?),
        };
        self.record_operator(&mut tx, operator, &user, AuditEvent::UserAdded).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_users(&self) -> Result<Vec<ListedUser>, ApiError> {
        Ok(accounts::list(&self.db).await?)
    }

    /// A new one-time link for someone's password; the links before it die.
    ///
    /// # Errors
    /// `None` when nobody is called so.
    pub async fn invite_user(&self, operator: &str, name: &str) -> Result<Option<Token>, ApiError> {
        let mut tx = self.db.begin().await?;
        let Some(user) = accounts::by_name_key(&mut tx, &lookup_key(name)).await? else { return Ok(None) };
        accounts::delete_invitations(&mut tx, Some(&user.id)).await?;
        let token = self.insert_invitation(&mut tx, Some(&user.id)).await?;
        self.record_operator(&mut tx, operator, &user, AuditEvent::InvitationIssued).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Ends a password lock; `false` when nobody is called so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlock_user(&self, operator: &str, name: &str) -> Result<bool, ApiError> {
        let name_key = lookup_key(name);
        let mut tx = self.db.begin().await?;
        let Some(user) = accounts::by_name_key(&mut tx, &name_key).await? else { return Ok(false) };
        attempts::reset(&mut tx, &account_key(&name_key)).await?;
        attempts::reset_all(&mut tx, &browser_keys_prefix(&user.id)).await?;
        self.take_back_codes(&mut tx, &user.id).await?;
        self.record_operator(&mut tx, operator, &user, AuditEvent::AccountUnlocked).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes someone's second factor with everything that belongs to it and
    /// ends their sessions; `false` when nobody is called so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn disable_second_factor(&self, operator: &str, name: &str) -> Result<bool, ApiError> {
        let mut tx = self.db.begin().await?;
        let Some(user) = accounts::by_name_key(&mut tx, &lookup_key(name)).await? else { return Ok(false) };
        accounts::lock(&mut tx, &user.id).await?;
        self.remove_second_factor(&mut tx, &user.id, None).await?;
        self.record_operator(&mut tx, operator, &user, AuditEvent::SecondFactorReset).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lets a person sign in no longer and ends their sessions, or lets them in
    /// again; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::LastAdministrator`], or the database does not answer.
    pub async fn set_active(&self, operator: &str, name: &str, active: bool) -> Result<bool, ApiError> {
        let mut tx = self.db.begin().await?;
        let Some(user) = accounts::by_name_key(&mut tx, &lookup_key(name)).await? else { return Ok(false) };
        if !active {
            self.spare_last_administrator(&mut tx, &user).await?;
        }
        // Whoever uses a one-time link touches it first, too.
        if !active {
            accounts::delete_invitations(&mut tx, Some(&user.id)).await?;
        }
        if accounts::set_active(&mut tx, &user.id, active, self.now().0).await? {
            if !active {
                sessions::delete_of_user(&mut tx, &user.id).await?;
                self.end_all_trust(&mut tx, &user.id, AskedBecause::AccountChanged).await?;
            }
            let event = if active { AuditEvent::UserReactivated } else { AuditEvent::UserDeactivated };
            self.record_operator(&mut tx, operator, &user, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Makes a person an administrator, whose browsers are then trusted no
    /// longer, or takes that from them; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::LastAdministrator`], or the database does not answer.
    pub async fn set_administrator(&self, operator: &str, name: &str, administrator: bool) -> Result<bool, ApiError> {
        let mut tx = self.db.begin().await?;
        let Some(user) = accounts::by_name_key(&mut tx, &lookup_key(name)).await? else { return Ok(false) };
        if !administrator {
            self.spare_last_administrator(&mut tx, &user).await?;
        }
        if accounts::set_administrator(&mut tx, &user.id, administrator).await? {
            if administrator {
                self.end_all_trust(&mut tx, &user.id, AskedBecause::AccountChanged).await?;
            }
            let event = if administrator { AuditEvent::AdministratorGranted } else { AuditEvent::AdministratorRevoked };
            self.record_operator(&mut tx, operator, &user, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Refuses to go on when this person is the only active administrator.
    /// Whoever else changes administrators waits until this transaction ends.
    async fn spare_last_administrator(&self, tx: &mut Tx, user: &UserRow) -> Result<(), ApiError> {
        accounts::lock_administrators(tx).await?;
        let now = accounts::by_id(tx, &user.id).await?;
        let administers = now.is_some_and(|now| now.administrator && now.active);
        if administers && accounts::other_administrators(tx, &user.id).await? == 0 {
            return Err(ApiError::LastAdministrator);
        }
        Ok(())
    }

    async fn record_operator(
        &self,
        tx: &mut Tx,
        operator: &str,
        user: &UserRow,
        event: AuditEvent,
    ) -> Result<(), ApiError> {
        let subject = Named { id: Some(&user.id), name: &user.name };
        let actor = Actor::operator(operator);
        record_about(tx, self.now(), actor, Some(subject), event, Outcome::Success, None).await?;
        Ok(())
    }
}
