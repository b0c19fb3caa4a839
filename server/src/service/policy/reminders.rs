//! Reminding people by mail to set up a second factor: one, or everyone.

use crate::{
    clock::UnixTime,
    domain::{audit::trail::AuditEvent, mail::message::Message, policy::grace::Requirement},
    service::{Service, policy::grace::due, session::administration::Authority},
    store::{
        Tx,
        audit::trail::Named,
        mail::outbox::{self, ToRemindRow},
        policy::{self, requirement},
    },
};
use contract::{
    ApiError,
    duration::DAY,
    mail::MailRefused,
    portal::{Administrator, SteppedUp},
    reminder::{MissingPerson, RemindedAll},
};
use serde_json::json;

/// Seconds within which nobody is reminded twice along with everyone else.
const RECENTLY: i64 = DAY;

/// People reminded in one transaction.
const BATCH: i64 = 300;

impl Service {
    /// Reminds one person, however recently they were reminded.
    pub(crate) async fn remind_one(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<MissingPerson, ApiError> {
        self.check_that_mail_is_sent()?;
        let (requirement, now) = (requirement(&policy::load(&self.db).await?), self.now());
        let mut tx = self.administer(Authority::of(caller)).await?.hold(&[person_id]).await?;
        let person = outbox::remind(&mut tx, person_id, now.0).await?.ok_or(ApiError::Mail(MailRefused::NotMissing))?;
        if person.mail_address.is_empty() {
            return Err(ApiError::Mail(MailRefused::NoAddress));
        }
        let due_from = due(requirement, UnixTime(person.exposed_since), now);
        self.notify_or_refuse(&mut tx, &person.id, &Message::Reminder { due: due_from }).await?;
        let subject = Some(Named { id: Some(&person.id), name: &person.name });
        tx.record(subject, AuditEvent::ReminderSent, None).await?;
        tx.commit().await?;
        Ok(MissingPerson {
            due: due_from,
            id: person.id,
            name: person.name,
            administrator: person.administrator,
            has_mail_address: true,
            reminded_at: Some(now.0),
        })
    }

    /// What reminding everyone would do now.
    pub(crate) async fn plan_reminders(&self) -> Result<RemindedAll, ApiError> {
        let plan = outbox::plan(&self.db, self.now().plus(-RECENTLY).0).await?;
        let count = |people| u64::try_from(people).unwrap_or(0);
        Ok(RemindedAll {
            reminded: count(plan.reminded),
            without_address: count(plan.without_address),
            recently: count(plan.recently),
        })
    }

    /// Reminds some hundred of those who are missing, have an address, and were
    /// not reminded within the last day, with one entry in the audit trail, and
    /// answers how many; whoever is to remind everyone asks until it is nobody.
    pub(crate) async fn remind_all(&self, caller: &SteppedUp<Administrator>) -> Result<RemindedAll, ApiError> {
        self.check_that_mail_is_sent()?;
        let (requirement, now) = (requirement(&policy::load(&self.db).await?), self.now());
        let since = now.plus(-RECENTLY).0;
        let mut done = RemindedAll { reminded: 0, ..self.plan_reminders().await? };
        let mut last = String::new();
        loop {
            let people = outbox::to_remind(&self.db, &last, since, BATCH).await?;
            let Some((end,)) = people.last() else { return Ok(done) };
            last.clone_from(end);
            let ids: Vec<&str> = people.iter().map(|(id,)| id.as_str()).collect();
            let mut tx = self.administer(Authority::of(caller)).await?.hold(&ids).await?;
            for id in ids {
                // Another administrator may be doing the same.
                if let Some(person) = outbox::remind_once(&mut tx, id, now.0, since).await? {
                    self.write_reminder(&mut tx, &person, requirement, now)?;
                    done.reminded += 1;
                }
            }
            if done.reminded > 0 {
                let detail = json!({ "people": done.reminded }).to_string();
                tx.record(None, AuditEvent::ReminderSent, Some(&detail)).await?;
                tx.commit().await?;
                return Ok(done);
            }
        }
    }

    fn write_reminder(
        &self,
        tx: &mut Tx,
        person: &ToRemindRow,
        requirement: Requirement,
        now: UnixTime,
    ) -> Result<(), ApiError> {
        let due = due(requirement, UnixTime(person.exposed_since), now);
        self.notify(tx, &person.id, &Message::Reminder { due })
    }

    pub(crate) fn check_that_mail_is_sent(&self) -> Result<(), ApiError> {
        let refused = ApiError::Mail(MailRefused::NotConfigured);
        self.settings.mail.as_ref().map(drop).ok_or(refused)
    }
}
