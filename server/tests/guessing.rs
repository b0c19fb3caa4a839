//! What guessing costs: a success takes back its own charge and no other, a
//! browser of one's own has its own budget, what was told about a code is the end
//! of it, and what the portal could not conclude is nobody's failure.

use crate::support::{
    ApiError, Browser, Database, MailServer, PASSWORD, Phone, TestPortal, both_databases,
    portal::{Enrolled, OPERATOR, begin, confirm, finish, finish_another},
};
use contract::{
    error::{AppAlgorithm, AppSettings, CodeProblem},
    password::PasswordRule,
};
use twofold::{
    clock::{Clock as _, UnixTime},
    crypto::password::{Params, PasswordHasher, Salt},
    domain::audit::trail::AuditEvent,
    store::Db,
    values,
};

/// A hash of nobody's password that takes seconds to compare with.
const SLOW: &str = "$argon2id$v=19$m=65536,t=30,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const WRONG: &str = "Wrong-horse-7";
const NO_CODE: &str = "0000-0000-0000-0000";

const REUSED: ApiError = ApiError::Code(CodeProblem::Reused);

fn is_wrong(outcome: &Result<(), ApiError>) -> bool {
    matches!(outcome, Err(ApiError::Code(CodeProblem::Wrong { .. }) | ApiError::SignInExpired))
}

fn is_exhausted(outcome: &Result<(), ApiError>) -> bool {
    matches!(outcome, Err(ApiError::Code(CodeProblem::Exhausted { .. } | CodeProblem::Suspended)))
}

/// Someone who knows the password tries so many wrong codes, in as many
/// sign-ins as it takes; answers how many were evaluated.
async fn guess(portal: &TestPortal, phone: &Phone, attempts: usize) -> usize {
    let mut evaluated = 0;
    let mut browser = portal.awaiting_code("alice").await;
    for attempt in 0..attempts {
        if attempt % 5 == 0 {
            browser = portal.awaiting_code("alice").await;
        }
        let outcome = browser.code(&phone.wrong_code()).await;
        evaluated += usize::from(is_wrong(&outcome));
        assert!(is_wrong(&outcome) || is_exhausted(&outcome), "{outcome:?}");
    }
    evaluated
}

/// A browser in which she signed in with both factors, signed out.
async fn known_browser(portal: &TestPortal, alice: &Enrolled) -> Browser {
    portal.clock.advance(60);
    let browser = portal.awaiting_code("alice").await;
    browser.code(&alice.phone.code()).await.expect("the code is right");
    browser.sign_out().await;
    portal.clock.advance(60);
    browser
}

async fn sign_in(browser: &Browser, code: &str) -> Result<(), ApiError> {
    browser.sign_in("alice", PASSWORD).await.expect("the password is right");
    browser.code(code).await
}

/// The confirming code of a set-up.
async fn confirm_with(browser: &Browser, id: &str, code: &str) -> Result<(), ApiError> {
    confirm(browser, id, code).await.map(drop)
}

async fn check(browser: &Browser, code: &str) -> Result<serde_json::Value, ApiError> {
    browser.call("check-recovery-code", &[("code", code)]).await
}

/// Has the database refuse something until it is allowed again.
async fn forbid(db: &Db, [on_sqlite, function, on_postgres]: [&'static str; 3]) {
    let statements = match db {
        Db::Sqlite { .. } => vec![on_sqlite],
        Db::Postgres { .. } => vec![function, on_postgres],
    };
    for sql in statements {
        db.execute(sql, values![]).await.unwrap();
    }
}

async fn allow(db: &Db, [on_sqlite, on_postgres]: [&'static str; 2]) {
    let sql = if matches!(db, Db::Sqlite { .. }) { on_sqlite } else { on_postgres };
    db.execute(sql, values![]).await.unwrap();
}

const REFUSE: &str =
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$";

const NO_NEW_SESSION: [&str; 3] = [
    "CREATE TRIGGER no_new_session BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END",
    REFUSE,
    "CREATE TRIGGER no_new_session BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()",
];
const NEW_SESSIONS: [&str; 2] = ["DROP TRIGGER no_new_session", "DROP TRIGGER no_new_session ON sessions"];

const NO_FULL_SESSION: [&str; 3] = [
    "CREATE TRIGGER no_full_session BEFORE UPDATE OF assurance ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END",
    REFUSE,
    "CREATE TRIGGER no_full_session BEFORE UPDATE OF assurance ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()",
];
const FULL_SESSIONS: [&str; 2] = ["DROP TRIGGER no_full_session", "DROP TRIGGER no_full_session ON sessions"];

const NO_REFUND: [&str; 3] = [
    "CREATE TRIGGER no_refund BEFORE UPDATE ON attempt_counters WHEN NEW.failures < OLD.failures
         BEGIN SELECT RAISE(ABORT, 'no'); END",
    REFUSE,
    "CREATE TRIGGER no_refund BEFORE UPDATE ON attempt_counters FOR EACH ROW WHEN (NEW.failures < OLD.failures)
         EXECUTE FUNCTION refuse()",
];
const REFUNDS: [&str; 2] = ["DROP TRIGGER no_refund", "DROP TRIGGER no_refund ON attempt_counters"];

both_databases! {
    async fn a_sign_in_of_the_owner_gives_a_guesser_no_new_codes(portal) {
        let alice = portal.enrolled("alice").await;
        let mut evaluated = guess(&portal, &alice.phone, 8).await;
        for _ in 0..2 {
            portal.clock.advance(30);
            let outcome = sign_in(&portal.browser(), &alice.phone.code()).await;
            outcome.expect("some are left in the day, and hers is taken back");
            evaluated += guess(&portal, &alice.phone, 1).await;
        }
        evaluated += guess(&portal, &alice.phone, 5).await;
        assert_eq!(evaluated, 10);
    }

    async fn nor_does_a_step_up_a_second_app_or_a_recovery_code(portal) {
        let alice = portal.enrolled("alice").await;
        let mut evaluated = guess(&portal, &alice.phone, 8).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.unwrap();
        finish_another(&portal, &alice.browser).await;
        evaluated += guess(&portal, &alice.phone, 8).await;
        assert_eq!(evaluated, 10);
    }

    async fn nor_does_switching_it_off_and_on(portal) {
        let alice = portal.enrolled("alice").await;
        let mut evaluated = guess(&portal, &alice.phone, 8).await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        alice.browser.call::<()>("disable-second-factor", &[]).await.unwrap();
        let phone = finish_another(&portal, &alice.browser).await;
        evaluated += guess(&portal, &phone, 8).await;
        assert_eq!(evaluated, 10);
    }

    async fn a_hundred_wrong_codes_suspend_the_app_although_its_owner_signs_in_daily(portal) {
        let alice = portal.enrolled("alice").await;
        for day in 0..10 {
            sign_in(&portal.browser(), &alice.phone.code()).await.unwrap_or_else(|error| panic!("day {day}: {error}"));
            assert_eq!(guess(&portal, &alice.phone, 12).await, 10, "day {day}");
            portal.clock.advance(86_400);
        }
        let suspended = Err(ApiError::Code(CodeProblem::Suspended));
        assert_eq!(portal.awaiting_code("alice").await.code(&alice.phone.code()).await, suspended);
    }

    async fn slips_of_a_sign_in_that_succeeds_are_taken_back(portal) {
        let alice = portal.enrolled("alice").await;
        for round in 0..4 {
            let browser = portal.awaiting_code("alice").await;
            for _ in 0..4 {
                assert!(is_wrong(&browser.code(&alice.phone.wrong_code()).await), "round {round}");
            }
            browser.code(&alice.phone.code()).await.expect("the fifth is right");
            portal.clock.advance(30);
        }
        assert_eq!(guess(&portal, &alice.phone, 12).await, 10, "and no more than those");
    }

    async fn a_right_password_takes_back_its_own_charge(portal) {
        let alice = portal.enrolled("alice").await;
        let known = known_browser(&portal, &alice).await;
        let guesser = portal.browser();
        for _ in 0..4 {
            assert_eq!(guesser.sign_in("alice", WRONG).await, Err(ApiError::Credentials));
        }
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        known.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(guesser.sign_in("alice", WRONG).await, Err(ApiError::Locked { retry_after: Some(900) }));
        portal.clock.advance(900);
        for _ in 0..6 {
            portal.browser().sign_in("alice", PASSWORD).await.expect("right ones cost nothing");
        }
    }

    async fn nor_where_she_signs_in_every_day(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout.minutes = None).await;
        for week in 0..8 {
            assert_eq!(portal.browser().sign_in("alice", WRONG).await, Err(ApiError::Credentials), "week {week}");
            for _ in 0..7 {
                portal.clock.advance(86_400 / 2);
                portal.browser().sign_in("alice", PASSWORD).await.unwrap_or_else(|error| panic!("week {week}: {error}"));
                portal.clock.advance(86_400 / 2);
            }
        }
    }

    async fn a_step_up_takes_back_its_own_charge_only(portal) {
        let alice = portal.enrolled("alice").await;
        for _ in 0..8 {
            alice.browser.step_up(PASSWORD, &alice.phone.wrong_code()).await.unwrap_err();
        }
        portal.clock.advance(86_400);
        let phone = &alice.phone;
        let alice_again = portal.awaiting_code("alice").await;
        alice_again.code(&phone.code()).await.unwrap();
        for _ in 0..3 {
            alice_again.step_up(PASSWORD, &phone.wrong_code()).await.unwrap_err();
        }
        let mut evaluated = guess(&portal, phone, 8).await;
        portal.clock.advance(30);
        alice_again.step_up(PASSWORD, &phone.code()).await.unwrap();
        evaluated += guess(&portal, phone, 8).await;
        assert_eq!(evaluated, 10);
    }

    async fn two_sign_ins_at_once_renew_an_old_hash_and_both_succeed(portal) {
        portal.add("alice").await;
        let before = PasswordHasher::with_places(Params { m_kib: 8, t: 1, p: 1 }, 1, 1).unwrap();
        let before = before.hash(PASSWORD, Salt([7; 16])).await.unwrap();
        let dearer = Params { m_kib: 16, t: 1, p: 1 };
        let portal = portal.hashing(PasswordHasher::with_places(dearer, 2, 100).unwrap()).await;
        let sql = "UPDATE users SET password_hash = $1 WHERE name = 'alice'";
        portal.service.db.execute(sql, values![before.as_str()]).await.unwrap();
        let at_once: Vec<_> = (0..4)
            .map(|_| {
                let browser = portal.browser();
                tokio::spawn(async move { browser.sign_in("alice", PASSWORD).await })
            })
            .collect();
        for sign_in in at_once {
            sign_in.await.unwrap().expect("the password is right");
        }
    }

    async fn where_only_an_administrator_unlocks_slips_do_not_add_up_over_the_years(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout.minutes = None).await;
        for _ in 0..4 {
            for _ in 0..4 {
                assert_eq!(portal.browser().sign_in("alice", WRONG).await, Err(ApiError::Credentials));
            }
            portal.clock.advance(86_400);
        }
        for _ in 0..4 {
            assert_eq!(portal.browser().sign_in("alice", WRONG).await, Err(ApiError::Credentials));
        }
        let locked = Err(ApiError::Locked { retry_after: None });
        assert_eq!(portal.browser().sign_in("alice", WRONG).await, locked);
        portal.clock.advance(365 * 86_400);
        portal.service.clean_up().await.unwrap();
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked, "a lock stays");
    }

    async fn in_a_known_browser_others_use_up_no_codes(portal) {
        let alice = portal.enrolled("alice").await;
        let known = known_browser(&portal, &alice).await;
        assert_eq!(guess(&portal, &alice.phone, 12).await, 10);
        let browser = portal.awaiting_code("alice").await;
        for _ in 0..5 {
            browser.recovery_code(NO_CODE).await.unwrap_err();
        }
        let browser = portal.awaiting_code("alice").await;
        for _ in 0..5 {
            browser.recovery_code(NO_CODE).await.unwrap_err();
        }
        let elsewhere = portal.awaiting_code("alice").await;
        assert!(is_exhausted(&elsewhere.code(&alice.phone.code()).await));
        let locked = Err(ApiError::Locked { retry_after: Some(86_400) });
        assert_eq!(elsewhere.recovery_code(&alice.recovery_codes[0]).await, locked);
        // Her own.
        sign_in(&known, &alice.phone.code()).await.expect("the code counts");
        portal.clock.advance(300);
        known.step_up(PASSWORD, &alice.phone.code()).await.expect("for a step-up, too");
        known.sign_out().await;
        known.sign_in("alice", PASSWORD).await.unwrap();
        known.recovery_code(&alice.recovery_codes[0]).await.expect("and so does a recovery code");
        assert!(is_exhausted(&portal.awaiting_code("alice").await.code(&alice.phone.code()).await), "which helps no other browser");
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        portal.clock.advance(60);
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("an administrator does");
    }

    async fn a_known_browser_has_no_more_codes_than_others(portal) {
        let alice = portal.enrolled("alice").await;
        let known = known_browser(&portal, &alice).await;
        let wrong = alice.phone.wrong_code();
        for _ in 0..2 {
            for _ in 0..4 {
                assert!(is_wrong(&sign_in(&known, &wrong).await));
            }
        }
        portal.clock.advance(30);
        sign_in(&known, &alice.phone.code()).await.expect("a success there starts its row anew");
        known.sign_out().await;
        for _ in 0..10 {
            assert!(is_wrong(&sign_in(&known, &wrong).await));
        }
        portal.clock.advance(30);
        assert!(is_exhausted(&sign_in(&known, &alice.phone.code()).await));
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("its own failures count for it alone");
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        portal.clock.advance(30);
        sign_in(&known, &alice.phone.code()).await.expect("unlocked");
    }

    async fn checking_recovery_codes_uses_up_nothing_of_signing_in(portal) {
        let alice = portal.enrolled("alice").await;
        for _ in 0..10 {
            check(&alice.browser, NO_CODE).await.unwrap_err();
        }
        let locked = Err(ApiError::Locked { retry_after: Some(86_400) });
        assert_eq!(check(&alice.browser, &alice.recovery_codes[0]).await, locked);
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.expect("signs in");
        alice.browser.step_up_with_recovery_code(PASSWORD, &alice.recovery_codes[1]).await.expect("steps up");
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        check(&alice.browser, &alice.recovery_codes[2]).await.expect("unlocked");
    }

    async fn a_flood_from_an_address_shuts_no_known_browser_out(portal) {
        let alice = portal.enrolled("alice").await;
        let known = known_browser(&portal, &alice).await;
        let flood = portal.browser();
        for attempt in 0..600 {
            flood.sign_in(&format!("guess-{attempt}"), WRONG).await.unwrap_err();
        }
        let too_many = Err(ApiError::TooManyAttempts { retry_after: 3_600 });
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, too_many);
        sign_in(&known, &alice.phone.code()).await.expect("the same address");
        for _ in 0..4 {
            assert_eq!(known.sign_in("alice", WRONG).await, Err(ApiError::Credentials));
        }
        assert_eq!(known.sign_in("alice", WRONG).await, Err(ApiError::Locked { retry_after: Some(900) }), "its own limit");
        assert_eq!(known.sign_in("bob", WRONG).await, too_many, "known to be hers only");
    }

    async fn whoever_has_done_all_that_is_asked_of_them_has_a_known_browser(portal) {
        // With a password alone, by a link and at a sign-in.
        portal.add("bob").await;
        let bobs = portal.browser();
        bobs.sign_in("bob", PASSWORD).await.unwrap();
        let elsewhere = portal.browser();
        elsewhere.sign_in("bob", PASSWORD).await.unwrap();
        bobs.sign_out().await;
        // Where a set-up was finished.
        let alice = portal.enrolled("alice").await;
        alice.browser.sign_out().await;
        let stranger = portal.browser();
        for name in ["alice", "bob"] {
            for _ in 0..6 {
                stranger.sign_in(name, WRONG).await.unwrap_err();
            }
            assert!(matches!(stranger.sign_in(name, PASSWORD).await, Err(ApiError::Locked { .. })), "{name}");
        }
        bobs.sign_in("bob", PASSWORD).await.expect("his own browser");
        portal.clock.advance(60);
        sign_in(&alice.browser, &alice.phone.code()).await.expect("her own browser");
        // A second factor is asked of whoever is known from then on.
        portal.set_up(&bobs).await;
        elsewhere.sign_out().await;
        assert!(matches!(elsewhere.sign_in("bob", PASSWORD).await, Err(ApiError::Locked { .. })), "known by a password only");
        bobs.sign_out().await;
        bobs.sign_in("bob", PASSWORD).await.expect("finished there");
    }

    async fn a_code_that_was_told_about_never_signs_in(portal) {
        let alice = portal.enrolled("alice").await;
        let early = alice.phone.code_of_step(12);
        let told = Err(ApiError::Code(CodeProblem::Clock { seconds: 360 }));
        assert_eq!(portal.awaiting_code("alice").await.code(&early).await, told);
        let early_at_step_up = alice.phone.code_of_step(16);
        let told = Err(ApiError::Code(CodeProblem::Clock { seconds: 480 }));
        assert_eq!(alice.browser.step_up(PASSWORD, &early_at_step_up).await, told);
        portal.clock.advance(11 * 30);
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("the step before");
        portal.clock.advance(30);
        let node = portal.second_node().await;
        assert_eq!(alice.phone.code(), early);
        assert_eq!(portal.awaiting_code("alice").await.code(&early).await, Err(REUSED));
        assert_eq!(alice.browser.visiting(&node).step_up(PASSWORD, &early).await, Err(REUSED));
        let portal = portal.restarted().await;
        portal.service.clean_up().await.unwrap();
        assert_eq!(portal.awaiting_code("alice").await.code(&early).await, Err(REUSED));
        portal.clock.advance(30);
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("the step after");
        portal.clock.advance(3 * 30);
        assert_eq!(sign_in(&portal.browser(), &early_at_step_up).await, Err(REUSED));
        portal.clock.advance(2 * 86_400);
        portal.service.clean_up().await.unwrap();
        let (left,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM refused_steps", values![]).await.unwrap();
        assert_eq!(left, 0, "when their time is over they are forgotten");
    }

    async fn nor_does_one_that_came_late_when_the_clock_is_set_back(portal) {
        let alice = portal.enrolled("alice").await;
        portal.clock.advance(600);
        let late = alice.phone.code_of_step(-4);
        let told = Err(ApiError::Code(CodeProblem::Clock { seconds: -120 }));
        assert_eq!(portal.awaiting_code("alice").await.code(&late).await, told);
        portal.clock.advance(-120);
        assert_eq!(sign_in(&portal.browser(), &late).await, Err(REUSED));
    }

    async fn a_code_that_was_told_about_confirms_no_set_up(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        let told = confirm_with(&browser, &pending.id, &phone.code_of_step(3)).await.unwrap_err();
        assert_eq!(told, ApiError::Code(CodeProblem::Clock { seconds: 90 }));
        let far = phone.code_of_step(10);
        assert_eq!(confirm_with(&browser, &pending.id, &far).await, Err(ApiError::Code(CodeProblem::Clock { seconds: 300 })));
        let settings = AppSettings { algorithm: AppAlgorithm::Sha1, digits: 8, period: 30 };
        let told = confirm_with(&browser, &pending.id, &phone.code_of_app(settings, 0)).await.unwrap_err();
        assert_eq!(told, ApiError::Code(CodeProblem::OtherSettings(settings)));
        assert_eq!(confirm_with(&browser, &pending.id, &phone.code()).await, Err(REUSED), "its last six digits");
        portal.clock.advance(90);
        assert_eq!(confirm_with(&browser, &pending.id, &phone.code()).await, Err(REUSED), "the step that was 90 seconds ahead");
        assert_eq!(portal.count(AuditEvent::EnrolmentCodeWrong).await, 5);
        portal.clock.advance(30);
        confirm_with(&browser, &pending.id, &phone.code()).await.expect("another one");
        finish(&browser, &pending.id).await.unwrap();
        portal.clock.advance(6 * 30);
        assert_eq!(phone.code(), far);
        assert_eq!(sign_in(&portal.browser(), &far).await, Err(REUSED), "nor does it sign in afterwards");
    }

    async fn a_clock_that_was_ahead_once_locks_nobody_out(portal) {
        let alice = portal.enrolled("alice").await;
        let now = portal.clock.now();
        portal.clock.advance(400 * 86_400);
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("while the clock is wrong");
        let then = alice.phone.code();
        portal.clock.set(UnixTime(now.0 + 60));
        let code = alice.phone.code();
        sign_in(&portal.browser(), &code).await.expect("the next right code");
        assert_eq!(portal.count(AuditEvent::ClockCorrected).await, 1);
        assert_eq!(sign_in(&portal.browser(), &code).await, Err(REUSED), "each counts once, as ever");
        portal.clock.advance(30);
        sign_in(&portal.browser(), &alice.phone.code()).await.unwrap();
        assert_eq!(portal.count(AuditEvent::ClockCorrected).await, 1);
        portal.clock.set(UnixTime(now.0 + 400 * 86_400));
        assert_eq!(alice.phone.code(), then);
        assert_eq!(sign_in(&portal.browser(), &then).await, Err(REUSED), "also the one of the wrong time, when it comes");
    }

    async fn a_clock_that_is_minutes_off_lets_no_code_count_twice(portal) {
        let alice = portal.enrolled("alice").await;
        portal.clock.advance(600);
        sign_in(&portal.browser(), &alice.phone.code()).await.unwrap();
        portal.clock.advance(-600);
        assert_eq!(sign_in(&portal.browser(), &alice.phone.code()).await, Err(REUSED));
    }

    async fn a_secret_that_was_tampered_with_is_on_record(portal) {
        let alice = portal.enrolled("alice").await;
        let sql = "UPDATE methods SET secret = (SELECT key_check FROM portal WHERE id = 1)";
        portal.service.db.execute(sql, values![]).await.unwrap();
        for _ in 0..3 {
            let outcome = portal.awaiting_code("alice").await.code(&alice.phone.code()).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
        }
        portal.service.owed.pay().await.unwrap();
        let entries: Vec<_> = portal.audit().await.into_iter()
            .filter(|entry| entry.event == AuditEvent::SecretTampered.as_str()).collect();
        let [entry] = entries.as_slice() else { panic!("once: {entries:?}") };
        assert_eq!((entry.subject_name.as_deref(), entry.actor_name.as_deref()), (Some("alice"), None));
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.expect("still");
    }

    async fn whatever_of_a_secret_was_changed(portal) {
        let alice = portal.enrolled("alice").await;
        let sql = "SELECT secret FROM methods";
        let (whole,): (Vec<u8>,) = portal.service.db.one(sql, values![]).await.unwrap();
        // The version, the key's name, the nonce, the ciphertext, the tag; and nothing of it.
        for (at, times) in [(0, 1), (1, 2), (4, 3), (7, 4), (30, 5), (whole.len() - 1, 6), (whole.len(), 7)] {
            let mut changed = whole.clone();
            match changed.get_mut(at) {
                Some(byte) => *byte ^= 1,
                None => changed.clear(),
            }
            portal.service.db.execute("UPDATE methods SET secret = $1", values![&changed]).await.unwrap();
            let outcome = portal.awaiting_code("alice").await.code(&alice.phone.code()).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{at}: {outcome:?}");
            portal.service.owed.pay().await.unwrap();
            assert_eq!(portal.count(AuditEvent::SecretTampered).await, times, "{at}");
        }
    }

    async fn another_app_counts_beside_one_that_was_tampered_with(portal) {
        let alice = portal.enrolled("alice").await;
        let second = finish_another(&portal, &alice.browser).await;
        let sql = "UPDATE methods SET secret = (SELECT key_check FROM portal WHERE id = 1)
             WHERE added_at = (SELECT MIN(added_at) FROM methods)";
        portal.service.db.execute(sql, values![]).await.unwrap();
        let browser = portal.awaiting_code("alice").await;
        for _ in 0..4 {
            let outcome = browser.code(&second.wrong_code()).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
        }
        let outcome = browser.code(&second.wrong_code()).await;
        assert_eq!(outcome, Err(ApiError::SignInExpired), "guesses at it are counted");
        sign_in(&portal.browser(), &second.code()).await.expect("it is whole");
    }

    async fn right_passwords_that_could_not_be_concluded_lock_nobody_out(portal) {
        let alice = portal.enrolled("alice").await;
        let db = &portal.service.db;
        forbid(db, NO_NEW_SESSION).await;
        for _ in 0..8 {
            let outcome = portal.browser().sign_in("alice", PASSWORD).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
            portal.service.owed.pay().await.unwrap();
        }
        for _ in 0..4 {
            assert_eq!(portal.browser().sign_in("alice", WRONG).await, Err(ApiError::Credentials));
        }
        allow(db, NEW_SESSIONS).await;
        sign_in(&portal.browser(), &alice.phone.code()).await.expect("not locked");
        assert_eq!(portal.browser().sign_in("alice", WRONG).await, Err(ApiError::Locked { retry_after: Some(900) }), "wrong ones count");
    }

    async fn what_can_not_be_taken_back_at_once_is_later(portal) {
        portal.add("alice").await;
        let db = &portal.service.db;
        forbid(db, NO_REFUND).await;
        for _ in 0..5 {
            let outcome = portal.browser().sign_in("alice", PASSWORD).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
        }
        portal.service.owed.pay().await.unwrap_err();
        let locked = Err(ApiError::Locked { retry_after: Some(900) });
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked, "it stays charged as long as it must");
        allow(db, REFUNDS).await;
        portal.service.owed.pay().await.unwrap();
        portal.browser().sign_in("alice", PASSWORD).await.expect("nobody has failed");
    }

    async fn right_codes_that_could_not_be_concluded_are_neither_used_up_nor_charged(portal) {
        let alice = portal.enrolled("alice").await;
        let db = &portal.service.db;
        let browser = portal.awaiting_code("alice").await;
        forbid(db, NO_FULL_SESSION).await;
        for _ in 0..12 {
            let outcome = browser.code(&alice.phone.code()).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
            let outcome = alice.browser.step_up(PASSWORD, &alice.phone.code()).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
            portal.service.owed.pay().await.unwrap();
        }
        allow(db, FULL_SESSIONS).await;
        browser.code(&alice.phone.code()).await.expect("the same code");
    }

    async fn right_recovery_codes_that_could_not_be_concluded_are_not_charged_to_the_day(portal) {
        let alice = portal.enrolled("alice").await;
        let db = &portal.service.db;
        forbid(db, NO_FULL_SESSION).await;
        for _ in 0..12 {
            let outcome = portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await;
            assert!(matches!(outcome, Err(ApiError::Internal { .. })), "{outcome:?}");
            portal.service.owed.pay().await.unwrap();
        }
        allow(db, FULL_SESSIONS).await;
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.expect("unspent");
    }

    async fn a_link_tells_about_no_more_passwords_than_signing_in_does(portal) {
        portal.add("alice").await;
        let link = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        let choose = |password: &'static str| {
            let (browser, link) = (portal.browser(), link.clone());
            async move {
                let fields = [("token", link.as_str()), ("user_name", ""), ("password", password)];
                browser.call::<()>("accept-invitation", &fields).await
            }
        };
        let tries: Vec<_> = (0..20).map(|_| tokio::spawn(choose(PASSWORD))).collect();
        let (mut told, mut refused) = (0, 0);
        for outcome in tries {
            match outcome.await.unwrap() {
                Err(ApiError::Password(broken)) if broken == [PasswordRule::NotRecent] => told += 1,
                Err(ApiError::Locked { retry_after: Some(900) }) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((told, refused), (5, 15));
        portal.browser().sign_in("alice", PASSWORD).await.expect("signing in has counters of its own");
        portal.clock.advance(900);
        choose("Another-zebra-8").await.expect("the link is still good");
    }

    async fn links_that_are_none_count_like_other_wrong_guesses(portal) {
        portal.add("alice").await;
        let no_link = "A".repeat(43);
        let browser = portal.browser();
        for _ in 0..600 {
            let outcome: Result<serde_json::Value, _> = browser.call("invitation", &[("token", &no_link)]).await;
            assert_eq!(outcome, Err(ApiError::InvitationInvalid));
        }
        let too_many = ApiError::TooManyAttempts { retry_after: 3_600 };
        let fields = [("token", no_link.as_str()), ("user_name", "x"), ("password", "Another-zebra-8")];
        assert_eq!(browser.call::<()>("accept-invitation", &fields).await, Err(too_many.clone()));
        assert_eq!(browser.sign_in("alice", PASSWORD).await, Err(too_many));
        portal.browser().at("198.51.100.7").sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn more_right_sign_ins_at_once_than_may_fail_are_told_to_come_back_and_lock_nothing(portal) {
        portal.add("alice").await;
        let attempts: Vec<_> = (0..30)
            .map(|_| {
                let browser = portal.browser();
                tokio::spawn(async move { browser.sign_in("alice", PASSWORD).await })
            })
            .collect();
        let mut let_in = 0;
        for attempt in attempts {
            match attempt.await.unwrap() {
                Ok(_) => let_in += 1,
                Err(ApiError::Unavailable) => {}
                other => panic!("nobody failed: {other:?}"),
            }
        }
        assert!(let_in >= 5, "{let_in}");
        assert_eq!(charged(&portal, "password:").await, 0);
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn counters_go_when_no_rule_looks_at_them_any_more(portal) {
        let portal = portal.with_mail(&MailServer::stopped()).await;
        let alice = portal.enrolled("alice").await;
        portal.give_address("alice", "alice@example.org").await;
        let known = portal.awaiting_code("alice").await;
        portal.clock.advance(30);
        known.code(&alice.phone.code()).await.unwrap();
        // In a browser that is known, and in one that is not.
        for browser in [&known, &portal.browser()] {
            browser.sign_in("alice", WRONG).await.unwrap_err();
            browser.sign_in("alice", PASSWORD).await.unwrap();
            browser.code(&alice.phone.wrong_code()).await.unwrap_err();
            browser.recovery_code("0000-0000-0000-0000").await.unwrap_err();
        }
        known.sign_in("alice", WRONG).await.unwrap_err();
        alice.browser.call::<()>("change-mail-address", &[("address", "other@example.org")]).await.unwrap();
        let keys = async || {
            portal.service.clean_up().await.unwrap();
            let sql = "SELECT key FROM attempt_counters ORDER BY key";
            let rows: Vec<(String,)> = portal.service.db.all(sql, values![]).await.unwrap();
            let kind = |(key,): (String,)| {
                let parts = key.matches(':').count();
                format!("{} {parts}", key.split(':').next().unwrap())
            };
            let mut kinds: Vec<String> = rows.into_iter().map(kind).collect();
            kinds.dedup();
            kinds
        };
        let all = [
            "address 1", "browser 2", "codes-a-day 1", "codes-a-day 2", "codes-in-a-row 1", "codes-in-a-row 2", "deeds 3",
            "letters 2", "mail-address 1", "password 1", "recovery 1", "recovery 2",
        ];
        assert_eq!(keys().await, all);
        portal.clock.advance(86_401);
        assert_eq!(keys().await, ["browser 2", "codes-in-a-row 1", "codes-in-a-row 2", "password 1"], "a day later");
        portal.clock.advance(180 * 86_400);
        assert_eq!(keys().await, ["codes-in-a-row 1", "password 1"], "and when the browser is forgotten");
    }

    async fn counters_of_names_that_nobody_has_are_cleaned_up(portal) {
        portal.add("alice").await;
        for name in ["alice", "nobody"] {
            portal.browser().sign_in(name, WRONG).await.unwrap_err();
        }
        let passwords = async || {
            let sql = "SELECT COUNT(*) FROM attempt_counters WHERE key LIKE 'password:%'";
            let (count,): (i64,) = portal.service.db.one(sql, values![]).await.unwrap();
            count
        };
        portal.service.clean_up().await.unwrap();
        assert_eq!(passwords().await, 2);
        portal.clock.advance(86_401);
        portal.service.clean_up().await.unwrap();
        assert_eq!(passwords().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_has_looked_at_is_no_failure() {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    let portal = portal.too_busy().await;
    for _ in 0..8 {
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Unavailable));
    }
    portal.service.owed.pay().await.unwrap();
    assert_eq!(charged(&portal, "").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_while_it_waits_to_be_looked_at_has_not_failed_but_the_address_has_cost_something() {
    let portal = TestPortal::on(Database::Sqlite).await.with_one_place_to_hash().await;
    portal.add("alice").await;
    // Takes the place for seconds.
    let hasher = portal.service.hasher.clone();
    let hashing = tokio::spawn(async move { hasher.verify(WRONG, Some(SLOW)).await });
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let browser = portal.browser();
            tokio::spawn(async move { browser.sign_in("alice", WRONG).await })
        })
        .collect();
    while charged(&portal, "password:").await < 5 {
        tokio::task::yield_now().await;
    }
    let by_address = charged(&portal, "address:").await;
    for request in waiting {
        request.abort();
        let _ = request.await;
    }
    everything_is_carried_out(&portal).await;
    assert!(!hashing.is_finished(), "nobody was looked at");
    assert_eq!(charged(&portal, "password:").await, 0);
    assert!(charged(&portal, "address:").await >= by_address);
    assert_eq!(portal.count(AuditEvent::SignInFailed).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_while_it_is_looked_at_has_guessed() {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    let link = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
    let sql = "UPDATE users SET password_hash = $1 WHERE name = 'alice'";
    portal.service.db.execute(sql, values![SLOW]).await.unwrap();
    let (signing_in, at_the_link) = (portal.browser(), portal.browser());
    let guesses = [
        tokio::spawn(async move { signing_in.sign_in("alice", "Wrong\u{A0}horse-7").await.map(drop) }),
        tokio::spawn(async move {
            let fields = [("token", link.as_str()), ("user_name", ""), ("password", "Another\u{A0}zebra-8")];
            at_the_link.call::<()>("accept-invitation", &fields).await
        }),
    ];
    while portal.service.hasher.places() > 0 {
        tokio::task::yield_now().await;
    }
    for guess in guesses {
        guess.abort();
        assert!(guess.await.is_err(), "nobody waits for the answer");
    }
    everything_is_carried_out(&portal).await;
    assert_eq!(charged(&portal, "password:").await, 1);
    assert_eq!(charged(&portal, "link:").await, 1);
    assert_eq!(portal.count(AuditEvent::SignInFailed).await, 1);
}

/// Waits until nothing is under way and nothing is owed.
async fn everything_is_carried_out(portal: &TestPortal) {
    portal.service.under_way.close();
    portal.service.under_way.wait().await;
    portal.service.owed.pay().await.unwrap();
}

/// Charges to all counters whose keys begin so.
async fn charged(portal: &TestPortal, prefix: &str) -> i64 {
    let sql = "SELECT CAST(COALESCE(SUM(failures), 0) AS BIGINT) FROM attempt_counters WHERE key LIKE $1 || '%'";
    let (failures,): (i64,) = portal.service.db.one(sql, values![prefix]).await.unwrap();
    failures
}
