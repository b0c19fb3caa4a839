//! Where people get mail, as administrators and operators set it.

use crate::{
    domain::{audit::trail::AuditEvent, identity::user_name::lookup_key},
    service::{Service, session::administration::Authority},
    store::account::accounts,
};
use contract::{
    ApiError,
    people::Person,
    portal::{Administrator, SteppedUp},
};

impl Service {
    /// Changes where someone gets mail, for an administrator; answers them as they are now.
    pub(crate) async fn change_mail_address_as(
        &self,
        caller: &SteppedUp<Administrator>,
        id: &str,
        typed: &str,
    ) -> Result<Person, ApiError> {
        let address = self.parse_mail_address(typed).await?;
        self.replace_mail_address_of(Authority::of(caller), id, &address).await?;
        self.people_now(caller, &[id.to_owned()]).await?.pop().ok_or(ApiError::NoLongerThere)
    }

    /// The same for the operator, by name; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::MailAddress`], or the database does not answer.
    pub async fn set_mail_address_of(&self, operator: &str, name: &str, typed: &str) -> Result<bool, ApiError> {
        let address = self.parse_mail_address(typed).await?;
        let Some(person) = accounts::find(&self.db, &lookup_key(name)).await? else { return Ok(false) };
        self.replace_mail_address_of(Authority::operator(operator), &person.id, &address).await?;
        Ok(true)
    }

    async fn replace_mail_address_of(&self, authority: Authority<'_>, id: &str, after: &str) -> Result<(), ApiError> {
        let mut begun = self.administer(authority).await?;
        self.charge_change(begun.first(), id).await?;
        let mut tx = begun.hold(&[id]).await?;
        let person = accounts::by_id(&mut tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        if let Some(detail) = self.replace_mail_address(&mut tx, id, after).await? {
            tx.record(Some(person.named()), AuditEvent::MailAddressChanged, Some(&detail)).await?;
        }
        tx.commit().await
    }
}
