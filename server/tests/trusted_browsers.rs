//! “Do not ask me for N days”: what it spares, what it does not, and everything that ends it.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{Enrolled, OPERATOR, finish_another},
};
use contract::session::{ChallengeReason, CodeRequest, TrustedBrowser};
use twofold::{clock::Clock as _, domain::audit::trail::AuditEvent};

const DAY: i64 = 86_400;

/// Lets people choose it for up to so many days.
async fn allow(portal: &TestPortal, days: u32) -> Browser {
    let root = portal.administrator("root").await;
    portal
        .change_policy(&root, |policy| {
            policy.trusted_browsers.allowed = true;
            policy.trusted_browsers.days = days;
            policy.sessions.idle_minutes = 1_440;
        })
        .await;
    root
}

async fn code_and_trust(browser: &Browser, code: &str, days: &str) {
    let fields = [("code", code), ("trust", "true"), ("trust_days", days)];
    browser.call::<()>("sign-in-with-code", &fields).await.expect("the code is right");
}

/// A browser of hers that is trusted for so many days, signed out.
async fn trusted(portal: &TestPortal, alice: &Enrolled, days: &str) -> Browser {
    let browser = portal.awaiting_code("alice").await;
    code_and_trust(&browser, &alice.phone.code(), days).await;
    browser.sign_out().await;
    portal.clock.advance(60);
    browser
}

async fn request(browser: &Browser) -> CodeRequest {
    browser.call("code-request", &[]).await.expect("a code is awaited")
}

/// Signs in with the password and says why a code is asked for; `None` when it is not.
async fn asked(browser: &Browser) -> Option<ChallengeReason> {
    browser.sign_in("alice", PASSWORD).await.expect("the password is right");
    match browser.who_am_i().await {
        Ok(_) => None,
        Err(ApiError::SecondFactorRequired) => Some(request(browser).await.because),
        Err(other) => panic!("{other:?}"),
    }
}

async fn list(browser: &Browser) -> Vec<TrustedBrowser> {
    browser.call("trusted-browsers", &[]).await.unwrap()
}

both_databases! {
    async fn it_spares_the_code_and_nothing_else(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        assert!(browser.sign_in("alice", "Wrong-horse-7").await.is_err(), "the password is asked for");
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(browser.who_am_i().await, Ok("alice".to_owned()));
        assert_eq!(portal.count(AuditEvent::BrowserTrusted).await, 1);
        assert_eq!(portal.count(AuditEvent::TrustedBrowserUsed).await, 1);
        let needs_proof = browser.call::<serde_json::Value>("begin-enrolment", &[]).await;
        assert_eq!(needs_proof, Err(ApiError::StepUpRequired { code: true }), "the factor was not proved");
        let other = portal.browser();
        assert_eq!(asked(&other).await, Some(ChallengeReason::NewBrowser));
    }

    async fn it_is_offered_only_where_the_policy_allows_it(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let offered = CodeRequest { because: ChallengeReason::NewBrowser, trust_days: None };
        assert_eq!(request(&browser).await, offered);
        let page = browser.open("/sign-in/code").await;
        assert!(!page.text().contains("Do not ask me"), "{}", page.text());
        code_and_trust(&browser, &alice.phone.code(), "30").await;
        browser.sign_out().await;
        portal.clock.advance(60);
        assert_eq!(asked(&browser).await, Some(ChallengeReason::NotTrusted), "whatever the form said");

        portal.change_policy(&root, |policy| {
            policy.trusted_browsers.allowed = true;
            policy.trusted_browsers.days = 14;
        }).await;
        let node = portal.second_node().await;
        assert_eq!(request(&browser.visiting(&node)).await.trust_days, Some(14), "at once, on every node");
    }

    async fn it_lasts_for_the_days_that_were_chosen(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "7").await;
        let given = portal.clock.now().0 - 60;
        portal.clock.advance(7 * DAY - 60 - 1);
        assert_eq!(asked(&browser).await, None);
        portal.clock.advance(1);
        assert_eq!(asked(&browser).await, Some(ChallengeReason::TrustEnded { at: given + 7 * DAY }));
        browser.code(&alice.phone.code()).await.unwrap();
        browser.sign_out().await;
        assert_eq!(asked(&browser).await, Some(ChallengeReason::NotTrusted), "said once");
    }

    async fn more_days_than_allowed_are_as_many_as_allowed(portal) {
        allow(&portal, 10).await;
        let alice = portal.enrolled("alice").await;
        for days in ["90", "4294967295"] {
            let browser = trusted(&portal, &alice, days).await;
            browser.sign_in("alice", PASSWORD).await.unwrap();
            let entries = list(&browser).await;
            let this = entries.iter().find(|entry| entry.current).expect("listed");
            assert_eq!(this.until - this.since, 10 * DAY);
        }
        let none = trusted(&portal, &alice, "0").await;
        assert_eq!(asked(&none).await, Some(ChallengeReason::NotTrusted));
    }

    async fn a_shorter_n_ends_what_was_given_for_longer(portal) {
        let root = allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let (long, short) = (trusted(&portal, &alice, "30").await, trusted(&portal, &alice, "7").await);
        root.step_up(PASSWORD, "").await.unwrap();
        portal.change_policy(&root, |policy| policy.trusted_browsers.days = 10).await;
        assert_eq!(asked(&long).await, Some(ChallengeReason::PolicyChanged));
        assert_eq!(asked(&short).await, None);
        portal.change_policy(&root, |policy| policy.trusted_browsers.days = 90).await;
        assert_eq!(asked(&long).await, Some(ChallengeReason::PolicyChanged), "for good");
        portal.change_policy(&root, |policy| policy.trusted_browsers.allowed = false).await;
        assert_eq!(asked(&short).await, Some(ChallengeReason::PolicyChanged));
        portal.change_policy(&root, |policy| policy.trusted_browsers.allowed = true).await;
        assert_eq!(asked(&short).await, Some(ChallengeReason::PolicyChanged), "for good");
    }

    async fn a_password_change_ends_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        let fields = [("current", PASSWORD), ("new", "Another-zebra-8")];
        alice.browser.call::<()>("change-password", &fields).await.unwrap();
        browser.sign_in("alice", "Another-zebra-8").await.unwrap();
        assert_eq!(request(&browser).await.because, ChallengeReason::PasswordChanged);
    }

    async fn a_password_chosen_by_a_link_ends_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        let token = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        let fields = [("token", token.as_str()), ("user_name", ""), ("password", "Another-zebra-8")];
        browser.call::<()>("accept-invitation", &fields).await.unwrap();
        assert_eq!(request(&browser).await.because, ChallengeReason::PasswordChanged);
    }

    async fn another_method_ends_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        finish_another(&portal, &alice.browser).await;
        assert_eq!(asked(&browser).await, Some(ChallengeReason::SecondFactorChanged));
    }

    async fn a_recovery_code_ends_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.unwrap();
        assert_eq!(asked(&browser).await, Some(ChallengeReason::RecoveryCodeUsed));
    }

    async fn switching_off_and_a_reset_end_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        alice.browser.call::<()>("disable-second-factor", &[]).await.unwrap();
        portal.set_up(&alice.browser).await;
        assert_eq!(asked(&browser).await, Some(ChallengeReason::NewBrowser));

        portal.service.disable_second_factor(OPERATOR, "alice").await.unwrap();
        let again = portal.browser();
        again.sign_in("alice", PASSWORD).await.unwrap();
        portal.set_up(&again).await;
        assert_eq!(asked(&browser).await, Some(ChallengeReason::NewBrowser));
    }

    async fn deactivation_and_promotion_end_it(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        portal.service.set_active(OPERATOR, "alice", false).await.unwrap();
        assert_eq!(browser.sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        portal.service.set_active(OPERATOR, "alice", true).await.unwrap();
        assert_eq!(asked(&browser).await, Some(ChallengeReason::AccountChanged));
        code_and_trust(&browser, &alice.phone.code(), "30").await;
        assert_eq!(asked(&browser).await, None);
        portal.service.set_administrator(OPERATOR, "alice", true).await.unwrap();
        assert_eq!(asked(&browser).await, Some(ChallengeReason::AccountChanged));
    }

    async fn each_is_listed_and_can_be_revoked(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let first = trusted(&portal, &alice, "30").await;
        let elsewhere = portal.browser().at("198.51.100.7");
        elsewhere.sign_in("alice", PASSWORD).await.unwrap();
        code_and_trust(&elsewhere, &alice.phone.code(), "7").await;
        let entries = list(&elsewhere).await;
        let places: Vec<_> =
            entries.iter().map(|entry| (entry.current, entry.origin.address.as_str(), entry.origin.browser.as_str())).collect();
        assert_eq!(places, [(true, "198.51.100.7", "Firefox on Linux"), (false, "192.0.2.1", "Firefox on Linux")]);

        let revoke = async |id: &str| elsewhere.call::<()>("revoke-trusted-browser", &[("id", id)]).await;
        assert_eq!(revoke("none").await, Err(ApiError::NoLongerThere));
        revoke(&entries[1].id).await.unwrap();
        assert_eq!(revoke(&entries[1].id).await, Err(ApiError::NoLongerThere), "once");
        assert_eq!(asked(&first).await, Some(ChallengeReason::TrustRemoved));
        assert_eq!(list(&elsewhere).await.len(), 1);
        elsewhere.call::<()>("revoke-trusted-browsers", &[]).await.unwrap();
        assert!(list(&elsewhere).await.is_empty());
        assert_eq!(asked(&elsewhere).await, Some(ChallengeReason::TrustRemoved));
        assert_eq!(portal.count(AuditEvent::TrustedBrowserRemoved).await, 2);
    }

    async fn nobody_revokes_or_uses_the_trust_of_another(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        let bob = portal.enrolled("bob").await;
        browser.sign_in("alice", PASSWORD).await.unwrap();
        let hers = list(&browser).await[0].id.clone();
        let refused = bob.browser.call::<()>("revoke-trusted-browser", &[("id", &hers)]).await;
        assert_eq!(refused, Err(ApiError::NoLongerThere));
        bob.browser.call::<()>("revoke-trusted-browsers", &[]).await.unwrap();
        browser.sign_in("bob", PASSWORD).await.unwrap();
        assert_eq!(request(&browser).await.because, ChallengeReason::NewBrowser, "trusted by alice, not by bob");
        browser.code(&bob.phone.code()).await.unwrap();
        assert_eq!(asked(&browser).await, None, "bob's sign-in took nothing from alice");
    }

    /// Such a session never proved a second factor.
    async fn a_session_that_a_trusted_browser_opened_becomes_no_administrators(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = trusted(&portal, &alice, "30").await;
        assert_eq!(asked(&browser).await, None);
        let proved = portal.awaiting_code("alice").await;
        proved.code(&alice.phone.code()).await.unwrap();
        portal.service.set_administrator(OPERATOR, "alice", true).await.unwrap();
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        proved.who_am_i().await.unwrap();
    }

    /// Whoever used a browser before must not hold a token that its next person then trusts.
    async fn a_token_from_before_the_sign_in_is_worth_nothing(portal) {
        allow(&portal, 30).await;
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        browser.code(&alice.phone.code()).await.unwrap();
        let before = browser.copy();
        browser.sign_out().await;
        portal.clock.advance(60);
        browser.sign_in("alice", PASSWORD).await.unwrap();
        code_and_trust(&browser, &alice.phone.code(), "30").await;
        assert_eq!(asked(&before).await, Some(ChallengeReason::NewBrowser));
        assert_eq!(asked(&browser).await, None);
    }
}
