//! How server functions answer a plain form, posted by a browser without script.

use crate::api::{answer::set_status, caller::current_call};
use contract::{
    ApiError,
    account::Standing,
    portal::{CookieChange, Flash},
    routes,
};
use http::{
    StatusCode,
    header::{ACCEPT, COOKIE},
    request::Parts,
};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

/// Sends a plain form's browser on to a path of this portal by GET.
pub fn go_to(path: &str) {
    if is_form() {
        // A header takes no control characters and no characters beyond ASCII.
        let path = if path.bytes().all(|byte| byte.is_ascii_graphic()) { path } else { routes::DASHBOARD };
        leptos_axum::redirect(path);
        expect_context::<ResponseOptions>().set_status(StatusCode::SEE_OTHER);
    }
}

/// Whether a browser posted the form by itself and expects a page.
fn is_form() -> bool {
    use_context::<Parts>()
        .and_then(|parts| parts.headers.get(ACCEPT).map(|accept| accept.as_bytes().to_owned()))
        .is_some_and(|accept| accept.windows(9).any(|part| part == b"text/html"))
}

/// Leads a refused form back to its page, which says why; to the sign-in page
/// when there is no sign-in left to go on with.
///
/// What it has to say travels in an encrypted cookie, not in the URL: what
/// stands in a URL can be forged by whoever makes the link.
pub fn lead_back(page: &str, next: &str, mut flash: Flash) -> Result<(), ApiError> {
    if !is_form() {
        set_status(&flash.problem);
        return Err(flash.problem);
    }
    let mut page = page;
    if matches!(flash.problem, ApiError::SignedOut | ApiError::SignInExpired) {
        page = routes::SIGN_IN;
        flash.problem = ApiError::SignInExpired;
    }
    let problem = flash.problem.clone();
    current_call().set_cookie(CookieChange::Flash(flash));
    go_to(&past_the_cookies(routes::with_next(page, next), next));
    Err(problem)
}

/// Sends someone whose password was right where they have to go now.
pub fn lead_on(standing: Standing, next: &str) -> Result<(), ApiError> {
    go_to(&past_the_cookies(routes::next_step(Some(standing), next), next));
    Ok(())
}

/// `path`, which shows nothing without the cookies of this response. A browser that
/// has sent none is led to it by way of the page that says so if it keeps none.
fn past_the_cookies(path: String, next: &str) -> String {
    let sends_some = use_context::<Parts>().is_some_and(|parts| parts.headers.contains_key(COOKIE));
    if sends_some { path } else { routes::with_next(routes::COOKIES, next) }
}
