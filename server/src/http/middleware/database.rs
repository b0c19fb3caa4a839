//! What one request asks of the database: all of it within one patience, and
//! all of it again when it lost against another request.
//!
//! PostgreSQL ends one of two transactions that wait for each other. What it
//! rolled back left nothing behind, so the request is answered anew from its
//! beginning, session and rights included, a bounded number of times.

use crate::http::Shared;
use app::portal::Portal;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

/// How often a request is answered at most.
const TRIES: u32 = 3;

/// Hands on a portal that is this request's own. Comes after its body is there.
pub async fn for_one_request(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let service = shared.service.for_request();
    let db = service.db.clone();
    let portal: Arc<dyn Portal> = Arc::new(service.clone());
    request.extensions_mut().insert(service);
    request.extensions_mut().insert(portal);
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    // It is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return bad_request() };
    for _ in 1..TRIES {
        let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let response = next.clone().run(again).await;
        // A form is led back to its page.
        let failed = response.status() == StatusCode::SERVICE_UNAVAILABLE || response.status().is_redirection();
        if !(db.take_contended() && failed) {
            return response;
        }
        tracing::info!(path = parts.uri.path(), "rolled back in favour of another request; answering anew");
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn bad_request() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
