//! Where people get mail: their own doing, an administrator's, and the operator's.

use super::{
    Service,
    administration::Authority,
    audit::{Actor, record_about},
};
use crate::{
    domain::{
        audit::{AuditEvent, Outcome},
        lockout::Allowance,
        mail::Message,
        mail_address,
        user_name::lookup_key,
    },
    store::{Tx, accounts, attempts, mail_addresses, outbox},
};
use app::{
    contract::{
        ApiError,
        mail_address::{MailAddressProblem, OwnMail},
        people::Person,
    },
    portal::{Administrator, Bound, SteppedUp},
};
use serde_json::json;

/// How often the address of one person may change.
const CHANGES: Allowance = Allowance { most: 10, forgotten_after: Some(3_600), fades_after: Some(3_600) };

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
        self.charge_change(&mut tx, &session.user_id).await?;
        // Two changes at once are one after the other, so that each knows the address it replaces.
        accounts::lock(&mut tx, &session.user_id)?;
        if let Some(detail) = self.replace_mail_address(&mut tx, &session.user_id, &address).await? {
            let (actor, event) = (Actor::of(session, &caller.call().client), AuditEvent::MailAddressChanged);
            record_about(&mut tx, self.now(), actor, actor.person, event, Outcome::Success, Some(&detail)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Changes where someone gets mail, for an administrator; answers them as they are now.
    pub(super) async fn change_mail_address_as(
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

    /// Charges a change to how many there may be: each writes to two addresses of somebody's choice.
    async fn charge_change(&self, tx: &mut Tx, id: &str) -> Result<(), ApiError> {
        let charged = attempts::charge(tx, &format!("mail-address:{id}"), CHANGES, self.now()).await?;
        charged.map(drop).map_err(|refused| ApiError::TooOften { retry_after: refused.retry_after.unwrap_or(1) })
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

    /// Changes the address of someone whose row the transaction holds; answers
    /// what is to be recorded, if anything: that it changed, but not to which
    /// one, because the trail is kept for longer than an address may be wanted
    /// to be known.
    async fn replace_mail_address(&self, tx: &mut Tx, id: &str, after: &str) -> Result<Option<String>, ApiError> {
        let before = mail_addresses::of_in(tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        if before == after {
            return Ok(None);
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
        Ok(Some(json!({ "mail_address": what }).to_string()))
    }
}
