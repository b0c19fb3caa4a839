//! Sealing secrets anew after the encryption key was replaced, while serving.
//!
//! Until it is done the previous key still opens what it sealed. Several nodes
//! may do this at once: a row is replaced only if it is still what was read.

use super::{
    Service,
    audit::{Actor, record},
};
use crate::{
    crypto::secret_box::Purpose,
    domain::audit::{AuditEvent, Outcome},
    store::methods::{self, SealedRow},
};
use app::contract::ApiError;

/// Rows read at a time.
const BATCH: i64 = 100;

impl Service {
    /// Seals every secret with the current key; answers how many were changed.
    ///
    /// # Errors
    /// When the database does not answer, or a secret was sealed by a key that is not at hand.
    pub async fn reseal(&self) -> Result<u64, ApiError> {
        let (mut changed, mut last) = (u64::from(self.reseal_code_secret().await?), String::new());
        loop {
            let rows = methods::sealed_after(&self.db, &last, BATCH).await?;
            let Some(end) = rows.last() else { break };
            last.clone_from(&end.id);
            for row in rows.iter().filter(|row| self.keyring.needs_resealing(&row.secret)) {
                changed += u64::from(self.reseal_row(row).await?);
            }
        }
        if changed > 0 {
            let mut tx = self.db.begin().await?;
            let actor = Actor::operator("portal");
            record(&mut tx, self.now(), actor, AuditEvent::EncryptionKeyRotated, Outcome::Success).await?;
            tx.commit().await?;
        }
        Ok(changed)
    }

    async fn reseal_row(&self, row: &SealedRow) -> Result<bool, ApiError> {
        let plain = self.keyring.open(Purpose::TotpSecret, &row.id, &row.secret)?;
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::TotpSecret, &row.id, &plain)?;
        Ok(methods::replace_secret(&self.db, &row.id, &row.secret, &sealed).await?)
    }
}
