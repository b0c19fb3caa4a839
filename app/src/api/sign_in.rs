//! Coming in and going out. These serve plain forms: they work without script.

use crate::contract::ApiError;
#[cfg(feature = "ssr")]
use crate::{
    api::form::{go_to, lead_back, lead_on},
    contract::account::Standing,
    portal::{AwaitingCode, Enrolling, Visitor, caller},
    routes,
};
use leptos::prelude::*;

/// Signs in with name and password, then leads on: to the code, or to `next`.
#[server(prefix = "/api", endpoint = "sign-in")]
pub async fn sign_in(user_name: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    let (portal, visitor) = caller::<Visitor>()?;
    match portal.sign_in(&visitor, &user_name, password).await {
        Ok(standing) => {
            lead_on(standing, &next);
            Ok(())
        }
        Err(problem) => Err(lead_back(routes::SIGN_IN, &next, problem, Some(user_name))),
    }
}

/// Completes a sign-in with a code from the authenticator app, then leads on to `next`.
#[server(prefix = "/api", endpoint = "sign-in-with-code")]
pub async fn sign_in_with_code(code: String, #[server(default)] next: String) -> Result<(), ApiError> {
    let checked = async {
        let (portal, person) = caller::<AwaitingCode>()?;
        portal.sign_in_with_code(&person, &code).await
    };
    match checked.await {
        Ok(()) => {
            lead_on(Standing::Complete, &next);
            Ok(())
        }
        Err(problem) => Err(lead_back(routes::SECOND_FACTOR, &next, problem, None)),
    }
}

/// Completes a sign-in with a recovery code, then leads on to `next`.
#[server(prefix = "/api", endpoint = "sign-in-with-recovery-code")]
pub async fn sign_in_with_recovery_code(code: String, #[server(default)] next: String) -> Result<(), ApiError> {
    let checked = async {
        let (portal, person) = caller::<AwaitingCode>()?;
        portal.sign_in_with_recovery_code(&person, &code).await
    };
    match checked.await {
        Ok(_left) => {
            lead_on(Standing::Complete, &next);
            Ok(())
        }
        Err(problem) => Err(lead_back(routes::RECOVERY_CODE, &next, problem, None)),
    }
}

/// Ends the session and leads to the sign-in page.
#[server(prefix = "/api", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), ApiError> {
    let (portal, visitor) = caller::<Visitor>()?;
    portal.sign_out(&visitor).await?;
    go_to(routes::SIGN_IN);
    Ok(())
}

/// Proves identity again, so that a sensitive change can be made within the next five minutes.
#[server(prefix = "/api", endpoint = "step-up")]
pub async fn step_up(password: String, #[server(default)] code: Option<String>) -> Result<(), ApiError> {
    let (portal, person) = caller::<Enrolling>()?;
    portal.step_up(&person, password, code.as_deref()).await
}
