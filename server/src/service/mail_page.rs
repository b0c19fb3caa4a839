//! Mail as administrators see it: what waits, what was given up, and what can be done about it.

use super::{Service, administration::Authority};
use crate::{
    domain::{audit::AuditEvent, mail::Message},
    store::{
        StoreError,
        audit::Named,
        outbox::{self, WaitingRow},
    },
};
use app::{
    contract::{
        ApiError,
        mail::{
            MailEntry, MailKind, MailPlace, MailProgress, MailRefused, MailServer, MailState, Mend, TestOutcome, ToMend,
        },
        reminder::{MissingPerson, RemindedAll},
    },
    portal::{Administrator, Bound, Mail, SteppedUp},
};
use async_trait::async_trait;
use serde_json::json;

/// Entries of a page.
const PAGE: usize = 50;

/// Seconds after which waiting mail is worth an administrator's look: an hour.
const LONG: i64 = 3_600;

/// Comes after every id.
const END: &str = "~";

#[async_trait]
impl Mail for Service {
    async fn mail_state(&self, caller: &Administrator, after: Option<MailPlace>) -> Result<MailState, ApiError> {
        self.mail_page(caller, after).await
    }

    async fn send_test_mail(&self, caller: &SteppedUp<Administrator>) -> Result<TestOutcome, ApiError> {
        self.send_test(caller).await
    }

    async fn try_mail_again(&self, caller: &SteppedUp<Administrator>, id: Option<&str>) -> Result<(), ApiError> {
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
    async fn mail_page(&self, caller: &Bound, after: Option<MailPlace>) -> Result<MailState, ApiError> {
        // One more than is shown tells whether there are more.
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let (given_up, before) = after.map_or((true, END.to_owned()), |place| (place.given_up, place.id));
        let mut rows = outbox::page(&self.db, given_up, &before, limit).await?;
        if given_up && rows.len() <= PAGE {
            let room = limit.saturating_sub(i64::try_from(rows.len()).unwrap_or(0));
            rows.extend(outbox::page(&self.db, false, END, room).await?);
        }
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| MailPlace { given_up: row.given_up, id: row.id.clone() });
        let count = outbox::count(&self.db).await?;
        let now = self.now().0;
        Ok(MailState {
            server: self
                .settings
                .mail
                .as_ref()
                .map(|mail| MailServer { host: mail.server.host(), sender: mail.sender.to_string() }),
            own_address: self.mail_of(caller).await?.address,
            entries: rows.into_iter().map(|row| entry(row, now)).collect(),
            next,
            waiting: u64::try_from(count.waiting).unwrap_or(0),
            given_up: u64::try_from(count.given_up).unwrap_or(0),
            to_mend: outbox::to_mend(&self.db).await?.into_iter().filter_map(to_mend).collect(),
        })
    }

    async fn send_test(&self, caller: &SteppedUp<Administrator>) -> Result<TestOutcome, ApiError> {
        let Some(settings) = &self.settings.mail else { return Err(ApiError::Mail(MailRefused::NotConfigured)) };
        let address = self.mail_of(caller).await?.address;
        if address.is_empty() {
            return Err(ApiError::Mail(MailRefused::NoAddress));
        }
        let tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        Ok(match self.send_at_once(settings, tx, &caller.session().user_id, &Message::Test).await? {
            Ok(()) => TestOutcome::Sent { address },
            Err(not_sent) => TestOutcome::Failed { mend: not_sent.mend(), problem: not_sent.problem },
        })
    }

    async fn discard(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
        let mut tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        let row = outbox::discard(&mut tx, id).await?.ok_or(ApiError::NoLongerThere)?;
        let subject = Some(Named { id: Some(&row.user_id), name: &row.name });
        let detail = json!({ "mail": kind(&row.message).to_string() }).to_string();
        tx.record(subject, AuditEvent::MailDiscarded, Some(&detail)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether an administrator should look at the mail. Looks at one or two rows.
    pub(super) async fn mail_needs_a_look(&self) -> Result<bool, StoreError> {
        outbox::needs_a_look(&self.db, self.now().plus(-LONG).0).await
    }
}

/// What is to be mended; `None` for what another version of the portal knows.
fn to_mend((what, said): (String, Option<String>)) -> Option<ToMend> {
    let what: Mend = serde_json::from_value(what.into()).ok()?;
    Some(ToMend { what, said })
}

fn kind(message: &str) -> MailKind {
    serde_json::from_str(message).map_or(MailKind::Unknown, |message: Message| message.kind())
}

fn entry(row: WaitingRow, now: i64) -> MailEntry {
    let progress = if row.given_up {
        MailProgress::GivenUp
    } else if row.tries > 0 && row.problem.is_none() && row.due_at > now {
        MailProgress::BeingSent
    } else {
        MailProgress::TriedAt(row.due_at)
    };
    MailEntry {
        kind: kind(&row.message),
        id: row.id,
        person: row.name,
        written_at: row.written_at,
        tries: u32::try_from(row.tries).unwrap_or(u32::MAX),
        progress,
        problem: row.problem,
    }
}
