//! From what broke inside to what the browser is told.
//!
//! The browser gets a number; the log entry with that number has the cause.

use crate::{
    crypto::{
        password::HashError,
        secret_box::{OpenError, SealError},
    },
    store::StoreError,
};
use contract::ApiError;
use rand::RngExt;

/// Logs the cause and answers with the number of the log entry.
pub fn incident(cause: impl std::fmt::Display) -> ApiError {
    let incident = crate::crypto::os_rng().random_range(100_000..1_000_000);
    tracing::error!(incident, %cause, "a request failed");
    ApiError::Internal { incident }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "the database is not available");
                Self::Unavailable
            }
            StoreError::OutcomeUnknown(cause) => {
                tracing::warn!(%cause, "contact with the database was lost; whether a change was made is not known");
                Self::OutcomeUnknown
            }
            StoreError::Unstorable => Self::Malformed,
            StoreError::Conflict | StoreError::Database(_) => incident(error),
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy | HashError::GivenUp => Self::Unavailable,
            other => incident(other),
        }
    }
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> Self {
        incident(error)
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        incident(error)
    }
}
