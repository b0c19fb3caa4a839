//! A person's recent sign-ins in readable form.

use crate::{
    domain::{audit::trail::AuditEvent, credentials::client::readable_browser},
    service::Service,
    store::audit::trail::{self, EntryRow},
};
use contract::{
    ApiError,
    activity::times,
    profile::{SignInEvent, SignInRecord},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How many the dashboard lists.
const RECENT: i64 = 10;

impl Service {
    pub(crate) async fn recent_sign_ins(&self, user_id: &str) -> Result<Vec<SignInRecord>, ApiError> {
        let entries = trail::recent_sign_ins(&self.db, user_id, RECENT).await?;
        Ok(entries.into_iter().filter_map(sign_in_record).collect())
    }
}

fn sign_in_record(entry: EntryRow) -> Option<SignInRecord> {
    let event = match AuditEvent::parse(&entry.event)? {
        AuditEvent::SignedIn => SignInEvent::SignedIn,
        // One with more to say was used for something else.
        AuditEvent::RecoveryCodeUsed if entry.detail.is_some() => return None,
        AuditEvent::RecoveryCodeUsed => SignInEvent::SignedInWithRecoveryCode,
        AuditEvent::SignInFailed => SignInEvent::WrongPassword,
        _ => SignInEvent::WrongCode,
    };
    let summed = entry.detail.as_deref().and_then(|detail| times(detail).zip(until(detail)));
    Some(SignInRecord {
        at: summed.map_or(entry.at, |(_, until)| until),
        event,
        times: summed.map(|(times, _)| times),
        address: entry.address.unwrap_or_default(),
        browser: readable_browser(&entry.user_agent.unwrap_or_default()),
    })
}

/// When the last of several events came, in Unix seconds, from the detail of the entry that sums them up.
fn until(detail: &str) -> Option<i64> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    Some(OffsetDateTime::parse(detail.get("until")?.as_str()?, &Rfc3339).ok()?.unix_timestamp())
}
