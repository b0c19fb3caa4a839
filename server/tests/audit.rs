//! The audit trail: every step leaves its entry, and no entry can be changed.

use crate::support::{
    ApiError, PASSWORD, Phone, TestPortal, both_databases,
    browser::FIREFOX,
    portal::{OPERATOR, begin, confirm, finish, save_policy},
};
use contract::{policy::AccountPolicy, profile::TwoFactorStatus};
use twofold::{
    clock::Clock as _,
    domain::audit::trail::{AuditEvent, BrokenChain, GENESIS, verify},
    service::people::operator::FirstPassword,
    store::{StoreError, audit::trail::EntryRow},
    values,
};

const WRONG: &str = "Wrong-horse-7";

/// What happened since `before` entries, in order.
async fn events_since(portal: &TestPortal, before: usize) -> Vec<AuditEvent> {
    let entries = portal.audit().await;
    entries[before..].iter().map(|entry| AuditEvent::parse(&entry.event).expect("a known event")).collect()
}

/// Recomputes the chain from the stored rows alone.
fn chain(entries: &[EntryRow]) -> Result<[u8; 32], BrokenChain> {
    entries.iter().try_fold(GENESIS, |link, entry| {
        let stored: [u8; 32] = entry.hash.as_slice().try_into().expect("a hash");
        entry.with_fields(|fields| verify(link, [(fields, stored)]))
    })
}

both_databases! {
    async fn each_step_leaves_its_entry(portal) {
        use AuditEvent as E;
        let before = portal.audit().await.len();
        portal.add("alice").await;
        let browser = portal.browser();
        assert!(browser.sign_in("alice", WRONG).await.is_err());
        assert!(browser.sign_in("nobody", WRONG).await.is_err());
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert!(browser.step_up(WRONG, "").await.is_err());
        browser.step_up(PASSWORD, "").await.unwrap();
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        assert!(confirm(&browser, &pending.id, &phone.wrong_code()).await.is_err());
        confirm(&browser, &pending.id, &phone.code()).await.unwrap();
        finish(&browser, &pending.id).await.unwrap();
        browser.sign_out().await;
        assert_eq!(events_since(&portal, before).await, [
            E::UserAdded, E::SignInFailed, E::SignInFailed, E::SignedIn, E::StepUpFailed, E::SteppedUp,
            E::EnrolmentStarted, E::EnrolmentCodeWrong, E::EnrolmentConfirmed, E::EnrolmentFinished, E::SignedOut,
        ]);

        let before = portal.audit().await.len();
        portal.clock.advance(60);
        let browser = portal.awaiting_code("alice").await;
        assert!(browser.code(&phone.wrong_code()).await.is_err());
        assert!(browser.code(&phone.code_of_step(-10)).await.is_err());
        assert!(browser.recovery_code("0000-0000-0000-0000").await.is_err());
        let code = phone.code();
        browser.code(&code).await.unwrap();
        assert!(portal.awaiting_code("alice").await.code(&code).await.is_err());
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        portal.service.disable_second_factor(OPERATOR, "alice").await.unwrap();
        portal.service.invite_user(OPERATOR, "alice").await.unwrap();
        let events = events_since(&portal, before).await;
        assert_eq!(events, [
            E::SecondFactorRequested, E::SecondFactorFailed, E::CodeReused, E::RecoveryCodeFailed,
            E::SecondFactorAccepted, E::SignedIn, E::SecondFactorRequested, E::CodeReused,
            E::AccountUnlocked, E::SecondFactorReset, E::InvitationIssued,
        ]);
    }

    async fn an_entry_says_who_did_it_from_where_and_how_it_ended(portal) {
        portal.add("alice").await;
        let browser = portal.browser().at("203.0.113.5");
        assert!(browser.sign_in("alice", WRONG).await.is_err());
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert!(browser.sign_in("stranger", WRONG).await.is_err());
        let entries = portal.audit().await;
        let [added, failed, signed_in, stranger] = entries.as_slice() else { panic!("four entries: {entries:?}") };
        assert_eq!((added.actor_name.as_deref(), added.actor_id.as_deref()), (Some(OPERATOR), None));
        assert_eq!((added.subject_name.as_deref(), added.address.as_deref()), (Some("alice"), None));
        for (entry, outcome) in [(failed, "failure"), (signed_in, "success")] {
            assert_eq!((entry.outcome.as_str(), entry.address.as_deref()), (outcome, Some("203.0.113.5")));
            assert_eq!((entry.actor_name.as_deref(), entry.subject_name.as_deref()), (Some("alice"), Some("alice")));
            assert!(entry.actor_id.is_some() && entry.actor_id == added.subject_id);
            assert_eq!(entry.user_agent.as_deref(), Some(FIREFOX));
            assert_eq!(entry.at, portal.clock.now().0);
        }
        assert_eq!((stranger.actor_name.as_deref(), stranger.subject_name.as_deref()), (None, None),
            "people type passwords into the name field");
    }

    async fn a_change_of_policy_is_recorded_with_both_versions(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 7).await;
        let entry = portal.audit().await.pop().unwrap();
        assert_eq!((entry.event.as_str(), entry.actor_name.as_deref()), ("policy_changed", Some("root")));
        let detail: serde_json::Value = serde_json::from_str(entry.detail.as_deref().unwrap()).unwrap();
        assert_eq!(detail["before"]["lockout"]["maximum_failures"], 5);
        assert_eq!(detail["after"]["lockout"]["maximum_failures"], 7);
    }

    async fn what_was_refused_changes_nothing_and_says_nothing(portal) {
        let root = portal.administrator("root").await;
        let before = portal.audit().await.len();
        let password = FirstPassword::Given(PASSWORD.to_owned().into());
        let taken = portal.service.add_user(OPERATOR, "ROOT", true, password).await;
        assert!(matches!(taken, Err(ApiError::UserName(_))));
        let conflict = save_policy(&root, &AccountPolicy::default(), 99).await;
        assert_eq!(conflict, Err(ApiError::PolicyConflict));
        assert_eq!(portal.audit().await.len(), before);
    }

    async fn without_its_entry_no_change_lasts(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let pending = begin(&root).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        confirm(&root, &pending.id, &phone.code()).await.unwrap();
        let browser = portal.awaiting_code("alice").await;
        // From here on nothing can be appended.
        portal.service.db.execute("ALTER TABLE audit_head RENAME TO audit_head_away", values![]).await.unwrap();

        assert!(matches!(finish(&root, &pending.id).await, Err(ApiError::Internal { .. })));
        let status: TwoFactorStatus = root.call("two-factor-status", &[]).await.unwrap();
        assert!(status.methods.is_empty() && status.enrolment_under_way, "nothing is half enabled");
        assert!(matches!(browser.code(&alice.phone.code()).await, Err(ApiError::Internal { .. })));
        assert_eq!(browser.who_am_i().await, Err(ApiError::SecondFactorRequired));
        assert!(portal.browser().sign_in("root", PASSWORD).await.is_err());
        let changed = save_policy(&root, &AccountPolicy::default(), 1).await;
        assert!(matches!(changed, Err(ApiError::Internal { .. })));
        let password = FirstPassword::Given(PASSWORD.to_owned().into());
        assert!(portal.service.add_user(OPERATOR, "bob", false, password).await.is_err());
        assert_eq!(portal.service.list_users().await.unwrap().len(), 2);
    }

    async fn the_chain_holds_also_after_many_at_once(portal) {
        portal.add("alice").await;
        let second = portal.second_node().await;
        let attempts: Vec<_> = (0..40).map(|number| {
            let browser = if number % 2 == 0 { portal.browser() } else { second.browser() };
            tokio::spawn(async move { browser.sign_in(&format!("guess-{number}"), WRONG).await })
        }).collect();
        for attempt in attempts {
            assert_eq!(attempt.await.unwrap(), Err(ApiError::Credentials));
        }
        let entries = portal.audit().await;
        assert_eq!(entries.len(), 41);
        assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence), "without a gap");
        let head: (i64, Vec<u8>) =
            portal.service.db.one("SELECT sequence, hash FROM audit_head", values![]).await.unwrap();
        assert_eq!(head, (41, chain(&entries).expect("the chain holds").to_vec()));
    }

    async fn so_does_tampering_with_a_secret_of_any_kind(portal) {
        let tampered = async |person: Option<&str>| {
            portal.service.owed.pay().await.unwrap();
            let name = AuditEvent::SecretTampered.as_str();
            let entries = portal.audit().await.into_iter().filter(|entry| entry.event == name);
            assert_eq!(entries.filter(|entry| entry.subject_name.as_deref() == person).count(), 1, "{person:?}");
        };
        let key_check = "SELECT key_check FROM portal WHERE id = 1";
        let (other,): (Vec<u8>,) = portal.service.db.one(key_check, values![]).await.unwrap();
        let alice = portal.enrolled("alice").await;
        let bob = portal.person("bob").await;
        let pending = begin(&bob).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        confirm(&bob, &pending.id, &phone.code()).await.unwrap();
        let sql = "UPDATE enrolments SET recovery_codes = $1 WHERE recovery_codes IS NOT NULL";
        portal.service.db.execute(sql, values![&other]).await.unwrap();
        for _ in 0..2 {
            finish(&bob, &pending.id).await.unwrap_err();
        }
        tampered(Some("bob")).await;
        portal.service.db.execute("UPDATE portal SET code_secret = $1", values![&other]).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.unwrap_err();
        tampered(None).await;
    }

    async fn tampering_shows(portal) {
        portal.person("alice").await;
        portal.person("bob").await;
        let good = portal.audit().await;
        chain(&good).expect("untouched");
        let mut changed = good.clone();
        changed[1].subject_name = Some("eve".to_owned());
        assert_eq!(chain(&changed), Err(BrokenChain { index: 0 }));
        let mut removed = good.clone();
        removed.remove(1);
        assert!(chain(&removed).is_err());
        let mut reordered = good;
        reordered.swap(0, 1);
        assert!(chain(&reordered).is_err());
    }

    async fn the_database_refuses_to_change_or_delete_entries(portal) {
        portal.person("alice").await;
        let before = portal.audit().await;
        for sql in [
            "UPDATE audit_entries SET event = 'signed_out'",
            "UPDATE audit_entries SET address = NULL WHERE sequence = 1",
            "DELETE FROM audit_entries",
            "DELETE FROM audit_entries WHERE sequence = 2",
        ] {
            match portal.service.db.execute(sql, values![]).await {
                Err(StoreError::Database(cause)) => assert!(cause.to_string().contains("append-only"), "{cause}"),
                other => panic!("{sql}: {other:?}"),
            }
        }
        let after = portal.audit().await;
        assert_eq!(chain(&after), chain(&before));
        assert_eq!(after.len(), before.len());
    }
}
