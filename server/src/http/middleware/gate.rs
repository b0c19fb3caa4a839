//! Which page a person may see at all. Server functions check for themselves;
//! this spares a visitor from a page that could only say so.

use crate::http::{
    Shared,
    problem_page::{TRY_AGAIN, problem_page},
};
use axum::{
    Extension,
    extract::{Request, State},
    http::{Method, header::COOKIE},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use contract::{ApiError, account::Standing, portal::Call, routes};
use std::sync::Arc;

/// Leads visitors to the sign-in, and people who are in away from it.
pub async fn gate(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<Call>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    // Whoever could not be looked up is not taken for a visitor.
    if let Err(problem) = call.session()
        && *problem != ApiError::SignedOut
    {
        return problem_page(problem, Some(&shared.service.settings.portal_name), &TRY_AGAIN);
    }
    let page = matches!(*request.method(), Method::GET | Method::HEAD) && !path.starts_with("/api/");
    match destination(&call, &request).filter(|_| page) {
        Some(destination) => Redirect::to(&destination).into_response(),
        None => next.run(request).await,
    }
}

fn destination(call: &Call, request: &Request) -> Option<String> {
    let path = request.uri().path();
    let here = request.uri().path_and_query().map_or(path, |here| here.as_str());
    let standing = call.session().ok().map(|session| session.standing);
    match (path, standing) {
        (routes::COOKIES, None) if !request.headers().contains_key(COOKIE) => None,
        (routes::COOKIES, standing) => Some(routes::next_step(standing, &next(request))),
        (routes::SIGN_IN, Some(Standing::EnrolmentRequired | Standing::Complete)) => Some(routes::DASHBOARD.to_owned()),
        (routes::SECOND_FACTOR | routes::RECOVERY_CODE, Some(Standing::SecondFactorRequired)) => None,
        (routes::SECOND_FACTOR | routes::RECOVERY_CODE, Some(_)) => Some(routes::DASHBOARD.to_owned()),
        (routes::SECOND_FACTOR | routes::RECOVERY_CODE, None) => Some(routes::SIGN_IN.to_owned()),
        (path, _) if routes::is_public(path) => None,
        (_, Some(Standing::SecondFactorRequired)) => Some(routes::with_next(routes::SECOND_FACTOR, here)),
        (_, None) => Some(routes::with_next(routes::SIGN_IN, here)),
        (_, Some(Standing::EnrolmentRequired | Standing::Complete)) => None,
    }
}

/// Where the person was going.
fn next(request: &Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.find(|(name, _)| name == "next").map(|(_, next)| next.into_owned()).unwrap_or_default()
}
