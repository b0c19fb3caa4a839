//! The account policy: what administrators may set, and that each value governs at once.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{OPERATOR, save_policy},
};
use axum::http::{Method, header::CONTENT_TYPE};
use contract::{
    password::{PasswordPolicy, PasswordRule},
    policy::{AccountPolicy, Lockout, PolicyChange, PolicyField, SessionLimits, VersionedPolicy},
};
use twofold::{clock::Clock, domain::audit::trail::AuditEvent};

const WRONG: &str = "Wrong-horse-7";

async fn policy(browser: &Browser) -> VersionedPolicy {
    browser.call("account-policy", &[]).await.unwrap()
}

/// Whether someone new may choose this password now.
async fn is_allowed(portal: &TestPortal, password: &str) -> Result<(), Vec<PasswordRule>> {
    let name = format!("person-{}", portal.service.list_users().await.unwrap().len());
    portal.add(&name).await;
    let token = portal.service.invite_user(OPERATOR, &name).await.unwrap().unwrap();
    let fields = [("token", token.text().to_string()), ("user_name", String::new()), ("password", password.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    match portal.browser().call("accept-invitation", &fields).await {
        Ok(()) => Ok(()),
        Err(ApiError::Password(rules)) => Err(rules),
        Err(other) => panic!("{other:?}"),
    }
}

both_databases! {
    async fn a_new_portal_has_the_documented_policy(portal) {
        let VersionedPolicy { policy, version, changed } = policy(&portal.administrator("root").await).await;
        assert_eq!((policy, version, changed), (AccountPolicy::default(), 1, None));
    }

    async fn values_out_of_bounds_are_refused_by_field(portal) {
        let root = portal.administrator("root").await;
        let set = |field: PolicyField, value: u32| {
            let mut policy = AccountPolicy::default();
            match field {
                PolicyField::MinimumLength => policy.password.minimum_length = value,
                PolicyField::MaximumFailures => policy.lockout.maximum_failures = value,
                PolicyField::LockMinutes => policy.lockout.minutes = Some(value),
                PolicyField::GraceDays => policy.grace_days = value,
                PolicyField::TrustedBrowserDays => policy.trusted_browsers.days = value,
                PolicyField::IdleMinutes => policy.sessions.idle_minutes = value,
                PolicyField::AbsoluteHours => policy.sessions.absolute_hours = value,
                PolicyField::AuditRetentionDays => policy.audit_retention_days = Some(value),
            }
            policy
        };
        for (field, least, greatest) in [
            (PolicyField::MinimumLength, 8_u32, 128),
            (PolicyField::MaximumFailures, 1, 100),
            (PolicyField::LockMinutes, 1, 10_080),
            (PolicyField::GraceDays, 0, 60),
            (PolicyField::TrustedBrowserDays, 1, 90),
            (PolicyField::IdleMinutes, 1, 1_440),
            (PolicyField::AbsoluteHours, 1, 720),
            (PolicyField::AuditRetentionDays, 30, 3_650),
        ] {
            let below = least.checked_sub(1);
            for value in below.into_iter().chain([greatest + 1, u32::MAX]) {
                let refused = save_policy(&root, &set(field, value), 1).await;
                assert_eq!(refused, Err(ApiError::Policy(vec![field])), "{field:?} {value}");
            }
            for value in [least, greatest] {
                let version = policy(&root).await.version;
                let saved = save_policy(&root, &set(field, value), version).await.unwrap();
                assert_eq!((saved.version, saved.policy), (version + 1, set(field, value)));
                save_policy(&root, &AccountPolicy::default(), version + 1).await.unwrap();
            }
        }
        let mut all = set(PolicyField::MinimumLength, 0);
        all.lockout = Lockout { maximum_failures: 0, minutes: Some(0) };
        all.grace_days = 61;
        all.trusted_browsers.days = 0;
        all.sessions.idle_minutes = 0;
        all.sessions.absolute_hours = 0;
        all.audit_retention_days = Some(0);
        assert_eq!(save_policy(&root, &all, 1).await, Err(ApiError::Policy(PolicyField::ALL.to_vec())));
        assert_eq!(policy(&root).await.policy, AccountPolicy::default());
    }

    async fn sessions_can_not_end_in_any_case_before_they_could_end_idle(portal) {
        let root = portal.administrator("root").await;
        let sessions = SessionLimits { idle_minutes: 121, absolute_hours: 2 };
        let mut policy = AccountPolicy { sessions, ..AccountPolicy::default() };
        let refused = Err(ApiError::Policy(vec![PolicyField::AbsoluteHours]));
        assert_eq!(save_policy(&root, &policy, 1).await, refused);
        policy.sessions.idle_minutes = 120;
        save_policy(&root, &policy, 1).await.unwrap();
    }

    async fn who_changed_it_last_is_known(portal) {
        let (root, ada) = (portal.administrator("root").await, portal.administrator("ada").await);
        portal.clock.advance(7);
        portal.change_policy(&ada, |policy| policy.lockout.maximum_failures = 4).await;
        let at = Clock::now(&portal.clock).0;
        let known = policy(&root).await;
        assert_eq!(known.changed, Some(PolicyChange { at, by: "ada".to_owned() }));
        portal.service.set_policy(OPERATOR, AccountPolicy::default(), known.version).await.unwrap();
        assert_eq!(policy(&root).await.changed, Some(PolicyChange { at, by: OPERATOR.to_owned() }));
    }

    async fn what_is_no_policy_is_refused(portal) {
        let root = portal.administrator("root").await;
        for body in ["", "{}", "[]", r#"{"policy":{},"version":1}"#, r#"{"policy":null,"version":1}"#] {
            let request = root.request(Method::POST, "/api/save-account-policy");
            let reply = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
            assert_eq!((reply.status.as_u16(), reply.json()), (400, ApiError::Malformed), "{body}");
        }
        let mut negative = serde_json::json!({ "policy": AccountPolicy::default(), "version": 1 });
        negative["policy"]["password"]["minimum_length"] = (-1).into();
        assert_eq!(root.call_json::<()>("save-account-policy", &negative).await, Err(ApiError::Malformed));
    }

    async fn who_edited_an_older_version_changes_nothing(portal) {
        let (root, ada) = (portal.administrator("root").await, portal.administrator("ada").await);
        let mut changed = AccountPolicy::default();
        changed.sessions.idle_minutes = 60;
        let saved = save_policy(&root, &changed, 1).await.unwrap();
        assert_eq!(save_policy(&ada, &AccountPolicy::default(), 1).await, Err(ApiError::PolicyConflict));
        assert_eq!(policy(&ada).await, saved);
        assert_eq!(portal.count(AuditEvent::PolicyChanged).await, 1);
    }

    async fn of_two_administrators_saving_at_once_one_wins(portal) {
        let (root, ada) = (portal.administrator("root").await, portal.administrator("ada").await);
        for version in 1..=6 {
            let mut mine = AccountPolicy::default();
            mine.sessions.idle_minutes = 60;
            let theirs = AccountPolicy::default();
            let outcomes = tokio::join!(save_policy(&root, &mine, version), save_policy(&ada, &theirs, version));
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert!(outcomes[0].is_ok(), "{outcomes:?}");
            assert_eq!(outcomes[1], Err(ApiError::PolicyConflict));
        }
    }

    async fn password_rules(portal) {
        let root = portal.administrator("root").await;
        assert_eq!(is_allowed(&portal, "Kvmwpqz-9").await, Err(vec![PasswordRule::MinimumLength(10)]));
        portal.change_policy(&root, |policy| policy.password.minimum_length = 9).await;
        assert_eq!(is_allowed(&portal, "Kvmwpqz-9").await, Ok(()));
        portal.change_policy(&root, |policy| policy.password.minimum_length = 13).await;
        assert_eq!(is_allowed(&portal, "Kvmwpqzhij-9").await, Err(vec![PasswordRule::MinimumLength(13)]));

        for (password, rule) in [
            ("Only-letters-here", PasswordRule::Number),
            ("Nothingspecial0", PasswordRule::Special),
            ("no-capitals-here-0", PasswordRule::Capital),
        ] {
            assert_eq!(is_allowed(&portal, password).await, Err(vec![rule]));
        }
        portal.change_policy(&root, |policy| {
            policy.password = PasswordPolicy {
                minimum_length: 8, require_number: false, require_special: false, require_capital: false,
            };
        }).await;
        assert_eq!(is_allowed(&portal, "zebraquiltmop").await, Ok(()));
        assert_eq!(is_allowed(&portal, "seven77").await, Err(vec![PasswordRule::MinimumLength(8)]));
    }

    async fn maximum_number_of_failed_attempts(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 2).await;
        let browser = portal.second_node().await.browser();
        assert_eq!(browser.sign_in("alice", WRONG).await, Err(ApiError::Credentials));
        let locked = Err(ApiError::Locked { retry_after: Some(900) });
        assert_eq!(browser.sign_in("alice", WRONG).await, locked);
        assert_eq!(browser.sign_in("alice", PASSWORD).await, locked);
        // One more than there were is enough to be heard again.
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 3).await;
        browser.sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn a_single_attempt_is_a_policy_too(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 1).await;
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        let locked = Err(ApiError::Locked { retry_after: Some(900) });
        assert_eq!(portal.browser().sign_in("alice", WRONG).await, locked);
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, locked);
    }

    async fn how_long_a_lock_lasts(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout = Lockout { maximum_failures: 1, minutes: Some(2) }).await;
        let browser = portal.browser();
        assert_eq!(browser.sign_in("alice", WRONG).await, Err(ApiError::Locked { retry_after: Some(120) }));
        portal.change_policy(&root, |policy| policy.lockout.minutes = Some(1)).await;
        assert_eq!(browser.sign_in("alice", PASSWORD).await, Err(ApiError::Locked { retry_after: Some(60) }));
        portal.clock.advance(60);
        browser.sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn a_lock_until_someone_unlocks(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.lockout = Lockout { maximum_failures: 1, minutes: None }).await;
        let browser = portal.browser();
        assert_eq!(browser.sign_in("alice", WRONG).await, Err(ApiError::Locked { retry_after: None }));
        portal.clock.advance(10 * 365 * 86_400);
        assert_eq!(browser.sign_in("alice", PASSWORD).await, Err(ApiError::Locked { retry_after: None }));
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        browser.sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn idle_timeout(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        portal.clock.advance(30 * 60 - 1);
        alice.who_am_i().await.expect("half an hour by default");
        portal.clock.advance(30 * 60 - 1);
        alice.who_am_i().await.expect("each request counts");
        portal.clock.advance(30 * 60);
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut));

        root.sign_in("root", PASSWORD).await.unwrap();
        alice.sign_in("alice", PASSWORD).await.unwrap();
        let node = portal.second_node().await;
        portal.clock.advance(120);
        alice.visiting(&node).who_am_i().await.unwrap();
        portal.clock.advance(90);
        portal.change_policy(&root, |policy| policy.sessions.idle_minutes = 1).await;
        assert_eq!(alice.visiting(&node).who_am_i().await, Err(ApiError::SignedOut), "people who are in are not spared");
    }

    async fn a_session_of_one_idle_minute_is_kept_alive_by_use(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.sessions.idle_minutes = 1).await;
        let alice = portal.person("alice").await;
        for _ in 0..20 {
            portal.clock.advance(44);
            alice.who_am_i().await.expect("in use");
        }
        portal.clock.advance(60);
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn absolute_lifetime(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| {
            policy.sessions.idle_minutes = 120;
            policy.sessions.absolute_hours = 2;
        }).await;
        let alice = portal.person("alice").await;
        portal.clock.advance(3_600);
        alice.who_am_i().await.unwrap();
        portal.clock.advance(3_599);
        alice.who_am_i().await.unwrap();
        portal.clock.advance(1);
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut), "however busy");
        alice.sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn a_step_up_does_not_prolong_the_absolute_lifetime(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.sessions.absolute_hours = 1).await;
        let alice = portal.person("alice").await;
        portal.clock.advance(1_700);
        alice.step_up(PASSWORD, "").await.unwrap();
        portal.clock.advance(1_700);
        alice.step_up(PASSWORD, "").await.unwrap();
        portal.clock.advance(200);
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn the_pages_show_the_values_in_force(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.change_policy(&root, |policy| policy.password.minimum_length = 37).await;
        let page = root.open("/settings/account-policy").await;
        assert!(page.text().contains("37") && page.text().contains("Edit account policy"), "{} {}", page.status, page.text());
        let token = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap();
        let page = portal.browser().open(&format!("/welcome/{}", token.text().as_str())).await;
        assert!(page.text().contains("At least 37 characters"));
    }
}
