//! The interface: server functions and pages.

use super::{assets::Site as Assets, middleware::one_thread, who_am_i};
use crate::service::Service;
use app::{Site, shell};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use contract::{ApiError, portal::Portal};
use leptos::prelude::{provide_context, with_context};
use std::sync::Arc;
use tokio_util::task::LocalPoolHandle;

/// Server functions and pages. Both find the portal in their context.
pub fn router(service: &Service) -> Router {
    let site = site(&service.settings.portal_name);
    let context = {
        let site = site.clone();
        move || {
            // The one that is the request's own, with its patience. Without it nothing can be asked.
            let own = with_context(|parts: &Parts| parts.extensions.get::<Arc<dyn Portal>>().cloned()).flatten();
            if let Some(own) = own {
                provide_context(own);
            }
            provide_context(site.clone());
        }
    };
    let functions = context.clone();
    // The first portal of this process has done it.
    let _ = any_spawner::Executor::init_tokio();
    let render = leptos_axum::render_app_async_with_context(context, move || shell(site.clone()));
    // One worker per core: a page waits more than it works.
    let renderers = LocalPoolHandle::new(std::thread::available_parallelism().map_or(1, usize::from));
    let pages = get(render).layer(from_fn_with_state(renderers, one_thread::render_on_one_thread));
    Router::new()
        .route("/api/who-am-i", get(who_am_i::who_am_i))
        .route("/api/{*function}", post(move |request: Request| call_function(functions.clone(), request)))
        .fallback_service(pages)
}

async fn call_function(context: impl Fn() + Clone + Send + 'static, request: Request<Body>) -> Response {
    if server_fn::axum::get_server_fn_service(request.uri().path(), request.method().clone()).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    if answer.status() == StatusCode::INTERNAL_SERVER_ERROR { as_the_callers_fault(answer).await } else { answer }
}

/// What a server function can't read never reaches it, and is answered as if the portal had broken.
async fn as_the_callers_fault(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    // It is whole already.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if serde_json::from_slice(&body).is_ok_and(|error: ApiError| error == ApiError::Malformed) {
        head.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(head, body.into())
}

/// Where the pages find the front end; without one they are plain documents.
fn site(portal_name: &str) -> Site {
    let portal_name = portal_name.to_owned();
    match Assets::embedded() {
        Some(assets) => Site {
            portal_name,
            document_css: assets.document_css.into(),
            js: assets.js,
            wasm: assets.wasm,
            portal_css: assets.portal_css,
            icon: assets.icon,
        },
        None => Site {
            portal_name,
            document_css: "".into(),
            js: String::new(),
            wasm: String::new(),
            portal_css: String::new(),
            icon: String::new(),
        },
    }
}
