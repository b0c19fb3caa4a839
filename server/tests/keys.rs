//! Replacing the encryption key while several nodes serve and restart one by one.

use crate::support::{
    ApiError, Database, Phone, TestPortal,
    binary::{beside, run},
    both_databases,
    portal::{begin, confirm, finish},
};
use contract::error::CodeProblem;
use std::{fs, path::PathBuf};
use twofold::{config::DataArgs, values};

/// Writes a key and answers its file.
fn key(portal: &TestPortal, byte: &str) -> PathBuf {
    let file = portal.folder().join(format!("{byte}.key"));
    fs::write(&file, byte.repeat(32)).unwrap();
    file
}

/// Signs in with both factors at a node.
async fn signs_in(node: &TestPortal, name: &str, phone: &Phone) {
    node.clock.advance(60);
    let half = node.awaiting_code(name).await;
    let outcome = half.code(&phone.code()).await;
    assert!(!matches!(outcome, Err(ApiError::Code(CodeProblem::Wrong { .. }))), "{outcome:?}");
    outcome.unwrap_or_else(|problem| panic!("{name}: {problem}"));
}

both_databases! {
    async fn nodes_that_restart_one_by_one_never_meet_a_secret_they_can_not_open(first) {
        let (old, new) = (first.folder().join("twofold.key"), key(&first, "cd"));
        let alice = first.enrolled("alice").await;
        let second = first.second_node().await;

        // The coming key is made known everywhere.
        let knowing = DataArgs { next_key_file: Some(new.clone()), ..first.data_args() };
        let (one, other) = (first.second_node_with(knowing.clone()).await, second.second_node_with(knowing).await);
        signs_in(&one, "alice", &alice.phone).await;

        // One node seals with it, and seals anew.
        let sealing = DataArgs {
            key_file: Some(new.clone()), previous_key_file: Some(old.clone()), ..first.data_args()
        };
        let one = one.second_node_with(sealing.clone()).await;
        assert_eq!(one.service.reseal().await.unwrap(), 2, "her app's, and the one for recovery codes");
        for node in [&one, &other] {
            signs_in(node, "alice", &alice.phone).await;
        }
        // What begins at one node goes on at the other, in both directions.
        let mut people = Vec::new();
        for (name, begins, ends) in [("bob", &one, &other), ("carol", &other, &one)] {
            let browser = begins.person(name).await;
            let pending = begin(&browser).await;
            let browser = browser.visiting(ends);
            let phone = Phone::with_key(&pending.key, &ends.clock);
            let confirmed = confirm(&browser, &pending.id, &phone.code()).await.unwrap();
            let browser = browser.visiting(begins);
            finish(&browser, &confirmed.id).await.unwrap();
            people.push((name, phone));
        }
        for (name, phone) in &people {
            signs_in(&one, name, phone).await;
            signs_in(&other, name, phone).await;
        }

        // The other one, too. What it had sealed meanwhile is sealed anew without anybody's doing.
        let other = other.second_node_with(sealing).await;
        let alone = DataArgs { key_file: Some(new.clone()), ..first.data_args() };
        let shut = run(beside(&first).arg("serve").arg("--key-file").arg(&new));
        assert_eq!(shut.0, Some(1), "{}", shut.1);
        assert!(shut.1.contains("1 of the secrets") && shut.1.contains("--previous-key-file"), "{}", shut.1);
        other.service.clean_up().await.unwrap();
        assert_eq!(one.service.reseal().await.unwrap(), 0, "nothing is left to do");

        // The old key goes.
        fs::remove_file(old).unwrap();
        let last = other.second_node_with(alone).await;
        people.push(("alice", alice.phone));
        for (name, phone) in &people {
            signs_in(&last, name, phone).await;
        }
    }

    async fn the_secret_for_recovery_codes_goes_along_and_is_missed_as_any_other(portal) {
        let alice = portal.enrolled("alice").await;
        let (old, new) = (portal.folder().join("twofold.key"), key(&portal, "cd"));
        let sealing = DataArgs { key_file: Some(new.clone()), previous_key_file: Some(old), ..portal.data_args() };
        let alone = DataArgs { previous_key_file: None, ..sealing.clone() };
        // It is all that is left to be sealed anew.
        portal.service.db.execute("DELETE FROM methods", values![]).await.unwrap();
        let node = portal.second_node_with(sealing).await;
        let shut = run(beside(&portal).arg("serve").arg("--key-file").arg(&new));
        assert!(shut.0 == Some(1) && shut.1.contains("1 of the secrets"), "{}", shut.1);
        node.service.clean_up().await.unwrap();
        drop(portal.second_node_with(alone).await);
        drop(alice);
    }

    /// A node that was told of the coming key and restarts late keeps to its own.
    async fn knowing_the_coming_key_changes_nothing(portal) {
        let new = key(&portal, "cd");
        let old = portal.folder().join("twofold.key");
        let ahead = DataArgs {
            key_file: Some(new.clone()), previous_key_file: Some(old.clone()), ..portal.data_args()
        };
        drop(portal.second_node_with(ahead.clone()).await);
        let behind = DataArgs { next_key_file: Some(new), ..portal.data_args() };
        for _ in 0..2 {
            let node = portal.second_node_with(behind.clone()).await;
            assert_eq!(node.service.reseal().await.unwrap(), 0);
        }
        // Had it sealed the known value with its own key again, this would not open.
        let last = DataArgs { previous_key_file: None, ..ahead };
        portal.second_node_with(last).await;
    }
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named() {
    let portal = TestPortal::on(Database::Sqlite).await;
    for flag in ["--next-key-file", "--previous-key-file"] {
        let (code, said) = run(beside(&portal).args(["serve", flag, "/nowhere/at.all"]));
        assert!(code == Some(1) && said.contains("/nowhere/at.all"), "{said}");
    }
}
