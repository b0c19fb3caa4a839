//! Where people get mail: their own doing, an administrator's, and the operator's.

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::lockout::Allowance,
        identity::mail_address,
        mail::message::Message,
    },
    service::{
        Service,
        audit::record::{Actor, record_about},
    },
    store::{
        Tx,
        account::{accounts, mail_addresses},
        credentials::attempts,
        mail::outbox,
    },
};
use contract::{
    ApiError,
    mail_address::{MailAddressProblem, OwnMail},
    portal::Bound,
};
use serde_json::json;

/// How often the address of one person may change.
const CHANGES: Allowance = Allowance { most: 10, forgotten_after: Some(3_600), fades_after: Some(3_600) };

impl Service {
    /// Where the caller gets mail.
    pub(crate) async fn mail_of(&self, caller: &Bound) -> Result<OwnMail, ApiError> {
        let address = mail_addresses::of(&self.db, &caller.session().user_id).await?.ok_or(ApiError::SignedOut)?;
        Ok(OwnMail { address, sent: self.settings.mail.is_some() })
    }

    /// Changes where the caller gets mail.
    pub(crate) async fn change_own_mail_address(&self, caller: &Bound, typed: &str) -> Result<(), ApiError> {
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

    /// An address that may be given to someone; empty for none.
    ///
    /// # Errors
    /// [`ApiError::MailAddress`], also for one that this portal's mail server sends nothing to.
    pub(crate) async fn parse_mail_address(&self, typed: &str) -> Result<String, ApiError> {
        let address = mail_address::parse(typed).map_err(ApiError::MailAddress)?;
        if mail_address::needs_utf8(&address) && !outbox::takes_utf8(&self.db).await? {
            return Err(ApiError::MailAddress(MailAddressProblem::NotAscii));
        }
        Ok(address)
    }

    /// Charges a change to how many there may be: each writes to two addresses of somebody's choice.
    pub(crate) async fn charge_change(&self, tx: &mut Tx, id: &str) -> Result<(), ApiError> {
        let charged = attempts::charge(tx, &format!("mail-address:{id}"), CHANGES, self.now()).await?;
        charged.map(drop).map_err(|refused| ApiError::TooOften { retry_after: refused.retry_after.unwrap_or(1) })
    }

    /// Changes the address of someone whose row the transaction holds; answers
    /// what is to be recorded, if anything: that it changed, but not to which
    /// one, because the trail is kept for longer than an address may be wanted
    /// to be known.
    pub(crate) async fn replace_mail_address(
        &self,
        tx: &mut Tx,
        id: &str,
        after: &str,
    ) -> Result<Option<String>, ApiError> {
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
