//! Where a person is signed in, and which browsers are trusted.

use super::Service;
use app::{
    contract::{
        ApiError,
        session::{SessionEntry, SessionState, TrustedBrowser},
    },
    portal::{Enrolling, Person, Sessions},
};
use async_trait::async_trait;

#[async_trait]
impl Sessions for Service {
    async fn session_state(&self, caller: &Enrolling) -> Result<SessionState, ApiError> {
        Ok(caller.session().state)
    }

    async fn stay_signed_in(&self, _caller: &Enrolling) -> Result<SessionState, ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn sessions(&self, _caller: &Person) -> Result<Vec<SessionEntry>, ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn end_session(&self, _caller: &Person, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn end_other_sessions(&self, _caller: &Person) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn trusted_browsers(&self, _caller: &Person) -> Result<Vec<TrustedBrowser>, ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn revoke_trusted_browser(&self, _caller: &Person, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }

    async fn revoke_trusted_browsers(&self, _caller: &Person) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }
}
