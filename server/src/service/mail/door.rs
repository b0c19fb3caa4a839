//! What the interface asks of the mail that waits.

use crate::{
    domain::{audit::trail::AuditEvent, mail::message::Message},
    service::{Service, mail::queue::kind, session::administration::Authority},
    store::{
        audit::trail::Named,
        mail::outbox::{self},
    },
};
use async_trait::async_trait;
use contract::{
    ApiError,
    mail::{MailPlace, MailRefused, MailState, TestOutcome},
    portal::{Administrator, Mail, SteppedUp},
    reminder::{MissingPerson, RemindedAll},
};
use serde_json::json;

#[async_trait]
impl Mail for Service {
    async fn mail_state(&self, caller: &Administrator, after: Option<MailPlace>) -> Result<MailState, ApiError> {
        self.mail_page(caller, after).await
    }

    async fn send_test_mail(&self, caller: &SteppedUp<Administrator>) -> Result<TestOutcome, ApiError> {
        self.send_test(caller).await
    }

    async fn try_mail_again(&self, caller: &SteppedUp<Administrator>, id: Option<&str>) -> Result<(), ApiError> {
        self.try_again(caller, id).await
    }

    async fn discard_mail(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
        self.discard(caller, id).await
    }

    async fn send_reminder(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<MissingPerson, ApiError> {
        self.remind_one(caller, person_id).await
    }

    async fn reminder_plan(&self, _caller: &Administrator) -> Result<RemindedAll, ApiError> {
        self.plan_reminders().await
    }

    async fn send_all_reminders(&self, caller: &SteppedUp<Administrator>) -> Result<RemindedAll, ApiError> {
        self.remind_all(caller).await
    }
}

impl Service {
    /// Tries one letter again, or all, at once.
    pub(super) async fn try_again(&self, caller: &SteppedUp<Administrator>, id: Option<&str>) -> Result<(), ApiError> {
        let mut tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        let now = self.now().0;
        match id {
            Some(id) if !outbox::try_again(&mut tx, id, now).await? => return Err(ApiError::NoLongerThere),
            Some(_) => {}
            None => drop(outbox::try_all_again(&mut tx, now).await?),
        }
        tx.commit().await?;
        self.mail_waits.notify_one();
        Ok(())
    }

    pub(super) async fn discard(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
        let mut tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        let row = outbox::discard(&mut tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        let subject = Some(Named { id: Some(&row.user_id), name: &row.name });
        let detail = json!({ "mail": kind(&row.message).to_string() }).to_string();
        tx.record(subject, AuditEvent::MailDiscarded, Some(&detail)).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn send_test(&self, caller: &SteppedUp<Administrator>) -> Result<TestOutcome, ApiError> {
        let Some(settings) = &self.settings.mail else { return Err(ApiError::Mail(MailRefused::NotConfigured)) };
        let address = self.mail_of(caller).await?.address;
        if address.is_empty() {
            return Err(ApiError::Mail(MailRefused::NoAddress));
        }
        let mut tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        let row = self.write_to_send(&mut tx, &caller.session().user_id, &Message::Test).await?;
        tx.commit().await?;
        Ok(match self.send_at_once(settings, row).await? {
            Ok(()) => TestOutcome::Sent { address },
            Err(not_sent) => TestOutcome::Failed { mend: not_sent.mend(), problem: not_sent.problem },
        })
    }
}
