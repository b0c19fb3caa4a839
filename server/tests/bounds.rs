//! How much one person may have the portal store, record and send.

use crate::support::{
    ApiError, Browser, MailServer, PASSWORD, Phone, TestPortal, both_databases,
    portal::{Enrolled, begin, confirm, finish, save_policy},
};
use axum::http::{HeaderName, Method, StatusCode};
use contract::{
    activity::ActivityPage,
    enrolment::{Enrolment, ExtendedEnrolment},
    policy::VersionedPolicy,
    profile::{SecurityOverview, SignInEvent, TwoFactorStatus},
    reminder::Missing,
};
use serde_json::{Value, json};
use twofold::{clock::Clock as _, domain::audit::trail::AuditEvent, values};

/// Seconds within which events are folded.
const WINDOW: i64 = 600;

async fn id_of(portal: &TestPortal, name: &str) -> String {
    let sql = "SELECT id FROM users WHERE name = $1";
    portal.service.db.one::<(String,)>(sql, values![name]).await.unwrap().0
}

both_databases! {
    async fn nobody_has_more_than_ten_authenticator_apps(portal) {
        let alice = portal.enrolled("alice").await.browser;
        let sql = "INSERT INTO methods (id, user_id, name, secret, last_step, added_at)
            SELECT $1, user_id, $1, secret, 0, 0 FROM methods LIMIT 1";
        for name in ["2", "3", "4", "5", "6", "7", "8", "9"] {
            portal.service.db.execute(sql, values![name]).await.unwrap();
        }
        // Two that were begun when there was room for one.
        let other = alice.tab();
        let late = begin(&other).await;
        let phone = Phone::with_key(&late.key, &portal.clock);
        let confirmed = confirm(&other, &late.id, &phone.code()).await.unwrap();
        portal.service.db.execute(sql, values!["10"]).await.unwrap();
        assert_eq!(finish(&other, &confirmed.id).await.unwrap_err(), ApiError::TooManyMethods);
        alice.call::<()>("cancel-enrolment", &[]).await.unwrap();
        let refused = alice.call::<Enrolment>("begin-enrolment", &[]).await.map(drop);
        assert_eq!(refused, Err(ApiError::TooManyMethods));
        let status: TwoFactorStatus = alice.call("two-factor-status", &[]).await.unwrap();
        assert_eq!(status.methods.len(), 10);
        let replaced = alice.call::<Enrolment>("begin-enrolment", &[("replaces", &status.methods[1].id)]).await.map(drop);
        assert!(replaced.is_ok(), "one may take the place of another: {replaced:?}");
    }

    async fn a_person_has_a_hundred_sessions_and_the_oldest_goes(portal) {
        portal.add("alice").await;
        let first = portal.browser();
        first.sign_in("alice", PASSWORD).await.unwrap();
        portal.clock.advance(1);
        let mut last = portal.browser();
        for _ in 0..100 {
            last = portal.browser();
            last.sign_in("alice", PASSWORD).await.unwrap();
        }
        assert_eq!(first.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(last.who_am_i().await.unwrap(), "alice");
        let (sessions,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM sessions", values![]).await.unwrap();
        assert_eq!(sessions, 100);
    }

    async fn of_far_too_many_each_sign_in_ends_some(portal) {
        portal.add("alice").await;
        let alice = portal.browser();
        alice.sign_in("alice", PASSWORD).await.unwrap();
        let now = portal.clock.now().0;
        let mut tx = portal.service.db.begin().await.unwrap();
        for n in 0..1_200 {
            let sql = "INSERT INTO sessions (id, token_hash, user_id, assurance, created_at, last_seen_at, authenticated_at,
                    address, user_agent)
                SELECT $1, $2, id, 'full', $3, $3 + $4, $3, '', '' FROM users";
            let id = format!("session {n}");
            tx.execute(sql, values![&id, id.as_bytes(), now - 1_200, n]).await.unwrap();
        }
        tx.commit().await.unwrap();
        for left in [702, 203, 100, 100] {
            portal.browser().sign_in("alice", PASSWORD).await.unwrap();
            let sql = "SELECT COUNT(*), MIN(last_seen_at) FROM sessions";
            let (count, oldest) = portal.service.db.one::<(i64, i64)>(sql, values![]).await.unwrap();
            assert_eq!(count, left);
            assert!(oldest >= now - left, "the oldest go: {oldest}");
        }
        assert_eq!(alice.who_am_i().await.unwrap(), "alice");
    }

    async fn whoever_has_the_password_alone_ends_no_session_by_signing_in(portal) {
        let alice = portal.enrolled("alice").await.browser;
        for _ in 0..101 {
            portal.awaiting_code("alice").await;
        }
        assert_eq!(alice.who_am_i().await.unwrap(), "alice");
        let sql = "SELECT COUNT(*) FROM sessions WHERE assurance = 'first_factor'";
        let (pending,): (i64,) = portal.service.db.one(sql, values![]).await.unwrap();
        assert_eq!(pending, 100);
    }

    async fn nor_a_sign_in_that_awaits_its_code_in_a_browser_of_the_persons_own(portal) {
        let Enrolled { browser: alice, phone, .. } = portal.enrolled("alice").await;
        alice.sign_in("alice", PASSWORD).await.unwrap();
        alice.code(&phone.code()).await.unwrap();
        portal.clock.advance(60);
        alice.sign_in("alice", PASSWORD).await.unwrap();
        portal.clock.advance(1);
        let first = portal.awaiting_code("alice").await;
        portal.clock.advance(1);
        for _ in 0..100 {
            portal.awaiting_code("alice").await;
        }
        assert!(first.code(&phone.code()).await.is_err(), "strangers make room for strangers");
        alice.code(&phone.code()).await.unwrap();
        assert_eq!(alice.who_am_i().await.unwrap(), "alice");
    }

    async fn what_one_repeats_leaves_a_few_entries_and_one_with_their_number(portal) {
        let alice = portal.enrolled("alice").await.browser;
        let id = alice.call::<TwoFactorStatus>("two-factor-status", &[]).await.unwrap().methods[0].id.clone();
        let rename = async |name: &str| alice.call::<()>("rename-method", &[("id", &id), ("name", name)]).await;
        for n in 0..40 {
            rename(&format!("Phone {n}")).await.unwrap();
        }
        assert_eq!(portal.count(AuditEvent::MethodRenamed).await, 10, "the first ones");
        portal.service.record_folded().await.unwrap();
        assert_eq!(portal.count(AuditEvent::MethodRenamed).await, 10, "it may go on");
        portal.clock.advance(WINDOW + 1);
        portal.service.record_folded().await.unwrap();
        let folded = portal.audit().await.pop().unwrap();
        assert_eq!(folded.event, AuditEvent::MethodRenamed.as_str());
        assert_eq!((folded.actor_name.as_deref(), folded.subject_name.as_deref()), (Some("alice"), Some("alice")));
        let detail: Value = serde_json::from_str(folded.detail.as_deref().unwrap()).unwrap();
        assert_eq!((&detail["times"], &detail["last"]["after"]), (&json!(30), &json!("Phone 39")));
        portal.service.record_folded().await.unwrap();
        assert_eq!(portal.count(AuditEvent::MethodRenamed).await, 11, "once");
        let activity: ActivityPage = alice.call("activity", &[]).await.unwrap();
        assert!(activity.entries.iter().any(|entry| entry.times == Some(30)), "{activity:?}");
        rename("Phone").await.unwrap();
        assert_eq!(portal.count(AuditEvent::MethodRenamed).await, 12, "a new window");
        portal.service.verify_audit(None, 1_000).await.unwrap();
    }

    async fn so_does_whatever_is_begun_and_cancelled(portal) {
        let alice = portal.person("alice").await;
        for _ in 0..12 {
            let pending = begin(&alice).await;
            alice.call::<ExtendedEnrolment>("extend-enrolment", &[("id", &pending.id)]).await.unwrap();
            let phone = Phone::with_key(&pending.key, &portal.clock);
            confirm(&alice, &pending.id, &phone.code()).await.unwrap();
            alice.call::<()>("cancel-enrolment", &[]).await.unwrap();
        }
        portal.set_up(&alice).await;
        for _ in 0..12 {
            portal.awaiting_code("alice").await;
        }
        for event in [AuditEvent::EnrolmentExtended, AuditEvent::EnrolmentConfirmed, AuditEvent::SecondFactorRequested] {
            assert_eq!(portal.count(event).await, 10, "{event:?}");
        }
    }

    async fn refused_sign_ins_do_not_hide_where_others_come_from(portal) {
        portal.add("alice").await;
        for (address, times) in [("198.51.100.1", 17), ("198.51.100.2", 15)] {
            for _ in 0..times {
                portal.browser().at(address).sign_in("alice", "Wrong-horse-7").await.unwrap_err();
            }
        }
        portal.clock.advance(WINDOW + 1);
        portal.service.record_folded().await.unwrap();
        let refused = AuditEvent::SignInRefused.as_str();
        let entries: Vec<_> = portal.audit().await.into_iter().filter(|entry| entry.event == refused).collect();
        for (address, times) in [("198.51.100.1", r#""times":2"#), ("198.51.100.2", r#""times":5"#)] {
            let from: Vec<_> = entries.iter().filter(|entry| entry.address.as_deref() == Some(address)).collect();
            assert_eq!(from.len(), 11, "{address}: {from:?}");
            assert!(from[10].detail.as_deref().unwrap().contains(times), "{from:?}");
        }
    }

    async fn the_next_of_a_kind_records_what_was_counted_before(portal) {
        let alice = portal.person("alice").await;
        for _ in 0..15 {
            begin(&alice).await;
            alice.call::<()>("cancel-enrolment", &[]).await.unwrap();
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentStarted).await, 10);
        assert_eq!(portal.count(AuditEvent::EnrolmentCancelled).await, 10);
        portal.clock.advance(WINDOW);
        alice.step_up(PASSWORD, "").await.unwrap();
        begin(&alice).await;
        let entries = portal.audit().await;
        let [folded, begun] = &entries[entries.len() - 2..] else { panic!("two entries") };
        let started = AuditEvent::EnrolmentStarted.as_str();
        assert_eq!((folded.event.as_str(), begun.event.as_str()), (started, started));
        assert!(folded.detail.as_deref().unwrap().contains(r#""times":5"#), "{:?}", folded.detail);
        assert_eq!(begun.detail, None);
    }

    async fn so_do_signing_in_and_out_and_proofs_of_identity(portal) {
        portal.add("alice").await;
        let over_and_over = async |address: &str, times: u32| {
            let alice = portal.browser().at(address);
            for _ in 0..times {
                alice.sign_in("alice", PASSWORD).await.unwrap();
                alice.step_up(PASSWORD, "").await.unwrap();
                alice.sign_out().await;
            }
        };
        over_and_over("198.51.100.1", 25).await;
        over_and_over("198.51.100.2", 3).await;
        let events = [AuditEvent::SignedIn, AuditEvent::SteppedUp, AuditEvent::SignedOut];
        for event in events {
            assert_eq!(portal.count(event).await, 13, "{event:?}: ten from one address, and all from the other");
        }
        let last = portal.clock.now().0;
        portal.clock.advance(WINDOW + 1);
        portal.service.record_folded().await.unwrap();
        let entries = portal.audit().await;
        for event in events {
            let summed = entries.iter().rfind(|entry| entry.event == event.as_str()).unwrap();
            assert_eq!(summed.address.as_deref(), Some("198.51.100.1"));
            assert!(summed.detail.as_deref().unwrap().contains(r#""times":15"#), "{summed:?}");
        }
        let alice = portal.browser();
        alice.sign_in("alice", PASSWORD).await.unwrap();
        let overview: SecurityOverview = alice.call("security-overview", &[]).await.unwrap();
        let summed = &overview.recent_sign_ins[1];
        assert_eq!((summed.times, summed.at, summed.event), (Some(15), last, SignInEvent::SignedIn));
    }

    async fn what_one_proves_oneself_by_changes_ten_times_an_hour_and_each_is_recorded(portal) {
        let alice = portal.person("alice").await;
        let password = |n: usize| format!("Fresh-horse-{n}-{n}");
        let change = async |from: &str, to: &str| alice.call::<()>("change-password", &[("current", from), ("new", to)]).await;
        change(PASSWORD, &password(0)).await.unwrap();
        for n in 1..10 {
            change(&password(n - 1), &password(n)).await.unwrap();
        }
        let refused = change(&password(9), &password(10)).await;
        assert_eq!(refused, Err(ApiError::TooOften { retry_after: 3_600 }));
        assert_eq!(portal.count(AuditEvent::PasswordChanged).await, 10);
        portal.browser().sign_in("alice", &password(9)).await.unwrap();

        let set_up = async || {
            let pending = begin(&alice).await;
            let phone = Phone::with_key(&pending.key, &portal.clock);
            confirm(&alice, &pending.id, &phone.code()).await.unwrap();
            finish(&alice, &pending.id).await.map(drop)
        };
        for n in 0..10 {
            set_up().await.unwrap();
            if n < 9 {
                alice.call::<()>("disable-second-factor", &[]).await.unwrap();
            }
        }
        let codes = async || alice.call::<Value>("generate-recovery-codes", &[("password", &password(9))]).await.map(drop);
        for _ in 0..10 {
            codes().await.unwrap();
        }
        assert_eq!(codes().await, Err(ApiError::TooOften { retry_after: 3_600 }));
        assert_eq!(portal.count(AuditEvent::RecoveryCodesReplaced).await, 10);
        // Off it goes all the same.
        alice.call::<()>("disable-second-factor", &[]).await.unwrap();
        assert_eq!(set_up().await, Err(ApiError::TooOften { retry_after: 3_600 }));
        let counted = [portal.count(AuditEvent::EnrolmentFinished).await, portal.count(AuditEvent::SecondFactorDisabled).await];
        assert_eq!(counted, [10, 10]);
        portal.clock.advance(3_600);
        alice.sign_in("alice", &password(9)).await.unwrap();
        set_up().await.unwrap();
    }

    async fn an_administrator_does_the_same_to_the_same_person_ten_times_an_hour(portal) {
        let root = portal.administrator("root").await;
        let other = portal.administrator("other").await;
        portal.add("alice").await;
        portal.add("bob").await;
        let change = async |by: &Browser, name: &str, change: &str| {
            let id = id_of(&portal, name).await;
            by.call_json::<Value>("change-people", &json!({ "ids": [id], "change": change })).await.map(drop)
        };
        for _ in 0..10 {
            change(&root, "alice", "Deactivate").await.unwrap();
            change(&root, "alice", "Reactivate").await.unwrap();
        }
        change(&root, "alice", "Deactivate").await.unwrap();
        assert_eq!(change(&root, "alice", "Reactivate").await, Err(ApiError::TooOften { retry_after: 3_600 }));
        let sql = "SELECT active FROM users WHERE name = 'alice'";
        assert_eq!(portal.service.db.one::<(bool,)>(sql, values![]).await.unwrap(), (false,));
        assert_eq!(portal.count(AuditEvent::UserDeactivated).await, 11, "each is recorded");
        assert_eq!(portal.count(AuditEvent::UserReactivated).await, 10, "and nothing besides");
        change(&root, "bob", "Deactivate").await.unwrap();
        change(&root, "bob", "Reactivate").await.unwrap();
        change(&other, "alice", "Reactivate").await.unwrap();
    }

    async fn what_administrators_repeat_is_told_apart_by_person(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.add("bob").await;
        for (name, times) in [("alice", 15), ("bob", 4)] {
            let id = id_of(&portal, name).await;
            for _ in 0..times {
                root.call_json::<Value>("renew-links", &json!({ "ids": [id] })).await.unwrap();
            }
        }
        for _ in 0..15 {
            let export = root.request(Method::GET, "/api/audit-export/csv");
            let reply = export.header(HeaderName::from_static("sec-fetch-site"), "same-origin").send().await;
            assert_eq!(reply.status, StatusCode::OK);
        }
        assert_eq!(portal.count(AuditEvent::InvitationIssued).await, 14);
        assert_eq!(portal.count(AuditEvent::AuditExported).await, 10);
        portal.clock.advance(WINDOW + 1);
        portal.service.record_folded().await.unwrap();
        let summed: Vec<_> = portal.audit().await.into_iter()
            .filter(|entry| entry.detail.as_deref().is_some_and(|detail| detail.contains(r#""times":5"#)))
            .map(|entry| (entry.event, entry.actor_name, entry.subject_name)).collect();
        let root = || Some("root".to_owned());
        assert_eq!(summed.len(), 2, "{summed:?}");
        assert!(summed.contains(&("invitation_issued".to_owned(), root(), Some("alice".to_owned()))), "{summed:?}");
        assert!(summed.contains(&("audit_exported".to_owned(), root(), None)), "{summed:?}");
        portal.service.verify_audit(None, 1_000).await.unwrap();
    }

    async fn the_policy_changes_sixty_times_an_hour(portal) {
        let root = portal.administrator("root").await;
        let save = async |length| {
            let VersionedPolicy { mut policy, version, .. } = root.call("account-policy", &[]).await.unwrap();
            policy.password.minimum_length = length;
            save_policy(&root, &policy, version).await.map(drop)
        };
        for n in 0..60 {
            save(8 + n % 2).await.unwrap();
        }
        assert_eq!(save(8).await, Err(ApiError::TooOften { retry_after: 3_600 }));
        assert_eq!(portal.count(AuditEvent::PolicyChanged).await, 60);
    }

    async fn a_mail_address_changes_ten_times_and_then_waits(portal) {
        let portal = portal.with_mail(&MailServer::stopped()).await;
        let alice = portal.person("alice").await;
        let change = async |n: u32| {
            let address = format!("victim-{n}@example.org");
            alice.call::<()>("change-mail-address", &[("address", &address)]).await
        };
        for n in 0..10 {
            change(n).await.unwrap();
        }
        let refused = change(10).await.unwrap_err();
        assert_eq!(refused, ApiError::TooOften { retry_after: 3_600 });
        assert!(refused.to_string().contains("60 minutes"), "{refused}");
        let root = portal.administrator("root").await;
        let id = portal.service.db.one::<(String,)>("SELECT id FROM users WHERE name = 'alice'", values![]).await.unwrap().0;
        let fields = [("person_id", id.as_str()), ("address", "next@example.org")];
        let refused = root.call::<Value>("set-mail-address", &fields).await;
        assert!(matches!(refused, Err(ApiError::TooOften { .. })), "{refused:?}");
        portal.clock.advance(3_600);
        alice.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(change(11).await, Ok(()));
    }

    async fn ten_letters_of_a_kind_go_to_a_person_within_an_hour(portal) {
        let portal = portal.with_mail(&MailServer::stopped()).await;
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.give_address("alice", "alice@example.org").await;
        portal.give_address("root", "root@example.org").await;
        let missing: Missing = root.call("missing-second-factors", &[]).await.unwrap();
        let alice = missing.people.into_iter().find(|person| person.name == "alice").unwrap().id;
        for _ in 0..10 {
            root.call::<Value>("send-reminder", &[("person_id", &alice)]).await.unwrap();
        }
        let refused = root.call::<Value>("send-reminder", &[("person_id", &alice)]).await;
        assert!(matches!(refused, Err(ApiError::TooOften { .. })), "{refused:?}");
        assert_eq!(portal.count(AuditEvent::ReminderSent).await, 10);

        for _ in 0..14 {
            // Each in a browser that was never here.
            portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        }
        let waiting = "SELECT COUNT(*) FROM outbox o JOIN users u ON u.id = o.user_id WHERE u.name = 'alice'";
        let (waiting,): (i64,) = portal.service.db.one(waiting, values![]).await.unwrap();
        assert_eq!(waiting, 20, "ten of each kind");
        for _ in 0..10 {
            root.call::<Value>("send-test-mail", &[]).await.unwrap();
        }
        let refused = root.call::<Value>("send-test-mail", &[]).await;
        assert!(matches!(refused, Err(ApiError::TooOften { .. })), "{refused:?}");
        portal.clock.advance(3_600);
        root.sign_in("root", PASSWORD).await.unwrap();
        assert!(root.call::<Value>("send-test-mail", &[]).await.is_ok());
    }

    async fn and_not_ten_before_the_full_hour_and_ten_after_it(portal) {
        let portal = portal.with_mail(&MailServer::stopped()).await;
        let root = portal.administrator("root").await;
        portal.give_address("root", "root@example.org").await;
        let past_the_hour = portal.clock.now().0.rem_euclid(3_600);
        portal.clock.advance(2 * 3_600 - past_the_hour - 60);
        root.sign_in("root", PASSWORD).await.unwrap();
        let send = async || root.call::<Value>("send-test-mail", &[]).await;
        for _ in 0..10 {
            send().await.unwrap();
        }
        portal.clock.advance(120);
        assert_eq!(send().await, Err(ApiError::TooOften { retry_after: 3_480 }));
        portal.clock.advance(3_480);
        root.sign_in("root", PASSWORD).await.unwrap();
        send().await.unwrap();
    }
}
