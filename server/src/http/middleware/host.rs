//! Only requests that are meant for this portal (RFC 9110 §7.4).
//!
//! A name of somebody else's that leads here would make their pages ours in the
//! eyes of a browser (DNS rebinding).

use crate::{
    config::{address_of, is_loopback_name},
    domain::credentials::client::ClientAddress,
    http::{Shared, Web},
};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{net::SocketAddr, sync::Arc};

/// Refuses requests for other names.
pub async fn check_host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let web = &shared.web;
    match host(&request) {
        None => (StatusCode::BAD_REQUEST, "A request names one host.\n").into_response(),
        Some(host) if is_ours(&host, web) || (is_container(&host) && comes_from_proxy(&request, web)) => {
            next.run(request).await
        }
        Some(_) => {
            let words = format!(
                "This portal is reached at {}. A proxy in front of it has to pass on the Host header.\n",
                web.public_url.origin()
            );
            (StatusCode::MISDIRECTED_REQUEST, words).into_response()
        }
    }
}

/// The host that the request names, if it names exactly one.
fn host(request: &Request) -> Option<String> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.host().to_owned());
    }
    let mut headers = request.headers().get_all(HOST).iter();
    let (header, more) = (headers.next()?.to_str().ok()?, headers.next());
    let authority: Authority = header.parse().ok()?;
    (more.is_none() && !header.contains('@')).then(|| authority.host().to_owned())
}

/// The public name, this machine itself, or the address that is listened on.
fn is_ours(host: &str, Web { public_url, listening, .. }: &Web) -> bool {
    let listening = listening.filter(|listening| !listening.ip().is_unspecified());
    host.eq_ignore_ascii_case(public_url.host())
        || is_loopback_name(host)
        || listening.is_some_and(|listening| address_of(host) == Some(listening.ip()))
}

/// A name within a network of containers, which nobody can register. Proxies
/// that don't pass on the name they were asked for use the one they ask.
fn is_container(host: &str) -> bool {
    !host.contains('.') && address_of(host).is_none()
}

fn comes_from_proxy(request: &Request, web: &Web) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(peer)| {
        let peer = ClientAddress::from(peer.ip()).ip();
        web.trusted_proxies.iter().any(|network| network.contains(&peer))
    })
}
