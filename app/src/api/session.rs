//! Where a person is signed in.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Person, SignedIn};
use contract::{
    Answer, ApiError,
    session::{SessionEntry, SessionState, TrustedBrowser},
};
use leptos::prelude::*;

/// How long this session goes on. Asking does not keep it alive.
#[server(prefix = "/api", endpoint = "session-state")]
pub async fn fetch_session_state() -> Result<SessionState, ApiError> {
    report(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.session_state(&person).await
    })
    .await
}

/// Puts the end of this session off.
#[server(prefix = "/api", endpoint = "stay-signed-in")]
pub async fn stay_signed_in() -> Result<SessionState, ApiError> {
    report(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.stay_signed_in(&person).await
    })
    .await
}

/// The person's sessions, this one first, then by last use.
#[server(prefix = "/api", endpoint = "sessions")]
pub async fn fetch_sessions() -> Result<Vec<SessionEntry>, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.sessions(&person).await
    })
    .await
}

/// Ends another session of the person.
#[server(prefix = "/api", endpoint = "end-session")]
pub async fn end_session(id: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.end_session(&person, &id).await
    })
    .await
}

/// Ends all sessions of the person but this one.
#[server(prefix = "/api", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.end_other_sessions(&person).await
    })
    .await
}

/// The browsers in which the person is not asked for a code.
#[server(prefix = "/api", endpoint = "trusted-browsers")]
pub async fn fetch_trusted_browsers() -> Result<Vec<TrustedBrowser>, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.trusted_browsers(&person).await
    })
    .await
}

/// Trusts a browser no longer.
#[server(prefix = "/api", endpoint = "revoke-trusted-browser")]
pub async fn revoke_trusted_browser(id: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.revoke_trusted_browser(&person, &id).await
    })
    .await
}

/// Trusts no browser any longer.
#[server(prefix = "/api", endpoint = "revoke-trusted-browsers")]
pub async fn revoke_trusted_browsers() -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.revoke_trusted_browsers(&person).await
    })
    .await
}
