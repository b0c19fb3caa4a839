//! Recovery codes after set-up: the ledger, a new set, checking a code.

use super::Service;
use app::{
    contract::{
        ApiError,
        recovery::{RecoveryCodeEntry, RecoveryCodeSheet, RecoveryLedger, RecoveryNotice},
    },
    portal::{Bound, Person, RecoveryCodes, SteppedUp},
};
use async_trait::async_trait;

#[async_trait]
impl RecoveryCodes for Service {
    async fn generate_recovery_codes(
        &self,
        _caller: &SteppedUp<Person>,
        _password: String,
    ) -> Result<RecoveryCodeSheet, ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn check_recovery_code(&self, _caller: &Person, _code: &str) -> Result<RecoveryCodeEntry, ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn dismiss_recovery_notice(&self, _caller: &Person) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }
}

impl Service {
    /// The person's current set; `None` when there is none.
    pub(super) async fn recovery_ledger(&self, _user_id: &str) -> Result<Option<RecoveryLedger>, ApiError> {
        Ok(None)
    }

    /// What this session has to say about recovery codes.
    pub(super) async fn recovery_notice(&self, _caller: &Bound) -> Result<Option<RecoveryNotice>, ApiError> {
        Ok(None)
    }
}
