//! How server functions answer a plain form, posted by a browser without script.

use crate::{
    contract::{ApiError, account::Standing},
    portal::{CookieChange, Flash, current_call},
    routes,
};
use http::{StatusCode, header::ACCEPT, request::Parts};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

/// Sends the browser on to a path of this portal by GET.
pub fn go_to(path: &str) {
    // A header takes no control characters and no characters beyond ASCII.
    let path = if path.bytes().all(|byte| byte.is_ascii_graphic()) { path } else { "/" };
    leptos_axum::redirect(path);
    // A script's request would follow the redirect itself and read a page for an answer.
    if is_form(&expect_context::<Parts>()) {
        expect_context::<ResponseOptions>().set_status(StatusCode::SEE_OTHER);
    }
}

/// Whether a browser sent a plain form: it then wants to be shown a document.
fn is_form(request: &Parts) -> bool {
    let accepted = request.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Leads a refused form back to its page, which says why; to the sign-in page
/// when there is no sign-in left to go on with.
///
/// Problem and user name travel in an encrypted cookie, not in the URL: what
/// stands in a URL can be forged by whoever makes the link.
pub fn lead_back(page: &str, next: &str, problem: ApiError, user_name: Option<String>) -> ApiError {
    let (page, problem) = match problem {
        ApiError::SignedOut | ApiError::SignInExpired => (routes::SIGN_IN, ApiError::SignInExpired),
        other => (page, other),
    };
    current_call().set_cookie(CookieChange::Flash(Flash { problem: problem.clone(), user_name }));
    go_to(&routes::with_next(page, next));
    problem
}

/// Sends someone whose password was right where they have to go now.
pub fn lead_on(standing: Standing, next: &str) {
    match standing {
        Standing::SecondFactorRequired => go_to(&routes::with_next(routes::SECOND_FACTOR, next)),
        // Someone who owes a second factor sees the demand for it on any page.
        Standing::EnrolmentRequired | Standing::Complete => go_to(routes::landing(next)),
    }
}
