//! Plain forms that come to nothing before their server function is asked.
//!
//! A browser without script shows the answer to a form as it is. What a form has
//! to say about what was entered, its function leads back to its page with; what
//! is too long to be read, or lacks a field, never gets that far, and is told by
//! a page here. The program in the browser asks for JSON, and is answered so.

use crate::http::{
    Shared,
    problem_page::{Way, page, problem_page},
};
use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, Method, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, SET_COOKIE},
    },
    middleware::Next,
    response::Response,
};
use contract::{ApiError, routes};
use std::sync::Arc;

/// Whoever is not signed in is led on from there to the sign-in.
const BACK: Way<'_> = Way { href: routes::DASHBOARD, words: "Go back" };

/// More than any refusal takes.
const LARGEST_REFUSAL: u64 = 1_024;

/// Tells what went wrong by a page where one is asked for.
pub async fn told_by_a_page(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let is_plain = *request.method() == Method::POST && asks_for_a_page(request.headers());
    let response = next.run(request).await;
    if !is_plain || is_html(response.headers()) {
        return response;
    }
    let portal = Some(shared.service.settings.portal_name.as_str());
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let (mut told, body) = match refusal(body).await {
        // Such a form is sent back to where it came from, which is not known here, with a text that no page shows.
        (Some(problem), _) if !is_led_back(&problem, status) => (problem_page(&problem, portal, &BACK), Body::empty()),
        (_, body) => match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let words = "What was entered is longer than the portal reads. Go back and enter less.";
                (page(status, "This is too much", words, portal, &BACK), body)
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_REQUEST => {
                let words = "What was entered did not arrive as a whole. Go back and try again.";
                (page(status, "Something went wrong", words, portal, &BACK), body)
            }
            _ => return Response::from_parts(parts, body),
        },
    };
    drop(body);
    for cookie in parts.headers.get_all(SET_COOKIE) {
        told.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    told
}

/// Whether a browser sent the form by itself.
fn asks_for_a_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"))
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Whether a form is led back to its page, which says what is wrong.
fn is_led_back(problem: &ApiError, status: StatusCode) -> bool {
    status.is_redirection() && *problem != ApiError::Malformed
}

/// What a body says was wrong, if it does; and the body.
async fn refusal(body: Body) -> (Option<ApiError>, Body) {
    if body.size_hint().exact().is_none_or(|size| size == 0 || size > LARGEST_REFUSAL) {
        return (None, body);
    }
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => (serde_json::from_slice(&bytes).ok(), Body::from(bytes)),
        Err(_) => (None, Body::empty()),
    }
}
