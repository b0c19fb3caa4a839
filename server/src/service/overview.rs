//! A person's recent sign-ins in readable form.

use super::Service;
use crate::{
    domain::audit::AuditEvent,
    store::audit::{self, EntryRow},
};
use app::contract::{
    ApiError,
    activity::{Origin, times},
    profile::{SignInEvent, SignInRecord},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use woothee::parser::Parser;

/// How many the dashboard lists.
const RECENT: i64 = 10;

impl Service {
    pub(super) async fn recent_sign_ins(&self, user_id: &str) -> Result<Vec<SignInRecord>, ApiError> {
        let entries = audit::recent_sign_ins(&self.db, user_id, RECENT).await?;
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

/// Where a request came from, in readable form.
pub(super) fn origin(address: &str, user_agent: &str) -> Origin {
    Origin { address: address.to_owned(), browser: readable_browser(user_agent) }
}

/// "Firefox on Linux", from a `User-Agent` header.
pub(super) fn readable_browser(user_agent: &str) -> String {
    let known = |name: &str| (name != "UNKNOWN").then(|| name.to_owned());
    match Parser::new().parse(user_agent).map(|agent| (known(agent.name), known(agent.os))) {
        Some((Some(browser), Some(os))) => format!("{browser} on {os}"),
        Some((Some(one), None) | (None, Some(one))) => one,
        Some((None, None)) | None => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_browser;

    #[test]
    fn browsers_are_named_with_their_system() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(readable_browser(firefox), "Firefox on Linux");
        assert_eq!(readable_browser("<script>"), "Unknown browser");
        assert_eq!(readable_browser(""), "Unknown browser");
    }
}
