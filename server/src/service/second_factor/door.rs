//! What the interface asks of second factors.

use crate::{service::Service, store::session::sessions};
use async_trait::async_trait;
use contract::{
    ApiError,
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProgress, ExtendedEnrolment, PhoneLink, PhoneSetUp},
    portal::{Person, RecoveryCodes, SecondFactor, SignedIn, SteppedUp, Visitor},
    profile::{Method, TwoFactorStatus},
    recovery::{RecoveryCodeEntry, RecoveryCodeSheet},
};
use zeroize::Zeroizing;

#[async_trait]
impl SecondFactor for Service {
    async fn begin_enrolment(
        &self,
        caller: &SteppedUp<SignedIn>,
        replaces: Option<&str>,
    ) -> Result<Enrolment, ApiError> {
        self.begin_set_up(caller, replaces).await
    }

    async fn resume_enrolment(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError> {
        self.resume(caller).await
    }

    async fn renew_enrolment(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError> {
        self.renew(caller).await
    }

    async fn extend_enrolment(&self, caller: &SignedIn, id: &str) -> Result<ExtendedEnrolment, ApiError> {
        self.extend(caller, id).await
    }

    async fn confirm_enrolment(&self, caller: &SignedIn, id: &str, code: &str) -> Result<ConfirmedEnrolment, ApiError> {
        self.confirm(caller, id, code).await
    }

    async fn finish_enrolment(&self, caller: &SignedIn, id: &str) -> Result<Method, ApiError> {
        self.finish(caller, id).await
    }

    async fn cancel_enrolment(&self, caller: &SignedIn) -> Result<(), ApiError> {
        self.cancel(caller).await
    }

    async fn continue_on_phone(&self, caller: &SteppedUp<SignedIn>, id: &str) -> Result<PhoneLink, ApiError> {
        self.make_phone_link(caller, id).await
    }

    async fn enrolment_progress(&self, caller: &SignedIn, id: &str) -> Result<EnrolmentProgress, ApiError> {
        self.progress(caller, id).await
    }

    async fn phone_set_up(&self, visitor: &Visitor, token: &str) -> Result<PhoneSetUp, ApiError> {
        self.open_on_phone(visitor, token).await
    }

    async fn phone_set_up_goes_on(&self, _visitor: &Visitor, grant: &str) -> Result<i64, ApiError> {
        self.goes_on(grant).await
    }

    async fn confirm_on_phone(&self, visitor: &Visitor, grant: &str, code: &str) -> Result<(), ApiError> {
        self.confirm_by_phone(visitor, grant, code).await
    }

    async fn two_factor_status(&self, caller: &Person) -> Result<TwoFactorStatus, ApiError> {
        self.status(caller).await
    }

    async fn postpone_set_up(&self, caller: &Person) -> Result<(), ApiError> {
        self.postpone(caller).await
    }

    async fn rename_method(&self, caller: &Person, id: &str, name: &str) -> Result<(), ApiError> {
        self.rename(caller, id, name).await
    }

    async fn remove_method(&self, caller: &SteppedUp<Person>, id: &str) -> Result<(), ApiError> {
        self.remove(caller, id).await
    }

    async fn disable_second_factor(&self, caller: &SteppedUp<Person>) -> Result<(), ApiError> {
        self.disable(caller).await
    }
}

#[async_trait]
impl RecoveryCodes for Service {
    async fn generate_recovery_codes(
        &self,
        caller: &SteppedUp<Person>,
        password: String,
    ) -> Result<RecoveryCodeSheet, ApiError> {
        self.replace_codes(caller, Zeroizing::new(password)).await
    }

    async fn check_recovery_code(&self, caller: &Person, code: &str) -> Result<RecoveryCodeEntry, ApiError> {
        self.check_code(caller, code).await
    }

    async fn dismiss_recovery_notice(&self, caller: &Person) -> Result<(), ApiError> {
        Ok(sessions::dismiss_recovery_notice(&self.db, &caller.session().id).await?)
    }
}
