//! What one request asks of the database: all of it within one patience, and
//! all of it again when it lost against another request.
//!
//! PostgreSQL ends one of two transactions that wait for each other. What it
//! rolled back left nothing behind, so the request is answered anew from its
//! beginning, session and rights included, a bounded number of times.

use crate::{http::Shared, service::Service};
use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use contract::portal::Portal;
use std::{panic::resume_unwind, sync::Arc};
use tokio_util::sync::CancellationToken;

/// How often a request is answered at most.
const TRIES: u32 = 3;

/// Hands on a portal that is this request's own.
pub async fn for_one_request(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    // Dropped with the connection.
    let given_up = CancellationToken::new();
    let _somebody_waits = given_up.clone().drop_guard();
    let service = Arc::new(shared.service.for_request(given_up));
    let portal: Arc<dyn Portal> = service.clone();
    request.extensions_mut().insert(service);
    request.extensions_mut().insert(portal);
    next.run(request).await
}

/// Carries a state change out to its end, whoever hangs up meanwhile: otherwise a
/// guess could be given up between what it found and what that costs. Answers
/// it anew when it lost against another one. Comes after its body is there.
pub async fn to_its_end(Extension(service): Extension<Arc<Service>>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let under_way = service.under_way.clone();
    match under_way.spawn(anew(service, request, next)).await {
        Ok(response) => response,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

async fn anew(service: Arc<Service>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // It is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    for _ in 1..TRIES {
        let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let response = next.clone().run(again).await;
        // A form is led back to its page.
        let failed = response.status() == StatusCode::SERVICE_UNAVAILABLE || response.status().is_redirection();
        if !(service.db.take_contended() && failed) {
            return response;
        }
        // What was charged and not looked at in the end must not count twice.
        service.owed.pay_soon().await;
        tracing::info!(path = parts.uri.path(), "rolled back in favour of another request; answering anew");
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}
