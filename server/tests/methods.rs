//! Several authenticator apps of one person: their names, removing one, and
//! switching the second factor off.

use crate::support::{
    ApiError, Browser, PASSWORD, Phone, TestPortal, both_databases,
    portal::{Enrolled, OPERATOR, begin, finish_another},
};
use contract::{
    account::Viewer,
    enrolment::Enrolment,
    error::{CodeProblem, MethodNameProblem},
    profile::{Method, TwoFactorStatus},
    session::{ChallengeReason, CodeRequest},
};
use twofold::domain::audit::trail::AuditEvent;

async fn methods(browser: &Browser) -> Vec<Method> {
    browser.call::<TwoFactorStatus>("two-factor-status", &[]).await.unwrap().methods
}

async fn names(browser: &Browser) -> Vec<String> {
    methods(browser).await.into_iter().map(|method| method.name).collect()
}

async fn rename(browser: &Browser, id: &str, name: &str) -> Result<(), ApiError> {
    browser.call("rename-method", &[("id", id), ("name", name)]).await
}

async fn remove(browser: &Browser, id: &str) -> Result<(), ApiError> {
    browser.call("remove-method", &[("id", id)]).await
}

async fn disable(browser: &Browser) -> Result<(), ApiError> {
    browser.call("disable-second-factor", &[]).await
}

/// Someone with two apps, just stepped up.
async fn with_two(portal: &TestPortal, name: &str) -> (Enrolled, Phone) {
    let person = portal.enrolled(name).await;
    let second = finish_another(portal, &person.browser).await;
    person.browser.step_up(PASSWORD, &person.phone.code()).await.unwrap();
    portal.clock.advance(60);
    (person, second)
}

/// Demands a second factor of everybody.
async fn enforce(portal: &TestPortal) {
    let root = portal.administrator("root").await;
    portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
}

both_databases! {
    async fn each_has_a_name_and_tells_when_it_was_used(portal) {
        let (alice, second) = with_two(&portal, "alice").await;
        assert_eq!(names(&alice.browser).await, ["Authenticator app", "Authenticator app 2"]);
        portal.awaiting_code("alice").await.code(&second.code()).await.unwrap();
        let [first, other] = methods(&alice.browser).await.try_into().unwrap();
        assert!(first.added_at < other.added_at);
        assert!(first.last_used_at < other.last_used_at, "{first:?} {other:?}");
    }

    async fn any_of_them_signs_in_and_each_step_of_each_counts_once(portal) {
        let (alice, second) = with_two(&portal, "alice").await;
        for phone in [&alice.phone, &second] {
            let code = phone.code();
            portal.awaiting_code("alice").await.code(&code).await.unwrap();
            let reused = Err(ApiError::Code(CodeProblem::Reused));
            assert_eq!(portal.awaiting_code("alice").await.code(&code).await, reused);
        }
    }

    async fn a_name_is_changed(portal) {
        let alice = portal.enrolled("alice").await;
        let id = methods(&alice.browser).await[0].id.clone();
        rename(&alice.browser, &id, "  Werktelefon ☎ von e\u{301}va ").await.unwrap();
        assert_eq!(names(&alice.browser).await, ["Werktelefon ☎ von éva"]);
        rename(&alice.browser, &id, "\u{202A}گوشی 📱 من\u{202C}").await.unwrap();
        assert_eq!(names(&alice.browser).await, ["گوشی 📱 من"]);
        rename(&alice.browser, &id, "تلفن\u{200C}همراه").await.unwrap();
        assert_eq!(names(&alice.browser).await, ["تلفن\u{200C}همراه"]);
        rename(&alice.browser, &id, &"字".repeat(64)).await.unwrap();
        let entry = portal.audit().await.into_iter().rfind(|entry| entry.event == "method_renamed").unwrap();
        let detail: serde_json::Value = serde_json::from_str(entry.detail.as_deref().unwrap()).unwrap();
        assert_eq!(detail["before"], "تلفن\u{200C}همراه");
    }

    async fn what_is_no_name_is_refused(portal) {
        let alice = portal.enrolled("alice").await;
        let id = methods(&alice.browser).await[0].id.clone();
        for (name, problem) in [
            ("", MethodNameProblem::Empty),
            (" \u{3000}\t", MethodNameProblem::Empty),
            (&"x".repeat(65), MethodNameProblem::TooLong),
            (&"x".repeat(20_000), MethodNameProblem::TooLong),
            ("a\nb", MethodNameProblem::Unprintable),
            ("a\0b", MethodNameProblem::Unprintable),
            ("a\u{202E}b", MethodNameProblem::Unprintable),
            ("\u{200B}", MethodNameProblem::Empty),
            ("a\u{200B}b", MethodNameProblem::Unprintable),
            ("a\u{200D}b", MethodNameProblem::Unprintable),
        ] {
            assert_eq!(rename(&alice.browser, &id, name).await, Err(ApiError::MethodName(problem)), "{name:.20?}");
        }
        assert_eq!(names(&alice.browser).await, ["Authenticator app"]);
        assert_eq!(portal.count(AuditEvent::MethodRenamed).await, 0);
    }

    async fn two_methods_never_share_a_name(portal) {
        let (alice, _) = with_two(&portal, "alice").await;
        let id = methods(&alice.browser).await[1].id.clone();
        for taken in ["Authenticator app", " AUTHENTICATOR APP "] {
            let refused = Err(ApiError::MethodName(MethodNameProblem::Taken));
            assert_eq!(rename(&alice.browser, &id, taken).await, refused);
        }
        rename(&alice.browser, &id, "AUTHENTICATOR APP 2").await.expect("its own name in capitals");
    }

    async fn nobody_touches_what_is_not_theirs(portal) {
        let (alice, bob) = (portal.enrolled("alice").await, portal.enrolled("bob").await);
        let id = methods(&alice.browser).await[0].id.clone();
        for id in [id.as_str(), "", "none"] {
            assert_eq!(rename(&bob.browser, id, "Mine").await, Err(ApiError::NoLongerThere));
            assert_eq!(remove(&bob.browser, id).await, Err(ApiError::NoLongerThere));
        }
        assert_eq!(names(&alice.browser).await, ["Authenticator app"]);
    }

    async fn one_of_several_is_removed(portal) {
        let (alice, second) = with_two(&portal, "alice").await;
        let other = portal.awaiting_code("alice").await;
        other.code(&second.code()).await.unwrap();
        portal.clock.advance(60);
        let [first, _] = methods(&alice.browser).await.try_into().unwrap();
        remove(&alice.browser, &first.id).await.unwrap();
        assert_eq!(names(&alice.browser).await, ["Authenticator app 2"]);
        let browser = portal.awaiting_code("alice").await;
        assert!(browser.code(&alice.phone.code()).await.is_err(), "it signs in no longer");
        browser.code(&second.code()).await.expect("the other one does");
        assert_eq!(other.who_am_i().await.unwrap(), "alice", "sessions stay");
        assert_eq!(remove(&alice.browser, &first.id).await, Err(ApiError::NoLongerThere));
        let entry = portal.audit().await.into_iter().rfind(|entry| entry.event == "method_disabled").unwrap();
        assert_eq!(entry.detail.as_deref(), Some(r#"{"method":"Authenticator app"}"#));
        finish_another(&portal, &browser).await;
        assert_eq!(names(&browser).await, ["Authenticator app 2", "Authenticator app 3"], "no name comes twice");
    }

    async fn removing_and_disabling_take_step_up(portal) {
        let alice = portal.enrolled("alice").await;
        let id = methods(&alice.browser).await[0].id.clone();
        portal.clock.advance(300);
        let step_up = Err(ApiError::StepUpRequired { code: true });
        assert_eq!(remove(&alice.browser, &id).await, step_up);
        assert_eq!(disable(&alice.browser).await, step_up);
        assert_eq!(names(&alice.browser).await.len(), 1);
    }

    async fn disabling_takes_everything_that_belongs_to_it(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.trusted_browsers.allowed = true).await;
        let (alice, second) = with_two(&portal, "alice").await;
        let other = portal.awaiting_code("alice").await;
        let fields = [("code", second.code()), ("trust", "true".to_owned()), ("trust_days", "30".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        other.call::<()>("sign-in-with-code", &fields).await.unwrap();
        let half = portal.browser();
        half.sign_in("alice", PASSWORD).await.unwrap();
        begin(&alice.browser).await;
        disable(&alice.browser).await.unwrap();

        let status: TwoFactorStatus = alice.browser.call("two-factor-status", &[]).await.unwrap();
        assert!(status.methods.is_empty() && status.recovery.is_none() && !status.enrolment_under_way);
        assert_eq!(alice.browser.who_am_i().await.unwrap(), "alice", "this session stays");
        for browser in [&other, &half] {
            assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        }
        other.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(other.who_am_i().await.unwrap(), "alice", "the password is enough");
        assert_eq!(portal.count(AuditEvent::SecondFactorDisabled).await, 1);
        assert_eq!(disable(&alice.browser).await, Err(ApiError::NoLongerThere));

        // Trust from before does not come back with a new second factor.
        let (phone, _) = portal.set_up(&alice.browser).await;
        portal.clock.advance(60);
        other.sign_in("alice", PASSWORD).await.unwrap();
        let asked: CodeRequest = other.call("code-request", &[]).await.unwrap();
        assert_eq!(asked.because, ChallengeReason::NewBrowser);
        other.code(&phone.code()).await.unwrap();
    }

    async fn removing_the_last_one_is_disabling(portal) {
        let alice = portal.enrolled("alice").await;
        let other = portal.awaiting_code("alice").await;
        let id = methods(&alice.browser).await[0].id.clone();
        remove(&alice.browser, &id).await.unwrap();
        assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut));
        assert!(portal.awaiting_code("alice").await.who_am_i().await.is_ok());
        assert_eq!(portal.count(AuditEvent::SecondFactorDisabled).await, 1);
        assert_eq!(portal.count(AuditEvent::MethodDisabled).await, 0);
    }

    async fn an_administrators_disabling_resets_what_was_guessed(portal) {
        let alice = portal.enrolled("alice").await;
        for _ in 0..2 {
            let browser = portal.awaiting_code("alice").await;
            for _ in 0..5 {
                browser.code(&alice.phone.wrong_code()).await.unwrap_err();
            }
        }
        portal.service.disable_second_factor(OPERATOR, "alice").await.unwrap();
        let browser = portal.browser();
        browser.sign_in("alice", PASSWORD).await.unwrap();
        let (phone, _) = portal.set_up(&browser).await;
        portal.clock.advance(60);
        portal.awaiting_code("alice").await.code(&phone.code()).await.unwrap();
    }

    async fn what_the_policy_demands_is_not_switched_off(portal) {
        enforce(&portal).await;
        let alice = portal.enrolled("alice").await;
        let id = methods(&alice.browser).await[0].id.clone();
        let enforced = Err(ApiError::SecondFactorEnforced);
        assert_eq!(disable(&alice.browser).await, enforced);
        assert_eq!(remove(&alice.browser, &id).await, enforced);
        finish_another(&portal, &alice.browser).await;
        remove(&alice.browser, &id).await.expect("one of two is not the last");
        assert_eq!(disable(&alice.browser).await, enforced);
        let viewer: Viewer = alice.browser.call("viewer", &[]).await.unwrap();
        assert_eq!(viewer.user_name, "alice");
        assert_eq!(portal.count(AuditEvent::SecondFactorDisabled).await, 0);
    }

    async fn of_two_removals_of_the_last_two_one_is_refused(portal) {
        enforce(&portal).await;
        let node = portal.second_node().await;
        for round in 0..5 {
            let (alice, _) = with_two(&portal, &format!("alice-{round}")).await;
            let [first, second] = methods(&alice.browser).await.try_into().unwrap();
            let tab = alice.browser.visiting(&node);
            let outcomes = tokio::join!(remove(&alice.browser, &first.id), remove(&tab, &second.id));
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert_eq!(outcomes, [Ok(()), Err(ApiError::SecondFactorEnforced)], "round {round}");
            assert_eq!(methods(&alice.browser).await.len(), 1);
        }
    }

    async fn a_sign_in_and_a_disabling_at_once_have_one_outcome(portal) {
        let node = portal.second_node().await;
        for round in 0..5 {
            let name = format!("alice-{round}");
            let alice = portal.enrolled(&name).await;
            let browser = node.awaiting_code(&name).await;
            let code = alice.phone.code();
            let (disabled, signed_in) = tokio::join!(disable(&alice.browser), browser.code(&code));
            disabled.unwrap();
            assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut), "round {round}: {signed_in:?}");
            let status: TwoFactorStatus = alice.browser.call("two-factor-status", &[]).await.unwrap();
            assert!(status.methods.is_empty() && status.recovery.is_none());
        }
    }

    async fn a_session_that_has_ended_changes_nothing(portal) {
        let (alice, second) = with_two(&portal, "alice").await;
        let thief = alice.browser.copy();
        let id = methods(&alice.browser).await[0].id.clone();
        alice.browser.step_up(PASSWORD, &second.code()).await.expect("which renews the token");
        assert_eq!(disable(&thief).await, Err(ApiError::SignedOut));
        assert_eq!(remove(&thief, &id).await, Err(ApiError::SignedOut));
        assert_eq!(rename(&thief, &id, "Mine").await, Err(ApiError::SignedOut));
        assert!(thief.call::<Enrolment>("begin-enrolment", &[]).await.is_err());
    }
}
