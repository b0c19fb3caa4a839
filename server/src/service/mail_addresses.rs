//! Where people get mail: their own doing, an administrator's, and the operator's.

use super::{
    Service,
    audit::{Actor, record_about},
};
use crate::{
    domain::{
        audit::{AuditEvent, Outcome},
        mail::Message,
        mail_address,
        user_name::lookup_key,
    },
    store::{Tx, accounts, audit::Named, mail_addresses, outbox},
};
use app::{
    contract::{
        ApiError,
        mail_address::{MailAddressProblem, OwnMail},
        people::Person,
    },
    portal::Bound,
};
use serde_json::json;

impl Service {
    /// Where the caller gets mail.
    pub(super) async fn mail_of(&self, caller: &Bound) -> Result<OwnMail, ApiError> {
        let address = mail_addresses::of(&self.db, &caller.session().user_id).await?.ok_or(ApiError::SignedOut)?;
        Ok(OwnMail { address, sent: self.settings.mail.is_some() })
    }

    /// Changes where the caller gets mail.
    pub(super) async fn change_own_mail_address(&self, caller: &Bound, typed: &str) -> Result<(), ApiError> {
        let address = self.parse_mail_address(typed).await?;
        let session = caller.session();
        let mut tx = self.db.begin().await?;
        let person = Named { id: Some(&session.user_id), name: &session.user_name };
        let actor = Actor::of(session, &caller.call().client);
        self.replace_mail_address(&mut tx, actor, &session.user_id, person, &address).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Changes where someone gets mail, for an administrator; answers them as they are now.
    pub(super) async fn change_mail_address_as(
        &self,
        caller: &Bound,
        id: &str,
        typed: &str,
    ) -> Result<Person, ApiError> {
        let address = self.parse_mail_address(typed).await?;
        let actor = Actor::of(caller.session(), &caller.call().client);
        let mut tx = self.db.begin().await?;
        let person = accounts::by_id(&mut tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        self.replace_mail_address(&mut tx, actor, id, person.named(), &address).await?;
        tx.commit().await?;
        self.people_now(caller, &[person.id]).await?.pop().ok_or(ApiError::NoLongerThere)
    }

    /// The same for the operator, by name; `false` when nobody is called so.
    ///
    /// # Errors
    /// [`ApiError::MailAddress`], or the database does not answer.
    pub async fn set_mail_address_of(&self, operator: &str, name: &str, typed: &str) -> Result<bool, ApiError> {
        let address = self.parse_mail_address(typed).await?;
        let mut tx = self.db.begin().await?;
        let Some(person) = accounts::by_name_key(&mut tx, &lookup_key(name)).await? else { return Ok(false) };
        let actor = Actor::operator(operator);
        self.replace_mail_address(&mut tx, actor, &person.id, person.named(), &address).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// An address that may be given to someone; empty for none.
    ///
    /// # Errors
    /// [`ApiError::MailAddress`], also for one that this portal's mail server sends nothing to.
    pub(super) async fn parse_mail_address(&self, typed: &str) -> Result<String, ApiError> {
        let address = mail_address::parse(typed).map_err(ApiError::MailAddress)?;
        if mail_address::needs_utf8(&address) && !outbox::takes_utf8(&self.db).await? {
            return Err(ApiError::MailAddress(MailAddressProblem::NotAscii));
        }
        Ok(address)
    }

    /// Changes an address and records that, but not which one: the trail is kept
    /// for longer than an address may be wanted to be known.
    async fn replace_mail_address(
        &self,
        tx: &mut Tx,
        actor: Actor<'_>,
        id: &str,
        person: Named<'_>,
        after: &str,
    ) -> Result<(), ApiError> {
        // Two changes at once are one after the other, so that each knows the address it replaces.
        accounts::lock(tx, id)?;
        let before = mail_addresses::of_in(tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        if before == after {
            return Ok(());
        }
        // To the address before, and to the one after.
        self.notify(tx, id, &Message::MailAddressChanged)?;
        mail_addresses::set(tx, id, after)?;
        self.notify(tx, id, &Message::MailAddressChanged)?;
        let what = match (before.as_str(), after) {
            ("", _) => "set",
            (_, "") => "removed",
            _ => "changed",
        };
        let detail = json!({ "mail_address": what }).to_string();
        let event = AuditEvent::MailAddressChanged;
        record_about(tx, self.now(), actor, Some(person), event, Outcome::Success, Some(&detail)).await?;
        Ok(())
    }
}
