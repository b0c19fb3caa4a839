//! State changes only from our own pages (OWASP: CSRF, Fetch Metadata).
//!
//! A browser that sends `Sec-Fetch-Site` says by itself whether the request
//! comes from this origin; pages can't forge that header. Others must send an
//! `Origin` that is ours. Whoever sends neither is no browser of ours: 403.
//!
//! The `Referer` of another origin is dropped: without script, server functions
//! lead back to it.

use crate::{config::PublicUrl, http::Shared};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method, StatusCode,
        header::{ORIGIN, REFERER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Refuses state changes from elsewhere.
pub async fn check_origin(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !safe && !is_ours(request.headers(), &shared.web.public_url) {
        return (StatusCode::FORBIDDEN, "This request did not come from a page of this portal.\n").into_response();
    }
    request.headers_mut().remove(REFERER);
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text(ORIGIN.as_str()).is_some_and(|origin| origin.eq_ignore_ascii_case(&public_url.origin())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_ours(&headers, &PublicUrl::parse("https://login.example.org").unwrap())
    }

    #[test]
    fn only_requests_of_our_own_pages_change_anything() {
        assert!(ours(&[("origin", "https://login.example.org")]));
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "https://login.example.org")]));
        assert!(!ours(&[]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "https://evil.example")]));
        assert!(!ours(&[("origin", "http://login.example.org")]));
        for site in ["cross-site", "same-site", "none"] {
            let header = [("sec-fetch-site", site), ("origin", "https://login.example.org")];
            assert!(!ours(&[header[0], header[1]]), "{site}");
        }
    }
}
