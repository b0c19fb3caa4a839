//! A person's own security events.

use crate::{
    domain::credentials::client::origin,
    service::Service,
    store::audit::trail::{self, EntryRow},
};
use contract::{
    ApiError,
    activity::{Activity, ActivityPage, times},
    audit::{AuditEvent, Outcome},
    portal::Bound,
};

/// Entries of a page.
const PAGE: usize = 20;

impl Service {
    pub(crate) async fn activity_page(&self, caller: &Bound, before: Option<i64>) -> Result<ActivityPage, ApiError> {
        let user_id = &caller.session().user_id;
        // One more than is shown tells whether there are more.
        let mut rows = trail::of_person(&self.db, user_id, before.unwrap_or(i64::MAX), PAGE as i64 + 1).await?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let before = rows.last().filter(|_| more).map(|row| row.sequence);
        Ok(ActivityPage { entries: rows.into_iter().filter_map(|row| activity(user_id, row)).collect(), before })
    }
}

/// `None` for an event that only a newer version knows.
fn activity(user_id: &str, row: EntryRow) -> Option<Activity> {
    let by_another = row.actor_id.as_deref() != Some(user_id);
    Some(Activity {
        sequence: row.sequence,
        at: row.at,
        event: AuditEvent::parse(&row.event)?,
        outcome: Outcome::parse(&row.outcome)?,
        times: row.detail.as_deref().and_then(times),
        by: row.actor_name.filter(|_| by_another),
        origin: row.address.map(|address| origin(&address, &row.user_agent.unwrap_or_default())),
    })
}
