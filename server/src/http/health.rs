//! `GET /health/live` and `GET /health/ready`, for supervisors and load balancers.

use crate::store::{Cause, Db, readiness};
use axum::{Router, http::StatusCode, routing::get};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Mutex;

/// The two endpoints.
pub fn router(db: Db) -> Router {
    let readiness = Arc::new(Readiness { db, begun: AtomicU64::new(0), last: Mutex::new((0, Ok(()))) });
    Router::new()
        .route("/health/live", get(|| async { (StatusCode::OK, "alive\n") }))
        .route("/health/ready", get(move || Arc::clone(&readiness).answer()))
}

/// Ready means that something can be written: without that nobody signs in.
///
/// Anybody may ask, and a write has its price. So one is made at a time, and
/// whoever asks while one runs shares the next.
struct Readiness {
    db: Db,
    /// How many checks have begun.
    begun: AtomicU64,
    /// The number of the last one that is over, and what keeps the portal from being ready.
    last: Mutex<(u64, Result<(), Option<Cause>>)>,
}

impl Readiness {
    async fn answer(self: Arc<Self>) -> (StatusCode, String) {
        match self.check().await {
            Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
            Err(Some(cause)) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {cause}\n")),
            Err(None) => (StatusCode::SERVICE_UNAVAILABLE, "not ready: see the log\n".to_owned()),
        }
    }

    async fn check(&self) -> Result<(), Option<Cause>> {
        let before = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.0 <= before {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let outcome = readiness::write(&self.db.for_request()).await;
            *last = (
                number,
                outcome.map_err(|error| {
                    tracing::warn!(%error, "not ready");
                    error.cause()
                }),
            );
        }
        last.1
    }
}
