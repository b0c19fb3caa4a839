//! `twofold policy …`, beside a portal that serves.

use crate::support::{
    PASSWORD, TestPortal,
    binary::{beside, run, system_user},
    both_databases,
};
use contract::{policy::AccountPolicy, policy_value::PolicyKey};
use serde_json::{Value, json};
use twofold::domain::audit::trail::AuditEvent;

/// Exit code and all that was said.
fn policy(portal: &TestPortal, arguments: &[&str]) -> (Option<i32>, String) {
    run(beside(portal).arg("policy").args(arguments).env_remove("SUDO_USER").env("TWOFOLD_LOG", "off"))
}

async fn in_force(portal: &TestPortal) -> AccountPolicy {
    portal.service.policy_in_force().await.unwrap().policy
}

both_databases! {
    async fn it_is_shown_to_people_and_to_programs(portal) {
        let (code, said) = policy(&portal, &["show"]);
        assert_eq!(code, Some(0), "{said}");
        for key in PolicyKey::ALL {
            let line = said.lines().find(|line| line.starts_with(key.name())).unwrap();
            assert!(line.contains(key.label()) && line.contains(&key.takes()), "{line}");
        }
        let (code, said) = policy(&portal, &["show", "--json"]);
        let shown: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, shown.as_object().unwrap().len()), (Some(0), PolicyKey::ALL.len()));
        assert_eq!((&shown["minimum-length"], &shown["require-second-factor"]), (&json!(10), &json!(false)));
    }

    async fn several_values_are_set_at_once_and_govern_at_once(portal) {
        let alice = portal.person("alice").await;
        let (code, said) =
            policy(&portal, &["set", "require-second-factor", "on", "grace-days", "14", "lock-minutes", "never"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("require-second-factor: off -> on") && said.contains("lock-minutes: 15 -> never"), "{said}");
        let mut expected = AccountPolicy { require_second_factor: true, grace_days: 14, ..AccountPolicy::default() };
        expected.lockout.minutes = None;
        assert_eq!(in_force(&portal).await, expected);
        assert!(alice.open("/").await.text().contains("Not now"));

        let entry = portal.audit().await.into_iter().find(|entry| entry.event == AuditEvent::PolicyChanged.as_str());
        let entry = entry.unwrap();
        assert_eq!(entry.actor_name, Some(format!("{} (command line)", system_user())));
        assert_eq!((entry.actor_id, entry.address), (None, None));
        let detail: Value = serde_json::from_str(&entry.detail.unwrap()).unwrap();
        assert_eq!(detail, json!({ "before": AccountPolicy::default(), "after": expected }));
    }

    async fn of_several_values_all_are_set_or_none(portal) {
        for (arguments, complaint) in [
            (&["grace-days", "14", "idle-minutes", "0"][..], "idle-minutes takes a whole number from 1 to 1,440"),
            (&["grace-days", "14", "idle-minutes", "ten"], "idle-minutes takes a whole number from 1 to 1,440"),
            (&["grace-days", "61"], "grace-days takes a whole number from 0 to 60"),
            (&["grace-days", "14", "require-number", "maybe"], "require-number takes on or off"),
            (&["grace-days", "14", "idle", "5"], "there is no value called idle"),
            (&["grace-days", "14", "idle-minutes"], "idle-minutes has no value"),
            (&["grace-days", "14", "grace-days", "15"], "grace-days is given twice"),
            (&["idle-minutes", "90", "absolute-hours", "1"], "absolute-hours is shorter than idle-minutes"),
        ] {
            let (code, said) = policy(&portal, &[&["set"], arguments].concat());
            assert_eq!(code, Some(1), "{arguments:?}: {said}");
            assert!(said.contains(complaint), "{arguments:?}: {said}");
        }
        assert_eq!(in_force(&portal).await, AccountPolicy::default());
        assert_eq!(portal.count(AuditEvent::PolicyChanged).await, 0);
    }

    async fn setting_what_is_so_already_changes_nothing(portal) {
        let (code, said) = policy(&portal, &["set", "minimum-length", "10"]);
        assert_eq!((code, said.contains("nothing changed")), (Some(0), true), "{said}");
        assert_eq!(portal.count(AuditEvent::PolicyChanged).await, 0);
        portal.add("alice").await;
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    }
}
