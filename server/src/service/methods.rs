//! Renaming and removing authenticator apps, and switching the second factor off.

use super::Service;
use app::{contract::ApiError, portal::Bound};

impl Service {
    pub(super) async fn rename(&self, _caller: &Bound, _id: &str, _name: &str) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }

    pub(super) async fn remove(&self, _caller: &Bound, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }

    pub(super) async fn disable(&self, _caller: &Bound) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }
}
