//! A set-up that goes on on a phone.

use super::Service;
use app::{
    contract::{
        ApiError,
        enrolment::{EnrolmentProgress, PhoneLink, PhoneSetUp},
    },
    portal::{Bound, Visitor},
};

impl Service {
    pub(super) async fn make_phone_link(&self, _caller: &Bound, _id: &str) -> Result<PhoneLink, ApiError> {
        Err(ApiError::Unavailable)
    }

    pub(super) async fn progress(&self, _caller: &Bound, _id: &str) -> Result<EnrolmentProgress, ApiError> {
        Err(ApiError::Unavailable)
    }

    pub(super) async fn open_on_phone(&self, _visitor: &Visitor, _token: &str) -> Result<PhoneSetUp, ApiError> {
        Err(ApiError::Unavailable)
    }

    pub(super) async fn confirm_by_phone(&self, _visitor: &Visitor, _grant: &str, _code: &str) -> Result<(), ApiError> {
        Err(ApiError::Unavailable)
    }
}
