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
mod interface;
mod middleware;
mod problem_page;
mod well_known;
mod who_am_i;

use crate::{config::PublicUrl, service::Service};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use ipnet::IpNet;
use std::{net::SocketAddr, sync::Arc};
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
    let application = around(interface::router(&service).merge(downloads)).layer(layers);
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
