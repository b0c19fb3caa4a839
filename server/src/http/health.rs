//! `GET /health/live` and `GET /health/ready`, for supervisors and load balancers.

use crate::store::{Db, accounts};
use axum::{Router, http::StatusCode, routing::get};

/// The two endpoints.
pub fn router(db: Db) -> Router {
    Router::new()
        .route("/health/live", get(|| async { (StatusCode::OK, "alive\n") }))
        .route("/health/ready", get(move || ready(db.clone())))
}

/// Ready means that the database answers.
async fn ready(db: Db) -> (StatusCode, &'static str) {
    match accounts::key_check(&db).await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
