//! A page for when the portal can't make one: no component, no session, no
//! database behind it.

use super::assets::Site;
use crate::crypto::{os_rng, token::Token};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, RETRY_AFTER},
    },
    response::{Html, IntoResponse, Response},
};
use contract::ApiError;

/// Seconds after which it is worth trying again.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// Where the page leads.
pub struct Way<'a> {
    /// A local address.
    pub href: &'a str,
    /// Words of the link.
    pub words: &'static str,
}

/// To the same address once more.
pub const TRY_AGAIN: Way<'_> = Way { href: "", words: "Try again" };

/// The page, with the status that belongs to the problem.
pub fn problem_page(problem: &ApiError, portal: Option<&str>, way: &Way<'_>) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let heading = match problem {
        ApiError::Unavailable => "Not available right now",
        ApiError::SignedOut => "You are signed out",
        ApiError::AuditFilter(_) => "This filter can't be used",
        _ => "Something went wrong",
    };
    page(status, heading, &problem.to_string(), portal, way)
}

/// The same for what is no problem of a use-case; the sentences are the portal's own.
pub fn page(status: StatusCode, heading: &str, problem: &str, portal: Option<&str>, way: &Way<'_>) -> Response {
    let nonce = Token::generate(&mut os_rng()).text();
    let nonce = nonce.as_str();
    let css = Site::embedded().map(|site| site.document_css).unwrap_or_default();
    let title = escaped(&portal.map_or_else(|| heading.to_owned(), |portal| format!("{heading} · {portal}")));
    let (href, words) = (escaped(way.href), way.words);
    let page = format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{title}</title><style nonce="{nonce}">{css}</style></head><body><div class="standalone"><div></div><main class="standalone-main"><div class="card"><h1>{heading}</h1><p>{problem}</p><a class="button button-primary button-wide" href="{href}">{words}</a></div></main></div></body></html>"#
    );
    let mut response = (status, Html(page)).into_response();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY);
    }
    response
}

/// Text as HTML has it, also in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn body(response: Response) -> String {
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_page_says_what_is_wrong_and_when_to_come_back() {
        let response = problem_page(&ApiError::Unavailable, None, &TRY_AGAIN);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let page = body(response).await;
        assert!(page.contains(&ApiError::Unavailable.to_string()) && page.contains("Try again"));
        let nonce = page.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0;
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    }

    #[tokio::test]
    async fn the_page_bears_the_name_of_the_portal_and_leads_on() {
        let way = Way { href: "/a?b=c&d=\"", words: "Sign in" };
        let page = body(problem_page(&ApiError::SignedOut, Some("<A&B>"), &way)).await;
        assert!(page.contains("<title>You are signed out · &lt;A&amp;B></title>"), "{page}");
        assert!(page.contains("href=\"/a?b=c&amp;d=&quot;\">Sign in</a>"), "{page}");
    }
}
