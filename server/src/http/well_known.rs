//! `/.well-known/*` (RFC 8615).

use axum::{
    Router,
    http::StatusCode,
    response::Redirect,
    routing::{any, get},
};
use contract::routes;

/// Password managers ask where a password is changed, and whether what is not there is 404
/// (W3C: A Well-Known URL for Changing Passwords).
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/.well-known/change-password", get(|| async { Redirect::to(routes::CHANGE_PASSWORD) }))
        .route("/.well-known/{*name}", any(|| async { StatusCode::NOT_FOUND }))
}
