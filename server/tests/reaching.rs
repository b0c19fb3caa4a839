//! Under which names, on which ports and through which proxies the portal is reached.

use crate::support::{Browser, Database, PASSWORD, TestPortal, both_databases, portal::ORIGIN};
use axum::http::{
    HeaderName, Method, StatusCode,
    header::{ACCEPT_ENCODING, FORWARDED, HOST},
};
use contract::overview::{PortalOverview, UntrustedProxy};
use std::sync::Arc;
use twofold::{
    config::PublicUrl,
    http::{Web, router},
    service::Settings,
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

async fn status(browser: &Browser, path: &str, host: &str) -> u16 {
    browser.request(Method::GET, path).header(HOST, host).send().await.status.as_u16()
}

async fn untrusted_proxy(root: &Browser) -> Option<UntrustedProxy> {
    let overview: PortalOverview = root.call("portal-overview", &[("days", "7")]).await.unwrap();
    overview.untrusted_proxy
}

/// The same portal under another name.
fn called(portal: &TestPortal, name: &str) -> Browser {
    let mut service = portal.service.clone();
    service.settings = Arc::new(Settings { portal_name: name.to_owned(), ..(*service.settings).clone() });
    let public_url = PublicUrl::parse(ORIGIN).unwrap();
    Browser::new(router(service, Web { public_url, trusted_proxies: Vec::new(), listening: None }), ORIGIN)
}

both_databases! {
    async fn a_name_that_only_leads_here_is_answered_421(portal) {
        let portal = portal.reached_at("https://login.example.org").await.behind(&["10.0.0.0/8"]).await;
        let stranger = portal.browser();
        for ours in [
            "login.example.org", "LOGIN.example.org:443", "login.example.org:8443", "localhost:3000", "127.0.0.1",
            "127.9.9.9:80", "[::1]:3000",
        ] {
            assert_eq!(status(&stranger, "/sign-in", ours).await, 200, "{ours}");
        }
        for other in [
            "evil.example", "login.example.org.evil.example", "example.org", "203.0.113.9", "[2001:db8::1]:3000", "portal",
            "localhost.evil.example", "login.example.org.",
        ] {
            for path in ["/sign-in", "/", "/api/who-am-i", "/.well-known/change-password", "/pkg/x/x.js"] {
                assert_eq!(status(&stranger, path, other).await, 421, "{other}{path}");
            }
            assert_eq!(status(&stranger, "/health/ready", other).await, 200, "probes ask by address");
        }
        for none in ["", "a b", "user@login.example.org", "login.example.org/x"] {
            assert_eq!(status(&stranger, "/sign-in", none).await, 400, "{none:?}");
        }
        assert_eq!(stranger.request(Method::GET, "/sign-in").without(HOST).send().await.status.as_u16(), 400);
        let proxy = portal.browser().at("10.0.0.7");
        assert_eq!(status(&proxy, "/sign-in", "twofold:3000").await, 200, "what a proxy calls it within its network");
        assert_eq!(status(&proxy, "/sign-in", "evil.example").await, 421, "what it passes on");
        let words = stranger.request(Method::GET, "/").header(HOST, "evil.example").send().await;
        assert!(words.text().contains("https://login.example.org") && !words.text().contains("evil"), "{}", words.text());
    }

    async fn two_portals_on_one_host_have_their_own_cookies(portal) {
        portal.add("alice").await;
        for (origin, name) in [
            ("http://127.0.0.1:3000", "twofold-dev-session"),
            ("http://127.0.0.1:4000", "twofold-dev-4000-session"),
            ("https://login.example.org", "__Host-twofold-session"),
            ("https://login.example.org:443", "__Host-twofold-session"),
            ("https://login.example.org:3000", "__Host-twofold-3000-session"),
            ("https://login.example.org:8443", "__Host-twofold-8443-session"),
        ] {
            let public_url = PublicUrl::parse(origin).unwrap();
            let origin = public_url.origin();
            let web = Web { public_url, trusted_proxies: Vec::new(), listening: None };
            let browser = Browser::new(router(portal.service.clone(), web), &origin);
            browser.set_cookie("another-portals-session", "x");
            browser.sign_in("alice", PASSWORD).await.unwrap();
            assert!(browser.cookie(name).is_some(), "{origin}");
            assert_eq!(browser.who_am_i().await.as_deref(), Ok("alice"), "{origin}");
        }
    }

    async fn a_proxy_that_is_not_trusted_is_named_to_administrators(portal) {
        let portal = portal.behind(&["10.0.0.0/8"]).await;
        let root = portal.administrator("root").await;
        let through = |address: &str, header: HeaderName| {
            let browser = portal.browser().at(address);
            async move { browser.request(Method::GET, "/sign-in").header(header, "198.51.100.7").send().await }
        };
        through("10.0.0.1", X_FORWARDED_FOR).await;
        assert_eq!(untrusted_proxy(&root).await, None, "that one is trusted");
        through("172.18.0.2", X_FORWARDED_FOR).await;
        through("172.18.0.3", FORWARDED).await;
        let named = untrusted_proxy(&root).await.unwrap();
        assert_eq!((named.address.as_str(), named.setting.as_str()), ("172.18.0.2", "10.0.0.0/8,172.18.0.2"));
        assert!(root.get("/").await.text().contains("--trusted-proxies 10.0.0.0/8,172.18.0.2"));
        let alice = portal.person("alice").await;
        assert!(!alice.get("/").await.text().contains("--trusted-proxies"));
    }

    async fn the_name_of_the_portal_is_text_everywhere(portal) {
        let name = "</title><script>x</script>\"'& :Co";
        let browser = called(&portal, name);
        portal.add_administrator("root").await;
        let title = "&lt;/title>&lt;script>x&lt;/script>\"'&amp; :Co</title>";
        for path in ["/sign-in", "/welcome/none", "/phone", "/nowhere"] {
            let page = browser.open(path).await;
            assert!(page.text().contains(title), "{path}: {}", page.text());
            assert!(!page.text().contains("<script>x"), "{path}: {}", page.text());
        }
        browser.sign_in("root", PASSWORD).await.unwrap();
        for path in ["/", "/profile", "/settings/users", "/settings/mail", "/nowhere"] {
            let page = browser.get(path).await;
            assert!(page.text().contains(title), "{path}: {}", page.text());
            assert!(!page.text().contains("<script>x"), "{path}: {}", page.text());
        }
    }

    async fn a_refused_form_makes_no_cookie_that_browsers_would_not_take(portal) {
        let browser = portal.browser();
        for name in ["x".repeat(15_000), "\u{1}".repeat(64), "😀".repeat(64)] {
            let reply = browser.send_form("/api/sign-in", &[("user_name", &name), ("password", "x")]).await;
            let cookie = reply.sets_cookie("twofold-dev-flash").unwrap();
            assert!(cookie.len() < 4_096, "{}", cookie.len());
            let page = browser.follow(reply).await;
            assert!(page.text().contains("role=\"alert\""), "{}", page.text());
        }
    }

    async fn password_managers_find_where_a_password_is_changed(portal) {
        for browser in [portal.browser(), portal.person("alice").await] {
            let reply = browser.get("/.well-known/change-password").await;
            assert_eq!((reply.status, reply.location().unwrap()), (StatusCode::SEE_OTHER, contract::routes::CHANGE_PASSWORD.to_owned()));
            for unknown in ["resource-that-should-not-exist-whose-status-code-should-not-be-200", "x/y", "security.txt"] {
                let reply = browser.get(&format!("/.well-known/{unknown}")).await;
                assert_eq!((reply.status, reply.body.len()), (StatusCode::NOT_FOUND, 0), "{unknown}");
            }
        }
        let (_, id) = contract::routes::CHANGE_PASSWORD.split_once('#').unwrap();
        let profile = portal.person("bob").await.get("/profile").await;
        assert!(profile.text().contains(&format!("id=\"{id}\"")));
    }

    async fn documents_are_not_to_be_rewritten_on_their_way(portal) {
        let browser = portal.person("alice").await;
        for path in ["/", "/profile", "/nowhere", "/phone"] {
            assert_eq!(browser.get(path).await.header("cache-control"), "no-store, no-transform", "{path}");
        }
        assert_eq!(portal.browser().get("/sign-in").await.header("cache-control"), "no-store, no-transform");
    }
}

#[tokio::test]
async fn only_what_gains_is_compressed() {
    let portal = TestPortal::on(Database::Sqlite).await;
    let browser = portal.person("alice").await;
    for encoding in ["br", "gzip"] {
        let page = browser.request(Method::GET, "/").header(ACCEPT_ENCODING, encoding).send().await;
        assert_eq!(page.header("content-encoding"), encoding);
        for path in ["/api/who-am-i", "/.well-known/x", "/health/live"] {
            let answer = browser.request(Method::GET, path).header(ACCEPT_ENCODING, encoding).send().await;
            assert_eq!(answer.header("content-encoding"), "", "{path}");
        }
        let small = browser.request(Method::POST, "/api/session-state").header(ACCEPT_ENCODING, encoding).send().await;
        assert_eq!((small.status.as_u16(), small.header("content-encoding")), (200, ""));
    }
}
