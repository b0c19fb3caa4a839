//! "Mail": what administrators see of the mail that waits, and what they can do about it.

use crate::support::{ApiError, Browser, MailServer, PASSWORD, TestPortal, both_databases};
use contract::{
    mail::{MailKind, MailProgress, MailRefused, MailState, Mend, TestOutcome},
    overview::PortalOverview,
};
use serde_json::json;
use twofold::{clock::Clock as _, domain::audit::trail::AuditEvent, service::Round, values};

pub async fn state(browser: &Browser) -> MailState {
    browser.call_json("mail-state", &json!({})).await.unwrap()
}

/// When each waiting message is due, and whether it was given up, past all sessions.
pub async fn state_in(portal: &TestPortal) -> Vec<(i64, bool)> {
    portal.service.db.all("SELECT due_at, given_up FROM outbox ORDER BY id", values![]).await.unwrap()
}

/// An administrator with an address, and people who got a reminder that waits.
async fn waiting(portal: &TestPortal, people: &[&str]) -> Browser {
    let root = portal.administrator("root").await;
    portal.give_address("root", "root@example.org").await;
    for name in people {
        portal.add(name).await;
        portal.give_address(name, &format!("{name}@example.org")).await;
        remind(&root, name).await.unwrap();
    }
    root
}

async fn remind(root: &Browser, name: &str) -> Result<(), ApiError> {
    let missing: contract::reminder::Missing = root.call("missing-second-factors", &[]).await.unwrap();
    let person = missing.people.into_iter().find(|person| person.name == name).unwrap();
    root.call::<serde_json::Value>("send-reminder", &[("person_id", &person.id)]).await.map(drop)
}

async fn notice(root: &Browser) -> bool {
    root.call::<PortalOverview>("portal-overview", &[("days", "30")]).await.unwrap().mail_needs_a_look
}

both_databases! {
    async fn without_a_mail_server_the_page_says_how_to_name_one(portal) {
        let root = portal.administrator("root").await;
        assert_eq!(state(&root).await.server, None);
        let page = root.open("/settings/mail").await;
        assert!(page.text().contains("--smtp-url"));
        let refused = root.call::<TestOutcome>("send-test-mail", &[]).await;
        assert_eq!(refused, Err(ApiError::Mail(MailRefused::NotConfigured)));
    }

    async fn a_test_message_says_at_once_what_came_of_it(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let no_address = root.call::<TestOutcome>("send-test-mail", &[]).await;
        assert_eq!(no_address, Err(ApiError::Mail(MailRefused::NoAddress)));
        portal.give_address("root", "root@example.org").await;
        let failed: TestOutcome = root.call("send-test-mail", &[]).await.unwrap();
        assert!(matches!(&failed, TestOutcome::Failed { problem, mend: Some(Mend::Server) } if problem.contains("refused")), "{failed:?}");
        let waits = state(&root).await;
        assert_eq!((waits.waiting, waits.entries[0].kind), (1, MailKind::Test));
        let id = &waits.entries[0].id;
        root.call::<()>("discard-mail", &[("id", id)]).await.unwrap();

        server.start().await;
        let sent: TestOutcome = root.call("send-test-mail", &[]).await.unwrap();
        assert_eq!(sent, TestOutcome::Sent { address: "root@example.org".to_owned() });
        assert_eq!(server.subjects(), ["Test message – Acme & Söhne"]);
        assert_eq!(portal.post().await, Round::default(), "nothing is left of it");
    }

    async fn the_page_names_server_sender_and_what_waits_but_no_password(portal) {
        let mut server = MailServer::stopped();
        server.credentials = "login:Sesame-open-3@";
        let portal = portal.with_mail(&server).await;
        let root = waiting(&portal, &["alice"]).await;
        portal.post().await;
        let shown = state(&root).await.server.unwrap();
        assert!(server.url().ends_with(&shown.host) && shown.sender.contains("login@acme.example"), "{shown:?}");
        let page = root.open("/settings/mail").await;
        for part in ["127.0.0.1:", "login@acme.example", "alice", "Reminder", "refused"] {
            assert!(page.text().contains(part), "{part}");
        }
        let answer = root.call_json::<serde_json::Value>("mail-state", &json!({})).await.unwrap().to_string();
        for secret in ["Sesame", "login:"] {
            assert!(!page.text().contains(secret) && !answer.contains(secret), "{secret}");
        }
    }

    async fn mail_that_failed_is_tried_again_on_demand_one_or_all(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = waiting(&portal, &["ann", "ben", "cleo"]).await;
        assert_eq!(portal.post().await.failed, 3);
        server.start().await;
        let failed = state(&root).await.entries;
        let ann = failed.iter().find(|entry| entry.person == "ann").unwrap();
        root.call::<()>("try-mail-again", &[("id", &ann.id)]).await.unwrap();
        assert_eq!(portal.service.send_waiting().await.unwrap().sent, 1);
        assert_eq!(server.letters()[0].to, ["ann@example.org"]);
        assert_eq!(root.call::<()>("try-mail-again", &[("id", &ann.id)]).await, Err(ApiError::NoLongerThere));
        assert_eq!(portal.post().await.sent, 2, "what waited for the server follows");
        server.stop();
        for name in ["ben", "cleo"] {
            remind(&root, name).await.unwrap();
        }
        assert_eq!(portal.post().await.failed, 2);
        server.start().await;
        root.call::<()>("try-mail-again", &[]).await.unwrap();
        assert_eq!(portal.post().await.sent, 2);
        assert_eq!(state(&root).await.entries, []);
    }

    async fn what_is_on_its_way_is_neither_tried_twice_nor_thrown_away(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = waiting(&portal, &["alice"]).await;
        portal.post().await;
        let id = state(&root).await.entries[0].id.clone();
        // As it is while a node sends it.
        let sql = "UPDATE outbox SET problem = NULL, due_at = due_at + 900";
        portal.service.db.execute(sql, values![]).await.unwrap();
        assert_eq!(state(&root).await.entries[0].progress, MailProgress::BeingSent);
        for function in ["try-mail-again", "discard-mail"] {
            assert_eq!(root.call::<()>(function, &[("id", &id)]).await, Err(ApiError::NoLongerThere), "{function}");
        }
        root.call::<()>("try-mail-again", &[]).await.unwrap();
        assert_eq!(portal.post().await, Round::default());
        portal.clock.advance(1_000);
        assert_eq!(portal.post().await.failed, 1, "a node that died is stood in for");
    }

    async fn mail_can_be_thrown_away_and_the_trail_says_so(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = waiting(&portal, &["alice"]).await;
        let id = state(&root).await.entries[0].id.clone();
        root.call::<()>("discard-mail", &[("id", &id)]).await.unwrap();
        assert_eq!(state(&root).await.waiting, 0);
        let entry = portal.audit().await.pop().unwrap();
        assert_eq!((entry.event.as_str(), entry.subject_name.as_deref()), (AuditEvent::MailDiscarded.as_str(), Some("alice")));
        assert_eq!(entry.detail.as_deref(), Some(r#"{"mail":"Reminder"}"#));
        assert_eq!(root.call::<()>("discard-mail", &[("id", &id)]).await, Err(ApiError::NoLongerThere));
    }

    async fn administrators_learn_on_the_dashboard_that_mail_is_stuck(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = waiting(&portal, &["alice"]).await;
        portal.post().await;
        assert!(!notice(&root).await);
        portal.clock.advance(3_601);
        root.sign_in("root", PASSWORD).await.unwrap();
        assert!(notice(&root).await, "it waits for more than an hour");
        assert!(root.open("/").await.text().contains("/settings/mail"));
        portal.service.db.execute("UPDATE outbox SET written_at = $1, given_up = TRUE", values![portal.clock.now().0]).await.unwrap();
        assert!(notice(&root).await, "it was given up");
        portal.service.db.execute("DELETE FROM outbox", values![]).await.unwrap();
        assert!(!notice(&root).await);
        assert!(!root.open("/").await.text().contains("/settings/mail"));
    }

    async fn the_list_goes_on_page_by_page_what_was_given_up_first(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        for number in 0..120 {
            let sql = "INSERT INTO outbox (id, user_id, address, message, written_at, due_at, given_up)
                SELECT CAST($1 AS TEXT), id, 'a@example.org', '\"test\"', 1, 1, CAST($2 AS BOOLEAN) FROM users WHERE name = 'alice'";
            let id = format!("{number:03}");
            portal.service.db.execute(sql, values![&id, number % 2 == 0]).await.unwrap();
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page: MailState = root.call_json("mail-state", &json!({ "after": after })).await.unwrap();
            assert_eq!((page.waiting, page.given_up), (60, 60));
            seen.extend(page.entries.into_iter().map(|entry| entry.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let order = (0..120).rev().step_by(2).map(|odd| odd - 1).chain((0..120).rev().step_by(2));
        let expected: Vec<String> = order.map(|number| format!("{number:03}")).collect();
        assert_eq!(seen, expected);
    }
}
