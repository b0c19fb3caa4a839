//! Whether the chain of the audit trail holds, and that old entries can go without breaking it.

use crate::support::{
    ApiError, Browser, Database, PASSWORD, TestPortal,
    binary::{run, twofold},
    both_databases,
};
use contract::audit_trail::{Breach, ChainState, Verified};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};
use twofold::{
    domain::audit::trail::AuditEvent,
    store::{Db, StoreError},
    values,
};

const DAY: i64 = 86_400;

/// What someone with the database's password could do: the triggers are theirs, too.
async fn tamper(portal: &TestPortal, sql: &str) {
    let triggers: &[&str] = match portal.database {
        Database::Sqlite => &[
            "DROP TRIGGER IF EXISTS audit_entries_no_update",
            "DROP TRIGGER IF EXISTS audit_entries_no_delete",
            "DROP TRIGGER IF EXISTS audit_anchor_moves_on",
            "DROP TRIGGER IF EXISTS audit_head_moves_on",
        ],
        Database::Postgres { .. } => &[
            "ALTER TABLE audit_entries DISABLE TRIGGER USER",
            "ALTER TABLE audit_anchor DISABLE TRIGGER USER",
            "ALTER TABLE audit_head DISABLE TRIGGER USER",
        ],
    };
    for sql in triggers.iter().chain([&sql]) {
        let sql = AssertSqlSafe((*sql).to_owned()).into_sql_str();
        match &portal.service.db {
            Db::Sqlite { writer, .. } => {
                writer.take().await.unwrap().connection().unwrap().execute(sql).await.map(drop)
            }
            Db::Postgres { connections, .. } => {
                connections.take().await.unwrap().connection().unwrap().execute(sql).await.map(drop)
            }
        }
        .unwrap();
    }
}

/// Verifies piece by piece, as the page does.
async fn verify(portal: &TestPortal, piece: i64) -> ChainState {
    let mut from = None;
    loop {
        match portal.service.verify_audit(from, piece).await.unwrap() {
            ChainState::HoldsSoFar(verified) => from = Some(verified.through),
            end => return end,
        }
    }
}

fn broken(at: i64, how: Breach) -> ChainState {
    ChainState::Broken { at, how }
}

/// Some sign-ins, a day apart; the trail then has `2 * count` entries and one.
async fn days_of_sign_ins(portal: &TestPortal, count: usize) {
    portal.add("alice").await;
    for _ in 0..count {
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        portal.clock.advance(DAY);
    }
}

async fn keep(portal: &TestPortal, days: Option<u32>) -> Browser {
    let root = portal.administrator("root").await;
    portal.change_policy(&root, |policy| policy.audit_retention_days = days).await;
    root
}

both_databases! {
    async fn an_untouched_trail_holds(portal) {
        days_of_sign_ins(&portal, 3).await;
        let root = portal.administrator("root").await;
        let newest = portal.audit().await.pop().unwrap();
        let expected = ChainState::Holds {
            verified: Verified { after: 0, through: newest.sequence, newest: newest.sequence },
            hash: hex::encode(newest.hash),
        };
        assert_eq!(root.call::<ChainState>("verify-audit", &[]).await, Ok(expected.clone()));
        assert_eq!(root.call::<ChainState>("verify-audit", &[("from", "3")]).await, Ok(expected));
        assert_eq!(portal.audit().await.len(), usize::try_from(newest.sequence).unwrap(), "asking leaves no entry");
    }

    async fn an_empty_trail_holds(portal) {
        assert!(matches!(verify(&portal, 10).await, ChainState::Holds { verified: Verified { through: 0, .. }, .. }));
    }

    async fn the_entry_that_was_altered_is_named(portal) {
        days_of_sign_ins(&portal, 3).await;
        tamper(&portal, "UPDATE audit_entries SET address = '203.0.113.99' WHERE sequence = 4").await;
        assert_eq!(verify(&portal, 1).await, broken(4, Breach::Altered));
    }

    async fn a_hash_that_was_altered_shows_at_its_entry(portal) {
        days_of_sign_ins(&portal, 3).await;
        tamper(&portal, "UPDATE audit_entries SET hash = (SELECT hash FROM audit_entries WHERE sequence = 2) WHERE sequence = 5").await;
        assert_eq!(verify(&portal, 10_000).await, broken(5, Breach::Altered));
    }

    async fn an_entry_that_was_removed_is_missed(portal) {
        days_of_sign_ins(&portal, 3).await;
        tamper(&portal, "DELETE FROM audit_entries WHERE sequence = 3").await;
        assert_eq!(verify(&portal, 1).await, broken(3, Breach::Missing));
    }

    async fn the_newest_entry_is_missed_too(portal) {
        days_of_sign_ins(&portal, 3).await;
        tamper(&portal, "DELETE FROM audit_entries WHERE sequence = 7").await;
        assert_eq!(verify(&portal, 10_000).await, broken(7, Breach::Missing));
        // Also when the head is set back to hide it: what it says then does not fit.
        tamper(&portal, "UPDATE audit_head SET sequence = 6").await;
        assert_eq!(verify(&portal, 10_000).await, broken(6, Breach::NotTheNewest));
    }

    async fn a_beginning_that_nobody_accounts_for_is_a_breach(portal) {
        days_of_sign_ins(&portal, 3).await;
        tamper(&portal, "UPDATE audit_anchor SET sequence = 3, hash = (SELECT hash FROM audit_entries WHERE sequence = 3)").await;
        assert_eq!(verify(&portal, 10_000).await, broken(3, Breach::Unexpected));
        tamper(&portal, "DELETE FROM audit_entries WHERE sequence <= 3").await;
        assert_eq!(verify(&portal, 10_000).await, broken(3, Breach::Cut));
    }

    async fn nothing_goes_unless_the_policy_says_so(portal) {
        days_of_sign_ins(&portal, 40).await;
        portal.service.clean_up().await.unwrap();
        assert_eq!(portal.audit().await.len(), 81);
    }

    async fn old_entries_go_and_the_rest_still_holds(portal) {
        days_of_sign_ins(&portal, 40).await;
        let root = keep(&portal, Some(30)).await;
        let before = portal.audit().await;
        portal.service.clean_up().await.unwrap();
        let after = portal.audit().await;
        // Days 1 to 10 and the entry about alice are older than 30 days.
        assert_eq!(after.first().unwrap().sequence, 22);
        assert_eq!(after.len(), before.len() - 21 + 1);
        let removal = after.last().unwrap();
        assert_eq!((removal.event.as_str(), removal.actor_name.as_deref()), ("audit_pruned", None));
        let detail: serde_json::Value = serde_json::from_str(removal.detail.as_deref().unwrap()).unwrap();
        assert_eq!((&detail["entries"], &detail["through"], &detail["kept_days"]), (&21.into(), &21.into(), &30.into()));
        assert_eq!(detail["hash"], hex::encode(&before[20].hash));
        assert!(matches!(verify(&portal, 1).await, ChainState::Holds { verified: Verified { after: 21, .. }, .. }));

        // Again some days later, and it still holds; nothing is removed twice.
        portal.clock.advance(2 * DAY);
        portal.service.clean_up().await.unwrap();
        portal.service.clean_up().await.unwrap();
        assert_eq!(portal.audit().await.first().unwrap().sequence, 26);
        assert_eq!(portal.count(AuditEvent::AuditPruned).await, 2);
        assert!(matches!(verify(&portal, 10_000).await, ChainState::Holds { .. }));
        // A piece that begins where entries have gone begins anew.
        assert!(matches!(portal.service.verify_audit(Some(5), 10_000).await.unwrap(), ChainState::Holds { .. }));
        let state: Result<ChainState, ApiError> = root.call("verify-audit", &[]).await;
        assert!(state.is_err(), "that session is long over");
    }

    async fn two_nodes_that_clean_up_at_once_remove_each_entry_once(portal) {
        days_of_sign_ins(&portal, 40).await;
        keep(&portal, Some(30)).await;
        let other = portal.second_node().await;
        let (one, two) = tokio::join!(portal.service.clean_up(), other.service.clean_up());
        one.unwrap();
        two.unwrap();
        assert_eq!(portal.count(AuditEvent::AuditPruned).await, 1);
        assert_eq!(portal.audit().await.first().unwrap().sequence, 22);
        assert!(matches!(verify(&portal, 10_000).await, ChainState::Holds { .. }));
    }

    async fn whatever_its_age_the_newest_entry_stays(portal) {
        days_of_sign_ins(&portal, 2).await;
        keep(&portal, Some(30)).await;
        portal.clock.advance(400 * DAY);
        portal.service.clean_up().await.unwrap();
        let left = portal.audit().await;
        assert_eq!(left.len(), 2, "the newest before, and the one about the removal: {left:?}");
        assert!(matches!(verify(&portal, 10_000).await, ChainState::Holds { .. }));
    }

    async fn the_database_lets_nothing_else_go(portal) {
        days_of_sign_ins(&portal, 40).await;
        keep(&portal, Some(30)).await;
        portal.service.clean_up().await.unwrap();
        let entries = portal.audit().await.len();
        // What SQLite does in place of a row that is in the way asks no trigger of its removal.
        let replacing: &[&str] = match portal.database {
            Database::Sqlite => &[
                "INSERT OR REPLACE INTO audit_entries SELECT sequence, 0, event, outcome, actor_id, actor_name, subject_id,
                     subject_name, address, user_agent, detail, hash FROM audit_entries WHERE sequence = 22",
                "INSERT OR REPLACE INTO audit_anchor SELECT 1, MAX(sequence), hash FROM audit_entries",
                "INSERT OR REPLACE INTO audit_head VALUES (1, 0, zeroblob(32))",
            ],
            Database::Postgres { .. } => &["TRUNCATE audit_head"],
        };
        for sql in replacing.iter().copied().chain([
            "DELETE FROM audit_entries",
            "DELETE FROM audit_entries WHERE sequence = 22",
            "DELETE FROM audit_anchor",
            "UPDATE audit_entries SET at = 0 WHERE sequence = 22",
            // Back, to nowhere, with a wrong hash, and to the newest.
            "UPDATE audit_anchor SET sequence = 1",
            "UPDATE audit_anchor SET sequence = 100000",
            "UPDATE audit_anchor SET sequence = 25",
            "UPDATE audit_anchor SET sequence = (SELECT MAX(sequence) FROM audit_entries),
                 hash = (SELECT hash FROM audit_entries ORDER BY sequence DESC LIMIT 1)",
            "UPDATE audit_head SET sequence = sequence - 1",
            "UPDATE audit_head SET hash = (SELECT hash FROM audit_entries WHERE sequence = 22)",
            "DELETE FROM audit_head",
        ]) {
            match portal.service.db.execute(sql, values![]).await {
                Err(StoreError::Database(cause)) => assert!(cause.to_string().contains("append-only"), "{cause}"),
                other => panic!("{sql}: {other:?}"),
            }
        }
        assert_eq!(portal.audit().await.len(), entries);
        assert!(matches!(verify(&portal, 10_000).await, ChainState::Holds { .. }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_verifies_too() {
    let portal = TestPortal::on(Database::Sqlite).await;
    days_of_sign_ins(&portal, 2).await;
    let folder = portal.folder().to_owned();
    let (code, said) = run(twofold(&folder).args(["audit", "verify"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the audit trail holds: 5 entries, from 1 to 5"), "{said}");
    let newest = portal.audit().await.pop().unwrap();
    assert!(said.contains(&hex::encode(newest.hash)), "{said}");
    tamper(&portal, "UPDATE audit_entries SET outcome = 'failure' WHERE sequence = 3").await;
    let (code, said) = run(twofold(&folder).args(["audit", "verify"]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("broken at entry 3"), "{said}");
}
