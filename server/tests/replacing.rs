//! Replacing an authenticator app: the old one works until the new one is finished.

use crate::support::{
    ApiError, Browser, PASSWORD, Phone, TestPortal, both_databases,
    portal::{begin, confirm, finish, finish_another},
};
use contract::{
    enrolment::{Enrolment, EnrolmentProblem, PendingEnrolment},
    profile::{Method, TwoFactorStatus},
    session::{ChallengeReason, CodeRequest},
};
use twofold::domain::audit::trail::AuditEvent;

async fn status(browser: &Browser) -> TwoFactorStatus {
    browser.call("two-factor-status", &[]).await.unwrap()
}

async fn method(browser: &Browser, number: usize) -> Method {
    status(browser).await.methods.swap_remove(number)
}

fn pending(shown: Enrolment) -> PendingEnrolment {
    match shown {
        Enrolment::Pending(pending) => pending,
        _ => panic!("a QR code"),
    }
}

async fn replace(browser: &Browser, id: &str) -> Result<PendingEnrolment, ApiError> {
    browser.call("begin-enrolment", &[("replaces", id)]).await.map(pending)
}

async fn resume(browser: &Browser) -> Result<Enrolment, ApiError> {
    browser.call("resume-enrolment", &[]).await
}

/// From the QR code to "Finish".
async fn go_on(portal: &TestPortal, browser: &Browser, shown: &PendingEnrolment) -> Method {
    let phone = Phone::with_key(&shown.key, &portal.clock);
    let confirmed = confirm(browser, &shown.id, &phone.code()).await.expect("the code is right");
    assert!(confirmed.replaces_codes, "the person had codes");
    finish(browser, &confirmed.id).await.expect("the set-up is finished")
}

both_databases! {
    async fn the_new_one_takes_the_place_and_name_of_the_old_one(portal) {
        let alice = portal.enrolled("alice").await;
        let old = method(&alice.browser, 0).await;
        alice.browser.call::<()>("rename-method", &[("id", &old.id), ("name", "My phone")]).await.unwrap();
        let shown = replace(&alice.browser, &old.id).await.unwrap();
        assert_eq!(shown.replaces.as_deref(), Some("My phone"));
        let phone = Phone::with_key(&shown.key, &portal.clock);
        let confirmed = confirm(&alice.browser, &shown.id, &phone.code()).await.unwrap();
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.expect("the old one works until Finish");
        portal.clock.advance(60);
        let new = finish(&alice.browser, &confirmed.id).await.unwrap();
        assert_eq!(new.name, "My phone");
        let methods = status(&alice.browser).await.methods;
        assert_eq!(methods, [new], "in its place");
        let browser = portal.awaiting_code("alice").await;
        assert!(browser.code(&alice.phone.code()).await.is_err(), "and no longer");
        browser.code(&phone.code()).await.unwrap();
        assert!(portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.is_err());
        portal.awaiting_code("alice").await.recovery_code(&confirmed.sheet.codes[0]).await.unwrap();
        let entry = portal.audit().await.into_iter().rfind(|entry| entry.event == "method_replaced").unwrap();
        assert_eq!(entry.detail.as_deref(), Some(r#"{"method":"My phone"}"#));
        assert_eq!(portal.count(AuditEvent::EnrolmentFinished).await, 2);
    }

    async fn only_ones_own_method_is_replaced(portal) {
        let (alice, bob) = (portal.enrolled("alice").await, portal.enrolled("bob").await);
        let hers = method(&alice.browser, 0).await.id;
        for id in [hers.as_str(), "none"] {
            assert_eq!(replace(&bob.browser, id).await.err(), Some(ApiError::NoLongerThere));
        }
        assert_eq!(replace(&portal.person("carol").await, &hers).await.err(), Some(ApiError::NoLongerThere));
        assert!(!status(&bob.browser).await.enrolment_under_way);
    }

    async fn what_it_is_for_follows_the_person_and_the_qr_code_stays(portal) {
        let alice = portal.enrolled("alice").await;
        finish_another(&portal, &alice.browser).await;
        let methods = status(&alice.browser).await.methods;
        let add = begin(&alice.browser).await;
        assert_eq!(add.replaces, None);
        for (method, name) in methods.iter().zip(["Authenticator app", "Authenticator app 2"]) {
            let shown = replace(&alice.browser, &method.id).await.unwrap();
            assert_eq!((shown.key.as_str(), shown.replaces.as_deref()), (add.key.as_str(), Some(name)));
        }
        assert_eq!(begin(&alice.browser).await.replaces, None);
        let shown = replace(&alice.browser, &methods[1].id).await.unwrap();
        let resumed = pending(resume(&alice.browser.tab()).await.unwrap());
        assert_eq!((resumed.key, resumed.replaces), (shown.key, shown.replaces), "resuming changes nothing");
        let renewed = pending(alice.browser.call("renew-enrolment", &[]).await.unwrap());
        assert_ne!(renewed.key, add.key);
        assert_eq!(renewed.replaces.as_deref(), Some("Authenticator app 2"), "nor does a new QR code");
        go_on(&portal, &alice.browser, &renewed).await;
        let names: Vec<_> = status(&alice.browser).await.methods.into_iter().map(|method| method.name).collect();
        assert_eq!(names, ["Authenticator app", "Authenticator app 2"]);
        assert_eq!(status(&alice.browser).await.methods[0].id, methods[0].id);
        assert_eq!(portal.count(AuditEvent::EnrolmentStarted).await, 3, "it was one set-up");
    }

    async fn resuming_shows_what_is_there(portal) {
        let browser = portal.person("alice").await;
        let gone = Some(ApiError::Enrolment(EnrolmentProblem::Gone));
        assert_eq!(resume(&browser).await.err(), gone);
        assert!(!status(&browser).await.enrolment_under_way, "and begins nothing");
        let shown = begin(&browser).await;
        assert_eq!(pending(resume(&browser).await.unwrap()).key, shown.key);
        let phone = Phone::with_key(&shown.key, &portal.clock);
        let confirmed = confirm(&browser, &shown.id, &phone.code()).await.unwrap();
        assert!(!confirmed.replaces_codes, "there were none");
        match resume(&browser).await.unwrap() {
            Enrolment::Confirmed(again) => assert!(again.sheet.codes == confirmed.sheet.codes && !again.replaces_codes),
            _ => panic!("the codes"),
        }
        browser.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(resume(&browser).await.err(), gone);
        let shown = begin(&browser).await;
        portal.clock.advance(180);
        assert!(matches!(resume(&browser).await, Ok(Enrolment::Expired { id }) if id == shown.id));
    }

    async fn if_the_old_one_is_gone_meanwhile_the_new_one_is_added(portal) {
        let alice = portal.enrolled("alice").await;
        finish_another(&portal, &alice.browser).await;
        let old = method(&alice.browser, 0).await;
        let shown = replace(&alice.browser, &old.id).await.unwrap();
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        portal.clock.advance(60);
        alice.browser.call::<()>("remove-method", &[("id", &old.id)]).await.unwrap();
        let resumed = pending(resume(&alice.browser).await.unwrap());
        assert_eq!(resumed.replaces, None);
        let new = go_on(&portal, &alice.browser, &shown).await;
        assert_eq!(new.name, "Authenticator app 3");
        assert_eq!(status(&alice.browser).await.methods.len(), 2);
        assert_eq!(portal.count(AuditEvent::MethodReplaced).await, 0);
    }

    async fn every_finished_set_up_ends_trust(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.trusted_browsers.allowed = true).await;
        let alice = portal.enrolled("alice").await;
        let mut phone = alice.phone.clone();
        for replaces in [false, true] {
            let trusted = portal.awaiting_code("alice").await;
            let fields = [("code", phone.code()), ("trust", "true".to_owned()), ("trust_days", "30".to_owned())];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            trusted.call::<()>("sign-in-with-code", &fields).await.unwrap();
            portal.clock.advance(60);
            alice.browser.step_up(PASSWORD, &phone.code()).await.unwrap();
            let shown = if replaces {
                let id = method(&alice.browser, 0).await.id;
                replace(&alice.browser, &id).await.unwrap()
            } else {
                begin(&alice.browser).await
            };
            go_on(&portal, &alice.browser, &shown).await;
            portal.clock.advance(60);
            phone = Phone::with_key(&shown.key, &portal.clock);
            trusted.sign_in("alice", PASSWORD).await.unwrap();
            let asked: CodeRequest = trusted.call("code-request", &[]).await.unwrap();
            assert_eq!(asked.because, ChallengeReason::SecondFactorChanged);
        }
    }

    async fn two_browsers_replacing_one_method_leave_one_more(portal) {
        let node = portal.second_node().await;
        for round in 0..4 {
            let name = format!("alice-{round}");
            let alice = portal.enrolled(&name).await;
            let other = portal.awaiting_code(&name).await.visiting(&node);
            other.code(&alice.phone.code()).await.unwrap();
            let old = method(&alice.browser, 0).await.id;
            let mut ids = Vec::new();
            for browser in [&alice.browser, &other] {
                let shown = replace(browser, &old).await.unwrap();
                let phone = Phone::with_key(&shown.key, &portal.clock);
                ids.push(confirm(browser, &shown.id, &phone.code()).await.unwrap().id);
            }
            let outcomes = tokio::join!(finish(&alice.browser, &ids[0]), finish(&other, &ids[1]));
            outcomes.0.unwrap();
            outcomes.1.unwrap();
            let now = status(&alice.browser).await;
            assert_eq!((now.methods.len(), now.recovery_codes_left()), (2, 10), "round {round}: the second was added");
            assert!(now.methods.iter().all(|method| method.id != old));
            assert_eq!(portal.count(AuditEvent::MethodReplaced).await, round + 1);
        }
    }

    async fn finishing_and_stepping_up_at_once_disturb_nobody(portal) {
        let node = portal.second_node().await;
        for round in 0..5 {
            let name = format!("alice-{round}");
            let alice = portal.enrolled(&name).await;
            let old = method(&alice.browser, 0).await.id;
            let shown = replace(&alice.browser, &old).await.unwrap();
            let phone = Phone::with_key(&shown.key, &portal.clock);
            let id = confirm(&alice.browser, &shown.id, &phone.code()).await.unwrap().id;
            let tab = alice.browser.copy().visiting(&node);
            let (finished, stepped_up) =
                tokio::join!(finish(&alice.browser, &id), tab.step_up_with_recovery_code(PASSWORD, &alice.recovery_codes[0]));
            let unavailable = [finished.as_ref().err(), stepped_up.as_ref().err()];
            assert!(!unavailable.contains(&Some(&ApiError::Unavailable)), "round {round}: {finished:?} {stepped_up:?}");
        }
    }
}
