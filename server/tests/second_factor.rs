//! The code from the authenticator app, and the recovery code in its place.

use crate::support::{
    ApiError, Browser, PASSWORD, Phone, TestPortal, both_databases,
    portal::{OPERATOR, begin, confirm, finish},
};
use contract::{
    error::{CodeProblem, RecoveryCodeProblem},
    profile::SecurityOverview,
};
use twofold::domain::audit::trail::AuditEvent;

const REUSED: Result<(), ApiError> = Err(ApiError::Code(CodeProblem::Reused));
const MALFORMED: Result<(), ApiError> = Err(ApiError::Code(CodeProblem::Malformed));
const SUSPENDED: Result<(), ApiError> = Err(ApiError::Code(CodeProblem::Suspended));

fn wrong(attempts_left: u32) -> Result<(), ApiError> {
    Err(ApiError::Code(CodeProblem::Wrong { attempts_left: Some(attempts_left) }))
}

/// Ends a sign-in by five wrong codes.
async fn five_wrong_codes(portal: &TestPortal, name: &str, phone: &Phone) {
    let browser = portal.awaiting_code(name).await;
    for left in (1..5).rev() {
        assert_eq!(browser.code(&phone.wrong_code()).await, wrong(left));
    }
    assert_eq!(browser.code(&phone.wrong_code()).await, Err(ApiError::SignInExpired));
    assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
}

/// Wrong codes, ten a day, until the app is suspended.
async fn a_hundred_wrong_codes(portal: &TestPortal, name: &str, phone: &Phone) {
    for _ in 0..10 {
        five_wrong_codes(portal, name, phone).await;
        five_wrong_codes(portal, name, phone).await;
        portal.clock.advance(86_400);
    }
}

fn shuffled(code: &str) -> String {
    code.to_lowercase().replace('-', "")
}

async fn in_with(browser: &Browser, code: &str) -> bool {
    browser.code(code).await.is_ok() && browser.who_am_i().await.is_ok()
}

both_databases! {
    async fn the_password_alone_opens_nothing(portal) {
        portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.who_am_i().await, Err(ApiError::SecondFactorRequired));
        for (page, leads_to) in [
            ("/", "/sign-in/code"), ("/profile", "/sign-in/code?next=/profile"),
            ("/settings", "/sign-in/code?next=/settings"), ("/nowhere", "/sign-in/code?next=/nowhere"),
        ] {
            assert_eq!(browser.get(page).await.location().as_deref(), Some(leads_to));
        }
    }

    async fn the_right_code_signs_in(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        browser.code(&alice.phone.code()).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
        assert_eq!(portal.count(AuditEvent::SecondFactorAccepted).await, 1);
    }

    async fn the_plain_form_does_too(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.browser();
        let fields = [("user_name", "alice"), ("password", PASSWORD), ("next", "/profile")];
        let reply = browser.post_form("/api/sign-in", &fields).await;
        assert_eq!(reply.location().as_deref(), Some("/sign-in/code?next=/profile"));
        let page = browser.follow(reply).await;
        assert!(page.text().contains("Two factor authentication") && page.text().contains("Six-digit code"));
        let wrong = [("code", alice.phone.wrong_code()), ("next", "/profile".to_owned())];
        let wrong = wrong.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = browser.post_form("/api/sign-in-with-code", &wrong).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/sign-in/code?next=/profile")));
        assert!(browser.follow(reply).await.text().contains("4 attempts left"));
        let fields = [("code", alice.phone.code()), ("next", "/profile".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = browser.post_form("/api/sign-in-with-code", &fields).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/profile")));
        assert_eq!(browser.follow(reply).await.status, 200);
    }

    async fn one_step_of_clock_difference_is_tolerated(portal) {
        let alice = portal.enrolled("alice").await;
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code_of_step(-1)).await);
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await);
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code_of_step(1)).await);
    }

    async fn wrong_codes_in_step_up_are_not_held_against_the_password(portal) {
        let alice = portal.enrolled("alice").await;
        for _ in 0..7 {
            let refused = alice.browser.step_up(PASSWORD, &alice.phone.wrong_code()).await;
            assert!(matches!(refused, Err(ApiError::Code(CodeProblem::Wrong { .. }))), "{refused:?}");
        }
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.expect("no lock");
        portal.browser().sign_in("alice", PASSWORD).await.expect("nor for another browser");
    }

    async fn each_code_counts_once(portal) {
        let alice = portal.enrolled("alice").await;
        let code = alice.phone.code();
        portal.awaiting_code("alice").await.code(&code).await.unwrap();
        assert_eq!(portal.awaiting_code("alice").await.code(&code).await, REUSED);
        assert_eq!(alice.browser.step_up(PASSWORD, &code).await, REUSED, "nor for a step-up");
        let earlier = alice.phone.code_of_step(-1);
        assert_eq!(portal.awaiting_code("alice").await.code(&earlier).await, REUSED, "nor does an earlier one");
        let portal = portal.restarted().await;
        assert_eq!(portal.awaiting_code("alice").await.code(&code).await, REUSED, "nor after a restart");
        assert_eq!(portal.count(AuditEvent::CodeReused).await, 4);
        portal.clock.advance(30);
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.unwrap();
    }

    async fn of_two_requests_with_one_code_one_gets_in(portal) {
        let alice = portal.enrolled("alice").await;
        let node = portal.second_node().await;
        for round in 0..8 {
            portal.clock.advance(60);
            let code = alice.phone.code();
            let one = portal.awaiting_code("alice").await;
            let other = node.awaiting_code("alice").await;
            let outcomes = tokio::join!(one.code(&code), other.code(&code));
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert_eq!(outcomes, [Ok(()), REUSED], "round {round}");
        }
        assert_eq!(portal.count(AuditEvent::SecondFactorAccepted).await, 8);
    }

    async fn one_sign_in_posted_twice_at_once_counts_once(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let (tab, code) = (browser.copy(), alice.phone.code());
        let outcomes = tokio::join!(browser.code(&code), tab.code(&code));
        assert_eq!([&outcomes.0, &outcomes.1].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let signed_in = [browser.who_am_i().await, tab.who_am_i().await];
        assert_eq!(signed_in.iter().filter(|who| who.is_ok()).count(), 1, "{signed_in:?}");
    }

    async fn the_code_that_confirmed_the_set_up_can_not_sign_in(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        let code = phone.code();
        confirm(&browser, &pending.id, &code).await.unwrap();
        finish(&browser, &pending.id).await.unwrap();
        assert_eq!(portal.awaiting_code("alice").await.code(&code).await, REUSED);
        portal.awaiting_code("alice").await.code(&phone.code_of_step(1)).await.unwrap();
    }

    async fn a_code_is_read_with_spaces_and_dashes(portal) {
        let alice = portal.enrolled("alice").await;
        for spelling in ["{} {}", "{}-{}", " {}\u{A0}{} ", "{}\u{2011}{}"] {
            portal.clock.advance(30);
            let code = alice.phone.code();
            let typed = spelling.replacen("{}", &code[..3], 1).replacen("{}", &code[3..], 1);
            assert!(in_with(&portal.awaiting_code("alice").await, &typed).await, "{typed:?}");
        }
    }

    async fn what_is_no_code_is_refused_without_charge(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let long = "1".repeat(20_000);
        for typed in ["", "12345", "1234567", "12345a", "abcdef", "-----", "12 34 5", long.as_str()] {
            assert_eq!(browser.code(typed).await, MALFORMED, "{typed:.20}");
        }
        assert_eq!(browser.code(&alice.phone.wrong_code()).await, wrong(4), "the first that was charged");
        // Digits count by their value.
        let full_width: String =
            alice.phone.code().chars().map(|c| char::from_u32(c as u32 - 0x30 + 0xFF10).unwrap()).collect();
        browser.code(&full_width).await.unwrap();
    }

    async fn a_phone_whose_clock_is_off_is_told_by_how_much(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        for (steps, seconds) in [(10, 300), (20, 600), (2, 60)] {
            let refused = Err(ApiError::Code(CodeProblem::Clock { seconds }));
            assert_eq!(browser.code(&alice.phone.code_of_step(steps)).await, refused, "{steps} steps");
        }
        let words = CodeProblem::Clock { seconds: 300 }.to_string();
        assert!(words.contains("5 minutes") && words.contains("ahead"), "{words}");
        // Refused, and counted.
        assert_eq!(browser.code(&alice.phone.wrong_code()).await, wrong(1));
        portal.clock.advance(3_600);
        let browser = portal.awaiting_code("alice").await;
        let behind = Err(ApiError::Code(CodeProblem::Clock { seconds: -120 }));
        assert_eq!(browser.code(&alice.phone.code_of_step(-4)).await, behind);
        assert_eq!(portal.count(AuditEvent::ClockSkew).await, 4);
    }

    async fn five_wrong_codes_end_the_sign_in(portal) {
        let alice = portal.enrolled("alice").await;
        five_wrong_codes(&portal, "alice", &alice.phone).await;
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await, "a new one is not affected");
    }

    async fn ten_wrong_codes_a_day_are_evaluated_and_no_more(portal) {
        let alice = portal.enrolled("alice").await;
        five_wrong_codes(&portal, "alice", &alice.phone).await;
        five_wrong_codes(&portal, "alice", &alice.phone).await;
        let browser = portal.awaiting_code("alice").await;
        let exhausted = |retry_after| Err(ApiError::Code(CodeProblem::Exhausted { retry_after }));
        assert_eq!(browser.code(&alice.phone.code()).await, exhausted(86_400), "not even the right one");
        assert_eq!(portal.count(AuditEvent::SecondFactorExhausted).await, 1);
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.expect("her own browser has its own count");
        portal.clock.advance(86_400);
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await);
    }

    async fn parallel_codes_never_evaluate_more_than_the_limit(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let attempts: Vec<_> = (0..20).map(|_| {
            let (tab, code) = (browser.copy(), alice.phone.wrong_code());
            tokio::spawn(async move { tab.code(&code).await })
        }).collect();
        for attempt in attempts {
            assert!(attempt.await.unwrap().is_err());
        }
        assert_eq!(portal.count(AuditEvent::SecondFactorFailed).await, 5);
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn a_hundred_wrong_codes_in_a_row_suspend_the_app_until_a_recovery_code(portal) {
        let alice = portal.enrolled("alice").await;
        a_hundred_wrong_codes(&portal, "alice", &alice.phone).await;
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.code(&alice.phone.code()).await, SUSPENDED);
        portal.clock.advance(365 * 86_400);
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.code(&alice.phone.code()).await, SUSPENDED, "time does not heal it");
        assert_eq!(portal.count(AuditEvent::SecondFactorSuspended).await, 2);
        browser.recovery_code(&alice.recovery_codes[0]).await.unwrap();
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await, "the app counts again");
    }

    async fn or_until_the_operator_unlocks(portal) {
        let alice = portal.enrolled("alice").await;
        a_hundred_wrong_codes(&portal, "alice", &alice.phone).await;
        assert_eq!(portal.awaiting_code("alice").await.code(&alice.phone.code()).await, SUSPENDED);
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await);
    }

    async fn a_recovery_code_stands_in_for_the_app_once(portal) {
        let alice = portal.enrolled("alice").await;
        let [first, second, third, ..] = alice.recovery_codes.as_slice() else { panic!("ten codes") };
        let spellings = [first.clone(), shuffled(second), third.replace('-', " ").to_lowercase()];
        for (number, spelling) in spellings.iter().enumerate() {
            let browser = portal.awaiting_code("alice").await;
            browser.recovery_code(spelling).await.unwrap();
            assert_eq!(browser.who_am_i().await.unwrap(), "alice");
            let used = portal.awaiting_code("alice").await.recovery_code(&shuffled(spelling)).await;
            assert_eq!(used, Err(ApiError::RecoveryCode(RecoveryCodeProblem::Used)), "code {number}");
        }
        let overview: SecurityOverview = alice.browser.call("security-overview", &[]).await.unwrap();
        assert_eq!(overview.two_factor.recovery_codes_left(), 7);
        assert_eq!(portal.count(AuditEvent::RecoveryCodeUsed).await, 3);
    }

    async fn digits_count_by_their_value_and_width_does_not_matter(portal) {
        let alice = portal.enrolled("alice").await;
        let zeros = ['０', '٠', '۰', '०'];
        for (zero, secret) in zeros.into_iter().zip(&alice.recovery_codes) {
            let digits = |text: &str| -> String {
                let digit = |c: char| c.to_digit(10).and_then(|value| char::from_u32(u32::from(zero) + value));
                text.chars().map(|c| digit(c).unwrap_or(c)).collect()
            };
            let typed = format!("\u{202A}{}\u{202C}\u{200B}", digits(&alice.phone.code()));
            portal.awaiting_code("alice").await.code(&typed).await.unwrap();
            portal.clock.advance(60);
            let wide = |c: char| if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xFEE0).unwrap() } else { c };
            let typed: String = digits(secret).chars().map(wide).collect();
            portal.awaiting_code("alice").await.recovery_code(&typed).await.unwrap();
        }
    }

    async fn of_two_requests_with_one_recovery_code_one_gets_in(portal) {
        let alice = portal.enrolled("alice").await;
        let node = portal.second_node().await;
        for code in &alice.recovery_codes[..8] {
            let (one, other) = (portal.awaiting_code("alice").await, node.awaiting_code("alice").await);
            let outcomes = tokio::join!(one.recovery_code(code), other.recovery_code(code));
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert_eq!(outcomes, [Ok(()), Err(ApiError::RecoveryCode(RecoveryCodeProblem::Used))]);
        }
    }

    async fn wrong_recovery_codes_are_limited_too(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        for typed in ["", "ABCD", "ABCD-EFGH-JKMN-PQR", "ABCD-EFGH-JKMN-PQRSU", "ABCD-EFGH-JKMN-PQR\u{416}"] {
            let malformed = Err(ApiError::RecoveryCode(RecoveryCodeProblem::Malformed));
            assert_eq!(browser.recovery_code(typed).await, malformed, "{typed}");
        }
        for attempts_left in (1..5).rev() {
            let wrong = Err(ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { attempts_left: Some(attempts_left) }));
            assert_eq!(browser.recovery_code("0000-0000-0000-0000").await, wrong);
        }
        assert_eq!(browser.recovery_code("0000-0000-0000-0000").await, Err(ApiError::SignInExpired));
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        let browser = portal.awaiting_code("alice").await;
        for _ in 0..5 {
            assert!(browser.recovery_code("0000-0000-0000-0000").await.is_err());
        }
        let locked = Err(ApiError::Locked { retry_after: Some(86_400) });
        assert_eq!(portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await, locked);
        assert!(in_with(&portal.awaiting_code("alice").await, &alice.phone.code()).await, "the app still counts");
    }

    async fn the_recovery_form_works_without_script(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let page = browser.get("/sign-in/recovery-code").await;
        assert!(page.text().contains("Use recovery code"));
        let reply = browser.post_form("/api/sign-in-with-recovery-code", &[("code", "nonsense")]).await;
        assert_eq!(reply.location().as_deref(), Some("/sign-in/recovery-code"));
        let page = browser.follow(reply).await;
        assert!(page.text().contains("16 letters and digits") && !page.text().contains("nonsense"));
        let reply = browser.post_form("/api/sign-in-with-recovery-code", &[("code", &alice.recovery_codes[4])]).await;
        assert_eq!(reply.location().as_deref(), Some("/"));
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
    }

    async fn nobody_signs_in_with_someone_elses_code(portal) {
        let (alice, bob) = (portal.enrolled("alice").await, portal.enrolled("bob").await);
        let browser = portal.awaiting_code("alice").await;
        assert!(browser.code(&bob.phone.code()).await.is_err());
        assert!(browser.recovery_code(&bob.recovery_codes[0]).await.is_err());
        assert_eq!(portal.browser().code(&alice.phone.code()).await, Err(ApiError::SignedOut), "nor without a password");
        browser.code(&alice.phone.code()).await.unwrap();
        portal.awaiting_code("bob").await.recovery_code(&bob.recovery_codes[0]).await.expect("still unused");
    }
}
