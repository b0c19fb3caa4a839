//! Coming in and going out. These serve plain forms: they work without script.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
    form::{go_to, lead_back, lead_on},
};
use contract::{Answer, ApiError, session::CodeRequest};
#[cfg(feature = "ssr")]
use contract::{
    account::Standing,
    portal::{Flash, SecondFactorPending, SignedIn, Visitor},
    routes,
};
use leptos::prelude::*;

/// Signs in with name and password, then leads on: to the code, or to `next`.
#[server(prefix = "/api", endpoint = "sign-in")]
pub async fn sign_in(user_name: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    let (portal, visitor) = caller::<Visitor>()?;
    match portal.sign_in(&visitor, &user_name, password).await {
        Ok(standing) => lead_on(standing, &next),
        Err(problem) => lead_back(routes::SIGN_IN, &next, Flash { user_name: Some(user_name), ..Flash::new(problem) }),
    }
}

/// Why a code is awaited, and whether the browser may be trusted afterwards.
#[server(prefix = "/api", endpoint = "code-request")]
pub async fn fetch_code_request() -> Result<CodeRequest, ApiError> {
    report(async {
        let (portal, person) = caller::<SecondFactorPending>()?;
        portal.code_request(&person).await
    })
    .await
}

/// Completes a sign-in with a code from the authenticator app, then leads on to `next`.
/// With `trust` ticked this browser is not asked again for `trust_days`. `user_name` is only for
/// the sign-in page, where a sign-in that took too long begins anew.
#[server(prefix = "/api", endpoint = "sign-in-with-code")]
pub async fn sign_in_with_code(
    code: String,
    #[server(default)] trust: bool,
    #[server(default)] trust_days: Option<u32>,
    #[server(default)] user_name: Option<String>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let trust_days = trust_days.filter(|_| trust);
    let checked = async {
        let (portal, person) = caller::<SecondFactorPending>()?;
        portal.sign_in_with_code(&person, &code, trust_days).await
    };
    match checked.await {
        Ok(()) => lead_on(Standing::Complete, &next),
        Err(problem) => lead_back(routes::SECOND_FACTOR, &next, Flash { user_name, trust_days, ..Flash::new(problem) }),
    }
}

/// Completes a sign-in with a recovery code, then leads on to `next`. See [`sign_in_with_code`].
#[server(prefix = "/api", endpoint = "sign-in-with-recovery-code")]
pub async fn sign_in_with_recovery_code(
    code: String,
    #[server(default)] user_name: Option<String>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let checked = async {
        let (portal, person) = caller::<SecondFactorPending>()?;
        portal.sign_in_with_recovery_code(&person, &code).await
    };
    match checked.await {
        Ok(_left) => lead_on(Standing::Complete, &next),
        Err(problem) => lead_back(routes::RECOVERY_CODE, &next, Flash { user_name, ..Flash::new(problem) }),
    }
}

/// Ends the session and leads to the sign-in page.
#[server(prefix = "/api", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), ApiError> {
    report(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.sign_out(&visitor).await
    })
    .await?;
    go_to(routes::SIGN_IN);
    Ok(())
}

/// Proves identity again, so that a sensitive change can be made within the next
/// five minutes: the password and, when a second factor is active, a code of either kind.
#[server(prefix = "/api", endpoint = "step-up")]
pub async fn step_up(
    password: String,
    #[server(default)] code: Option<String>,
    #[server(default)] recovery_code: Option<String>,
) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.step_up(&person, password, code.as_deref(), recovery_code.as_deref()).await
    })
    .await
}
