//! The database goes away, hangs, or is locked: 503 in time, never a session,
//! and everything works again once it is back.

use crate::support::{
    ApiError, Browser, Database, PASSWORD, Reply, TestPortal,
    network::{Link, Network},
    portal::OPERATOR,
};
use axum::http::StatusCode;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use std::time::Duration;
use tokio::net::TcpListener;

/// By when a request must be answered.
pub const IN_TIME: Duration = Duration::from_secs(5);

pub async fn in_time(what: &str, request: impl Future<Output = Reply>) -> Reply {
    tokio::time::timeout(IN_TIME, request).await.unwrap_or_else(|_| panic!("{what} took longer than {IN_TIME:?}"))
}

/// What people meet while the database is away.
async fn assert_unavailable(portal: &TestPortal, signed_in: &Browser, half: &Browser, code: &str) {
    let stranger = portal.browser();
    let credentials = [("user_name", "alice"), ("password", PASSWORD)];
    let code = [("code", code)];
    let (page, function, status, sign_in, form, second, ready) = tokio::join!(
        in_time("a page", signed_in.get("/profile")),
        in_time("a function", signed_in.call_raw("security-overview", &[])),
        in_time("who am I", signed_in.get("/api/who-am-i")),
        in_time("signing in", stranger.call_raw("sign-in", &credentials)),
        in_time("the form", stranger.post_form("/api/sign-in", &credentials)),
        in_time("the code", half.call_raw("sign-in-with-code", &code)),
        in_time("readiness", stranger.get("/health/ready")),
    );
    for (what, reply) in
        [("page", page), ("function", function), ("who am I", status), ("code", second), ("ready", ready)]
    {
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", reply.text());
        assert!(reply.sets_cookie("twofold-dev-session").is_none(), "{what}: nobody is signed out either");
    }
    assert_eq!(sign_in.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(sign_in.answer::<()>(), Err(ApiError::Unavailable));
    assert_eq!(form.location().as_deref(), Some("/sign-in"), "the form says so on its page");
    let said = stranger.follow(form).await;
    assert!(said.text().contains(&ApiError::Unavailable.to_string()), "{}", said.text());
    assert!(stranger.session_token().is_none(), "never a session");
    assert_eq!(stranger.get("/health/live").await.status, StatusCode::OK);
}

/// Waits until requests are served again.
pub async fn assert_recovers(portal: &TestPortal) {
    for _ in 0..20 {
        if portal.browser().get("/health/ready").await.status == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("it stays away although the database is back");
}

async fn goes_away_and_comes_back(link: Link) {
    let Some(database) = Database::postgres().await else { return };
    let network = Network::before(&database).await;
    let portal = network.portal(database).await;
    let alice = portal.enrolled("alice").await;
    let half = portal.awaiting_code("alice").await;
    network.set(link);
    assert_unavailable(&portal, &alice.browser, &half, &alice.phone.code()).await;
    network.set(Link::Up);
    assert_recovers(&portal).await;
    assert_eq!(alice.browser.who_am_i().await.unwrap(), "alice", "still signed in");
    half.code(&alice.phone.code()).await.expect("the code was not used up");
    portal.browser().sign_in("alice", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_gone_for_a_while() {
    goes_away_and_comes_back(Link::Cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_hangs_for_a_while() {
    goes_away_and_comes_back(Link::Hanging).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_ends_every_connection() {
    let Some(database) = Database::postgres().await else { return };
    let Database::Postgres { name, .. } = &database else { return };
    let name = name.clone();
    let portal = TestPortal::on(database).await;
    let alice = portal.person("alice").await;
    for _ in 0..3 {
        crate::support::database::administer(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
        assert_eq!(alice.who_am_i().await.unwrap(), "alice", "new connections are made at once");
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sqlite_file_locked_by_another_program() {
    let portal = TestPortal::on(Database::Sqlite).await;
    let alice = portal.person("alice").await;
    let path = portal.folder().join("twofold.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    for _ in 0..2 {
        let stranger = portal.browser();
        let credentials = [("user_name", "alice"), ("password", PASSWORD)];
        let (sign_in, write, read) = tokio::join!(
            in_time("signing in", stranger.call_raw("sign-in", &credentials)),
            in_time("a write", alice.call_raw("begin-enrolment", &[])),
            in_time("a read", alice.get("/profile")),
        );
        assert_eq!(sign_in.answer::<()>(), Err(ApiError::Unavailable));
        assert!(stranger.session_token().is_none());
        assert_eq!(write.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(read.status, StatusCode::OK, "readers are not in its way");
    }
    other.execute("ROLLBACK").await.unwrap();
    portal.browser().sign_in("alice", PASSWORD).await.expect("at once");
    portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
    assert_eq!(portal.audit().await.iter().filter(|entry| entry.event == "signed_in").count(), 2);
}

#[tokio::test]
async fn while_postgres_is_away_at_the_start_it_waits_and_says_so() {
    use std::io::{BufRead as _, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut command = crate::support::binary::twofold(folder.path());
    command.arg("serve").env("TWOFOLD_DATABASE_URL", format!("postgres://someone:sesame@{free}/twofold"));
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).next();
    let still_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    let said = said.expect("it says something");
    assert!(still_running && said.contains("waiting for PostgreSQL"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
}
