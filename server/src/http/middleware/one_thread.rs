//! Pages are rendered on one thread each.
//!
//! While a route's view waits for its content, the router holds it in a wrapper
//! that panics when another thread goes on with it. A page therefore stays,
//! from the first poll to the last byte, on one thread of a small pool.

use super::panic;
use app::number_nodes;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio_util::task::LocalPoolHandle;

/// Renders the page to its end on one thread of the pool.
pub async fn render_on_one_thread(State(pool): State<LocalPoolHandle>, request: Request, next: Next) -> Response {
    let rendering = pool.spawn_pinned(move || async move {
        let (parts, body) = next.run(request).await.into_parts();
        let document = number_nodes(to_bytes(body, usize::MAX).await?.into());
        Ok::<_, axum::Error>(Response::from_parts(parts, Body::from(document)))
    });
    match rendering.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => panic::answer(Box::new(error.to_string())),
        Err(error) => panic::answer(Box::new(error.to_string())),
    }
}
