//! From a use-case's result to an HTTP response.

use contract::{Answer, ApiError};
use http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Carries out a use-case; an error also becomes the status of the response, be
/// it a server function's or the page's that asked while it was rendered.
pub async fn report<T>(use_case: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    use_case.await.inspect_err(set_status)
}

/// Carries out a use-case whose refusals are answers.
pub async fn answer<T>(use_case: impl Future<Output = Result<T, ApiError>>) -> Answer<T> {
    match use_case.await {
        Err(refusal) if refusal.is_refusal() => Ok(Err(refusal)),
        other => other.inspect_err(set_status).map(Ok),
    }
}

/// Gives the response the status that belongs to an error.
pub fn set_status(error: &ApiError) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        response.set_status(status);
    }
}
