//! A defect in one request must not take others along.

use crate::service::incident;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::any::Any;

/// Logs the panic under a number and answers with that number.
pub fn answer(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without text");
    (StatusCode::INTERNAL_SERVER_ERROR, incident(text).to_string()).into_response()
}
