//! Verifying the chain of the audit trail.
//!
//! A trail may be longer than a request is patient: it is verified piece by
//! piece, each beginning with the stored hash of the last entry that fitted.
//! It begins at the anchor, for which the entry about the latest removal
//! vouches, and must end where appending left off.

use crate::{
    domain::audit::trail::chain_hash,
    service::{Service, audit::retention::Removal},
    store::{
        Db, StoreError,
        audit::{chain, trail},
    },
};
use contract::audit_trail::{Breach, ChainState, Verified};

/// Entries read at once.
const BATCH: i64 = 2_000;

/// Entries verified by one request.
pub const PIECE: i64 = 20_000;

impl Service {
    /// Verifies up to `most` entries after the entry `from`; without it, from the beginning.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify_audit(&self, from: Option<i64>, most: i64) -> Result<ChainState, StoreError> {
        Trail(&self.db).verify(from, most).await
    }
}

/// The trail of a database, which is only read.
pub struct Trail<'a>(pub &'a Db);

impl Trail<'_> {
    /// Verifies up to `most` entries after the entry `from`; without it, from the beginning.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify(&self, from: Option<i64>, most: i64) -> Result<ChainState, StoreError> {
        let anchor = chain::anchor(self.0).await?;
        let mut verified = Verified { after: anchor.sequence, through: anchor.sequence, newest: 0 };
        let mut link = anchor.hash;
        match from.filter(|from| *from > anchor.sequence) {
            None => {
                if let Some(breach) = self.check_anchor(anchor.sequence, &link).await? {
                    // Something may have been removed in between; then it begins anew.
                    let moved = chain::anchor(self.0).await?.sequence != anchor.sequence;
                    return Ok(if moved { ChainState::HoldsSoFar(verified) } else { breach });
                }
            }
            Some(from) => match chain::link(self.0, from).await? {
                Some(row) => (verified.through, link) = (from, row.hash),
                None => return Ok(broken(from, Breach::Missing)),
            },
        }
        let mut looked_at = 0;
        loop {
            // Read first: what is appended meanwhile is not missed.
            let newest = chain::newest(self.0).await?;
            verified.newest = newest.sequence;
            let entries = trail::after(self.0, verified.through, BATCH).await?;
            if entries.is_empty() {
                return Ok(if newest.sequence > verified.through {
                    broken(verified.through + 1, Breach::Missing)
                } else if newest.sequence < verified.through || newest.hash != link {
                    broken(verified.through, Breach::NotTheNewest)
                } else {
                    ChainState::Holds { verified, hash: hex::encode(link) }
                });
            }
            for entry in &entries {
                if entry.sequence != verified.through + 1 {
                    return self.gap(verified, most).await;
                }
                let Ok(previous) = <[u8; 32]>::try_from(link.as_slice()) else {
                    return Ok(broken(verified.through, Breach::Altered));
                };
                if entry.hash != entry.with_fields(|fields| chain_hash(&previous, &fields)) {
                    return Ok(broken(entry.sequence, Breach::Altered));
                }
                link.clone_from(&entry.hash);
                verified.through = entry.sequence;
            }
            looked_at += i64::try_from(entries.len()).unwrap_or(i64::MAX);
            if looked_at >= most && verified.through < verified.newest {
                return Ok(ChainState::HoldsSoFar(verified));
            }
        }
    }

    /// An entry is not there; unless it was removed for its age meanwhile, the chain is broken.
    async fn gap(&self, verified: Verified, most: i64) -> Result<ChainState, StoreError> {
        let anchor = chain::anchor(self.0).await?.sequence;
        if anchor > verified.through && most > 0 {
            return Ok(ChainState::HoldsSoFar(Verified { through: anchor, after: anchor, ..verified }));
        }
        Ok(broken(verified.through + 1, Breach::Missing))
    }

    /// What is wrong with the beginning of the trail, if anything.
    async fn check_anchor(&self, anchor: i64, hash: &[u8]) -> Result<Option<ChainState>, StoreError> {
        if let Some(entry) = chain::before_anchor(self.0, anchor).await? {
            return Ok(Some(broken(entry.sequence, Breach::Unexpected)));
        }
        let vouched = match chain::latest_removal(self.0).await? {
            Some(detail) => Removal::parse(&detail).is_some_and(|removal| removal.is_about(anchor, hash)),
            None => anchor == 0 && hash.iter().all(|byte| *byte == 0),
        };
        Ok((!vouched).then(|| broken(anchor, Breach::Cut)))
    }
}

fn broken(at: i64, how: Breach) -> ChainState {
    ChainState::Broken { at, how }
}
