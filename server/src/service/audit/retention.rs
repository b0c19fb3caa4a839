//! Removing audit entries that are older than the account policy keeps.
//!
//! ```text
//!  removed … | anchor |  first kept entry  …  newest
//!              hash ──────> H(hash | entry)
//! ```
//! The last entry that goes leaves its place and hash as the anchor, from which
//! the rest is verified. One transaction moves the anchor, removes what it has
//! passed and appends an entry that says so; triggers in the database allow no
//! other removal. Entries go from the oldest on without a gap, a few at a time,
//! and only when the statistics have counted them.

use crate::{
    domain::audit::trail::{AuditEvent, Outcome},
    service::Service,
    store::{
        StoreError,
        audit::{
            chain::{self, AgedRow},
            statistics,
            trail::{NewEntry, append},
        },
        policy,
    },
};
use contract::duration::DAY;
use serde::{Deserialize, Serialize};

/// Entries removed in one transaction: sign-ins wait for no longer than that.
const BATCH: i64 = 1_000;

/// What the entry about a removal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// How many entries were removed.
    pub entries: u64,
    /// The last of them.
    pub through: i64,
    /// Its hash in hexadecimal.
    pub hash: String,
    /// Days for which entries are kept.
    pub kept_days: i64,
}

impl Removal {
    /// Reads what [`Service::remove_old_entries`] wrote.
    pub fn parse(detail: &str) -> Option<Self> {
        serde_json::from_str(detail).ok()
    }

    /// Whether it left this anchor.
    pub fn is_about(&self, anchor: i64, hash: &[u8]) -> bool {
        self.through == anchor && self.hash == hex::encode(hash)
    }
}

impl Service {
    /// Removes entries that are too old; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_old_entries(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            match self.remove_some_old_entries().await? {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }

    async fn remove_some_old_entries(&self) -> Result<u64, StoreError> {
        let Some(kept_days) = policy::load(&self.db).await?.audit_retention_days else { return Ok(0) };
        let too_old = self.now().plus(-kept_days.saturating_mul(DAY)).0;
        let anchor = chain::anchor(&self.db).await?.sequence;
        let newest = chain::newest(&self.db).await?.sequence;
        let counted = statistics::counted(&self.db).await?;
        let mut tx = self.db.begin().await?;
        let oldest = chain::oldest(&mut tx, counted.min(newest - 1), BATCH).await?;
        let Some(last) = last_too_old(&oldest, too_old) else { return Ok(0) };
        if !chain::move_anchor(&mut tx, anchor, last).await? {
            // Another node is at it.
            return Ok(0);
        }
        let entries = chain::remove_through(&mut tx, last.sequence).await?;
        let removal = Removal { entries, through: last.sequence, hash: hex::encode(&last.hash), kept_days };
        let detail = serde_json::json!(removal).to_string();
        let entry = NewEntry {
            at: self.now().0,
            event: AuditEvent::AuditPruned,
            outcome: Outcome::Success,
            actor: None,
            subject: None,
            address: None,
            user_agent: None,
            detail: Some(&detail),
        };
        append(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(entries)
    }
}

/// The last of the entries before the first that is still to be kept.
fn last_too_old(oldest: &[AgedRow], too_old: i64) -> Option<&AgedRow> {
    oldest.iter().take_while(|entry| entry.at < too_old).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_entry_keeps_older_ones_behind_it() {
        let row = |(sequence, at)| AgedRow { sequence, hash: vec![], at };
        let rows: Vec<_> = [(1, 10), (2, 12), (3, 30), (4, 11)].map(row).into();
        assert_eq!(last_too_old(&rows, 20).map(|row| row.sequence), Some(2));
        assert_eq!(last_too_old(&rows, 10), None);
        assert_eq!(last_too_old(&[], 10), None);
    }

    #[test]
    fn a_removal_vouches_for_its_own_anchor_only() {
        let removal = Removal { entries: 5, through: 7, hash: "0a0b".to_owned(), kept_days: 30 };
        assert_eq!(Removal::parse(&serde_json::json!(removal).to_string()), Some(removal.clone()));
        assert!(removal.is_about(7, &[10, 11]));
        assert!(!removal.is_about(8, &[10, 11]) && !removal.is_about(7, &[10, 12]));
        assert_eq!(Removal::parse(""), None);
    }
}
