//! Exporting audit entries, a portion at a time, so that memory stays small
//! however many there are.

use crate::{
    domain::audit::{
        export::{Format, Record, head, rfc3339},
        trail::AuditEvent,
    },
    service::{
        Service,
        audit::search::Search,
        incident,
        session::administration::{Authority, Entitlement},
    },
    store::audit::{chain, trail::EntryRow},
};
use contract::{ApiError, audit_trail::AuditFilter};
use serde_json::{Map, Value};

/// Entries of a portion.
const PORTION: usize = 1_000;

/// Entries looked at for a portion.
const LOOKED_AT: i64 = 20_000;

/// An export under way.
pub struct Export {
    service: Service,
    right: Entitlement,
    search: Search,
    format: Format,
    begun: bool,
    done: bool,
}

impl Service {
    /// Records the export and begins it. It holds what was in the trail before.
    ///
    /// # Errors
    /// The filter has values that can't be used, or the database does not answer.
    pub async fn export_audit(
        &self,
        authority: Authority<'_>,
        filter: &AuditFilter,
        format: Format,
    ) -> Result<Export, ApiError> {
        let mut search = self.search(filter).await?;
        search.up_to(chain::newest(&self.db).await?.sequence);
        let detail = detail(filter, format);
        let mut tx = self.administer(authority).await?.hold_nobody().await?;
        tx.record(None, AuditEvent::AuditExported, Some(&detail)).await?;
        tx.commit().await?;
        let right = authority.entitlement();
        // A download may take longer than a request waits.
        let service = Self { db: self.db.for_long_work(), ..self.clone() };
        Ok(Export { service, right, search, format, begun: false, done: false })
    }
}

impl Export {
    /// The next piece of the file; `None` after the last.
    ///
    /// # Errors
    /// The database does not answer, or whoever asked may not see it any longer: the file is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        if !self.begun {
            self.begun = true;
            let head = head(self.format).map_err(incident)?;
            if !head.is_empty() {
                return Ok(Some(head));
            }
        }
        while !self.done {
            // It goes on for as long as it takes to be sent.
            self.service.check_entitlement(&self.right).await?;
            let page = self.service.next_page(&self.search, PORTION, LOOKED_AT).await?;
            match page.next {
                Some(next) => self.search.go_on(next),
                None => self.done = true,
            }
            if !page.entries.is_empty() {
                let mut piece = Vec::with_capacity(page.entries.len() * 512);
                for entry in &page.entries {
                    record(entry).write(self.format, &mut piece).map_err(incident)?;
                }
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

/// What the entry about an export says: its format, and of the filter what was set.
fn detail(filter: &AuditFilter, format: Format) -> String {
    let mut set = Map::new();
    for (name, value) in filter.query() {
        match set.get_mut(name) {
            Some(Value::Array(values)) => values.push(value.into()),
            _ if name == "event" => drop(set.insert(name.to_owned(), vec![value].into())),
            _ => drop(set.insert(name.to_owned(), value.into())),
        }
    }
    serde_json::json!({ "format": format.extension(), "filter": set }).to_string()
}

fn record(row: &EntryRow) -> Record<'_> {
    Record {
        sequence: row.sequence,
        time: rfc3339(row.at),
        event: &row.event,
        outcome: &row.outcome,
        actor_id: row.actor_id.as_deref(),
        actor: row.actor_name.as_deref(),
        subject_id: row.subject_id.as_deref(),
        subject: row.subject_name.as_deref(),
        address: row.address.as_deref(),
        user_agent: row.user_agent.as_deref(),
        detail: row.detail.as_deref(),
        hash: hex::encode(&row.hash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::trail::Outcome;

    #[test]
    fn what_was_exported_is_recorded_as_it_was_filtered() {
        let filter = AuditFilter {
            user: "anna".to_owned(),
            events: vec![AuditEvent::SignedIn, AuditEvent::SignedOut],
            outcome: Some(Outcome::Success),
            ..AuditFilter::default()
        };
        let expected =
            r#"{"filter":{"event":["signed_in","signed_out"],"outcome":"success","user":"anna"},"format":"csv"}"#;
        assert_eq!(detail(&filter, Format::Csv), expected);
        assert_eq!(detail(&AuditFilter::default(), Format::JsonLines), r#"{"filter":{},"format":"jsonl"}"#);
    }
}
