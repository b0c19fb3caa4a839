//! Setting up a second factor, from "Add method" to "Finish".

use crate::support::{
    ApiError, Browser, PASSWORD, Phone, TestPortal, both_databases,
    portal::{begin, confirm, finish},
};
use contract::{
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProblem, ExtendedEnrolment, PendingEnrolment},
    error::CodeProblem,
    profile::TwoFactorStatus,
};
use std::collections::BTreeSet;
use twofold::domain::audit::trail::AuditEvent;

fn refused<T>(problem: EnrolmentProblem) -> Result<T, ApiError> {
    Err(ApiError::Enrolment(problem))
}

async fn begin_again(browser: &Browser) -> Result<Enrolment, ApiError> {
    browser.call("begin-enrolment", &[]).await
}

async fn renew(browser: &Browser) -> PendingEnrolment {
    match browser.call("renew-enrolment", &[]).await.unwrap() {
        Enrolment::Pending(pending) => pending,
        _ => panic!("a fresh QR code"),
    }
}

async fn extend(browser: &Browser, id: &str) -> Result<ExtendedEnrolment, ApiError> {
    browser.call("extend-enrolment", &[("id", id)]).await
}

async fn status(browser: &Browser) -> TwoFactorStatus {
    browser.call("two-factor-status", &[]).await.unwrap()
}

/// Up to the recovery codes.
async fn confirmed(portal: &TestPortal, browser: &Browser) -> (Phone, ConfirmedEnrolment) {
    let pending = begin(browser).await;
    let phone = Phone::with_key(&pending.key, &portal.clock);
    let confirmed = confirm(browser, &pending.id, &phone.code()).await.expect("the code is right");
    (phone, confirmed)
}

/// Whether the password alone signs this person in.
async fn password_is_enough(portal: &TestPortal, name: &str) -> bool {
    portal.awaiting_code(name).await.who_am_i().await.is_ok()
}

/// An error is compared without asking for `Debug` of answers that hold secrets.
fn problem<T>(outcome: Result<T, ApiError>) -> Option<ApiError> {
    outcome.err()
}

both_databases! {
    async fn it_begins_with_a_fresh_secret(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let key = pending.key.replace(' ', "");
        assert_eq!((key.len(), pending.key.len()), (32, 39), "160 bits, in groups of four");
        assert_eq!((pending.milliseconds_left, pending.lifetime_milliseconds), (180_000, 180_000));
        assert!(pending.qr.size > 20 + 8 && pending.qr.path.starts_with('M'));
        assert!(pending.uri.starts_with("otpauth://totp/Acme%20%26%20S%C3%B6hne:alice?"), "{}", pending.uri);
        assert!(pending.uri.contains(&format!("secret={key}")), "{}", pending.uri);
        let other = begin(&portal.person("bob").await).await;
        assert_ne!(other.key, pending.key);
    }

    async fn a_name_of_any_kind_reads_the_same_in_the_app(portal) {
        for name in ["Łukasz Żółw", "山田太郎", r#"a:b&c%d#e"f'g?h/i"#] {
            let uri = begin(&portal.person(name).await).await.uri;
            let uri = url::Url::parse(&uri).unwrap();
            let label = uri.path().trim_start_matches('/');
            let (issuer, account) = label.split_once(':').unwrap();
            let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            assert_eq!(decoded(issuer), "Acme & Söhne");
            assert_eq!(decoded(account), name, "{uri}");
            assert!(!account.contains(':'), "a colon would end the issuer: {uri}");
            assert_eq!(uri.query_pairs().find(|(key, _)| key == "issuer").unwrap().1, "Acme & Söhne");
        }
    }

    async fn a_reload_and_a_second_tab_find_the_same_qr_code(portal) {
        let browser = portal.person("alice").await;
        let first = begin(&browser).await;
        portal.clock.advance(60);
        let again = begin(&browser.tab()).await;
        assert_eq!((&again.id, &again.key, &again.qr.path), (&first.id, &first.key, &first.qr.path));
        assert_eq!(again.milliseconds_left, 120_000, "the countdown goes on");
        assert!(status(&browser).await.enrolment_under_way);
        let node = portal.second_node().await;
        assert_eq!(begin(&browser.visiting(&node)).await.key, first.key, "nor does it matter which node answers");
        let portal = portal.restarted().await;
        assert_eq!(begin(&browser.visiting(&portal)).await.key, first.key, "or whether it was restarted");
    }

    async fn a_wrong_code_changes_nothing(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        for (code, problem_expected) in [
            (phone.wrong_code(), CodeProblem::Wrong { attempts_left: None }),
            ("12345".to_owned(), CodeProblem::Malformed),
            ("abcdef".to_owned(), CodeProblem::Malformed),
            (phone.code_of_step(10), CodeProblem::Clock { seconds: 300 }),
        ] {
            let outcome = confirm(&browser, &pending.id, &code).await;
            assert_eq!(problem(outcome), Some(ApiError::Code(problem_expected)), "{code}");
            assert_eq!(begin(&browser).await.key, pending.key);
        }
        confirm(&browser, &pending.id, &phone.code()).await.expect("the right one still counts");
    }

    async fn the_qr_code_expires_by_the_servers_clock(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        portal.clock.advance(179);
        assert_eq!(begin(&browser).await.milliseconds_left, 1_000);
        portal.clock.advance(1);
        match begin_again(&browser).await.unwrap() {
            Enrolment::Expired { id } => assert_eq!(id, pending.id),
            _ => panic!("the QR code and its key are no longer shown"),
        }
        let outcome = confirm(&browser, &pending.id, &phone.code()).await;
        assert_eq!(problem(outcome), Some(ApiError::Enrolment(EnrolmentProblem::QrExpired)));
        assert!(password_is_enough(&portal, "alice").await);
    }

    async fn generate_new_makes_another_secret_with_its_own_deadline(portal) {
        let browser = portal.person("alice").await;
        let old = begin(&browser).await;
        let old_phone = Phone::with_key(&old.key, &portal.clock);
        portal.clock.advance(200);
        let new = renew(&browser).await;
        assert!(new.id != old.id && new.key != old.key && new.qr.path != old.qr.path);
        assert_eq!(new.milliseconds_left, 180_000);
        assert_eq!(begin(&browser).await.key, new.key);
        let code_of_old = confirm(&browser, &new.id, &old_phone.code()).await;
        assert_eq!(problem(code_of_old), Some(ApiError::Enrolment(EnrolmentProblem::QrReplaced)));
        let page_of_old = confirm(&browser, &old.id, &old_phone.code()).await;
        assert_eq!(problem(page_of_old), Some(ApiError::Enrolment(EnrolmentProblem::QrReplaced)));
        let new_phone = Phone::with_key(&new.key, &portal.clock);
        confirm(&browser, &new.id, &new_phone.code()).await.expect("the new one counts");
        assert_eq!(portal.count(AuditEvent::EnrolmentExpired).await, 1);
        assert_eq!(portal.count(AuditEvent::EnrolmentQrRenewed).await, 1);
    }

    async fn more_time_keeps_the_secret_and_ends_after_ten_times(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        assert!(pending.may_extend);
        for times in 1..=10 {
            portal.clock.advance(170);
            let more = extend(&browser, &pending.id).await.unwrap();
            assert_eq!(more, ExtendedEnrolment { milliseconds_left: 180_000, may_extend: times < 10 });
        }
        portal.clock.advance(10);
        let unchanged = extend(&browser, &pending.id).await.unwrap();
        assert_eq!(unchanged, ExtendedEnrolment { milliseconds_left: 170_000, may_extend: false });
        assert_eq!(portal.count(AuditEvent::EnrolmentExtended).await, 10, "what changed nothing is no event");
        let again = begin(&portal_stepped_up(&browser).await).await;
        assert!(again.key == pending.key && !again.may_extend, "a reload gives no more");
        let phone = Phone::with_key(&pending.key, &portal.clock);
        confirm(&browser, &pending.id, &phone.code()).await.expect("the secret still counts");
        assert_eq!(extend(&browser, &pending.id).await, refused(EnrolmentProblem::Gone), "the codes step has its own time");
    }

    async fn what_has_ended_gets_no_more_time(portal) {
        let (browser, stranger) = (portal.person("alice").await, portal.person("bob").await);
        let old = begin(&browser).await;
        assert_eq!(extend(&stranger, &old.id).await, refused(EnrolmentProblem::Gone));
        let new = renew(&browser).await;
        assert_eq!(extend(&browser, &old.id).await, refused(EnrolmentProblem::QrReplaced));
        assert!(new.may_extend, "a new QR code has its own ten times");
        portal.clock.advance(180);
        assert_eq!(extend(&browser, &new.id).await, refused(EnrolmentProblem::QrExpired));
        assert_eq!(portal.count(AuditEvent::EnrolmentExtended).await, 0);
        browser.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(extend(&browser, &new.id).await, refused(EnrolmentProblem::Gone));
    }

    async fn at_once_more_time_is_given_no_more_than_ten_times(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let id = [("id", pending.id.as_str())];
        let asked = (0..14).map(|_| browser.call::<ExtendedEnrolment>("extend-enrolment", &id));
        for answer in futures_util::future::join_all(asked).await {
            answer.unwrap();
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentExtended).await, 10);
    }

    async fn a_valid_qr_code_can_be_replaced_too(portal) {
        let browser = portal.person("alice").await;
        let keys = [begin(&browser).await.key, renew(&browser).await.key, renew(&browser).await.key];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 3);
        assert_eq!(portal.count(AuditEvent::EnrolmentExpired).await, 0);
        let phone = Phone::with_key(&keys[1], &portal.clock);
        let current = begin(&browser).await;
        let outcome = confirm(&browser, &current.id, &phone.code()).await;
        assert_eq!(problem(outcome), Some(ApiError::Enrolment(EnrolmentProblem::QrReplaced)));
    }

    async fn the_right_code_shows_ten_recovery_codes(portal) {
        let browser = portal.person("alice").await;
        let (_, shown) = confirmed(&portal, &browser).await;
        let codes: BTreeSet<_> = shown.sheet.codes.iter().collect();
        assert_eq!((shown.sheet.codes.len(), codes.len()), (10, 10));
        for code in &shown.sheet.codes {
            assert!(code.len() == 19 && code.split('-').all(|group| group.len() == 4), "{code}");
        }
        assert_eq!((shown.sheet.portal_name.as_str(), shown.sheet.user_name.as_str()), ("Acme & Söhne", "alice"));
        assert_eq!(shown.milliseconds_left, 15 * 60_000);
        portal.clock.advance(60);
        match begin_again(&browser.tab()).await.unwrap() {
            Enrolment::Confirmed(again) => {
                assert!(again.sheet.codes == shown.sheet.codes, "the same codes after a reload");
                assert_eq!(again.milliseconds_left, 14 * 60_000);
            }
            _ => panic!("the codes are shown again"),
        }
    }

    async fn nothing_counts_before_finish(portal) {
        let browser = portal.person("alice").await;
        begin(&browser).await;
        assert!(password_is_enough(&portal, "alice").await);
        let (phone, shown) = confirmed(&portal, &browser).await;
        assert!(password_is_enough(&portal, "alice").await);
        assert!(status(&browser).await.methods.is_empty());
        finish(&browser, &shown.id).await.unwrap();
        assert!(!password_is_enough(&portal, "alice").await);
        portal.clock.advance(30);
        let signing_in = portal.awaiting_code("alice").await;
        signing_in.code(&phone.code()).await.unwrap();
        let now = status(&signing_in).await;
        assert_eq!((now.methods.len(), now.recovery_codes_left()), (1, 10));
        assert_eq!(now.methods[0].name, "Authenticator app");
        portal.awaiting_code("alice").await.recovery_code(&shown.sheet.codes[9]).await.unwrap();
    }

    async fn finish_counts_for_fifteen_minutes(portal) {
        let browser = portal.person("alice").await;
        let (_, shown) = confirmed(&portal, &browser).await;
        portal.clock.advance(15 * 60 - 1);
        assert!(matches!(begin_again(&portal_stepped_up(&browser).await).await, Ok(Enrolment::Confirmed(_))));
        portal.clock.advance(1);
        let late = finish(&browser, &shown.id).await;
        assert_eq!(late, refused(EnrolmentProblem::FinishedTooLate));
        assert!(password_is_enough(&portal, "alice").await);
        begin(&portal_stepped_up(&browser).await).await;
        assert_eq!(finish(&browser, &shown.id).await, refused(EnrolmentProblem::Gone));
    }

    /// A set-up that was left lying about is no way around a fresh proof of identity.
    async fn a_new_qr_code_takes_a_fresh_proof(portal) {
        let browser = portal.person("alice").await;
        begin(&browser).await;
        portal.clock.advance(5 * 60);
        let refused = problem(browser.call::<Enrolment>("renew-enrolment", &[]).await);
        assert_eq!(refused, Some(ApiError::StepUpRequired { code: false }));
        portal_stepped_up(&browser).await.call::<Enrolment>("renew-enrolment", &[]).await.expect("after a step-up");
    }

    /// "Finish" proves nothing anew.
    async fn finishing_does_not_put_the_next_step_up_off(portal) {
        let browser = portal.person("alice").await;
        portal.clock.advance(4 * 60);
        portal.set_up(&browser).await;
        portal.clock.advance(60);
        let refused = problem(browser.call::<Enrolment>("begin-enrolment", &[]).await);
        assert_eq!(refused, Some(ApiError::StepUpRequired { code: true }));
    }

    async fn in_the_last_second_it_still_counts(portal) {
        let browser = portal.person("alice").await;
        let (_, shown) = confirmed(&portal, &browser).await;
        portal.clock.advance(15 * 60 - 1);
        finish(&browser, &shown.id).await.unwrap();
        assert!(!password_is_enough(&portal, "alice").await);
    }

    async fn what_is_cancelled_is_gone(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        browser.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(problem(confirm(&browser, &pending.id, &phone.code()).await), Some(ApiError::Enrolment(EnrolmentProblem::Gone)));
        assert_eq!(problem(browser.call::<Enrolment>("renew-enrolment", &[]).await), Some(ApiError::Enrolment(EnrolmentProblem::Gone)));
        let (_, shown) = confirmed(&portal, &browser).await;
        assert_ne!(shown.id, pending.id);
        browser.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(finish(&browser, &shown.id).await, refused(EnrolmentProblem::Gone));
        assert!(password_is_enough(&portal, "alice").await);
        assert!(!status(&browser).await.enrolment_under_way);
        browser.call::<()>("cancel-enrolment", &[]).await.expect("cancelling nothing is no error");
        assert_eq!(portal.count(AuditEvent::EnrolmentCancelled).await, 2);
    }

    async fn signing_out_ends_it(portal) {
        let browser = portal.person("alice").await;
        let (phone, shown) = confirmed(&portal, &browser).await;
        browser.sign_out().await;
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(finish(&browser, &shown.id).await, refused(EnrolmentProblem::Gone));
        let fresh = begin(&browser).await;
        assert!(confirm(&browser, &fresh.id, &phone.code()).await.is_err());
    }

    async fn another_browser_of_the_same_person_has_its_own(portal) {
        let browser = portal.person("alice").await;
        let other = portal.awaiting_code("alice").await;
        let (_, shown) = confirmed(&portal, &browser).await;
        let elsewhere = begin(&other).await;
        assert_ne!(elsewhere.id, shown.id);
        assert_eq!(finish(&other, &shown.id).await, refused(EnrolmentProblem::Gone));
    }

    async fn nobody_finishes_what_someone_else_began(portal) {
        let (alice, eve) = (portal.person("alice").await, portal.person("eve").await);
        let pending = begin(&alice).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        begin(&eve).await;
        assert_eq!(problem(confirm(&eve, &pending.id, &phone.code()).await), Some(ApiError::Enrolment(EnrolmentProblem::Gone)));
        confirm(&alice, &pending.id, &phone.code()).await.unwrap();
        assert_eq!(finish(&eve, &pending.id).await, refused(EnrolmentProblem::Gone));
        finish(&alice, &pending.id).await.unwrap();
    }

    async fn finish_needs_a_confirmed_code(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        assert_eq!(finish(&browser, &pending.id).await, refused(EnrolmentProblem::Gone));
        assert_eq!(finish(&browser, "").await, refused(EnrolmentProblem::Gone));
        assert!(password_is_enough(&portal, "alice").await);
    }

    async fn finishing_ends_the_other_sessions_and_renews_this_one(portal) {
        let browser = portal.person("alice").await;
        let other = portal.awaiting_code("alice").await;
        let (_, shown) = confirmed(&portal, &browser).await;
        let stolen = browser.copy();
        finish(&browser, &shown.id).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
        assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(stolen.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn a_second_app_leaves_the_first_one_working(portal) {
        let alice = portal.enrolled("alice").await;
        let (second, codes) = portal.set_up(&alice.browser).await;
        portal.clock.advance(60);
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.unwrap();
        portal.awaiting_code("alice").await.code(&second.code()).await.unwrap();
        assert_eq!(status(&alice.browser).await.methods.len(), 2);
        let old_set = portal.awaiting_code("alice").await;
        assert!(old_set.recovery_code(&alice.recovery_codes[0]).await.is_err(), "sets are replaced whole");
        old_set.recovery_code(&codes[0]).await.unwrap();
    }

    async fn an_old_sign_in_has_to_prove_itself_again(portal) {
        let browser = portal.person("alice").await;
        portal.clock.advance(5 * 60 - 1);
        begin(&browser).await;
        browser.call::<()>("cancel-enrolment", &[]).await.unwrap();
        portal.clock.advance(1);
        let step_up = |code| Some(ApiError::StepUpRequired { code });
        assert_eq!(problem(begin_again(&browser).await), step_up(false));
        assert_eq!(browser.step_up("Wrong-horse-7", "").await, Err(ApiError::WrongPassword));
        assert_eq!(problem(begin_again(&browser).await), step_up(false));
        browser.step_up(PASSWORD, "").await.unwrap();
        let (phone, _) = portal.set_up(&browser).await;

        portal.clock.advance(5 * 60);
        assert_eq!(problem(begin_again(&browser).await), step_up(true));
        let malformed = Err(ApiError::Code(CodeProblem::Malformed));
        assert_eq!(browser.step_up(PASSWORD, "").await, malformed, "the password alone is no longer enough");
        assert!(browser.step_up(PASSWORD, &phone.wrong_code()).await.is_err());
        assert_eq!(browser.step_up("Wrong-horse-7", &phone.code()).await, Err(ApiError::WrongPassword));
        assert_eq!(problem(begin_again(&browser).await), step_up(true));
        browser.step_up(PASSWORD, &phone.code()).await.unwrap();
        begin(&browser).await;
    }

    async fn guessing_a_password_by_step_up_locks_like_signing_in(portal) {
        let browser = portal.person("alice").await;
        for _ in 0..4 {
            assert_eq!(browser.step_up("Wrong-horse-7", "").await, Err(ApiError::WrongPassword));
        }
        let locked = Err(ApiError::Locked { retry_after: Some(900) });
        assert_eq!(browser.step_up("Wrong-horse-7", "").await, locked);
        assert_eq!(browser.step_up(PASSWORD, "").await, locked);
        assert_eq!(portal.count(AuditEvent::StepUpRefused).await, 1);
        assert_eq!(browser.sign_in("alice", PASSWORD).await, locked, "that browser");
        portal.browser().sign_in("alice", PASSWORD).await.expect("others have counters of their own");
        assert_eq!(portal.count(AuditEvent::StepUpFailed).await, 5);
        assert_eq!(portal.count(AuditEvent::AccountLocked).await, 1);
    }
}

/// The same browser after its person proved themselves again.
async fn portal_stepped_up(browser: &Browser) -> Browser {
    browser.step_up(PASSWORD, "").await.expect("the password is right");
    browser.tab()
}
