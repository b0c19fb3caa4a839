//! Every value of the account policy governs at once, on every node. A value
//! without a case here does not compile.

use crate::support::{PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use contract::{
    account::{Standing, Viewer},
    policy::AccountPolicy,
    policy_value::{PolicyKey, PolicyValue},
    session::CodeRequest,
};

const WRONG: &str = "Wrong-horse-7";

/// The policy in which a value makes the difference, the value under which
/// [`is_possible`] is true, and the one under which it is not.
fn case(key: PolicyKey) -> (AccountPolicy, PolicyValue, PolicyValue) {
    use PolicyValue::{Never, Number, Switch};
    let mut policy = AccountPolicy::default();
    let (possible, impossible) = match key {
        PolicyKey::MinimumLength => (Number(12), Number(13)),
        PolicyKey::RequireNumber | PolicyKey::RequireSpecial | PolicyKey::RequireCapital => {
            (Switch(false), Switch(true))
        }
        PolicyKey::MaximumFailures => (Number(2), Number(1)),
        PolicyKey::LockMinutes => {
            policy.lockout.maximum_failures = 1;
            (Number(1), Never)
        }
        PolicyKey::RequireSecondFactor => (Switch(false), Switch(true)),
        PolicyKey::GraceDays => {
            policy.require_second_factor = true;
            (Number(1), Number(0))
        }
        PolicyKey::AllowTrustedBrowsers => (Switch(true), Switch(false)),
        PolicyKey::TrustedBrowserDays => {
            policy.trusted_browsers.allowed = true;
            (Number(31), Number(30))
        }
        PolicyKey::ApproveAccessCodes => (Switch(false), Switch(true)),
        PolicyKey::IdleMinutes => (Number(3), Number(2)),
        PolicyKey::AbsoluteHours => {
            policy.sessions.idle_minutes = 60;
            (Number(2), Number(1))
        }
        PolicyKey::AuditRetentionDays => (Number(60), Number(30)),
    };
    (policy, possible, impossible)
}

/// Whether someone called so can do, on this node, what the value decides about.
async fn is_possible(key: PolicyKey, node: &TestPortal, name: &str) -> bool {
    match key {
        PolicyKey::MinimumLength => may_choose(node, name, "Kvmwpqzhij-9").await,
        PolicyKey::RequireNumber => may_choose(node, name, "Only-letters-here").await,
        PolicyKey::RequireSpecial => may_choose(node, name, "Nothingspecial0").await,
        PolicyKey::RequireCapital => may_choose(node, name, "no-capitals-here-0").await,
        PolicyKey::MaximumFailures => {
            node.add(name).await;
            node.browser().sign_in(name, WRONG).await.unwrap_err();
            node.browser().sign_in(name, PASSWORD).await.is_ok()
        }
        PolicyKey::LockMinutes => {
            node.add(name).await;
            node.browser().sign_in(name, WRONG).await.unwrap_err();
            node.clock.advance(60);
            node.browser().sign_in(name, PASSWORD).await.is_ok()
        }
        PolicyKey::RequireSecondFactor | PolicyKey::GraceDays => {
            let viewer: Viewer = node.person(name).await.call("viewer", &[]).await.unwrap();
            viewer.standing == Standing::Complete
        }
        PolicyKey::AllowTrustedBrowsers => most_trusted_days(node, name).await.is_some(),
        PolicyKey::TrustedBrowserDays => most_trusted_days(node, name).await > Some(30),
        PolicyKey::ApproveAccessCodes => {
            node.enrolled(name).await;
            let issued = node.service.issue_access_code_to(OPERATOR, name).await.unwrap().unwrap();
            node.awaiting_code(name).await.recovery_code(&issued.code).await.is_ok()
        }
        PolicyKey::IdleMinutes => {
            let browser = node.person(name).await;
            node.clock.advance(120);
            browser.who_am_i().await.is_ok()
        }
        PolicyKey::AbsoluteHours => {
            let browser = node.person(name).await;
            for _ in 0..2 {
                browser.who_am_i().await.expect("half an hour is allowed under both");
                node.clock.advance(1_800);
            }
            browser.who_am_i().await.is_ok()
        }
        PolicyKey::AuditRetentionDays => {
            node.add(name).await;
            // The newest entry stays in any case.
            node.add(&format!("{name}-later")).await;
            node.clock.advance(31 * 86_400);
            node.service.clean_up().await.unwrap();
            node.audit().await.iter().any(|entry| entry.subject_name.as_deref() == Some(name))
        }
    }
}

async fn may_choose(node: &TestPortal, name: &str, password: &str) -> bool {
    node.add(name).await;
    let token = node.service.invite_user(OPERATOR, name).await.unwrap().unwrap();
    let fields = [("token", token.text().to_string()), ("user_name", String::new()), ("password", password.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    node.browser().call::<()>("accept-invitation", &fields).await.is_ok()
}

async fn most_trusted_days(node: &TestPortal, name: &str) -> Option<u32> {
    node.enrolled(name).await;
    let request: CodeRequest = node.awaiting_code(name).await.call("code-request", &[]).await.unwrap();
    request.trust_days
}

async fn save(portal: &TestPortal, policy: &AccountPolicy) {
    let version = portal.service.policy_in_force().await.unwrap().version;
    portal.service.set_policy(OPERATOR, policy.clone(), version).await.unwrap();
}

both_databases! {
    async fn every_value_governs_at_once_on_every_node(portal) {
        let node = portal.second_node().await;
        for key in PolicyKey::ALL {
            let (mut policy, possible, impossible) = case(key);
            for (round, value, expected) in [(1, possible, true), (2, impossible, false), (3, possible, true)] {
                assert!(key.set(&mut policy, value));
                save(&portal, &policy).await;
                let name = format!("{}-{round}", key.name());
                assert_eq!(is_possible(key, &node, &name).await, expected, "{key:?} = {value}");
            }
        }
    }

    async fn the_page_shows_every_value(portal) {
        let root = portal.administrator("root").await;
        let page = root.open("/settings/account-policy").await;
        for key in PolicyKey::ALL.into_iter().filter(|key| *key != PolicyKey::TrustedBrowserDays) {
            assert!(page.text().contains(key.label()), "{key:?}");
        }
        assert!(!page.text().contains("Last changed by"));
        portal.change_policy(&root, |policy| {
            policy.trusted_browsers.allowed = true;
            policy.trusted_browsers.days = 47;
        }).await;
        let page = root.open("/settings/account-policy").await;
        assert!(page.text().contains("47 days") && page.text().contains("Last changed by"));
    }
}
