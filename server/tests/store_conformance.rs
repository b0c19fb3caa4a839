//! What is written once must do the same on both databases. The use-cases show
//! that it does; this shows that nothing is left out.

use crate::support::{Database, TestPortal, both_databases};
use proptest::{
    collection::vec,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};
use std::collections::BTreeSet;
use std::path::PathBuf;
use twofold::{
    clock::UnixTime,
    domain::credentials::lockout::{self, Allowance, Counter},
    store::{Db, StoreError, account::people, audit::search, credentials::attempts},
    values,
};

/// Every statement in the store's source: its string literals that begin as SQL does.
fn statements() -> Vec<String> {
    let mut statements = Vec::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"))];
    while let Some(file) = folders.pop() {
        // The one that knows which database it talks to, and its folder.
        if file.file_name().is_some_and(|name| name == "db.rs" || name == "db") {
            continue;
        }
        if file.is_dir() {
            folders.extend(std::fs::read_dir(file).unwrap().map(|file| file.unwrap().path()));
            continue;
        }
        let source = std::fs::read_to_string(file).unwrap();
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        // Between the quotes: none of these files has an escaped one.
        let code = code.join("\n").replace("'\"'", "");
        let literals = code.split('"').skip(1).step_by(2);
        let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
        statements.extend(literals.filter(|text| verbs.iter().any(|verb| text.starts_with(verb))).map(str::to_owned));
    }
    statements.extend(people::statements().map(str::to_owned));
    assert!(statements.len() > 150, "they are found: {}", statements.len());
    statements
}

/// Failures that a counter holds.
async fn counter(db: &Db, key: &str) -> Option<i64> {
    let row: Option<(i64,)> =
        db.optional("SELECT failures FROM attempt_counters WHERE key = $1", values![key]).await.unwrap();
    row.map(|(failures,)| failures)
}

both_databases! {
    async fn every_statement_of_the_store_can_be_prepared(portal) {
        let put_together = search::all_statements().into_iter().map(str::to_owned);
        for statement in statements().into_iter().chain(put_together) {
            let sql = AssertSqlSafe(statement.clone()).into_sql_str();
            let outcome = match &portal.service.db {
                Db::Sqlite { readers, .. } => {
                    readers.take().await.unwrap().connection().unwrap().prepare(sql).await.map(drop)
                }
                Db::Postgres { connections, .. } => {
                    connections.take().await.unwrap().connection().unwrap().prepare(sql).await.map(drop)
                }
            };
            outcome.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// The one statement that charges an attempt does what the rule says.
    async fn charging_an_attempt_follows_the_rule(portal) {
        let allowances = proptest::sample::select(vec![
            Allowance::within(1, 10),
            Allowance::within(3, 60),
            Allowance { most: 3, forgotten_after: None, fades_after: None },
            Allowance { most: 3, forgotten_after: None, fades_after: Some(50) },
            Allowance { most: 4, forgotten_after: Some(120), fades_after: Some(40) },
            Allowance::within(5, 1),
        ]);
        // Seconds until the next step, and whether it takes a charge back instead.
        let steps = vec((0_i64..80, proptest::bool::weighted(0.15), allowances), 1..30);
        let mut runner = TestRunner::deterministic();
        for case in 0..40 {
            let steps = steps.new_tree(&mut runner).unwrap().current();
            let (key, beside) = (format!("case-{case}"), format!("beside-{case}"));
            let (mut model, mut now): (Option<Counter>, _) = (None, UnixTime(1_000_000));
            // When the charge before the last one was made.
            let mut before = None;
            // A second counter, charged with the first one in every other case.
            let (mut model_beside, allowance_beside) = (None, Allowance::within(4, 90));
            for (pause, refund, allowance) in steps.clone() {
                now = now.plus(pause);
                let mut tx = portal.service.db.begin().await.unwrap();
                if refund {
                    let at = model.map_or(now, |counter| counter.last_failure_at);
                    attempts::refund(&mut tx, &key, 1, at).unwrap();
                    model = model.map(|Counter { failures, last_failure_at }| Counter {
                        failures: (failures - 1).max(0),
                        last_failure_at: before.unwrap_or(last_failure_at),
                    });
                } else {
                    let stored = if case % 2 == 0 {
                        attempts::charge(&mut tx, &key, allowance, now).await.unwrap()
                    } else {
                        let counters = [(key.as_str(), allowance), (beside.as_str(), allowance_beside)];
                        let [stored, stored_beside] = attempts::charge_both(&mut tx, counters, now).await.unwrap();
                        let expected = lockout::charge(model_beside, allowance_beside, now);
                        assert_eq!(stored_beside, expected, "beside, at {now} of {steps:?}");
                        model_beside = expected.ok().or(model_beside);
                        stored
                    };
                    let expected = lockout::charge(model, allowance, now);
                    assert_eq!(stored, expected, "at {now} of {steps:?}");
                    if expected.is_ok() {
                        before = model.map(|counter| counter.last_failure_at);
                    }
                    model = expected.ok().or(model);
                }
                tx.commit().await.unwrap();
            }
            let stored = counter(&portal.service.db, &key).await;
            assert_eq!(stored, model.map(|counter| counter.failures), "after {steps:?}");
        }
    }

    async fn counters_are_reset_by_their_key_and_by_its_beginning(portal) {
        let mut tx = portal.service.db.begin().await.unwrap();
        for key in ["browser:a:1", "browser:a:2", "browser:ab:1", "browser:b:1", "password:a"] {
            attempts::charge(&mut tx, key, Allowance::CLIENT_ADDRESS, UnixTime(1)).await.unwrap().unwrap();
        }
        assert_eq!(attempts::reset_all(&mut tx, "password:a", "browser:a:").await.unwrap().len(), 3);
        tx.commit().await.unwrap();
        let left: Vec<(String,)> =
            portal.service.db.all("SELECT key FROM attempt_counters ORDER BY key", values![]).await.unwrap();
        assert_eq!(left, [("browser:ab:1".to_owned(),), ("browser:b:1".to_owned(),)]);
    }

    async fn whoever_comes_after_a_transaction_that_failed_has_nothing_of_it(portal) {
        const INSERT: &str = "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, 1)";
        let db = &portal.service.db;
        drop(db.begin().await.unwrap());
        for fails in [false, true] {
            let mut tx = db.begin().await.unwrap();
            tx.execute(INSERT, values!["one"]).await.unwrap();
            if fails {
                let outcome = tx.execute(INSERT, values!["one"]).await;
                assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
            }
            drop(tx);
            let mut tx = db.begin().await.unwrap();
            tx.execute(INSERT, values!["two"]).await.unwrap();
            tx.execute("DELETE FROM attempt_counters WHERE key = $1", values!["two"]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(counter(db, "one").await, None);
        }
    }

    /// What runs later runs in order, with the next statement or the commit, under its own arguments.
    async fn a_statement_that_waits_runs_before_the_next_one(portal) {
        const INSERT: &str = "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, $2, $2)";
        const RAISE: &str = "UPDATE attempt_counters SET failures = failures + $2 WHERE key = $1";
        let mut tx = portal.service.db.begin().await.unwrap();
        tx.enqueue(INSERT, values!["one", 10_i64]).unwrap();
        tx.enqueue(RAISE, values!["one", 5_i64]).unwrap();
        let read: Option<(i64,)> =
            tx.optional("SELECT failures FROM attempt_counters WHERE key = $1", values!["one"]).await.unwrap();
        assert_eq!(read, Some((15,)), "a read waits for what was written");
        tx.enqueue(INSERT, values!["two", 20_i64]).unwrap();
        assert_eq!(tx.execute(RAISE, values!["nobody", 1_i64]).await.unwrap(), 0, "counts its own rows only");
        tx.enqueue(RAISE, values!["nobody", 1_i64]).unwrap();
        assert_eq!(tx.execute("UPDATE attempt_counters SET failures = failures", values![]).await.unwrap(), 2);
        tx.enqueue(RAISE, values!["two", 2_i64]).unwrap();
        let all: Vec<(i64,)> =
            tx.all("SELECT failures FROM attempt_counters ORDER BY failures", values![]).await.unwrap();
        assert_eq!(all, [(15,), (22,)]);
        tx.enqueue(RAISE, values!["one", 100_i64]).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(counter(&portal.service.db, "one").await, Some(115), "the commit waits too");
    }

    async fn a_statement_that_waits_and_fails_undoes_the_transaction(portal) {
        const INSERT: &str = "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, 1)";
        let mut tx = portal.service.db.begin().await.unwrap();
        tx.execute(INSERT, values!["first"]).await.unwrap();
        tx.enqueue(INSERT, values!["twice"]).unwrap();
        tx.enqueue(INSERT, values!["twice"]).unwrap();
        assert!(matches!(tx.commit().await, Err(StoreError::Conflict)));
        assert_eq!(counter(&portal.service.db, "first").await, None);
        assert_eq!(counter(&portal.service.db, "twice").await, None);
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(portal) {
        let mut tx = portal.service.db.begin().await.unwrap();
        attempts::charge(&mut tx, "dropped", Allowance::CLIENT_ADDRESS, UnixTime(1)).await.unwrap().unwrap();
        let sql = "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ($1, 1, 1)";
        tx.enqueue(sql, values!["waiting"]).unwrap();
        drop(tx);
        let left: Vec<(String,)> = portal.service.db.all("SELECT key FROM attempt_counters", values![]).await.unwrap();
        assert!(left.is_empty());
    }
}

/// Table, column, type, and whether it may be NULL.
type Columns = BTreeSet<(String, String, String, bool)>;

async fn columns(db: &Db) -> Columns {
    let rows: Vec<(String, String, String, bool)> = match db {
        Db::Sqlite { .. } => {
            let sql = "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0
                 FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND m.name NOT LIKE '!_sqlx%' ESCAPE '!' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'";
            db.all(sql, values![]).await.unwrap()
        }
        Db::Postgres { .. } => {
            let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'YES'
                 FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '!_sqlx%' ESCAPE '!'";
            db.all(sql, values![]).await.unwrap()
        }
    };
    let same = |kind: String| if kind.eq_ignore_ascii_case("bytea") { "BLOB".to_owned() } else { kind.to_uppercase() };
    rows.into_iter().map(|(table, column, kind, nullable)| (table, column, same(kind), nullable)).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let Some(postgres) = TestPortal::on_postgres().await else { return };
    let sqlite = TestPortal::on(Database::Sqlite).await;
    let (one, other) = (columns(&sqlite.service.db).await, columns(&postgres.service.db).await);
    assert!(one.len() > 60, "{}", one.len());
    let differing: Vec<_> = one.symmetric_difference(&other).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}
