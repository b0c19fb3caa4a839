//! What a request may hold in memory before it is known who makes it.

use crate::support::{ApiError, Browser, PASSWORD, both_databases, browser::encode};
use axum::{
    body::{Body, Bytes},
    http::{HeaderName, Method, StatusCode, header::CONTENT_TYPE},
};
use contract::people::{ImportReport, LARGEST_LIST};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::task::JoinHandle;

/// What the portal has taken of bodies, in bytes, and how many wait for more.
#[derive(Debug, Clone, Default)]
struct Taken {
    bytes: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
}

impl Taken {
    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// A body of these pieces that never ends.
    fn unfinished(&self, piece: usize, pieces: usize) -> Body {
        let (taken, waiting) = (self.bytes.clone(), self.waiting.clone());
        let pieces = stream::iter(0..pieces).map(move |_| {
            taken.fetch_add(piece, Ordering::SeqCst);
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; piece]))
        });
        let end = stream::once(async move {
            waiting.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        });
        Body::from_stream(pieces.chain(end))
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const LISTS: [&str; 2] = ["check-list", "add-people"];

async fn send(browser: &Browser, function: &str, announced: Option<usize>, body: Body) -> StatusCode {
    let request = browser.request(Method::POST, &format!("/api/{function}"));
    request.header(CONTENT_TYPE, "application/json").stream(announced, body).await.0
}

both_databases! {
    async fn nothing_is_read_of_a_list_before_its_sender_is_known(portal) {
        let (visitor, person) = (portal.browser(), portal.person("alice").await);
        portal.enrolled("bob").await;
        let half = portal.awaiting_code("bob").await;
        for function in LISTS {
            for announced in [None, Some(2 * LARGEST_LIST), Some(17 * 1024)] {
                for (browser, expected) in [
                    (&visitor, StatusCode::UNAUTHORIZED),
                    (&half, StatusCode::FORBIDDEN),
                    (&person, StatusCode::FORBIDDEN),
                ] {
                    let taken = Taken::default();
                    let status = send(browser, function, announced, taken.unfinished(64 * 1024, 32)).await;
                    assert_eq!((status, taken.bytes()), (expected, 0), "{function}, {announced:?}");
                }
            }
        }
    }

    async fn an_administrator_may_send_a_large_list_and_no_larger_one(portal) {
        let root = portal.administrator("root").await;
        let people: String = (0..1_500).map(|n| format!("person-{n},{}\n", "x".repeat(60))).collect();
        let list = json!({ "list": format!("name,display name\n{people}") });
        assert!(list.to_string().len() > 64 * 1024);
        let checked: ImportReport = root.call_json("check-list", &list).await.unwrap();
        assert_eq!(checked.people, 1_500);
        let taken = Taken::default();
        let status = send(&root, "check-list", Some(2 * LARGEST_LIST + 1), taken.unfinished(1024, 1)).await;
        assert_eq!((status, taken.bytes()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
        let status = send(&root, "check-list", None, taken.unfinished(64 * 1024, 33)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "not announced, but counted");
    }

    async fn a_visitor_may_send_little_and_whoever_is_signed_in_more(portal) {
        let (visitor, person) = (portal.browser(), portal.person("alice").await);
        for (browser, most) in [(&visitor, 16 * 1024), (&person, 64 * 1024)] {
            let taken = Taken::default();
            let status = send(browser, "viewer", Some(most + 1), taken.unfinished(1024, 1)).await;
            assert_eq!((status, taken.bytes()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
            let status = send(browser, "viewer", None, taken.unfinished(4 * 1024, 32)).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(taken.bytes(), most + 4 * 1024, "up to the first piece that is too much");
        }
    }

    async fn a_form_that_can_not_be_read_is_answered_by_a_page_with_a_way_back(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        let long = "n".repeat(20_000);
        let words = |problem: ApiError| problem.to_string();
        for (fields, status, expected) in [
            (&[("user_name", long.as_str()), ("password", "x")][..], StatusCode::PAYLOAD_TOO_LARGE, "longer than".to_owned()),
            (&[("user_name", "alice")], StatusCode::BAD_REQUEST, words(ApiError::Malformed)),
            (&[], StatusCode::BAD_REQUEST, words(ApiError::Malformed)),
        ] {
            let page = browser.send_form("/api/sign-in", fields).await;
            assert_eq!((page.status, page.location()), (status, None), "{}", page.text());
            assert!(page.header("content-type").starts_with("text/html"));
            assert!(page.text().contains(&expected) && page.text().contains("href=\"/\""), "{}", page.text());
            let answer = browser.call_raw("sign-in", fields).await;
            assert_eq!(answer.status, status);
            assert!(!answer.text().contains('<'), "{}", answer.text());
        }
        // What the page itself says goes on to be said there.
        let refused = browser.send_form("/api/sign-in", &[("user_name", "alice"), ("password", "wrong")]).await;
        assert_eq!((refused.status, refused.location().as_deref()), (StatusCode::SEE_OTHER, Some("/sign-in/cookies")));
    }

    async fn a_form_for_which_there_is_no_room_is_answered_by_a_page(portal) {
        let visitor = portal.browser();
        let unfinished = flood(&visitor, "192.0.2.1").await;
        let page = visitor.send_form("/api/sign-in", &[("user_name", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.text().contains(&ApiError::Unavailable.to_string()), "{}", page.text());
        give_up(unfinished).await;
    }

    async fn whose_bodies_do_not_end_holds_no_more_than_is_left_for_others(portal) {
        let (visitor, person) = (portal.browser(), portal.person("alice").await);
        let unfinished = flood(&visitor, "192.0.2.1").await;
        assert_eq!(visitor.sign_in("alice", PASSWORD).await, Err(ApiError::Unavailable));
        assert_eq!(portal.browser().at("192.0.2.2").sign_in("alice", PASSWORD).await, Ok(()));
        assert!(person.call::<serde_json::Value>("viewer", &[]).await.is_ok(), "people who are in have room of their own");
        give_up(unfinished).await;
        assert_eq!(visitor.sign_in("alice", PASSWORD).await, Ok(()));
    }

    async fn behind_a_proxy_each_client_has_its_own_room(portal) {
        portal.add("alice").await;
        let portal = portal.behind(&["10.0.0.1/32"]).await;
        let proxy = portal.browser().at("10.0.0.1");
        let unfinished = flood(&proxy, "203.0.113.1").await;
        for (client, status) in [("203.0.113.1", StatusCode::SERVICE_UNAVAILABLE), ("203.0.113.2", StatusCode::OK)] {
            let body = format!("user_name=alice&password={}", encode(PASSWORD));
            let request = proxy.request(Method::POST, "/api/sign-in").header(X_FORWARDED_FOR, client);
            let reply = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body).send().await;
            assert_eq!(reply.status, status, "{client}");
        }
        give_up(unfinished).await;
    }
}

/// Has a client send more bodies that do not end than it may, until each waits for more or is refused.
async fn flood(browser: &Browser, client: &'static str) -> Vec<JoinHandle<StatusCode>> {
    const BODIES: usize = 600;
    let taken = Taken::default();
    let send = |_| {
        let (browser, body) = (browser.clone(), taken.unfinished(16 * 1024, 1));
        tokio::spawn(async move {
            let request = browser.request(Method::POST, "/api/sign-in").header(X_FORWARDED_FOR, client);
            request.header(CONTENT_TYPE, "application/json").stream(Some(16 * 1024), body).await.0
        })
    };
    let sent: Vec<_> = (0..BODIES).map(send).collect();
    while taken.waiting.load(Ordering::SeqCst) + sent.iter().filter(|task| task.is_finished()).count() < BODIES {
        tokio::task::yield_now().await;
    }
    assert_eq!(taken.waiting.load(Ordering::SeqCst), 512, "8 of 16 MiB");
    sent
}

/// Breaks off what waits. What was refused, was for want of room.
async fn give_up(sent: Vec<JoinHandle<StatusCode>>) {
    for task in &sent {
        task.abort();
    }
    for task in sent {
        if let Ok(status) = task.await {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
