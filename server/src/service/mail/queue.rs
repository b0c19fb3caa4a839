//! Mail as administrators see it: what waits, what was given up, and what can be done about it.

use crate::{
    domain::mail::message::Message,
    service::Service,
    store::{
        account::mail_addresses,
        mail::outbox::{self, WaitingRow},
    },
};
use contract::{
    ApiError,
    mail::{MailEntry, MailKind, MailPlace, MailProgress, MailServer, MailState, Mend, ToMend},
    portal::Bound,
};

/// Entries of a page.
const PAGE: usize = 50;

/// Comes after every id.
const END: &str = "~";

impl Service {
    pub(super) async fn mail_page(&self, caller: &Bound, after: Option<MailPlace>) -> Result<MailState, ApiError> {
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
            own_address: mail_addresses::of(&self.db, &caller.session().user_id).await?.ok_or(ApiError::SignedOut)?,
            entries: rows.into_iter().map(|row| entry(row, now)).collect(),
            next,
            waiting: u64::try_from(count.waiting).unwrap_or(0),
            given_up: u64::try_from(count.given_up).unwrap_or(0),
            to_mend: outbox::to_mend(&self.db).await?.into_iter().filter_map(to_mend).collect(),
        })
    }
}

/// What is to be mended; `None` for what another version of the portal knows.
fn to_mend((what, said): (String, Option<String>)) -> Option<ToMend> {
    let what: Mend = serde_json::from_value(what.into()).ok()?;
    Some(ToMend { what, said })
}

pub(super) fn kind(message: &str) -> MailKind {
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
