//! What `twofold user …` does, beside a running server.

use crate::{
    crypto::token::Token,
    domain::{
        audit::trail::AuditEvent,
        identity::{people_list, user_name::lookup_key},
    },
    service::{
        Service,
        account::invitation::{Joining, parse_name},
        people::{
            access_codes::MadeCode,
            changes::{Change, parse_reason},
        },
        session::administration::Authority,
    },
    store::account::accounts::{self, ListedUser},
};
use contract::{
    ApiError,
    people::{NewPerson, Wrong},
};
use zeroize::Zeroizing;

/// How a new person gets a password.
#[derive(Debug)]
pub enum FirstPassword {
    /// The operator has chosen it.
    Given(Zeroizing<String>),
    /// The person chooses it by a one-time link.
    ByLink,
}

/// A temporary access code, for the operator to pass on.
#[derive(Debug)]
pub struct OperatorsCode {
    /// As it is shown.
    pub code: Zeroizing<String>,
    /// A second administrator must approve it first.
    pub awaits_approval: bool,
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
        let person = NewPerson { name: name.to_owned(), administrator, ..NewPerson::default() };
        self.add_named_user(operator, &person, password).await
    }

    /// The same for someone of whom more is known.
    ///
    /// # Errors
    /// Names, mail address or password can't be used, or the database does not answer.
    pub async fn add_named_user(
        &self,
        operator: &str,
        person: &NewPerson,
        password: FirstPassword,
    ) -> Result<Option<Token>, ApiError> {
        let name = parse_name(&person.name)?;
        let display_name = people_list::display_name(&person.display_name).map_err(ApiError::DisplayName)?;
        let mail_address = self.parse_mail_address(&person.mail_address).await?;
        let hash = match &password {
            FirstPassword::Given(password) => {
                self.check_new_password(password, name.as_str()).await?;
                Some(self.hash_password(password).await?)
            }
            FirstPassword::ByLink => None,
        };
        let mut tx = self.administer(Authority::operator(operator)).await?.hold_nobody().await?;
        let joining = Joining {
            name: &name,
            display_name: &display_name,
            mail_address: &mail_address,
            password_hash: hash.as_deref(),
            administrator: person.administrator,
        };
        let user = self.insert_user(&mut tx, joining).await?;
        let token = match hash {
            Some(_) => None,
            None => Some(self.insert_invitation(&mut tx, Some(&user.id))?),
        };
        self.record_added(&mut tx, &[user]).await?;
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
        let mut begun = self.administer(Authority::operator(operator)).await?;
        let Some(user) = accounts::by_name_key(begun.first(), &lookup_key(name)).await? else { return Ok(None) };
        accounts::delete_invitations(begun.first(), Some(&user.id)).await?;
        let mut tx = begun.hold(&[&user.id]).await?;
        let token = self.insert_invitation(&mut tx, Some(&user.id))?;
        tx.record(Some(user.named()), AuditEvent::InvitationIssued, None).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Adds everybody in a list, CSV, or nobody; answers their one-time links as CSV.
    ///
    /// # Errors
    /// [`ApiError::Import`] with the lines that can't be used, or the database does not answer.
    pub async fn import_users(&self, operator: &str, list: &str) -> Result<String, ApiError> {
        Ok(self.add_all(Authority::operator(operator), list, Wrong::Refused).await?.file)
    }

    /// Ends locks after too many wrong passwords or codes; `None` when nobody is
    /// called so, `Some(false)` when nothing was counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlock_user(&self, operator: &str, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(id) = self.id_of(name).await? else { return Ok(None) };
        Ok(Some(self.change(Authority::operator(operator), &[id], &Change::Unlock).await? > 0))
    }

    /// Removes someone's second factor with everything that belongs to it and
    /// ends their sessions; `false` when nobody is called so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn disable_second_factor(&self, operator: &str, name: &str) -> Result<bool, ApiError> {
        Ok(self.disable_second_factor_because(operator, name, None).await?.is_some())
    }

    /// The same for a reason, which stands in the audit trail; `None` when nobody is
    /// called so, `Some(false)` when they had no second factor.
    ///
    /// # Errors
    /// [`ApiError::Reason`], or the database does not answer.
    pub async fn disable_second_factor_because(
        &self,
        operator: &str,
        name: &str,
        reason: Option<&str>,
    ) -> Result<Option<bool>, ApiError> {
        let reason = reason.map(parse_reason).transpose()?;
        let Some(id) = self.id_of(name).await? else { return Ok(None) };
        let changed = self.change(Authority::operator(operator), &[id], &Change::DisableSecondFactor(reason)).await?;
        Ok(Some(changed > 0))
    }

    /// Lets a person sign in no longer and ends their sessions, or lets them in
    /// again; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::LastAdministrator`], or the database does not answer.
    pub async fn set_active(&self, operator: &str, name: &str, active: bool) -> Result<bool, ApiError> {
        self.change_called(operator, name, &Change::Active(active)).await
    }

    /// Makes a person an administrator, whose browsers are then trusted no
    /// longer, or takes that from them; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::LastAdministrator`], or the database does not answer.
    pub async fn set_administrator(&self, operator: &str, name: &str, administrator: bool) -> Result<bool, ApiError> {
        self.change_called(operator, name, &Change::Administrator(administrator)).await
    }

    /// Ends all sessions of a person; `false` when nobody is called so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_sessions(&self, operator: &str, name: &str) -> Result<bool, ApiError> {
        self.change_called(operator, name, &Change::EndSessions).await
    }

    /// Makes the access code worthless that was issued to someone; `false` when
    /// nobody is called so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn withdraw_access_code(&self, operator: &str, name: &str) -> Result<bool, ApiError> {
        self.change_called(operator, name, &Change::WithdrawAccessCode).await
    }

    /// Makes a temporary access code for someone, as it is shown; `None` when
    /// nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::AccessCode`], or the database does not answer.
    pub async fn issue_access_code_to(&self, operator: &str, name: &str) -> Result<Option<OperatorsCode>, ApiError> {
        let Some(id) = self.id_of(name).await? else { return Ok(None) };
        let MadeCode { code, awaits_approval, .. } = self.make_code(Authority::operator(operator), &id).await?;
        Ok(Some(OperatorsCode { code: code.display(), awaits_approval }))
    }

    async fn id_of(&self, name: &str) -> Result<Option<String>, ApiError> {
        let mut tx = self.db.begin().await?;
        Ok(accounts::by_name_key(&mut tx, &lookup_key(name)).await?.map(|user| user.id))
    }

    async fn change_called(&self, operator: &str, name: &str, change: &Change) -> Result<bool, ApiError> {
        let Some(id) = self.id_of(name).await? else { return Ok(false) };
        self.change(Authority::operator(operator), &[id], change).await?;
        Ok(true)
    }
}
