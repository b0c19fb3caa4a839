//! Reminding people by mail to set up a second factor.

use crate::support::{ApiError, Browser, MailServer, PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use contract::{
    mail::MailRefused,
    reminder::{Due, Missing, MissingPerson, RemindedAll},
};
use twofold::{clock::Clock as _, domain::audit::trail::AuditEvent, service::people::operator::FirstPassword, values};

const DAY: i64 = 86_400;

async fn missing(root: &Browser, name: &str) -> MissingPerson {
    let missing: Missing = root.call("missing-second-factors", &[]).await.unwrap();
    assert!(missing.sends_mail);
    missing.people.into_iter().find(|person| person.name == name).unwrap()
}

async fn remind(root: &Browser, id: &str) -> Result<MissingPerson, ApiError> {
    root.call("send-reminder", &[("person_id", id)]).await
}

async fn demand(portal: &TestPortal, days: u32) {
    let mut current = portal.service.policy_in_force().await.unwrap();
    current.policy.require_second_factor = true;
    current.policy.grace_days = days;
    portal.service.set_policy(OPERATOR, current.policy, current.version).await.unwrap();
}

/// Adds people with addresses quickly; nobody knows their passwords.
async fn crowd(portal: &TestPortal, people: usize) {
    let mut tx = portal.service.db.begin().await.unwrap();
    for number in 0..people {
        let name = format!("crowd-{number:04}");
        tx.enqueue(
            "INSERT INTO users (id, name, name_key, password_hash, administrator, active, created_at, exposed_since,
                 mail_address)
             VALUES ($1, $1, $1, 'none that fits', FALSE, TRUE, 1, 1, $2)",
            values![&name, &format!("{name}@example.org")],
        )
        .unwrap();
        if number % 500 == 499 {
            tx.commit().await.unwrap();
            tx = portal.service.db.begin().await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

both_databases! {
    async fn one_person_gets_the_words_of_the_page_with_their_own_day(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.enrolled_administrator("root").await.browser;
        portal.add("alice").await;
        portal.give_address("alice", "alice@example.org").await;
        demand(&portal, 14).await;
        let before = missing(&root, "alice").await;
        assert!(before.has_mail_address && before.reminded_at.is_none());
        let after = remind(&root, &before.id).await.unwrap();
        let now = portal.clock.now().0;
        assert_eq!(after.reminded_at, Some(now));
        assert_eq!(missing(&root, "alice").await, after);
        portal.post().await;
        let letters = server.letters();
        assert_eq!(letters[0].to, ["alice@example.org"]);
        assert_eq!(letters[0].subject(), "Please set up two-factor authentication at Acme & Söhne");
        let Due::From(day) = after.due else { panic!("{after:?}") };
        assert_eq!(day, now + 14 * DAY);
        let words = contract::reminder::message("alice", after.due, "Acme & Söhne", "http://127.0.0.1:3000");
        assert_eq!(letters[0].body.trim_end(), words.trim_end());
        let entry = portal.audit().await.pop().unwrap();
        let named = (entry.actor_name.as_deref(), entry.subject_name.as_deref());
        assert_eq!((entry.event.as_str(), named), ("reminder_sent", (Some("root"), Some("alice"))));
    }

    async fn who_has_never_chosen_a_password_is_invited_and_not_reminded(portal) {
        let portal = portal.with_mail(&MailServer::stopped()).await;
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        for name in ["new-one", "new-two"] {
            portal.service.add_user(OPERATOR, name, false, FirstPassword::ByLink).await.unwrap();
            portal.give_address(name, &format!("{name}@example.org")).await;
        }
        let listed: Missing = root.call("missing-second-factors", &[]).await.unwrap();
        let names: Vec<_> = listed.people.iter().map(|person| person.name.as_str()).collect();
        assert_eq!((names, listed.not_activated), (vec!["alice", "root"], Some(2)));
        let page = root.open("/settings/remind").await;
        assert!(page.text().contains("2 more people have not activated their accounts yet"));
        assert!(page.text().contains("/settings/users?filter=not-activated"));
        let plan: RemindedAll = root.call("reminder-plan", &[]).await.unwrap();
        assert_eq!(plan, RemindedAll { reminded: 0, without_address: 2, recently: 0 });
        let sent: RemindedAll = root.call("send-all-reminders", &[]).await.unwrap();
        assert_eq!(sent.reminded, 0);
        let sql = "SELECT id FROM users WHERE name = 'new-one'";
        let (id,): (String,) = portal.service.db.one(sql, values![]).await.unwrap();
        assert_eq!(remind(&root, &id).await, Err(ApiError::Mail(MailRefused::NotMissing)));
    }

    async fn who_can_not_be_reminded_is_not(portal) {
        let server = MailServer::started().await;
        let unprepared = portal.administrator("root").await;
        let refused = |why| Err(ApiError::Mail(why));
        assert_eq!(remind(&unprepared, "none").await, refused(MailRefused::NotConfigured));
        let portal = portal.with_mail(&server).await;
        let root = unprepared.visiting(&portal);
        portal.add("alice").await;
        let alice = missing(&root, "alice").await;
        assert!(!alice.has_mail_address);
        assert_eq!(remind(&root, &alice.id).await, refused(MailRefused::NoAddress));
        assert_eq!(missing(&root, "alice").await.reminded_at, None);
        portal.give_address("alice", "alice@example.org").await;
        portal.service.set_active(OPERATOR, "alice", false).await.unwrap();
        for id in [alice.id.as_str(), "nobody"] {
            assert_eq!(remind(&root, id).await, refused(MailRefused::NotMissing));
        }
        portal.enrolled("carol").await;
        let (carol,): (String,) = portal.service.db.one("SELECT id FROM users WHERE name = 'carol'", values![]).await.unwrap();
        portal.give_address("carol", "carol@example.org").await;
        assert_eq!(remind(&root, &carol).await, refused(MailRefused::NotMissing));
        assert_eq!(portal.count(AuditEvent::ReminderSent).await, 0);
        let (rows,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM outbox WHERE message LIKE '%reminder%'", values![]).await.unwrap();
        assert_eq!(rows, 0);
    }

    async fn everyone_is_reminded_in_batches_and_nobody_twice_within_a_day(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        portal.add("nowhere").await;
        crowd(&portal, 1_000).await;
        let first = missing(&root, "crowd-0000").await;
        remind(&root, &first.id).await.unwrap();
        let plan: RemindedAll = root.call("reminder-plan", &[]).await.unwrap();
        // Without an address: root and one more.
        assert_eq!(plan, RemindedAll { reminded: 999, without_address: 2, recently: 1 });
        let mut reminded = Vec::new();
        while reminded.last() != Some(&0) {
            let some: RemindedAll = root.call("send-all-reminders", &[]).await.unwrap();
            reminded.push(some.reminded);
        }
        assert_eq!(reminded, [300, 300, 300, 99, 0]);
        let again: RemindedAll = root.call("send-all-reminders", &[]).await.unwrap();
        assert_eq!(again, RemindedAll { reminded: 0, without_address: 2, recently: 1_000 });
        let (rows,): (i64,) = portal.service.db.one("SELECT COUNT(DISTINCT user_id) FROM outbox", values![]).await.unwrap();
        assert_eq!(rows, 1_000);
        let entries = portal.audit().await;
        let noted = entries.iter().filter(|entry| entry.event == "reminder_sent" && entry.subject_name.is_none());
        let people: Vec<u64> = noted
            .map(|entry| serde_json::from_str::<serde_json::Value>(entry.detail.as_ref().unwrap()).unwrap()["people"].as_u64().unwrap())
            .collect();
        assert_eq!(people, [300, 300, 300, 99]);

        portal.clock.advance(DAY);
        root.sign_in("root", PASSWORD).await.unwrap();
        let plan: RemindedAll = root.call("reminder-plan", &[]).await.unwrap();
        assert_eq!(plan, RemindedAll { reminded: 1_000, without_address: 2, recently: 0 });
    }

    async fn two_administrators_who_remind_everyone_at_once_write_once(portal) {
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let (one, two) = (portal.administrator("one").await, portal.administrator("two").await);
        crowd(&portal, 200).await;
        let all = |root: Browser| async move { root.call::<RemindedAll>("send-all-reminders", &[]).await.unwrap().reminded };
        let (first, second) = tokio::join!(all(one), all(two));
        assert_eq!(first + second, 200);
        let (rows,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM outbox", values![]).await.unwrap();
        assert_eq!(rows, 200);
    }

    async fn the_page_offers_it_only_where_mail_is_sent(portal) {
        let root = portal.administrator("root").await;
        assert!(!root.open("/settings/remind").await.text().contains("Send reminder"));
        let server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let page = root.visiting(&portal).open("/settings/remind").await;
        assert!(page.text().contains("Send reminder") && page.text().contains("No mail address"));
    }
}
