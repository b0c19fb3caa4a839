//! Opening what is sealed.

use crate::{
    crypto::secret_box::{OpenError, Purpose},
    domain::second_factor::totp::Secret,
    service::{Service, audit::record::Actor, error::incident},
};
use contract::ApiError;
use zeroize::Zeroizing;

impl Service {
    /// Opens the sealed secret of the row called `id`, which belongs to the actor.
    pub(crate) fn open_secret(&self, id: &str, sealed: &[u8], actor: Actor<'_>) -> Result<Secret, ApiError> {
        let bytes = self.open_sealed(Purpose::TotpSecret, id, sealed, actor)?;
        Secret::from_slice(&bytes).ok_or_else(|| incident("a stored secret has the wrong length"))
    }

    /// Opens what was sealed in the row called `id`, which belongs to the actor or, without one, to the portal.
    /// That somebody else changed it stays on record; so does that it names a key which is not there: all that there
    /// may be are looked at before the portal starts, and a new one is known everywhere before it seals.
    pub(crate) fn open_sealed(
        &self,
        purpose: Purpose,
        id: &str,
        sealed: &[u8],
        actor: Actor<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        self.keyring.open(purpose, id, sealed).map_err(|error| {
            match error {
                OpenError::Tampered | OpenError::Malformed | OpenError::UnknownKey(_) => {
                    self.owed.report_tampering(id, sealed, actor, self.now());
                }
            }
            error.into()
        })
    }
}
