//! Recovery codes in the years after set-up: what became of each, a new set,
//! checking one without spending it, and what a session says about them.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{Enrolled, finish_another},
};
use contract::{
    account::Viewer,
    error::{CodeProblem, RecoveryCodeProblem},
    profile::{SecurityOverview, SignInEvent, TwoFactorStatus},
    recovery::{RecoveryCodeEntry, RecoveryCodeSheet, RecoveryLedger, RecoveryNotice},
};
use std::collections::BTreeSet;
use twofold::{
    clock::Clock as _,
    crypto::{
        password::{Salt, derive_code},
        secret_box::Purpose,
    },
    domain::audit::trail::AuditEvent,
    values,
};

const NO_CODE: &str = "0000-0000-0000-0000";

const WRONG: ApiError = ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { attempts_left: None });

/// A code that is none of the person's, with what the day has left.
const fn none_of_theirs(attempts_left: u32) -> ApiError {
    ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { attempts_left: Some(attempts_left) })
}

async fn ledger(browser: &Browser) -> RecoveryLedger {
    let status: TwoFactorStatus = browser.call("two-factor-status", &[]).await.unwrap();
    status.recovery.expect("a set of codes")
}

async fn notice(browser: &Browser) -> Option<RecoveryNotice> {
    browser.call::<Viewer>("viewer", &[]).await.unwrap().recovery_notice
}

async fn check(browser: &Browser, code: &str) -> Result<RecoveryCodeEntry, ApiError> {
    browser.call("check-recovery-code", &[("code", code)]).await
}

async fn generate(browser: &Browser, password: &str) -> Result<Vec<String>, ApiError> {
    let sheet: RecoveryCodeSheet = browser.call("generate-recovery-codes", &[("password", password)]).await?;
    Ok(sheet.codes)
}

/// Her browser, stepped up with the code of the moment.
async fn stepped_up(portal: &TestPortal, alice: &Enrolled) {
    portal.clock.advance(60);
    alice.browser.step_up(PASSWORD, &alice.phone.code()).await.expect("the code is right");
}

/// Signs in with so many of her codes.
async fn spend(portal: &TestPortal, codes: &[String]) {
    for code in codes {
        portal.awaiting_code("alice").await.recovery_code(code).await.expect("the code is right");
    }
}

/// Signs in with the app's code.
async fn sign_in(portal: &TestPortal, alice: &Enrolled) -> Browser {
    portal.clock.advance(60);
    let browser = portal.awaiting_code("alice").await;
    browser.code(&alice.phone.code()).await.expect("the code is right");
    browser
}

both_databases! {
    async fn the_ledger_has_the_numbers_of_the_sheet(portal) {
        let alice = portal.enrolled("alice").await;
        let fresh = ledger(&alice.browser).await;
        assert_eq!(fresh.codes.iter().map(|code| code.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
        assert!(fresh.codes.iter().all(|code| code.used.is_none()));
        assert_eq!(fresh.created_at, portal.clock.now().0 - 60);
        let elsewhere = portal.awaiting_code("alice").await.at("198.51.100.7");
        elsewhere.recovery_code(&alice.recovery_codes[3]).await.unwrap();
        let used_at = portal.clock.now().0;
        portal.clock.advance(120);
        let ledger = ledger(&alice.browser).await;
        assert_eq!(ledger.left(), 9);
        let used: Vec<_> = ledger.codes.iter().filter_map(|code| code.used.as_ref().map(|used| (code.number, used))).collect();
        let [(4, used)] = used.as_slice() else { panic!("the fourth code: {used:?}") };
        assert_eq!((used.at, used.origin.address.as_str()), (used_at, "198.51.100.7"));
        assert_eq!(used.origin.browser, "Firefox on Linux");
    }

    async fn a_sign_in_with_a_recovery_code_counts_as_one(portal) {
        let alice = portal.enrolled("alice").await;
        sign_in(&portal, &alice).await;
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.unwrap();
        let overview: SecurityOverview = alice.browser.call("security-overview", &[]).await.unwrap();
        let events: Vec<_> = overview.recent_sign_ins.iter().map(|entry| entry.event).collect();
        assert_eq!(events, [SignInEvent::SignedInWithRecoveryCode, SignInEvent::SignedIn, SignInEvent::SignedIn]);
    }

    async fn who_has_no_second_factor_has_no_ledger(portal) {
        let browser = portal.person("alice").await;
        let status: TwoFactorStatus = browser.call("two-factor-status", &[]).await.unwrap();
        assert_eq!(status.recovery, None);
        assert_eq!(generate(&browser, PASSWORD).await, Err(ApiError::NoLongerThere));
        assert_eq!(check(&browser, NO_CODE).await, Err(none_of_theirs(9)));
    }

    async fn a_used_code_is_told_until_it_is_dismissed_or_replaced(portal) {
        let alice = portal.enrolled("alice").await;
        assert_eq!(notice(&alice.browser).await, None);
        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&alice.recovery_codes[0]).await.unwrap();
        let used = Some(RecoveryNotice { left: 9, used: true });
        assert_eq!(notice(&browser).await, used);
        assert_eq!(notice(&browser.tab()).await, used, "on every page");
        assert_eq!(notice(&alice.browser).await, None, "other sessions have nothing to say");
        browser.call::<()>("dismiss-recovery-notice", &[]).await.unwrap();
        assert_eq!(notice(&browser).await, None);

        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&alice.recovery_codes[1]).await.unwrap();
        assert_eq!(notice(&browser).await, Some(RecoveryNotice { left: 8, used: true }));
        stepped_up(&portal, &alice).await;
        generate(&alice.browser, PASSWORD).await.unwrap();
        assert_eq!(notice(&browser).await, None, "new codes end it in every session");

        let browser = portal.awaiting_code("alice").await;
        let codes = { stepped_up(&portal, &alice).await; generate(&alice.browser, PASSWORD).await.unwrap() };
        browser.recovery_code(&codes[0]).await.unwrap();
        finish_another(&portal, &browser).await;
        assert_eq!(notice(&browser).await, None, "and so does a set-up, which brings new codes");
    }

    async fn with_three_or_fewer_every_sign_in_says_so(portal) {
        let alice = portal.enrolled("alice").await;
        spend(&portal, &alice.recovery_codes[..6]).await;
        assert_eq!(notice(&sign_in(&portal, &alice).await).await, None, "four are left");
        spend(&portal, &alice.recovery_codes[6..7]).await;
        for _ in 0..2 {
            let browser = sign_in(&portal, &alice).await;
            assert_eq!(notice(&browser).await, Some(RecoveryNotice { left: 3, used: false }));
            browser.call::<()>("dismiss-recovery-notice", &[]).await.unwrap();
            assert_eq!(notice(&browser).await, None, "until the next sign-in");
        }
        spend(&portal, &alice.recovery_codes[7..]).await;
        let browser = sign_in(&portal, &alice).await;
        assert_eq!(notice(&browser).await, Some(RecoveryNotice { left: 0, used: false }));
        generate(&browser, PASSWORD).await.unwrap();
        assert_eq!(notice(&browser).await, None);
        assert_eq!(notice(&sign_in(&portal, &alice).await).await, None);
    }

    async fn a_trusted_browser_says_it_too(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.trusted_browsers.allowed = true).await;
        let alice = portal.enrolled("alice").await;
        spend(&portal, &alice.recovery_codes[..8]).await;
        portal.clock.advance(60);
        let browser = portal.awaiting_code("alice").await;
        let fields = [("code", alice.phone.code()), ("trust", "true".to_owned()), ("trust_days", "30".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.call::<()>("sign-in-with-code", &fields).await.unwrap();
        browser.sign_out().await;
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(notice(&browser).await, Some(RecoveryNotice { left: 2, used: false }));
    }

    async fn new_codes_kill_the_old_ones(portal) {
        let alice = portal.enrolled("alice").await;
        spend(&portal, &alice.recovery_codes[..2]).await;
        stepped_up(&portal, &alice).await;
        let sheet: RecoveryCodeSheet =
            alice.browser.call("generate-recovery-codes", &[("password", PASSWORD)]).await.unwrap();
        assert_eq!((sheet.portal_name.as_str(), sheet.user_name.as_str()), ("Acme & Söhne", "alice"));
        assert_eq!(sheet.created_at, portal.clock.now().0);
        let all: BTreeSet<&String> = sheet.codes.iter().chain(&alice.recovery_codes).collect();
        assert_eq!((sheet.codes.len(), all.len()), (10, 20));
        assert_eq!(ledger(&alice.browser).await.left(), 10);
        let browser = portal.awaiting_code("alice").await;
        let dead = RecoveryCodeProblem::Wrong { attempts_left: Some(4) };
        assert_eq!(browser.recovery_code(&alice.recovery_codes[5]).await, Err(ApiError::RecoveryCode(dead)));
        browser.recovery_code(&sheet.codes[9]).await.unwrap();
        assert_eq!(ledger(&alice.browser).await.codes[9].used.as_ref().unwrap().origin.address, "192.0.2.1");
        assert_eq!(portal.count(AuditEvent::RecoveryCodesReplaced).await, 1);
    }

    async fn new_codes_take_step_up_and_the_password(portal) {
        let alice = portal.enrolled("alice").await;
        portal.clock.advance(300);
        assert_eq!(generate(&alice.browser, PASSWORD).await, Err(ApiError::StepUpRequired { code: true }));
        stepped_up(&portal, &alice).await;
        for _ in 0..4 {
            assert_eq!(generate(&alice.browser, "Wrong-horse-7").await, Err(ApiError::WrongPassword));
        }
        check(&alice.browser, &alice.recovery_codes[0]).await.expect("the old set lives");
        generate(&alice.browser, PASSWORD).await.expect("the right one starts the count of her browser anew");
        for _ in 0..4 {
            assert_eq!(generate(&alice.browser, "Wrong-horse-7").await, Err(ApiError::WrongPassword));
        }
        let locked = Err(ApiError::Locked { retry_after: Some(900) });
        assert_eq!(generate(&alice.browser, "Wrong-horse-7").await, locked, "guessed like a sign-in");
        assert_eq!(generate(&alice.browser, PASSWORD).await, locked);
    }

    async fn two_new_sets_at_once_leave_one_whole(portal) {
        let alice = portal.enrolled("alice").await;
        let node = portal.second_node().await;
        stepped_up(&portal, &alice).await;
        for round in 0..4 {
            let tab = alice.browser.visiting(&node);
            let sets = tokio::join!(generate(&alice.browser, PASSWORD), generate(&tab, PASSWORD));
            let sets = [sets.0.unwrap(), sets.1.unwrap()];
            assert_eq!(ledger(&alice.browser).await.codes.len(), 10, "round {round}");
            let mut alive = 0;
            for set in &sets {
                let outcomes = [check(&alice.browser, &set[0]).await, check(&alice.browser, &set[9]).await];
                assert_eq!(outcomes[0].is_ok(), outcomes[1].is_ok(), "a set lives or dies whole");
                alive += usize::from(outcomes[0].is_ok());
            }
            assert_eq!(alive, 1, "round {round}");
            portal.clock.advance(30);
            portal.service.unlock_user("ops", "alice").await.unwrap();
        }
    }

    async fn a_code_is_checked_without_being_spent(portal) {
        let alice = portal.enrolled("alice").await;
        spend(&portal, &alice.recovery_codes[..1]).await;
        let used = check(&alice.browser, &alice.recovery_codes[0]).await.unwrap();
        assert_eq!((used.number, used.used.is_some()), (1, true));
        for _ in 0..12 {
            let entry = check(&alice.browser, &alice.recovery_codes[6].to_lowercase().replace('-', " ")).await;
            assert_eq!(entry, Ok(RecoveryCodeEntry { number: 7, used: None }), "as often as one likes");
        }
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[6]).await.expect("unspent");
        let bob = portal.enrolled("bob").await;
        assert_eq!(check(&bob.browser, &alice.recovery_codes[8]).await, Err(none_of_theirs(9)), "only in one's own set");
    }

    async fn checking_is_counted_like_any_other_guess(portal) {
        let alice = portal.enrolled("alice").await;
        for typed in ["", "ABCD", "ABCD-EFGH-JKMN-PQRSU"] {
            let malformed = Err(ApiError::RecoveryCode(RecoveryCodeProblem::Malformed));
            for _ in 0..5 {
                assert_eq!(check(&alice.browser, typed).await, malformed, "without charge");
            }
        }
        for number in 0..10 {
            assert_eq!(check(&alice.browser, NO_CODE).await, Err(none_of_theirs(9 - number)));
            if number < 9 {
                check(&alice.browser, &alice.recovery_codes[0]).await.expect("a right one takes back its own charge only");
            }
        }
        let locked = ApiError::Locked { retry_after: Some(86_400) };
        assert_eq!(check(&alice.browser, &alice.recovery_codes[0]).await, Err(locked));
        let browser = sign_in(&portal, &alice).await;
        let locked = Err(ApiError::Locked { retry_after: Some(86_340) });
        assert_eq!(check(&browser, &alice.recovery_codes[0]).await, locked, "nor after a sign-in, which has a budget of its own");
        portal.clock.advance(86_400);
        check(&sign_in(&portal, &alice).await, &alice.recovery_codes[0]).await.expect("another day");
        let failures = portal.audit().await.into_iter()
            .filter(|entry| entry.event == AuditEvent::RecoveryCodeChecked.as_str() && entry.outcome == "failure").count();
        assert_eq!(failures, 10);
        assert_eq!(portal.count(AuditEvent::RecoveryCodeChecked).await, 20);
    }

    async fn parallel_checks_never_evaluate_more_than_the_limit(portal) {
        let alice = portal.enrolled("alice").await;
        let checks: Vec<_> = (0..20).map(|_| {
            let tab = alice.browser.tab();
            tokio::spawn(async move { check(&tab, NO_CODE).await })
        }).collect();
        let mut wrong = 0;
        for outcome in checks {
            match outcome.await.unwrap() {
                Err(ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { .. })) => wrong += 1,
                Err(ApiError::Locked { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(wrong, 10);
    }

    async fn a_step_up_takes_a_recovery_code_where_the_phone_is_lost(portal) {
        let alice = portal.enrolled("alice").await;
        portal.clock.advance(300);
        let malformed = Err(ApiError::RecoveryCode(RecoveryCodeProblem::Malformed));
        assert_eq!(alice.browser.step_up_with_recovery_code(PASSWORD, "123456").await, malformed);
        assert_eq!(alice.browser.step_up_with_recovery_code(PASSWORD, NO_CODE).await, Err(WRONG));
        assert_eq!(alice.browser.step_up_with_recovery_code(PASSWORD, "").await, Err(ApiError::Code(CodeProblem::Malformed)));
        let wrong = alice.browser.step_up_with_recovery_code("Wrong-horse-7", &alice.recovery_codes[2]).await;
        assert_eq!(wrong, Err(ApiError::WrongPassword), "which spends nothing");
        assert_eq!(generate(&alice.browser, PASSWORD).await, Err(ApiError::StepUpRequired { code: true }));
        let before = alice.browser.copy();
        alice.browser.step_up_with_recovery_code(PASSWORD, &alice.recovery_codes[2]).await.unwrap();
        assert_eq!(before.who_am_i().await, Err(ApiError::SignedOut), "the session has a new token");
        assert_eq!(notice(&alice.browser).await, Some(RecoveryNotice { left: 9, used: true }));
        let used = alice.browser.step_up_with_recovery_code(PASSWORD, &alice.recovery_codes[2]).await;
        assert_eq!(used, Err(ApiError::RecoveryCode(RecoveryCodeProblem::Used)));
        generate(&alice.browser, PASSWORD).await.expect("stepped up");
        assert_eq!(portal.count(AuditEvent::RecoveryCodeUsed).await, 1);
        assert_eq!(portal.count(AuditEvent::SteppedUp).await, 1);
        assert_eq!(portal.count(AuditEvent::StepUpFailed).await, 3);
    }

    async fn of_two_step_ups_with_one_recovery_code_one_succeeds(portal) {
        let alice = portal.enrolled("alice").await;
        let node = portal.second_node().await;
        let elsewhere = sign_in(&portal, &alice).await.visiting(&node);
        for code in &alice.recovery_codes[..6] {
            let outcomes = tokio::join!(
                alice.browser.step_up_with_recovery_code(PASSWORD, code),
                elsewhere.step_up_with_recovery_code(PASSWORD, code),
            );
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert_eq!(outcomes, [Ok(()), Err(ApiError::RecoveryCode(RecoveryCodeProblem::Used))]);
        }
        assert_eq!(ledger(&alice.browser).await.left(), 4);
    }

    async fn a_set_from_before_codes_were_hashed_quickly_counts_as_it_is(portal) {
        let alice = portal.enrolled("alice").await;
        let salt = Salt([7; 16]);
        let (service, db) = (&portal.service, &portal.service.db);
        for (number, code) in (1_i64..).zip(&alice.recovery_codes) {
            let hash = service.hasher.derive_slowly(code.replace('-', "").as_bytes(), salt).await.unwrap();
            let sql = "UPDATE recovery_codes SET hash = $2 WHERE number = $1";
            assert_eq!(db.execute(sql, values![number, &hash]).await.unwrap(), 1);
        }
        let sql = "UPDATE recovery_sets SET quick = FALSE, salt = $1";
        assert_eq!(db.execute(sql, values![&salt.0]).await.unwrap(), 1);
        let browser = portal.awaiting_code("alice").await;
        assert!(browser.recovery_code(NO_CODE).await.is_err());
        browser.recovery_code(&alice.recovery_codes[0]).await.expect("it signs in");
        check(&browser, &alice.recovery_codes[1]).await.expect("and is checked");
        let codes = { stepped_up(&portal, &alice).await; generate(&alice.browser, PASSWORD).await.unwrap() };
        let (quick,): (bool,) = db.one("SELECT quick FROM recovery_sets", values![]).await.unwrap();
        assert!(quick, "the next set is a new one");
        portal.awaiting_code("alice").await.recovery_code(&codes[0]).await.unwrap();
    }

    async fn codes_outlive_the_encryption_key(portal) {
        let alice = portal.enrolled("alice").await;
        let lost = portal.enrolled("bob").await;
        let access = portal.service.issue_access_code_to("ops", "bob").await.unwrap().unwrap().code;
        let portal = portal.rekeyed().await;
        portal.clock.advance(60);
        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&alice.recovery_codes[0]).await.expect("made under the key before");
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.expect("so was the app's secret");
        portal.awaiting_code("bob").await.recovery_code(&access).await.expect("and a temporary access code");
        drop(lost);
        let (sealed,): (Vec<u8>,) = portal.service.db.one("SELECT code_secret FROM portal", values![]).await.unwrap();
        assert!(!portal.service.keyring.needs_resealing(&sealed));
    }

    async fn two_nodes_that_make_the_first_codes_at_once_agree(portal) {
        let node = portal.second_node().await;
        let (alice, bob) = (portal.person("alice").await, node.person("bob").await);
        let (alice, bob) = tokio::join!(portal.set_up(&alice), node.set_up(&bob));
        node.awaiting_code("alice").await.recovery_code(&alice.1[0]).await.expect("on the other node");
        portal.awaiting_code("bob").await.recovery_code(&bob.1[0]).await.expect("on the other node");
    }

    async fn a_stolen_database_does_not_even_say_what_a_guess_would_be_compared_with(portal) {
        let alice = portal.enrolled("alice").await;
        let db = &portal.service.db;
        let (salt, hash): (Vec<u8>, Vec<u8>) = db.one(
            "SELECT s.salt, c.hash FROM recovery_sets s JOIN recovery_codes c ON c.set_id = s.id WHERE c.number = 1",
            values![],
        ).await.unwrap();
        let code = alice.recovery_codes[0].replace('-', "");
        let salt = Salt(salt.try_into().unwrap());
        let (sealed,): (Vec<u8>,) = db.one("SELECT code_secret FROM portal", values![]).await.unwrap();
        for secret in [&[][..], &sealed[..]] {
            assert_ne!(derive_code(code.as_bytes(), salt, secret).unwrap()[..], hash[..]);
        }
        let secret = portal.service.keyring.open(Purpose::CodeSecret, "portal", &sealed).unwrap();
        assert_eq!(derive_code(code.as_bytes(), salt, &secret).unwrap()[..], hash[..], "with the key, it is the code");
    }
}
