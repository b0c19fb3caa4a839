//! Sealing secrets anew after the encryption key was replaced, while serving.
//!
//! ```text
//!  all nodes:  current old            opens: old
//!  one by one: current old, next new  opens: old, new    seals: old
//!  one by one: current new, prev old  opens: old, new    seals: new, and seals anew
//!  all nodes:  current new            opens: new
//! ```
//! At each moment every node opens what any node seals. Until the second step is
//! over a node may still seal with the old key, so this is done in each round of
//! housekeeping. Several nodes may do it at once: a row is replaced only if it
//! is still what was read.

use crate::{
    crypto::secret_box::{HEADER_BYTES, Purpose},
    domain::audit::trail::{AuditEvent, Outcome},
    service::{
        Service,
        audit::record::{Actor, record},
    },
    store::{
        audit::trail::Named,
        second_factor::methods::{self, SealedRow},
    },
};
use contract::ApiError;

/// Rows read at a time.
const BATCH: i64 = 100;

impl Service {
    /// Seals every secret with the current key that an older one sealed; answers how many were changed.
    ///
    /// # Errors
    /// When the database does not answer, or a secret does not open; the others are sealed anew all the same.
    pub async fn reseal(&self) -> Result<u64, ApiError> {
        let (mut changed, mut failed) = (0, None);
        match self.reseal_code_secret().await {
            Ok(replaced) => changed += u64::from(replaced),
            Err(error @ (ApiError::Unavailable | ApiError::OutcomeUnknown)) => return Err(error),
            Err(error) => failed = Some(error),
        }
        for prefix in self.keyring.older_prefixes() {
            self.reseal_all(&prefix, &mut changed, &mut failed).await?;
        }
        if changed > 0 {
            let mut tx = self.db.begin().await?;
            let actor = Actor::operator("portal");
            record(&mut tx, self.now(), actor, AuditEvent::EncryptionKeyRotated, Outcome::Success).await?;
            tx.commit().await?;
        }
        failed.map_or(Ok(changed), Err)
    }

    async fn reseal_all(
        &self,
        prefix: &[u8; HEADER_BYTES],
        changed: &mut u64,
        failed: &mut Option<ApiError>,
    ) -> Result<(), ApiError> {
        let mut last = String::new();
        loop {
            let rows = methods::sealed_with(&self.db, prefix, &last, BATCH).await?;
            let Some(end) = rows.last() else { return Ok(()) };
            last.clone_from(&end.id);
            for row in &rows {
                match self.reseal_row(row).await {
                    Ok(replaced) => *changed += u64::from(replaced),
                    Err(error @ (ApiError::Unavailable | ApiError::OutcomeUnknown)) => return Err(error),
                    Err(error) => *failed = Some(error),
                }
            }
        }
    }

    async fn reseal_row(&self, row: &SealedRow) -> Result<bool, ApiError> {
        let person = Some(Named { id: Some(&row.user_id), name: &row.user_name });
        let actor = Actor { person, client: None };
        let plain = self.open_sealed(Purpose::TotpSecret, &row.id, &row.secret, actor)?;
        let sealed = self.keyring.seal(&mut self.rng(), Purpose::TotpSecret, &row.id, &plain)?;
        Ok(methods::replace_secret(&self.db, &row.id, &row.secret, &sealed).await?)
    }
}
