//! A person's own security events.

use super::Service;
use app::{
    contract::{ApiError, activity::ActivityPage},
    portal::Bound,
};

impl Service {
    pub(super) async fn activity_page(&self, _caller: &Bound, _before: Option<i64>) -> Result<ActivityPage, ApiError> {
        Err(ApiError::Unavailable)
    }
}
