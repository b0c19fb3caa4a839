//! Recovery codes after set-up. A new set holds secrets: it is asked for when the dialog is open.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Person, SteppedUp};
use contract::{
    Answer, ApiError,
    recovery::{RecoveryCodeEntry, RecoveryCodeSheet},
};
use leptos::prelude::*;

/// Replaces the set; the one before is dead when this answers.
#[server(prefix = "/api", endpoint = "generate-recovery-codes")]
pub async fn generate_recovery_codes(password: String) -> Answer<RecoveryCodeSheet> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Person>>()?;
        portal.generate_recovery_codes(&person, password).await
    })
    .await
}

/// Looks a code up in the current set without spending it.
#[server(prefix = "/api", endpoint = "check-recovery-code")]
pub async fn check_recovery_code(code: String) -> Answer<RecoveryCodeEntry> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.check_recovery_code(&person, &code).await
    })
    .await
}

/// Says no more about recovery codes in this session.
#[server(prefix = "/api", endpoint = "dismiss-recovery-notice")]
pub async fn dismiss_recovery_notice() -> Result<(), ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.dismiss_recovery_notice(&person).await
    })
    .await
}
