//! What people are told by mail, and that mail is sent once, whatever the mail server does.
//! The mail server is a real one, on loopback.

use crate::support::{
    Browser, MailServer, PASSWORD, TestPortal, binary, both_databases,
    mail::Letter,
    portal::{Enrolled, finish_another},
};
use contract::{mail::MailProgress, profile::TwoFactorStatus, recovery::RecoveryCodeSheet};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use twofold::{clock::Clock as _, service::Round, values};

const ALICE: &str = "alice@example.org";
const NEW_PASSWORD: &str = "Battery-staple-8";

/// How many messages there are, sent or not.
async fn written(portal: &TestPortal) -> i64 {
    let (count,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM outbox", values![]).await.unwrap();
    count
}

/// Alice, who has an address and a second factor, in a browser that is known;
/// what she was told on the way is not kept.
async fn alice(portal: &TestPortal) -> Enrolled {
    portal.add("alice").await;
    portal.give_address("alice", "").await;
    let browser = portal.browser();
    browser.sign_in("alice", PASSWORD).await.unwrap();
    let (phone, recovery_codes) = portal.set_up(&browser).await;
    portal.clock.advance(60);
    browser.sign_in("alice", PASSWORD).await.unwrap();
    browser.code(&phone.code()).await.unwrap();
    portal.clock.advance(60);
    portal.give_address("alice", ALICE).await;
    Enrolled { browser, phone, recovery_codes }
}

async fn change_password(browser: &Browser) {
    let fields = [("current", PASSWORD), ("new", NEW_PASSWORD)];
    browser.call::<()>("change-password", &fields).await.unwrap();
}

async fn methods(browser: &Browser) -> TwoFactorStatus {
    browser.call("two-factor-status", &[]).await.unwrap()
}

/// The only message there is.
fn only(server: &MailServer) -> Letter {
    let mut letters = server.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

/// A mail server that wants a password first.
async fn refuse_entry(listener: tokio::net::TcpListener) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = connection.into_split();
        let mut lines = tokio::io::BufReader::new(reader).lines();
        writer.write_all(b"220 ready\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer: &[u8] = match line.get(..4) {
                Some("EHLO" | "NOOP" | "RSET") => b"250 fine\r\n",
                Some("QUIT") => break,
                _ => b"530 5.7.0 Sign in first\r\n",
            };
            writer.write_all(answer).await.unwrap();
        }
    }
}

fn without_dashes(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect()
}

both_databases! {
    async fn whoever_loses_an_address_learns_it_where_it_was(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        portal.add("alice").await;
        let browser = portal.browser();
        browser.sign_in("alice", PASSWORD).await.unwrap();
        for address in [ALICE, ALICE, "new@example.org", ""] {
            browser.call::<()>("change-mail-address", &[("address", address)]).await.unwrap();
        }
        portal.post().await;
        let mut told: Vec<String> = server.letters().into_iter().flat_map(|letter| letter.to).collect();
        told.sort();
        assert_eq!(told, [ALICE, ALICE, "new@example.org", "new@example.org"]);
    }

    async fn people_are_told_what_happens_to_their_account_and_never_a_secret(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.give_address("alice", ALICE).await;
        let browser = portal.browser();
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(written(&portal).await, 0, "the first sign-in is no news");

        let (phone, first_codes) = portal.set_up(&browser).await;
        portal.clock.advance(60);
        browser.step_up(PASSWORD, &phone.code()).await.unwrap();
        let sheet: RecoveryCodeSheet =
            browser.call("generate-recovery-codes", &[("password", PASSWORD)]).await.unwrap();
        let second = finish_another(&portal, &browser).await;
        let (first, added) = {
            let status = methods(&browser).await;
            (status.methods[0].id.clone(), status.methods[1].name.clone())
        };
        browser.call::<()>("remove-method", &[("id", &first)]).await.unwrap();
        change_password(&browser).await;
        let elsewhere = portal.browser().at("198.51.100.7");
        elsewhere.sign_in("alice", NEW_PASSWORD).await.unwrap();
        elsewhere.code(&second.code()).await.unwrap();
        let (service, person) = (&portal.service, "alice");
        service.disable_second_factor(crate::support::portal::OPERATOR, person).await.unwrap();

        let round = portal.post().await;
        assert_eq!((round.sent, round.failed), (7, 0));
        let portal_name = "Acme & Söhne";
        let expected = [
            "Authentication app added",
            "New recovery codes generated",
            "Authentication app added",
            "Authentication app removed",
            "Password changed",
            "Sign-in from a new browser",
            "Two-factor authentication switched off by an administrator",
        ];
        let expected = expected.map(|what| format!("{what} – {portal_name}"));
        let (letters, mut subjects) = (server.letters(), server.subjects());
        let mut sorted = expected.to_vec();
        sorted.sort();
        subjects.sort();
        assert_eq!(subjects, sorted);
        let about = |what: &str| letters.iter().find(|letter| letter.subject().starts_with(what)).unwrap();
        assert!(about("Sign-in").body.contains("Firefox on Linux, from the network address 198.51.100.7."));
        assert!(letters.iter().any(|letter| letter.body.contains(&format!("“{added}”"))));
        assert!(about("Password changed").body.contains("If this was not you"));

        let codes = first_codes.iter().chain(&sheet.codes);
        let mut secrets: Vec<String> = codes.flat_map(|code| [code.clone(), without_dashes(code)]).collect();
        secrets.extend([PASSWORD.to_owned(), NEW_PASSWORD.to_owned()]);
        for letter in &letters {
            assert_eq!(letter.to, [ALICE]);
            assert_eq!(letter.headers["to"], ALICE);
            assert_eq!(letter.headers["auto-submitted"], "auto-generated");
            assert!(letter.headers["from"].contains("login@acme.example"));
            assert!(letter.headers["message-id"].ends_with("@acme.example>"));
            assert!(letter.body.starts_with("Hello alice,\n"));
            assert!(letter.body.contains("2026"), "when: {}", letter.body);
            let seen = format!("{}{:?}{}", letter.body, letter.headers, letter.raw);
            for secret in &secrets {
                assert!(!seen.contains(secret.as_str()), "{secret}");
            }
        }
        assert_eq!(written(&portal).await, 0);
        drop(root);
    }

    async fn switching_the_second_factor_off_and_few_codes_are_told(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let alice = alice(&portal).await;
        let elsewhere = alice.browser.tab();
        for (spent, code) in alice.recovery_codes.iter().take(8).enumerate() {
            elsewhere.sign_in("alice", PASSWORD).await.unwrap();
            elsewhere.recovery_code(code).await.unwrap();
            portal.clock.advance(60);
            portal.post().await;
            let told = server.letters().len();
            assert_eq!(told, (spent + 1).saturating_sub(6), "after {} codes", spent + 1);
        }
        let bodies: String = server.letters().into_iter().map(|letter| letter.body).collect();
        assert!(bodies.contains("3 are left.") && bodies.contains("2 are left."), "{bodies}");
        elsewhere.call::<()>("disable-second-factor", &[]).await.unwrap();
        portal.post().await;
        assert!(server.subjects().iter().any(|subject| subject.starts_with("Two-factor authentication switched off –")));
    }

    async fn a_sign_in_is_told_only_where_the_browser_is_new(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let alice = alice(&portal).await;
        alice.browser.sign_in("alice", PASSWORD).await.unwrap();
        alice.browser.code(&alice.phone.code()).await.unwrap();
        portal.clock.advance(60);
        assert_eq!(written(&portal).await, 0, "known");
        let other = portal.browser();
        for expected in [1, 1] {
            other.sign_in("alice", PASSWORD).await.unwrap();
            other.code(&alice.phone.code()).await.unwrap();
            portal.clock.advance(60);
            assert_eq!(written(&portal).await, expected);
        }
        let stopped_half_way = portal.awaiting_code("alice").await;
        drop(stopped_half_way);
        assert_eq!(written(&portal).await, 1, "no sign-in without the code");
    }

    async fn so_is_one_of_those_without_a_second_factor(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        portal.add("bob").await;
        portal.give_address("bob", "bob@example.org").await;
        let (home, work) = (portal.browser(), portal.browser());
        for (browser, expected) in [(&home, 0), (&home, 0), (&work, 1), (&home, 1), (&work, 1)] {
            browser.sign_in("bob", PASSWORD).await.unwrap();
            assert_eq!(written(&portal).await, expected);
        }
        // A cookie that an attacker made up, or put there, makes nothing known.
        let token = work.cookie("twofold-dev-browser");
        let forged = portal.browser();
        forged.set_cookie("twofold-dev-browser", &"A".repeat(43));
        forged.sign_in("bob", PASSWORD).await.unwrap();
        assert_eq!(written(&portal).await, 2);
        assert_ne!(forged.cookie("twofold-dev-browser"), Some("A".repeat(43)), "it gets a new one");
        assert_ne!(work.cookie("twofold-dev-browser"), None);
        work.sign_in("bob", PASSWORD).await.unwrap();
        assert_ne!(work.cookie("twofold-dev-browser"), token, "a token is good for one sign-in");
        portal.add("carol").await;
        portal.give_address("carol", "carol@example.org").await;
        portal.browser().sign_in("carol", PASSWORD).await.unwrap();
        work.sign_in("carol", PASSWORD).await.unwrap();
        work.sign_in("bob", PASSWORD).await.unwrap();
        assert_eq!(written(&portal).await, 3, "hers, in a browser that only he used");
    }

    async fn without_address_or_mail_server_nothing_is_written(portal) {
        let alice = alice(&portal).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        change_password(&alice.browser).await;
        assert_eq!(written(&portal).await, 0, "no mail server");
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        portal.give_address("alice", "").await;
        portal.clock.advance(60);
        let browser = alice.browser.visiting(&portal);
        browser.step_up(NEW_PASSWORD, &alice.phone.code()).await.unwrap();
        browser.call::<()>("change-password", &[("current", NEW_PASSWORD), ("new", "Another-word-9")]).await.unwrap();
        assert_eq!(written(&portal).await, 0, "no address");
        assert_eq!(portal.post().await, Round::default());
    }

    async fn a_dead_server_stops_nobody_and_mail_arrives_once_it_is_back(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let alice = alice(&portal).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        change_password(&alice.browser).await;
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed), (0, 1));
        let state = crate::mail_page::state(&root).await;
        let [entry] = state.entries.as_slice() else { panic!("{state:?}") };
        assert_eq!((entry.person.as_str(), entry.tries), ("alice", 1));
        let next = portal.clock.now().0 + 60;
        assert_eq!(entry.progress, MailProgress::TriedAt(next));
        let problem = entry.problem.as_ref().unwrap();
        assert!(problem.contains("refused"), "{problem}");

        server.start().await;
        portal.clock.advance(59);
        assert_eq!(portal.post().await, Round::default(), "not before its time");
        portal.clock.advance(1);
        let node = portal.second_node().await;
        assert_eq!((portal.post().await.sent, node.post().await.sent), (1, 0));
        assert!(only(&server).subject().starts_with("Password changed"));
        assert_eq!(crate::mail_page::state(&root).await.entries, []);
    }

    async fn a_server_that_never_answers_keeps_nobody_waiting(portal) {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer::on(silent.local_addr().unwrap().port());
        let portal = portal.with_mail(&server).await;
        let alice = alice(&portal).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        let sending = tokio::spawn(portal.service.clone().keep_sending());
        change_password(&alice.browser).await;
        let (_connection, _) = silent.accept().await.unwrap();
        let other = portal.browser();
        let signing_in = async {
            other.sign_in("alice", NEW_PASSWORD).await.unwrap();
            portal.clock.advance(60);
            other.code(&alice.phone.code()).await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(5), signing_in).await.expect("while the mail server says nothing");
        assert_eq!(written(&portal).await, 2);
        sending.abort();
    }

    async fn a_server_that_does_not_let_the_portal_in_says_nothing_about_people(portal) {
        let locked = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer::on(locked.local_addr().unwrap().port());
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        for name in ["ann", "ben"] {
            portal.add(name).await;
            portal.give_address(name, &format!("{name}@example.org")).await;
        }
        root.call::<serde_json::Value>("send-all-reminders", &[]).await.unwrap();
        let asked = tokio::spawn(refuse_entry(locked));
        let round = portal.service.send_waiting().await.unwrap();
        assert!(round.away);
        assert_eq!((round.sent, round.failed), (0, 2));
        let state = crate::mail_page::state(&root).await;
        assert_eq!((state.waiting, state.given_up), (2, 0), "they are tried again");
        for entry in &state.entries {
            assert!(entry.problem.as_ref().unwrap().contains("530: 5.7.0 Sign in first"), "{entry:?}");
        }
        asked.abort();
    }

    async fn mail_is_given_up_after_three_days(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let alice = alice(&portal).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        change_password(&alice.browser).await;
        let began = portal.clock.now();
        loop {
            assert_eq!(portal.post().await.failed, 1);
            let state = crate::mail_page::state_in(&portal).await;
            match state[0] {
                (due, false) => portal.clock.advance(due - portal.clock.now().0),
                (_, true) => break,
            }
        }
        let took = portal.clock.now().seconds_since(began);
        assert!((72 * 3_600..73 * 3_600).contains(&took), "{took}");
        server.start().await;
        portal.clock.advance(30 * 86_400);
        assert_eq!(portal.post().await, Round::default(), "it waits for an administrator");
        root.sign_in("root", PASSWORD).await.unwrap();
        root.call::<()>("try-mail-again", &[]).await.unwrap();
        assert_eq!(portal.post().await.sent, 1);
        only(&server);
    }

    async fn a_refused_recipient_is_given_up_at_once_and_the_others_get_theirs(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        for (name, address) in [("ann", "refused@example.org"), ("ben", "busy@example.org"), ("cleo", "cleo@example.org"), ("dan", "no address")] {
            portal.add(name).await;
            portal.give_address(name, address).await;
        }
        let done: serde_json::Value = root.call("send-all-reminders", &[]).await.unwrap();
        assert_eq!(done, json!({ "reminded": 4, "without_address": 1, "recently": 0 }));
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed), (1, 3));
        assert_eq!(only(&server).to, ["cleo@example.org"]);
        let state = crate::mail_page::state(&root).await;
        assert_eq!((state.waiting, state.given_up), (1, 2));
        let of = |name: &str| state.entries.iter().find(|entry| entry.person == name).unwrap();
        assert_eq!(of("ann").progress, MailProgress::GivenUp);
        assert!(of("ann").problem.as_ref().unwrap().contains("550"), "{:?}", of("ann"));
        assert!(of("ann").problem.as_ref().unwrap().contains("There is nobody of this name"));
        assert_eq!(of("ben").progress, MailProgress::TriedAt(portal.clock.now().0 + 60));
        assert!(of("ben").problem.as_ref().unwrap().contains("451"));
        assert_eq!(of("dan").progress, MailProgress::GivenUp);
    }

    async fn two_nodes_send_each_message_once(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        for number in 0..50 {
            let name = format!("person-{number}");
            portal.add(&name).await;
            portal.give_address(&name, &format!("{name}@example.org")).await;
        }
        root.call::<serde_json::Value>("send-all-reminders", &[]).await.unwrap();
        let other = portal.second_node().await;
        let (one, two) = tokio::join!(portal.post(), other.post());
        assert_eq!((one.sent + two.sent, one.failed + two.failed), (50, 0));
        let letters = server.letters();
        let people: BTreeSet<_> = letters.iter().map(|letter| letter.to.clone()).collect();
        assert_eq!((letters.len(), people.len()), (50, 50));
    }

    async fn names_in_any_script_arrive_as_they_are_and_break_nothing(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let name = "Łukasz 電話 דוד";
        portal.add(name).await;
        portal.give_address(name, ALICE).await;
        let browser = portal.browser();
        browser.sign_in(name, PASSWORD).await.unwrap();
        portal.set_up(&browser).await;
        portal.clock.advance(60);
        let id = methods(&browser).await.methods[0].id.clone();
        browser.call::<()>("rename-method", &[("id", &id), ("name", "טלפון <b>")]).await.unwrap();
        portal.post().await;
        let letter = only(&server);
        assert_eq!(letter.subject(), "Authentication app added – Acme & Söhne");
        assert!(letter.body.starts_with(&format!("Hello \u{2068}{name}\u{2069},\n")), "{}", letter.body);
        assert!(letter.headers["from"].contains("Acme & Söhne"), "{:?}", letter.headers);
        assert!(letter.headers["content-type"].contains("utf-8"));
        assert!(letter.raw.lines().all(|line| line.len() <= 998 && line.is_ascii()), "{}", letter.raw);
        assert!(!letter.body.contains("<b>"), "the name of then");
    }

    async fn what_the_command_line_does_is_told_too(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        alice(&portal).await;
        let run = |portal: &TestPortal| binary::beside(portal).args(["user", "disable-2fa", "alice"]).output().unwrap();
        assert!(run(&portal).status.success());
        assert_eq!(written(&portal).await, 1);
        // The program goes by the time of the machine.
        portal.service.db.execute("UPDATE outbox SET due_at = 0", values![]).await.unwrap();
        portal.post().await;
        assert!(only(&server).subject().starts_with("Two-factor authentication switched off by an administrator"));
    }
}
