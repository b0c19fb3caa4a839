//! Name and password.

use crate::support::{ApiError, Browser, PASSWORD, both_databases, browser::encode, portal::OPERATOR};
use axum::http::{HeaderName, Method, header::CONTENT_TYPE};
use twofold::domain::audit::trail::AuditEvent;

const WRONG: &str = "Wrong-horse-7";

const SESSION: &str = "twofold-dev-session";
const FLASH: &str = "twofold-dev-flash";

fn locked_for(seconds: u64) -> Result<(), ApiError> {
    Err(ApiError::Locked { retry_after: Some(seconds) })
}

/// Wrong passwords until the default policy locks the account.
async fn lock(browser: &Browser, name: &str) {
    for attempt in 1..=4 {
        assert_eq!(browser.sign_in(name, WRONG).await, Err(ApiError::Credentials), "attempt {attempt}");
    }
    assert_eq!(browser.sign_in(name, WRONG).await, locked_for(15 * 60));
}

both_databases! {
    async fn whoever_knows_name_and_password_is_in(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        browser.sign_in(" ALICE ", PASSWORD).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
        browser.sign_out().await;
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn a_wrong_name_and_a_wrong_password_get_the_very_same_answer(portal) {
        portal.add("alice").await;
        let mut answers = Vec::new();
        for (name, password) in [("alice", WRONG), ("nobody", WRONG), ("nobody", PASSWORD)] {
            let fields = [("user_name", name), ("password", password)];
            let reply = portal.browser().call_raw("sign-in", &fields).await;
            assert_eq!(reply.answer::<()>(), Err(ApiError::Credentials));
            answers.push((reply.status, reply.headers, reply.body));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);

        let mut pages = Vec::new();
        for name in ["alice", "ecila"] {
            let browser = portal.browser();
            let reply = browser.post_form("/api/sign-in", &[("user_name", name), ("password", WRONG)]).await;
            assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/sign-in")));
            let page = browser.follow(reply).await;
            pages.push(without_nonce(page.text()).replace(name, "NAME"));
        }
        assert_eq!(pages[0], pages[1]);
    }

    async fn wrong_passwords_lock_the_account_for_a_while(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        lock(&browser, "alice").await;
        assert_eq!(browser.sign_in("alice", PASSWORD).await, locked_for(15 * 60), "also for the right password");
        assert_eq!(portal.browser().sign_in("Alice", PASSWORD).await, locked_for(15 * 60), "in any browser and case");
        portal.clock.advance(15 * 60 - 1);
        assert_eq!(browser.sign_in("alice", PASSWORD).await, locked_for(1));
        portal.clock.advance(1);
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(portal.count(AuditEvent::AccountLocked).await, 1);
    }

    async fn in_a_known_browser_a_right_password_starts_the_count_anew(portal) {
        let alice = portal.enrolled("alice").await;
        let known = portal.awaiting_code("alice").await;
        known.code(&alice.phone.code()).await.unwrap();
        for _ in 0..3 {
            for _ in 0..4 {
                assert_eq!(known.sign_in("alice", WRONG).await, Err(ApiError::Credentials));
            }
            known.sign_in("alice", PASSWORD).await.unwrap();
        }
    }

    async fn a_lock_outlives_a_restart_and_reaches_every_node(portal) {
        portal.add("alice").await;
        lock(&portal.browser(), "alice").await;
        assert_eq!(portal.second_node().await.browser().sign_in("alice", PASSWORD).await, locked_for(15 * 60));
        let portal = portal.restarted().await;
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked_for(15 * 60));
    }

    async fn the_operator_ends_a_lock(portal) {
        portal.add("alice").await;
        lock(&portal.browser(), "alice").await;
        assert_eq!(portal.service.unlock_user(OPERATOR, "ALICE").await, Ok(Some(true)));
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(portal.count(AuditEvent::AccountUnlocked).await, 1);
    }

    async fn a_name_that_nobody_has_locks_in_the_same_way(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        for name in ["alice", "nobody", &"x".repeat(300)] {
            lock(&browser, name).await;
            assert_eq!(browser.sign_in(name, PASSWORD).await, locked_for(15 * 60));
        }
    }

    async fn a_known_browser_is_not_shut_out_by_other_peoples_guessing(portal) {
        let alice = portal.enrolled("alice").await;
        let known = portal.awaiting_code("alice").await;
        known.code(&alice.phone.code()).await.unwrap();
        known.sign_out().await;
        lock(&portal.browser(), "alice").await;
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked_for(15 * 60));
        known.sign_in("alice", PASSWORD).await.expect("the browser in which she signed in before");
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked_for(15 * 60), "which unlocks no other");
    }

    async fn a_known_browser_has_no_more_attempts_than_others(portal) {
        let alice = portal.enrolled("alice").await;
        let known = portal.awaiting_code("alice").await;
        known.code(&alice.phone.code()).await.unwrap();
        known.sign_out().await;
        lock(&known, "alice").await;
        assert_eq!(known.sign_in("alice", PASSWORD).await, locked_for(15 * 60));
        portal.browser().sign_in("alice", PASSWORD).await.expect("its own failures lock only itself");
        // To the operator, it is one account.
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        known.sign_in("alice", PASSWORD).await.expect("unlocked");
    }

    async fn one_address_can_not_try_passwords_without_end(portal) {
        portal.add("alice").await;
        let elsewhere = portal.browser().at("198.51.100.7");
        let browser = portal.browser();
        for attempt in 0..600 {
            let answer = browser.sign_in(&format!("guess-{attempt}"), WRONG).await;
            assert_eq!(answer, Err(ApiError::Credentials), "attempt {attempt}");
        }
        let too_many = Err(ApiError::TooManyAttempts { retry_after: 3_600 });
        assert_eq!(browser.sign_in("alice", PASSWORD).await, too_many);
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, too_many, "a new browser at the same address");
        elsewhere.sign_in("alice", PASSWORD).await.unwrap();
        portal.clock.advance(3_600);
        browser.sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn signing_in_well_counts_nothing_against_the_address(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        for _ in 0..650 {
            browser.sign_in("alice", PASSWORD).await.unwrap();
        }
    }

    async fn only_proxies_of_ours_say_where_someone_is(portal) {
        portal.add("alice").await;
        let forwarded = HeaderName::from_static("x-forwarded-for");
        let portal = portal.behind(&["10.0.0.0/8"]).await;
        for (peer, header, recorded) in [
            ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
        ] {
            let browser = portal.browser().at(peer);
            let body = format!("user_name=alice&password={}", encode(PASSWORD));
            let request = browser.request(Method::POST, "/api/sign-in").header(forwarded.clone(), header);
            let form = "application/x-www-form-urlencoded";
            let reply = request.header(CONTENT_TYPE, form).body(body).send().await;
            reply.answer::<()>().unwrap();
            let entry = portal.audit().await.pop().unwrap();
            assert_eq!(entry.address.as_deref(), Some(recorded), "{peer} {header}");
        }
    }

    async fn parallel_attempts_never_evaluate_more_than_the_limit(portal) {
        portal.add("alice").await;
        let attempts = (0..30).map(|_| {
            let browser = portal.browser();
            tokio::spawn(async move { browser.sign_in("alice", WRONG).await })
        });
        let mut evaluated = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                // While it is not known yet how the first ones end, nor is whether the account is locked.
                Err(ApiError::Credentials | ApiError::Locked { .. } | ApiError::Unavailable) => evaluated += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(evaluated, 30);
        assert_eq!(portal.count(AuditEvent::SignInFailed).await, 5, "compared with the stored hash");
        assert_eq!(portal.count(AuditEvent::SignInRefused).await, 10, "refused unseen, the first of them");
        portal.clock.advance(601);
        portal.service.record_folded().await.unwrap();
        let others = portal.audit().await.pop().unwrap();
        assert_eq!((others.event.as_str(), others.outcome.as_str()), ("sign_in_refused", "failure"));
        assert!(others.detail.unwrap().contains(r#""times":15"#), "and how many more there were");
    }

    async fn strange_input_is_wrong_and_nothing_worse(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        for (name, password) in [
            ("", PASSWORD), ("   ", PASSWORD), ("alice", ""), ("\0", PASSWORD), ("alice\0", PASSWORD),
            ("' OR 1=1 --", "' OR 1=1 --"), (&"ж".repeat(300), PASSWORD), (&"x".repeat(5_000), PASSWORD),
            ("a\u{202E}lice", PASSWORD), ("alice\n", WRONG),
            ("alice", &"x".repeat(257)), ("alice", &"ä".repeat(2_000)), ("alice", "nul\0nul"),
        ] {
            portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
            assert_eq!(browser.sign_in(name, password).await, Err(ApiError::Credentials), "{name:?}");
        }
        let fields_missing = browser.call_raw("sign-in", &[("user_name", "alice")]).await;
        assert_eq!(fields_missing.status, 400);
        assert_eq!(fields_missing.answer::<()>(), Err(ApiError::Malformed));
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn the_plain_form_leads_where_someone_was_going(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        let reply = browser.get("/profile?tab=2").await;
        assert_eq!(reply.location().as_deref(), Some("/sign-in?next=/profile%3Ftab%3D2"));
        let page = browser.follow(reply).await;
        assert!(page.text().contains(r#"value="/profile?tab=2""#), "the form carries it on");
        let fields = [("user_name", "alice"), ("password", PASSWORD), ("next", "/profile?tab=2")];
        let reply = browser.post_form("/api/sign-in", &fields).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/profile?tab=2")));
        assert_eq!(browser.follow(reply).await.status, 200);
    }

    async fn nobody_is_led_to_another_site(portal) {
        portal.add("alice").await;
        for next in [
            "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
            "/\t/evil.example", "/%0d%0aset-cookie:x=1\r\nx: y", "evil.example", " /profile", "/ж",
            "/sign-in", "/api/sign-out", "/welcome/x",
        ] {
            let browser = portal.browser();
            let fields = [("user_name", "alice"), ("password", PASSWORD), ("next", next)];
            let reply = browser.post_form("/api/sign-in", &fields).await;
            assert_eq!(reply.location().as_deref(), Some("/"), "{next:?}");
            let page = portal.browser().get(&format!("/sign-in?next={}", encode(next))).await;
            assert!(!page.text().contains("evil.example"), "{next:?} is not carried along");
        }
    }

    async fn a_refused_form_says_why_once_and_keeps_the_name(portal) {
        portal.add("alice").await;
        let browser = portal.browser();
        let fields = [("user_name", "alice <b>&\""), ("password", WRONG), ("next", "/profile")];
        let reply = browser.post_form("/api/sign-in", &fields).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/sign-in?next=/profile")));
        let page = browser.follow(reply).await;
        let words = ApiError::Credentials.to_string();
        assert!(page.text().contains(&words) && page.text().contains(r#"role="alert""#));
        assert!(page.text().contains(r#"value="alice &lt;b&gt;&amp;&quot;""#), "{}", page.text());
        assert!(!page.text().contains(WRONG));
        assert!(page.text().contains(r#"value="/profile""#), "the destination stays");
        let again = browser.get("/sign-in").await;
        assert!(!again.text().contains(&words) && !again.text().contains("alice"));
    }

    async fn a_browser_that_keeps_no_cookies_is_told_and_others_go_on(portal) {
        portal.add("alice").await;
        for (password, goes_on) in [(PASSWORD, "/profile"), (WRONG, "/sign-in?next=/profile")] {
            let browser = portal.browser();
            let fields = [("user_name", "alice"), ("password", password), ("next", "/profile")];
            let reply = browser.send_form("/api/sign-in", &fields).await;
            let check = "/sign-in/cookies?next=/profile";
            assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some(check)), "it had sent no cookie");

            let page = portal.browser().get(check).await;
            assert_eq!(page.status, 200);
            assert!(page.text().contains("Cookies are blocked"), "{}", page.text());
            assert!(page.text().contains(r#"href="/sign-in?next=/profile""#), "the destination stays");
            assert_eq!(browser.get(check).await.location().as_deref(), Some(goes_on), "cookies came along");
            let page = browser.open(check).await;
            assert_eq!(page.text().contains(&ApiError::Credentials.to_string()), password == WRONG, "what is to be said is said");

            // What was to be said was the only cookie, and it is spent.
            let has_cookies = password == PASSWORD;
            let reply = browser.send_form("/api/sign-in", &fields).await;
            let expected = if has_cookies { goes_on } else { check };
            assert_eq!(reply.location().as_deref(), Some(expected), "a browser with cookies goes there at once");
        }
        let stray = portal.browser();
        stray.set_cookie("other", "cookie");
        for (query, leads_to) in [("", "/sign-in"), ("?next=//evil.example", "/sign-in"), ("?next=/a", "/sign-in?next=/a")] {
            let reply = stray.get(&format!("/sign-in/cookies{query}")).await;
            assert_eq!(reply.location().as_deref(), Some(leads_to), "{query}");
        }
    }

    async fn what_a_page_says_can_not_be_forged(portal) {
        let browser = portal.browser();
        browser.post_form("/api/sign-in", &[("user_name", "alice"), ("password", WRONG)]).await;
        let genuine = browser.cookie(FLASH).unwrap();
        let mut changed = genuine.clone().into_bytes();
        let last = changed.len() - 5;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        let json = r#"{"problem":"Credentials","user_name":"Call 555-0100"}"#;
        for forged in [String::from_utf8(changed).unwrap(), encode(json), json.replace(',', "%2C")] {
            browser.set_cookie(FLASH, &forged);
            let page = browser.get("/sign-in").await;
            assert_eq!(page.status, 200);
            assert!(!page.text().contains(r#"role="alert""#) && !page.text().contains("555"));
        }
        browser.set_cookie(FLASH, &genuine);
        assert!(browser.get("/sign-in").await.text().contains(r#"role="alert""#));
        // Nor by the address of the page.
        let page = portal.browser().get("/sign-in?__path=/api/sign-in&__err=eyJ4Ijoi&problem=Call%20555-0100").await;
        assert!(!page.text().contains(r#"role="alert""#) && !page.text().contains("555"));
    }

    async fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(portal) {
        portal.add("alice").await;
        let fields = [("user_name", "alice"), ("password", PASSWORD)];
        let reply = portal.browser().call_raw("sign-in", &fields).await;
        let cookie = reply.sets_cookie(SESSION).unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let portal = portal.reached_at("https://login.example.org").await;
        let reply = portal.browser().call_raw("sign-in", &fields).await;
        let cookie = reply.sets_cookie("__Host-twofold-session").unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        assert!(!cookie.to_lowercase().contains("domain"));
    }

    async fn each_elevation_brings_a_new_token_and_kills_the_old(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let (half, first) = (browser.copy(), browser.session_token().unwrap());
        browser.code(&alice.phone.code()).await.unwrap();
        let (full, second) = (browser.copy(), browser.session_token().unwrap());
        portal.clock.advance(60);
        browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        let third = browser.session_token().unwrap();
        assert!(first != second && second != third && first != third);
        assert_eq!(half.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(full.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
    }

    async fn signing_in_again_replaces_the_session_of_this_browser(portal) {
        let browser = portal.person("alice").await;
        let (before, old) = (browser.copy(), browser.session_token().unwrap());
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(before.who_am_i().await, Err(ApiError::SignedOut));
        // A token that someone planted is worth nothing.
        let planted = portal.browser();
        planted.set_cookie(SESSION, &old);
        planted.sign_in("alice", PASSWORD).await.unwrap();
        assert_ne!(planted.session_token(), Some(old));
    }

    async fn a_sign_in_waits_ten_minutes_for_its_code(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let page = browser.open("/sign-in/code").await;
        assert!(page.text().contains("You have 10 minutes for this"), "{}", page.text());
        assert!(page.text().contains("in-time 0s 480s"), "the warning comes two minutes before: {}", page.text());
        portal.clock.advance(10 * 60 - 1);
        let page = browser.open("/sign-in/code").await;
        assert!(page.text().contains("about a minute left"), "{}", page.text());
        assert!(!page.text().contains("in-time 0s"), "{}", page.text());
        assert_eq!(browser.who_am_i().await, Err(ApiError::SecondFactorRequired));
        portal.clock.advance(1);
        assert_eq!(browser.code(&alice.phone.code()).await, Err(ApiError::SignedOut));
        let late = [("code", "123456"), ("user_name", "alice"), ("next", "/profile")];
        let reply = browser.post_form("/api/sign-in-with-code", &late).await;
        assert_eq!(reply.location().as_deref(), Some("/sign-in?next=/profile"));
        let page = browser.follow(reply).await;
        let page = page.text();
        assert!(page.contains(&ApiError::SignInExpired.to_string()), "{page}");
        assert!(page.contains(r#"value="alice""#), "the name is not typed again: {page}");
        assert!(page.contains(">Error: Sign in"), "{page}");
    }
}

/// The page without what differs between any two responses.
pub fn without_nonce(page: &str) -> String {
    let mut parts = page.split("nonce=\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once('"').map_or(part, |(_, rest)| rest);
    }
    text
}
