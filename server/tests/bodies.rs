//! What a request may hold in memory before it is known who makes it.

use crate::support::{ApiError, Browser, PASSWORD, both_databases};
use app::contract::people::{ImportReport, LARGEST_LIST};
use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, header::CONTENT_TYPE},
};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

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

    async fn all_unfinished_bodies_together_hold_so_much_and_no_more(portal) {
        let (visitor, person) = (portal.browser(), portal.person("alice").await);
        let taken = Taken::default();
        let unfinished: Vec<_> = (0..1_100)
            .map(|_| {
                let (browser, body) = (visitor.clone(), taken.unfinished(16 * 1024, 1));
                tokio::spawn(async move { send(&browser, "sign-in", Some(16 * 1024), body).await })
            })
            .collect();
        while taken.waiting.load(Ordering::SeqCst) + unfinished.iter().filter(|task| task.is_finished()).count() < 1_100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(taken.waiting.load(Ordering::SeqCst), 1_024, "16 MiB");
        assert_eq!(visitor.sign_in("alice", PASSWORD).await, Err(ApiError::Unavailable));
        assert!(person.call::<serde_json::Value>("viewer", &[]).await.is_ok(), "people who are in have room of their own");
        for task in &unfinished {
            task.abort();
        }
        for task in unfinished {
            if let Ok(status) = task.await {
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            }
        }
        assert_eq!(visitor.sign_in("alice", PASSWORD).await, Ok(()));
    }
}
