//! The portal over HTTP.
//!
//! ```text
//! connection -> security headers -> catch panic -+-> /health/*
//!                                                '-> host check -+-> /pkg/*, /.well-known/*
//!                                                                '-> compression -> origin check -> patience with the database -> pages for plain forms -> whole body -> to its end -> session -> gate
//!                                                                      -> /api/who-am-i, /api/audit-export, /api/* (server functions), pages
//! ```

pub mod assets;
mod audit_export;
pub mod connections;
mod health;
mod middleware;
mod problem_page;
mod well_known;
mod who_am_i;

use crate::{config::PublicUrl, service::Service};
use app::{Site, portal::Portal, shell};
use assets::Site as Assets;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ipnet::IpNet;
use leptos::prelude::{provide_context, with_context};
use std::{net::SocketAddr, sync::Arc};
use tokio_util::task::LocalPoolHandle;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, CompressionLevel,
        predicate::{DefaultPredicate, Predicate as _, SizeAbove},
    },
};

/// Where supervisors and load balancers ask.
const HEALTH: [&str; 2] = ["/health/live", "/health/ready"];

/// How much: a page of sign-in is 7 % larger than at 6 and takes half the CPU time.
const COMPRESSION: i32 = 4;

/// Smallest answer that is compressed: below it one packet is one packet, and compressing costs more than the rest.
const WORTH_COMPRESSING: u16 = 1_024;

/// How the portal is reached.
#[derive(Debug, Clone)]
pub struct Web {
    /// The origin of its pages.
    pub public_url: PublicUrl,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Where it is listened.
    pub listening: Option<SocketAddr>,
}

/// What the layers share. Each of them has its own handle to it, and every request copies all of them.
pub(crate) struct Shared {
    service: Service,
    web: Web,
    cookies: middleware::session::CookieNames,
    room: middleware::body::Room,
}

/// The whole portal.
pub fn router(service: Service, web: Web) -> Router {
    router_around(service, web, |use_cases| use_cases)
}

/// The whole portal with something more right around the use-cases, when all
/// layers have been passed: tests have it happen there that a right ends
/// between the look at the session and what it allows.
pub fn router_around(service: Service, web: Web, around: impl FnOnce(Router) -> Router) -> Router {
    let https = web.public_url.is_https();
    let shared = Arc::new(Shared {
        cookies: middleware::session::CookieNames::new(&web.public_url),
        room: middleware::body::Room::default(),
        web,
        service: service.clone(),
    });
    let downloads = Router::new().route("/api/audit-export/{format}", get(audit_export::audit_export));
    // In one piece, from the outside in: layers that are added one by one are copied one within the other.
    let layers = (
        compression(),
        from_fn_with_state(shared.clone(), middleware::origin::check_origin),
        from_fn_with_state(shared.clone(), middleware::database::for_one_request),
        from_fn_with_state(shared.clone(), middleware::plain_form::told_by_a_page),
        from_fn_with_state(shared.clone(), middleware::body::whole),
        from_fn(middleware::database::to_its_end),
        from_fn_with_state(shared.clone(), middleware::session::session),
        from_fn_with_state(shared.clone(), middleware::gate::gate),
    );
    let application = around(application(&service).merge(downloads)).layer(layers);
    Router::new()
        .fallback_service(application)
        .merge(assets::router())
        .merge(well_known::router())
        .layer(from_fn_with_state(shared, middleware::host::check_host))
        .merge(health::router(service.db))
        .layer(CatchPanicLayer::custom(middleware::panic::answer))
        .layer(from_fn_with_state(https, middleware::headers::security_headers))
}

fn compression() -> CompressionLayer<impl tower_http::compression::Predicate> {
    let worth_it = DefaultPredicate::new().and(SizeAbove::new(WORTH_COMPRESSING));
    CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION)).compress_when(worth_it)
}

/// Server functions and pages. Both find the portal in their context.
fn application(service: &Service) -> Router {
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
    let pages = get(render).layer(from_fn_with_state(renderers, middleware::one_thread::render_on_one_thread));
    Router::new()
        .route("/api/who-am-i", get(who_am_i::who_am_i))
        .route("/api/{*function}", post(move |request: Request| call_function(functions.clone(), request)))
        .fallback_service(pages)
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
