//! The portal over HTTP.
//!
//! ```text
//! request -> security headers -> catch panic -+-> /health/*, /pkg/*
//!                                             '-> size limit -> compression -> origin check -> whole body -> patience with the database -> session -> gate
//!                                                   -> /api/who-am-i, /api/audit-export, /api/* (server functions), pages
//! ```

pub mod assets;
mod audit_export;
mod health;
mod middleware;
mod problem_page;
mod who_am_i;

use crate::{config::PublicUrl, service::Service};
use app::{App, Site, contract::people, portal::Portal, shell};
use assets::Site as Assets;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ipnet::IpNet;
use leptos::{
    config::LeptosOptions,
    prelude::{provide_context, with_context},
};
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::sync::Arc;
use tokio_util::task::LocalPoolHandle;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel},
    limit::RequestBodyLimitLayer,
};

/// Largest request body: forms are far smaller.
const LARGEST_BODY: usize = 64 * 1024;

/// Largest request body that holds a list of people: as JSON, line ends and quotation marks take two bytes.
const LARGEST_LIST: usize = 2 * people::LARGEST_LIST;

/// The server functions that take such a list.
const TAKE_LISTS: [&str; 2] = ["/api/check-list", "/api/add-people"];

/// How the portal is reached.
#[derive(Debug, Clone)]
pub struct Web {
    /// The origin of its pages.
    pub public_url: PublicUrl,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
}

/// What the layers share.
#[derive(Clone)]
pub(crate) struct Shared {
    service: Service,
    web: Arc<Web>,
    cookies: Arc<middleware::session::CookieNames>,
}

/// The whole portal.
pub fn router(service: Service, web: Web) -> Router {
    let https = web.public_url.is_https();
    let shared = Shared {
        cookies: Arc::new(middleware::session::CookieNames::new(https)),
        web: Arc::new(web),
        service: service.clone(),
    };
    let downloads = Router::new().route("/api/audit-export/{format}", get(audit_export::audit_export));
    let application = application(&service)
        .merge(downloads)
        .layer(from_fn(middleware::gate::gate))
        .layer(from_fn_with_state(shared.clone(), middleware::session::session))
        .layer(from_fn_with_state(shared.clone(), middleware::database::for_one_request))
        .layer(from_fn(middleware::body::whole))
        .layer(from_fn_with_state(shared.clone(), middleware::origin::check_origin))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(6)));
    let limited = |largest_body| application.clone().layer(RequestBodyLimitLayer::new(largest_body));
    let lists = limited(LARGEST_LIST).into_service::<Body>();
    let with_lists =
        TAKE_LISTS.into_iter().fold(Router::new(), |routes, path| routes.route_service(path, lists.clone()));
    with_lists
        .fallback_service(limited(LARGEST_BODY))
        .merge(assets::router())
        .merge(health::router(service.db))
        .layer(CatchPanicLayer::custom(middleware::panic::answer))
        .layer(from_fn_with_state(https, middleware::headers::security_headers))
}

/// Server functions and pages. Both find the portal in their context.
fn application(service: &Service) -> Router {
    let site = site(&service.settings.portal_name);
    let portal: Arc<dyn Portal> = Arc::new(service.clone());
    let context = {
        let site = site.clone();
        move || {
            // The one that is the request's own, with its patience.
            let own = with_context(|parts: &Parts| parts.extensions.get::<Arc<dyn Portal>>().cloned()).flatten();
            provide_context(own.unwrap_or_else(|| portal.clone()));
            provide_context(site.clone());
        }
    };
    let render = {
        let site = site.clone();
        move || shell(site.clone())
    };
    let options = LeptosOptions::builder().output_name("twofold").build();
    let functions = context.clone();
    let not_found = {
        let (context, render) = (context.clone(), render.clone());
        move |State(options): State<LeptosOptions>, request: Request| {
            let handler = leptos_axum::render_app_async_with_context(context.clone(), render.clone());
            async move {
                drop(options);
                handler(request).await
            }
        }
    };
    // One worker per core: a page waits more than it works.
    let renderers = LocalPoolHandle::new(std::thread::available_parallelism().map_or(1, usize::from));
    let pages = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), context, render)
        .fallback(not_found)
        .layer(from_fn_with_state(renderers, middleware::one_thread::render_on_one_thread))
        .with_state(options);
    Router::new()
        .route("/api/who-am-i", get(who_am_i::who_am_i))
        .route("/api/{*function}", post(move |request: Request| call_function(functions.clone(), request)))
        .merge(pages)
}

async fn call_function(context: impl Fn() + Clone + Send + 'static, request: Request<Body>) -> Response {
    if server_fn::axum::get_server_fn_service(request.uri().path(), request.method().clone()).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
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
