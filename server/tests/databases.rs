//! Databases as they are met: behind a pool, in another encoding, large, busy,
//! as a copy; and what is kept in them over the years.

use crate::{
    outages::SmallDisk,
    support::{
        Database, PASSWORD, TestPortal,
        binary::{Serving, beside, run, twofold},
        both_databases,
        bouncer::Bouncer,
        database::administer,
    },
};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};
use twofold::{store::Db, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pool_that_keeps_connections_together_it_works() {
    let Some(database) = Database::postgres().await else { return };
    let bouncer = Bouncer::start(&database, "session").await;
    let portal = TestPortal::on(bouncer.before(&database)).await;
    let alice = portal.enrolled("alice").await;
    let half = portal.awaiting_code("alice").await;
    half.code(&alice.phone.code()).await.unwrap();
    let second = portal.second_node().await;
    second.browser().sign_in("alice", PASSWORD).await.unwrap();
    let (limit,): (String,) =
        portal.service.db.one("SELECT current_setting('statement_timeout')", values![]).await.unwrap();
    assert_eq!(limit, "4s");
    portal.service.db.close().await;
    second.service.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pool_that_mixes_connections_it_does_not_start_and_says_what_helps() {
    for mode in ["transaction", "statement"] {
        let Some(database) = Database::postgres().await else { return };
        let bouncer = Bouncer::start(&database, mode).await;
        let folder = tempfile::tempdir().unwrap();
        let url = bouncer.before(&database).url().unwrap().to_owned();
        for _ in 0..3 {
            let (code, said) = run(twofold(folder.path()).arg("serve").env("TWOFOLD_DATABASE_URL", &url));
            assert_eq!(code, Some(1), "{mode}: {said}");
            assert!(said.contains("pool_mode = session"), "{mode}: {said}");
        }
    }
}

#[tokio::test]
async fn a_database_that_can_not_keep_every_name_is_refused_at_the_start() {
    let Some(Database::Postgres { url, name }) = Database::postgres().await else { return };
    for encoding in ["LATIN1", "SQL_ASCII"] {
        administer(&format!("DROP DATABASE {name}")).await;
        administer(&format!("CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")).await;
        let folder = tempfile::tempdir().unwrap();
        let (code, said) = run(twofold(folder.path()).arg("serve").env("TWOFOLD_DATABASE_URL", &url));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(encoding) && said.contains("ENCODING 'UTF8'"), "{said}");
    }
}

/// As if the last migration had yet to be applied.
const BEFORE_THE_LAST: [&str; 4] = [
    "DROP TABLE readiness",
    "DROP INDEX methods_by_key",
    "DROP INDEX sessions_by_created",
    "DELETE FROM _sqlx_migrations WHERE version = 10",
];

/// A dump, another node, much data: a migration waits, says for whom, and is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_takes_the_time_it_takes_and_says_so() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    portal.add("alice").await;
    let url = portal.database.url().unwrap();
    let mut other = PgConnection::connect(&format!("{url}?application_name=night-dump")).await.unwrap();
    for sql in BEFORE_THE_LAST {
        other.execute(sql).await.unwrap();
    }
    other.execute("BEGIN; LOCK TABLE methods IN SHARE UPDATE EXCLUSIVE MODE").await.unwrap();
    let mut command = beside(&portal);
    command.arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Held to the end: it goes on to say things.
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let news = said.find(|line| line.contains("bringing the database up to date")).expect("it says that it waits");
    assert!(news.contains("night-dump"), "{news}");
    assert!(child.try_wait().unwrap().is_none(), "longer than any statement of a request may take");
    other.execute("COMMIT").await.unwrap();
    let listens = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .any(|line| line.starts_with("listening on"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(listens);
}

both_databases! {
    /// However much has piled up, what can be removed is, and one part's failure keeps none of the others.
    async fn cleaning_up_goes_on_in_portions_past_what_fails(portal) {
        let alice = portal.person("alice").await;
        let db = &portal.service.db;
        let (pile, bytes) = pile(db);
        for rows in [
            "sessions (id, token_hash, user_id, assurance, created_at, last_seen_at, address, user_agent, authenticated_at)
             {pile} SELECT 'session-' || i, CAST('hash-' || i AS {bytes}), u.id, 'full', 1, 1, '', '', 0 FROM n, users u
             WHERE u.name = 'alice'",
            "attempt_counters (key, failures, last_failure_at) {pile} SELECT 'address:' || i, 1, 1 FROM n",
            "seen_browsers (token_hash, user_id, last_used_at)
             {pile} SELECT CAST('hash-' || i AS {bytes}), u.id, 1 FROM n, users u WHERE u.name = 'alice'",
        ] {
            run_sql(db, &format!("INSERT INTO {}", rows.replace("{pile}", pile).replace("{bytes}", bytes))).await;
        }
        // A part that fails: what is to be removed is not there.
        run_sql(db, "ALTER TABLE browsers RENAME TO browsers_elsewhere").await;
        portal.service.clean_up().await.unwrap_err();
        for (table, left) in [("sessions", 1), ("attempt_counters", 0), ("seen_browsers", 0)] {
            assert_eq!(count(db, table).await, left, "{table}");
        }
        let (counted,): (i64,) = db.one("SELECT COUNT(*) FROM adoption_days", values![]).await.unwrap();
        assert_eq!(counted, 1, "the statistics had their turn");
        run_sql(db, "ALTER TABLE browsers_elsewhere RENAME TO browsers").await;
        portal.service.clean_up().await.unwrap();
        assert_eq!(alice.who_am_i().await.unwrap(), "alice");
    }

    async fn a_profile_lists_the_sessions_used_last(portal) {
        let alice = portal.person("alice").await;
        let db = &portal.service.db;
        let (pile, bytes) = pile(db);
        run_sql(db, &format!(
            "INSERT INTO sessions (id, token_hash, user_id, assurance, created_at, last_seen_at, address, user_agent,
                 authenticated_at)
             {pile} SELECT 'session-' || i, CAST('hash-' || i AS {bytes}), s.user_id, 'full', s.created_at,
                 s.last_seen_at + i, '', '', 0 FROM n, sessions s WHERE s.id NOT LIKE 'session-%'"
        )).await;
        let listed: Vec<contract::session::SessionEntry> = alice.call("sessions", &[]).await.unwrap();
        assert_eq!(listed.len(), 100);
        assert!(listed[0].current, "its own among them");
        assert_eq!(listed[1].id, "session-1750");
    }
}

/// Many numbers, and what bytes are called.
fn pile(db: &Db) -> (&'static str, &'static str) {
    match db {
        Db::Sqlite { .. } => {
            ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1750)", "BLOB")
        }
        Db::Postgres { .. } => ("WITH n AS (SELECT i FROM generate_series(1, 1750) AS i)", "BYTEA"),
    }
}

async fn run_sql(db: &Db, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite { writer, .. } => {
            writer.take().await.unwrap().connection().unwrap().execute(sql).await.map(drop).unwrap();
        }
        Db::Postgres { connections, .. } => {
            connections.take().await.unwrap().connection().unwrap().execute(sql).await.map(drop).unwrap();
        }
    }
}

async fn count(db: &Db, table: &str) -> i64 {
    let sql = match table {
        "sessions" => "SELECT COUNT(*) FROM sessions",
        "attempt_counters" => "SELECT COUNT(*) FROM attempt_counters WHERE last_failure_at = 1",
        _ => "SELECT COUNT(*) FROM seen_browsers",
    };
    db.one::<(i64,)>(sql, values![]).await.unwrap().0
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_it_serves_is_whole_and_verified_where_nothing_can_be_written() {
    let portal = TestPortal::on(Database::Sqlite).await;
    let serving = Serving::start(&mut beside(&portal));
    portal.add("alice").await;
    assert!(serving.lets_in("alice", PASSWORD).await);
    let shelf = tempfile::tempdir().unwrap();
    let copy = shelf.path().join("twofold.db");
    let (code, said) = run(beside(&portal).arg("backup").arg(&copy));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, said) = run(beside(&portal).arg("backup").arg(&copy));
    assert!(code == Some(1) && said.contains("exists"), "an earlier copy is not overwritten: {said}");

    fs::set_permissions(&copy, fs::Permissions::from_mode(0o400)).unwrap();
    let before = fs::read(&copy).unwrap();
    let (code, said) = run(twofold(shelf.path()).args(["audit", "verify"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("{} entries", portal.audit().await.len())), "{said}");
    assert_eq!(files(shelf.path()), ["twofold.db"], "nothing is made beside it");
    assert!(fs::read(&copy).unwrap() == before, "byte for byte");

    // A portal on the copy is the portal.
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    fs::copy(portal.folder().join("twofold.key"), shelf.path().join("twofold.key")).unwrap();
    assert!(Serving::start(&mut twofold(shelf.path())).lets_in("alice", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_written_people_are_listed_and_copies_made_elsewhere() {
    let Some(disk) = SmallDisk::make() else {
        println!("not tested here: this user may not make a disk");
        return;
    };
    let portal = TestPortal::in_folder(Database::Sqlite, disk.0.path()).await;
    portal.add("alice").await;
    portal.service.db.close().await;
    disk.close();
    let (code, said) = run(beside(&portal).args(["user", "list"]));
    assert!(code == Some(0) && said.contains("alice"), "{said}");
    let shelf = tempfile::tempdir().unwrap();
    let copy = shelf.path().join("twofold.db");
    let (code, said) = run(beside(&portal).arg("backup").arg(&copy));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(twofold(shelf.path()).args(["user", "list"]));
    assert!(code == Some(0) && said.contains("alice"), "{said}");
    let (code, said) = run(beside(&portal).arg("backup").arg(disk.0.path().join("copy.db")));
    assert!(code == Some(1) && said.contains("a folder that this user may write to"), "{said}");
    for command in [&["user", "unlock", "alice"][..], &["serve"]] {
        let (code, said) = run(beside(&portal).args(command));
        assert!(code == Some(1) && said.contains("Make the file and its folder writable"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_can_not_be_read_where_it_lies_is_said_with_what_helps() {
    let Some(disk) = SmallDisk::make() else { return };
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    // As a copy of the files is, or what a portal leaves that was killed.
    for name in ["twofold.db", "twofold.db-wal"] {
        fs::copy(portal.folder().join(name), disk.0.path().join(name)).unwrap();
    }
    disk.close();
    let shelf = tempfile::tempdir().unwrap();
    let (code, said) = run(twofold(disk.0.path()).arg("backup").arg(shelf.path().join("twofold.db")));
    assert!(code == Some(1) && said.contains("copy the file and those beside it to another folder"), "{said}");
    let (code, said) = run(twofold(disk.0.path()).args(["user", "list"]));
    assert!(code == Some(1) && said.contains("Make the file and its folder writable"), "{said}");
    assert!(files(shelf.path()).is_empty(), "no half a copy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_never_brought_up_to_date_is_not_verified_as_if_it_were() {
    let portal = TestPortal::on(Database::Sqlite).await;
    for sql in BEFORE_THE_LAST {
        run_sql(&portal.service.db, sql).await;
    }
    let (code, said) = run(beside(&portal).args(["audit", "verify"]));
    assert!(code == Some(1) && said.contains("older version"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifying_takes_a_postgres_that_can_only_be_read() {
    let Some(portal) = TestPortal::on_postgres().await else { return };
    portal.add("alice").await;
    let Database::Postgres { name, .. } = &portal.database else { return };
    administer(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let (code, said) = run(beside(&portal).args(["audit", "verify"]));
    assert!(code == Some(0) && said.contains("the audit trail holds"), "{said}");
}
