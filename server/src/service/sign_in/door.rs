//! What the interface asks of signing in.

use crate::service::Service;
use async_trait::async_trait;
use contract::{
    ApiError,
    account::Standing,
    portal::{SecondFactorPending, SignIn, SignedIn, Visitor},
    session::CodeRequest,
};
use zeroize::Zeroizing;

#[async_trait]
impl SignIn for Service {
    async fn sign_in(&self, visitor: &Visitor, user_name: &str, password: String) -> Result<Standing, ApiError> {
        self.sign_in_with_password(visitor, user_name, password).await
    }

    async fn code_request(&self, caller: &SecondFactorPending) -> Result<CodeRequest, ApiError> {
        self.request_of(caller).await
    }

    async fn sign_in_with_code(
        &self,
        caller: &SecondFactorPending,
        code: &str,
        trust_days: Option<u32>,
    ) -> Result<(), ApiError> {
        self.complete_with_code(caller, code, trust_days).await
    }

    async fn sign_in_with_recovery_code(&self, caller: &SecondFactorPending, code: &str) -> Result<u32, ApiError> {
        self.complete_with_recovery_code(caller, code).await
    }

    async fn step_up(
        &self,
        caller: &SignedIn,
        password: String,
        code: Option<&str>,
        recovery_code: Option<&str>,
    ) -> Result<(), ApiError> {
        self.prove_again(caller, Zeroizing::new(password), code, recovery_code).await
    }

    async fn sign_out(&self, visitor: &Visitor) -> Result<(), ApiError> {
        self.end(visitor).await
    }
}
