//! Changing one's password.

use super::Service;
use app::{contract::ApiError, portal::Bound};
use zeroize::Zeroizing;

impl Service {
    pub(super) async fn replace_password(
        &self,
        _caller: &Bound,
        _current: Zeroizing<String>,
        _new: Zeroizing<String>,
    ) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }
}
