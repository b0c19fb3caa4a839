//! `GET /api/who-am-i`: the session behind a cookie, for scripts and probes.

use axum::{
    Extension, Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contract::{ApiError, account::Standing, portal::Call};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct WhoAmI<'a> {
    user_name: &'a str,
    administrator: bool,
    standing: Standing,
}

/// Name and standing of the caller, or the status of what is missing.
pub async fn who_am_i(Extension(call): Extension<Arc<Call>>) -> Response {
    match call.session() {
        Ok(session) if session.standing == Standing::SecondFactorRequired => refuse(&ApiError::SecondFactorRequired),
        Ok(session) => Json(WhoAmI {
            user_name: &session.user_name,
            administrator: session.administrator,
            standing: session.standing,
        })
        .into_response(),
        Err(error) => refuse(error),
    }
}

fn refuse(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(error)).into_response()
}
