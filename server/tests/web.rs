//! What every response carries, and what is answered to requests that no page makes.

use crate::support::{ApiError, Browser, PASSWORD, Reply, TestPortal, both_databases, browser::SITE};
use axum::http::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, ORIGIN, REFERER},
};
use std::collections::BTreeSet;

const DOCUMENTS: [&str; 6] = ["/sign-in", "/welcome/none", "/", "/profile", "/settings", "/settings/account-policy"];

/// Every kind of response there is, by its path, to a visitor and to an administrator.
async fn responses(portal: &TestPortal) -> Vec<(String, Reply)> {
    let mut replies = Vec::new();
    for (who, browser) in [("visitor", portal.browser()), ("administrator", portal.administrator("root").await)] {
        for path in DOCUMENTS.into_iter().chain([
            "/nowhere",
            "/sign-in/code",
            "/sign-in/recovery-code",
            "/health/live",
            "/health/ready",
            "/api/who-am-i",
            "/api/sign-in",
            "/api/nothing",
            "/pkg/none/none.js",
            "/pkg/",
            "/favicon.ico",
            "/%ff",
            "//",
        ]) {
            replies.push((format!("{who} GET {path}"), browser.get(path).await));
        }
        replies.push((format!("{who} unknown function"), browser.call_raw("nothing", &[]).await));
        replies.push((format!("{who} malformed"), browser.call_raw("sign-in", &[]).await));
        let fields = [("user_name", "root"), ("password", "wrong")];
        replies.push((format!("{who} refused form"), browser.post_form("/api/sign-in", &fields).await));
        let foreign = browser.request(Method::POST, "/api/viewer").without(SITE).header(ORIGIN, "https://evil.example");
        replies.push((format!("{who} foreign"), foreign.send().await));
        let large = browser.request(Method::POST, "/api/sign-in").body(vec![b'x'; 70_000]);
        replies.push((format!("{who} too large"), large.send().await));
    }
    replies
}

/// The sources of one directive of a Content-Security-Policy.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|part| part.strip_prefix(name)?.strip_prefix(' '))
}

fn nonce_of(page: &Reply) -> String {
    let sources = directive(page.header("content-security-policy"), "script-src").expect("scripts are named");
    let nonce = sources.split_once("'nonce-").expect("a nonce").1;
    nonce.split_once('\'').unwrap().0.to_owned()
}

async fn pages(portal: &TestPortal) -> Vec<(String, Reply)> {
    let all = responses(portal).await.into_iter();
    let pages: Vec<_> = all.filter(|(_, reply)| reply.header("content-type").starts_with("text/html")).collect();
    assert!(pages.len() >= DOCUMENTS.len() + 2, "{:?}", pages.iter().map(|(name, _)| name).collect::<Vec<_>>());
    pages
}

both_databases! {
    async fn every_response_carries_the_security_headers(portal) {
        for (what, reply) in responses(&portal).await {
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(reply.header(name), value, "{what}");
            }
            assert!(reply.header("permissions-policy").contains("camera=()"), "{what}");
            let policy = reply.header("content-security-policy");
            for (name, sources) in [("default-src", "'none'"), ("base-uri", "'none'"), ("frame-ancestors", "'none'")] {
                assert_eq!(directive(policy, name), Some(sources), "{what}: {policy}");
            }
            let form_action = directive(policy, "form-action").unwrap();
            assert!(["'self'", "'none'"].contains(&form_action), "{what}");
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}");
            assert!(!policy.contains('*') && !policy.contains("data:"), "{what}");
            // The icon is nobody's own, and there once the front end was built.
            if !what.ends_with("/favicon.ico") {
                let document = reply.header("content-type").starts_with("text/html");
                let kept_by = if document { "no-store, no-transform" } else { "no-store" };
                assert_eq!(reply.header("cache-control"), kept_by, "{what}");
            }
            assert_eq!(reply.header("strict-transport-security"), "", "{what}: plain HTTP on loopback");
        }
    }

    async fn over_https_browsers_are_told_to_stay_there(portal) {
        let portal = portal.reached_at("https://login.example.org").await;
        for (what, reply) in responses(&portal).await {
            assert!(reply.header("strict-transport-security").starts_with("max-age=31536000"), "{what}");
        }
    }

    async fn each_page_has_a_nonce_of_its_own(portal) {
        let (mut nonces, pages) = (BTreeSet::new(), pages(&portal).await);
        let count = pages.len();
        for (what, page) in pages {
            let nonce = nonce_of(&page);
            assert!(nonce.len() >= 16, "{what}: {nonce}");
            for (position, _) in page.text().match_indices("nonce=\"") {
                assert!(page.text()[position..].starts_with(&format!("nonce=\"{nonce}\"")), "{what}");
            }
            nonces.insert(nonce);
        }
        assert_eq!(nonces.len(), count, "no two responses share one");
    }

    async fn nothing_inline_is_without_it(portal) {
        for (what, page) in pages(&portal).await {
            for (tag, rest) in page.text().match_indices('<').map(|(at, _)| page.text()[at..].split_at(1)).map(|(_, rest)| {
                rest.split_at(rest.find('>').unwrap_or(rest.len()))
            }) {
                let _ = rest;
                let element = tag.split([' ', '/']).next().unwrap_or_default();
                if ["script", "style"].contains(&element) && !tag.starts_with('/') {
                    assert!(tag.contains("nonce=\""), "{what}: <{tag}>");
                }
                assert!(!tag.contains(" style=") && !tag.contains(" onclick="), "{what}: <{tag}>");
                assert!(!tag.contains("javascript:"), "{what}: <{tag}>");
            }
        }
    }

    async fn personal_pages_are_kept_by_no_cache(portal) {
        let browser = portal.person("alice").await;
        for path in ["/", "/profile", "/api/who-am-i"] {
            let reply = browser.get(path).await;
            assert!(reply.status.as_u16() == 200 && reply.header("cache-control").starts_with("no-store"), "{path}");
        }
        for function in ["viewer", "security-overview", "begin-enrolment"] {
            assert_eq!(browser.call_raw(function, &[]).await.header("cache-control"), "no-store", "{function}");
        }
    }

    async fn supervisors_are_told_that_it_lives_and_is_ready(portal) {
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(portal.browser().get(path).await.status, StatusCode::OK, "{path}");
        }
        portal.service.db.close().await;
        assert_eq!(portal.browser().get("/health/live").await.status, StatusCode::OK);
        assert_eq!(portal.browser().get("/health/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    async fn what_is_not_there_is_404(portal) {
        let browser = portal.person("alice").await;
        for path in ["/nowhere", "/settings/nothing", "/profile/x", "/sign-in/code/x"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            assert!(page.text().contains("<!DOCTYPE html>"), "{path}: a page that leads on");
        }
        assert_eq!(portal.browser().get("/nowhere").await.location().as_deref(), Some("/sign-in?next=/nowhere"));
        let unknown = browser.call_raw("nothing", &[]).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(!unknown.text().contains("register"), "nothing about our machinery: {}", unknown.text());
    }

    async fn people_who_are_no_administrators_see_no_settings(portal) {
        let browser = portal.person("alice").await;
        assert!(!browser.get("/").await.text().contains("href=\"/settings\""));
        let page = browser.get("/settings/account-policy").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text().contains("For administrators only"));
        assert!(!page.text().contains("Edit account policy") && !page.text().contains("minimum_length"));
    }

    async fn a_body_that_is_too_large_is_refused(portal) {
        let browser = portal.browser();
        let form = |size| {
            let request = browser.request(Method::POST, "/api/sign-in").header(ACCEPT, "application/json");
            let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            request.body(format!("user_name=alice&password={}", "x".repeat(size)))
        };
        assert_eq!(form(16 * 1024).send().await.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(form(15 * 1024).send().await.json::<ApiError>(), ApiError::Credentials);
    }

    async fn who_am_i_says_who_it_is(portal) {
        let browser = portal.browser();
        let reply = browser.get("/api/who-am-i").await;
        assert_eq!((reply.status, reply.json()), (StatusCode::UNAUTHORIZED, ApiError::SignedOut));
        portal.add_administrator("root").await;
        browser.sign_in("root", PASSWORD).await.unwrap();
        let reply = browser.get("/api/who-am-i").await;
        let expected = serde_json::json!({ "user_name": "root", "administrator": true, "standing": "Complete" });
        assert_eq!((reply.status, reply.json::<serde_json::Value>()), (StatusCode::OK, expected));
    }

    async fn a_plain_form_never_carries_its_problem_in_the_url(portal) {
        let browser = portal.person("alice").await;
        let referer = REFERER;
        for function in ["sign-in", "sign-in-with-code", "sign-in-with-recovery-code", "viewer", "step-up", "begin-enrolment"] {
            for from in ["https://evil.example/", "http://127.0.0.1:3000/sign-in?x=1"] {
                let request = browser.request(Method::POST, &format!("/api/{function}")).header(ACCEPT, "text/html");
                let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let body = "user_name=alice&password=Wrong-horse-7&code=000000";
                let reply = request.header(referer.clone(), from).body(body).send().await;
                let location = reply.location().unwrap_or_default();
                assert!(location.is_empty() || location.starts_with('/'), "{function}: {location}");
                assert!(!location.contains("err") && !location.contains("Wrong-horse"), "{function}: {location}");
            }
        }
    }

    async fn signed_in_people_are_led_past_the_sign_in(portal) {
        let browser = portal.person("alice").await;
        for path in ["/sign-in", "/sign-in/code", "/sign-in/recovery-code"] {
            assert_eq!(browser.get(path).await.location().as_deref(), Some("/"), "{path}");
        }
    }
}

/// An asset's name changes with its content, so browsers keep it for ever.
#[tokio::test]
async fn assets_are_kept_for_ever() {
    let Some(site) = twofold::http::assets::Site::embedded() else {
        // Compiled without a front end: `assets.rs` tests the same on files of its own.
        return;
    };
    let portal = TestPortal::on(crate::support::Database::Sqlite).await;
    let browser: Browser = portal.browser();
    for path in [site.js, site.wasm, site.portal_css, site.icon] {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
}
