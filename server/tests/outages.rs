//! The database answers, but not as it should: it can't write, it is slow, it
//! ends in the middle of a commit, it prefers another transaction.

use crate::{
    away::{IN_TIME, assert_recovers, in_time},
    support::{
        ApiError, Browser, Database, PASSWORD, TestPortal, both_databases,
        database::administer,
        network::{Link, Network},
        portal::{begin, confirm, finish},
    },
};
use axum::http::StatusCode;
use contract::{
    people::IssuedLinks,
    recovery::{RecoveryCodeSheet, RecoveryLedger},
};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{process::Command, time::Duration};
use twofold::{
    store::{Cause, Db, StoreError},
    values,
};

/// Ends every connection to a database, as a fail-over does.
async fn end_connections(name: &str) {
    administer(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
}

async fn ready(browser: &Browser) -> (StatusCode, String) {
    let reply = in_time("readiness", browser.get("/health/ready")).await;
    (reply.status, reply.text().to_owned())
}

/// Signing in says that it can't be done now, as anything else does.
async fn assert_nobody_signs_in(portal: &TestPortal) {
    let stranger = portal.browser();
    let credentials = [("user_name", "alice"), ("password", PASSWORD)];
    let reply = in_time("signing in", stranger.call_raw("sign-in", &credentials)).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text());
    assert_eq!(reply.answer::<()>(), Err(ApiError::Unavailable));
    assert!(stranger.session_token().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_takes_no_changes_is_not_ready_and_forgotten_when_it_does_again() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    portal.add("alice").await;
    let Database::Postgres { name, .. } = &portal.database else { return };
    let stranger = portal.browser();
    assert_eq!(ready(&stranger).await, (StatusCode::OK, "ready\n".to_owned()));

    administer(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    end_connections(name).await;
    for _ in 0..3 {
        let (status, said) = ready(&stranger).await;
        assert_eq!(
            (status, said.as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database is read-only\n")
        );
        assert_nobody_signs_in(&portal).await;
    }
    // The new primary: connections to the old one must not be gone on with.
    administer(&format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    assert_eq!(ready(&stranger).await.0, StatusCode::OK, "at once");
    for _ in 0..20 {
        let outcomes = tokio::join!(stranger.sign_in("alice", PASSWORD), ready(&stranger));
        assert_eq!((outcomes.0.is_ok(), outcomes.1.0), (true, StatusCode::OK));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_accepts_no_connections_is_not_called_read_only() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    let Database::Postgres { name, .. } = &portal.database else { return };
    let stranger = portal.browser();
    assert_eq!(ready(&stranger).await.0, StatusCode::OK);
    administer(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    end_connections(name).await;
    let said = "not ready: the database accepts no connections\n";
    assert_eq!(ready(&stranger).await, (StatusCode::SERVICE_UNAVAILABLE, said.to_owned()));
    administer(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    assert_eq!(ready(&stranger).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sqlite_that_is_full_is_unavailable_and_works_again_with_room() {
    let portal = TestPortal::on(Database::Sqlite).await;
    let root = portal.administrator("root").await;
    let Db::Sqlite { writer, .. } = &portal.service.db else { return };
    for round in 0..3 {
        // More than the pages have room for that are there.
        let names: String = (0..300).map(|number| format!("person-{round}-{number}\n")).collect();
        let list = serde_json::json!({ "list": format!("name\n{names}") });
        // Held by the writer's connection, which is thrown away when it fails.
        writer.take().await.unwrap().connection().unwrap().execute("PRAGMA max_page_count = 1").await.unwrap();
        let refused: Result<IssuedLinks, _> = root.call_json("add-people", &list).await;
        assert_eq!(refused.map(|added| added.links.len()), Err(ApiError::Unavailable));
        let added: IssuedLinks = root.call_json("add-people", &list).await.unwrap();
        assert_eq!(added.links.len(), 300, "nobody was added before");
    }
}

/// A folder of its own with little room, where this user may have one.
pub struct SmallDisk(pub tempfile::TempDir);

impl SmallDisk {
    /// Takes no more changes.
    pub fn close(&self) {
        let mount = Command::new("mount").args(["-o", "remount,ro"]).arg(self.0.path()).status();
        assert!(mount.unwrap().success());
    }

    pub fn make() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the portal's files may still be open.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named_to_operators() {
    let Some(disk) = SmallDisk::make() else {
        println!("not tested here: this user may not make a small disk");
        return;
    };
    let portal = TestPortal::in_folder(Database::Sqlite, disk.0.path()).await;
    portal.add("alice").await;
    let stranger = portal.browser();
    assert_eq!(ready(&stranger).await.0, StatusCode::OK);
    let filler = disk.0.path().join("filler");
    let _ = std::fs::write(&filler, vec![7; 4 << 20]);
    // What its log has room for can still be written.
    let mut said = String::new();
    for _ in 0..600 {
        let (status, text) = ready(&stranger).await;
        if status != StatusCode::OK {
            said = text;
            break;
        }
    }
    assert_eq!(said, "not ready: the disk of the database is full\n");
    assert_nobody_signs_in(&portal).await;
    std::fs::remove_file(filler).unwrap();
    assert_eq!(ready(&stranger).await.0, StatusCode::OK);
    stranger.sign_in("alice", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_one_deadline_for_all_it_asks_of_a_slow_database() {
    let Some(database) = Database::postgres().await else { return };
    let network = Network::before(&database).await;
    let portal = network.portal(database).await;
    let alice = portal.enrolled("alice").await;
    let bob = portal.person("bob").await;
    let half = portal.awaiting_code("alice").await;
    let pending = begin(&bob).await;
    let phone = crate::support::Phone::with_key(&pending.key, &portal.clock);
    let confirmed = confirm(&bob, &pending.id, &phone.code()).await.unwrap();

    network.set(Link::Slow(Duration::from_millis(900)));
    let stranger = portal.browser();
    let credentials = [("user_name", "alice"), ("password", PASSWORD)];
    let (code, id) = (alice.phone.code(), confirmed.id.as_str());
    let (code, id) = ([("code", code.as_str())], [("id", id)]);
    let replies = tokio::join!(
        in_time("the password", stranger.call_raw("sign-in", &credentials)),
        in_time("the code", half.call_raw("sign-in-with-code", &code)),
        in_time("finish", bob.call_raw("finish-enrolment", &id)),
        in_time("a page", alice.browser.get("/profile")),
    );
    assert_eq!(replies.0.status, StatusCode::SERVICE_UNAVAILABLE, "{}", replies.0.text());
    assert_eq!(replies.1.status, StatusCode::SERVICE_UNAVAILABLE, "{}", replies.1.text());
    assert_eq!(replies.2.status, StatusCode::SERVICE_UNAVAILABLE, "{}", replies.2.text());
    assert!(stranger.session_token().is_none());

    network.set(Link::Up);
    assert_recovers(&portal).await;
    half.code(&alice.phone.code()).await.expect("the code was not used up");
    finish(&bob, &confirmed.id).await.expect("the set-up was neither finished nor lost");
}

both_databases! {
    /// Waiting for a lock is waiting for the database.
    async fn a_request_does_not_wait_for_ever_for_what_is_locked(portal) {
        let alice = portal.person("alice").await;
        let mut holder = portal.service.db.begin().await.unwrap();
        holder.execute("UPDATE users SET active = active", values![]).await.unwrap();
        let reply = in_time("a change", alice.call_raw("end-other-sessions", &[])).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text());
        drop(holder);
        assert_eq!(alice.call_raw("end-other-sessions", &[]).await.status, StatusCode::OK);
    }

    /// A second request does not begin where the first one's patience ended.
    async fn patience_is_each_requests_own(portal) {
        let db = &portal.service.db;
        let mut holder = db.begin().await.unwrap();
        if portal.database.url().is_some() {
            // It holds the row for longer than a transaction of the portal may do nothing.
            holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0", values![]).await.unwrap();
        }
        holder.execute("UPDATE readiness SET checks = checks", values![]).await.unwrap();
        let one = db.for_request();
        for limit in [IN_TIME, Duration::from_secs(1)] {
            let statement = one.execute("UPDATE readiness SET checks = checks + 1", values![]);
            let outcome = tokio::time::timeout(limit, statement).await.expect("what is left of it is waited, no more");
            assert!(matches!(outcome, Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_))), "{outcome:?}");
        }
        drop(holder);
        let checks = db.for_request().execute("UPDATE readiness SET checks = checks + 1", values![]).await;
        assert_eq!(checks.unwrap(), 1);
    }
}

async fn ledger(browser: &Browser) -> RecoveryLedger {
    let overview: contract::profile::SecurityOverview = browser.call("security-overview", &[]).await.unwrap();
    overview.two_factor.recovery.expect("there are codes")
}

/// The answer to a commit is lost: nobody says that nothing was changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_not_called_undone() {
    let Some(database) = Database::postgres().await else { return };
    let network = Network::before(&database).await;
    let portal = network.portal(database).await;
    let alice = portal.enrolled("alice").await;
    let mut replaced_unseen = false;
    for after in 0..4 {
        portal.clock.advance(60);
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        let before = ledger(&alice.browser).await.created_at;
        network.lose_a_commit(after);
        let password = [("password", PASSWORD)];
        let reply = in_time("new codes", alice.browser.call_raw("generate-recovery-codes", &password)).await;
        network.lose_a_commit(-1);
        assert_recovers(&portal).await;
        let replaced = ledger(&alice.browser).await.created_at != before;
        match reply.answer::<RecoveryCodeSheet>() {
            Ok(_) => assert!(replaced),
            Err(problem) => {
                assert_eq!((problem, reply.status), (ApiError::OutcomeUnknown, StatusCode::SERVICE_UNAVAILABLE));
                replaced_unseen |= replaced;
            }
        }
    }
    assert!(replaced_unseen, "one of the commits was that of the codes");
    // They are had by making them anew.
    portal.clock.advance(60);
    alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
    let sheet: RecoveryCodeSheet =
        alice.browser.call("generate-recovery-codes", &[("password", PASSWORD)]).await.unwrap();
    let half = portal.awaiting_code("alice").await;
    half.recovery_code(&sheet.codes[0]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn isolation_is_ours_whatever_the_server_has() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    let Database::Postgres { name, .. } = &portal.database else { return };
    administer(&format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")).await;
    let portal = portal.restarted().await;
    let mut tx = portal.service.db.begin().await.unwrap();
    let sql = "SELECT current_setting('transaction_isolation')";
    let (isolation,): (String,) = tx.one(sql, values![]).await.unwrap();
    assert_eq!(isolation, "read committed");
    drop(tx);
    let (isolation,): (String,) = portal.service.db.one(sql, values![]).await.unwrap();
    assert_eq!(isolation, "read committed");
}

async fn other_connection(portal: &TestPortal) -> PgConnection {
    PgConnection::connect(portal.database.url().unwrap()).await.unwrap()
}

/// How many transactions wait for a lock.
async fn wait_until_waiting(other: &mut PgConnection, count: i64) {
    for _ in 0..100 {
        let sql =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let (waiting,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *other).await.unwrap();
        if waiting >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody waits");
}

/// PostgreSQL ends the portal's side of a deadlock: the request is answered anew, as a whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_lost_a_deadlock_is_answered_anew() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    let alice = portal.person("alice").await;
    let elsewhere = portal.browser();
    elsewhere.sign_in("alice", PASSWORD).await.unwrap();
    let (mut other, mut watcher) = (other_connection(&portal).await, other_connection(&portal).await);
    other.execute("BEGIN; UPDATE audit_head SET hash = hash").await.unwrap();
    let request = tokio::spawn(async move { (alice.call_raw("end-other-sessions", &[]).await, alice) });
    wait_until_waiting(&mut watcher, 1).await;
    // It has the person and wants the trail; this has the trail and wants the person. Who waits longer loses.
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute("UPDATE users SET active = active").await.unwrap();
    other.execute("COMMIT").await.unwrap();
    let (reply, _alice) = tokio::time::timeout(IN_TIME, request).await.unwrap().unwrap();
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(elsewhere.who_am_i().await, Err(ApiError::SignedOut));
}

/// A password that was right is not counted as wrong because it was tried anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_anew_is_charged_once() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    portal.add("alice").await;
    for _ in 0..4 {
        assert_eq!(portal.browser().sign_in("alice", "wrong").await, Err(ApiError::Credentials));
    }
    let (mut other, mut watcher) = (other_connection(&portal).await, other_connection(&portal).await);
    other.execute("BEGIN; UPDATE audit_head SET hash = hash").await.unwrap();
    let stranger = portal.browser();
    let request = tokio::spawn(async move { stranger.sign_in("alice", PASSWORD).await });
    wait_until_waiting(&mut watcher, 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute("UPDATE users SET active = active").await.unwrap();
    other.execute("COMMIT").await.unwrap();
    let outcome = tokio::time::timeout(IN_TIME, request).await.unwrap().unwrap();
    assert!(outcome.is_ok(), "it had one attempt left: {outcome:?}");
    let sql = "SELECT failures FROM attempt_counters WHERE key LIKE 'password:%'";
    assert_eq!(portal.service.db.all::<(i64,)>(sql, values![]).await.unwrap(), [(4,)]);
}

/// The same for a statement on its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_lost_a_deadlock_is_run_again() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    let (mut other, mut watcher) = (other_connection(&portal).await, other_connection(&portal).await);
    let insert = "INSERT INTO attempt_counters (key, failures, last_failure_at) VALUES ('a', 1, 1), ('b', 1, 1)";
    other.execute(insert).await.unwrap();
    other.execute("BEGIN; UPDATE attempt_counters SET failures = 2 WHERE key = 'b'").await.unwrap();
    let db = portal.service.db.clone();
    let statement = tokio::spawn(async move {
        let sql = "WITH one AS (UPDATE attempt_counters SET failures = 7 WHERE key = 'a' RETURNING key)
             UPDATE attempt_counters SET failures = 7 WHERE key = 'b' AND EXISTS (SELECT 1 FROM one)";
        db.execute(sql, values![]).await
    });
    wait_until_waiting(&mut watcher, 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute("UPDATE attempt_counters SET failures = 2 WHERE key = 'a'").await.unwrap();
    other.execute("COMMIT").await.unwrap();
    assert_eq!(statement.await.unwrap().unwrap(), 1);
    let sql = "SELECT failures FROM attempt_counters ORDER BY key";
    assert_eq!(portal.service.db.all::<(i64,)>(sql, values![]).await.unwrap(), [(7,), (7,)]);
}

#[tokio::test]
async fn a_damaged_file_is_unavailable_and_called_so() {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    portal.service.db.close().await;
    let path = portal.folder().join("twofold.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // All but the first page, which has the schema.
    bytes[4_096..].fill(0x5A);
    std::fs::write(&path, bytes).unwrap();
    // SQLite may find out already when it opens the file.
    let names = async { Db::sqlite(&path).await?.all::<(String,)>("SELECT name FROM users", values![]).await };
    assert_eq!(names.await.unwrap_err().cause(), Some(Cause::Damaged));
}

/// A connection that was just used is not asked whether it lives, neither before nor after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_check_is_one_round_trip() {
    let Some(database) = Database::postgres().await else { return };
    let network = Network::before(&database).await;
    let portal = network.portal(database).await;
    let alice = portal.person("alice").await;
    // Prepares the statement.
    alice.who_am_i().await.unwrap();
    let before = network.asked();
    for _ in 0..10 {
        alice.who_am_i().await.unwrap();
    }
    assert_eq!(network.asked() - before, 10);
}
