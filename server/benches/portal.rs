//! What the portal costs on SQLite, through the router it serves.
//! Run with `cargo bench -p twofold-server --bench portal`;
//! `TWOFOLD_BENCH_USERS` sets how many people the database holds (default 1,000).
//!
//! "Without the hash" replaces Argon2id by its cheapest setting, so that what
//! remains is ours: HTTP, server functions, SQL, audit trail. CPU time counts
//! all threads, also SQLite's.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run should stop")]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{
        Request, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE},
    },
};
use cpu_time::ProcessTime;
use criterion::{Criterion, criterion_group, criterion_main};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use twofold::{
    clock::{Clock, SettableClock, UnixTime},
    config::{DataArgs, PublicUrl},
    crypto::{
        os_rng,
        password::{Params, PasswordHasher, Salt},
        secret_box::Purpose,
    },
    domain::second_factor::totp::{STEP_SECONDS, Secret},
    http::{Web, router},
    open::open,
    service::{Service, Settings, Use},
    store::{
        Tx,
        account::accounts::{self, NewUser},
        second_factor::methods::{self, NewMethod},
    },
    values,
};

const PASSWORD: &str = "Correct-horse-9";

/// As cheap as Argon2id gets.
const CHEAPEST: Params = Params { m_kib: 8, t: 1, p: 1 };

struct Portal {
    service: Service,
    router: Router,
    clock: SettableClock,
    secret: Secret,
}

fn people() -> usize {
    std::env::var("TWOFOLD_BENCH_USERS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

async fn portal(folder: &Path, params: Params) -> Portal {
    let data = DataArgs {
        data_dir: folder.to_owned(),
        database_url: None,
        key_file: None,
        key: None,
        previous_key_file: None,
        next_key_file: None,
    };
    let public_url = PublicUrl::parse("http://127.0.0.1").unwrap();
    let settings =
        Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url: public_url.clone(), mail: None };
    let clock = SettableClock::new(UnixTime(1_800_000_000));
    let mut service = open(&data, settings, Arc::new(clock.clone())).await.unwrap();
    service.hasher = PasswordHasher::new(params).unwrap();
    let hash = service.hasher.hash(PASSWORD, Salt([7; 16])).await.unwrap();
    let secret = Secret::from_bytes([42; 20]);
    let mut tx = service.db.begin().await.unwrap();
    for number in 0..people() {
        add_person(&service, &mut tx, number, &hash, &secret).await;
    }
    tx.commit().await.unwrap();
    let web = Web { public_url, trusted_proxies: Vec::new(), listening: None };
    Portal { router: router(service.clone(), web), service, clock, secret }
}

async fn add_person(service: &Service, tx: &mut Tx, number: usize, hash: &str, secret: &Secret) {
    let (id, name) = (format!("person-{number}"), format!("user{number}"));
    let user = NewUser { id: &id, name: &name, name_key: &name, password_hash: Some(hash), ..NewUser::default() };
    accounts::insert(tx, &user).unwrap();
    let sealed = service.keyring.seal(&mut os_rng(), Purpose::TotpSecret, &id, secret.as_bytes()).unwrap();
    let method = NewMethod { id: &id, user_id: &id, name: "App", secret: &sealed, last_step: 0, now: 0 };
    methods::insert(tx, &method).await.unwrap();
}

/// Posts a form and answers the session cookie that the response sets.
async fn post(router: &Router, function: &str, form: String, cookie: Option<&str>) -> String {
    let mut request = Request::post(format!("/api/{function}"))
        .header(HOST, "127.0.0.1")
        .header("sec-fetch-site", "same-origin")
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let response = router.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let cookies = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let session = cookies.rev().find(|cookie| cookie.starts_with("twofold-dev-session=")).unwrap();
    session.split(';').next().unwrap().to_owned()
}

/// A whole sign-in: password, then code. Each takes a new time step.
async fn sign_in(portal: &Portal, number: usize) -> String {
    portal.clock.advance(STEP_SECONDS);
    let password = format!("user_name=user{number}&password={PASSWORD}&next=");
    let cookie = post(&portal.router, "sign-in", password, None).await;
    let code = portal.secret.code_at(portal.clock.now());
    post(&portal.router, "sign-in-with-code", format!("code={}&next=", code.as_str()), Some(&cookie)).await
}

/// Calls a server function as the program in the browser does.
async fn call(router: &Router, function: &str, form: String, cookie: &str) {
    let request = Request::post(format!("/api/{function}"))
        .header("sec-fetch-site", "same-origin")
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(COOKIE, cookie);
    let response = router.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let answer = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("\"Err\""), "{answer:?}");
}

/// A whole set-up of someone who has just signed in; answers the CPU time that it took.
async fn set_up(portal: &Portal, number: usize) -> Duration {
    let cookie = sign_in(portal, number).await;
    let start = ProcessTime::now();
    call(&portal.router, "begin-enrolment", String::new(), &cookie).await;
    let sql = "SELECT id, secret FROM enrolments WHERE state = 'pending'";
    let (id, sealed): (String, Vec<u8>) = portal.service.db.one(sql, values![]).await.unwrap();
    let opened = portal.service.keyring.open(Purpose::TotpSecret, &id, &sealed).unwrap();
    let code = Secret::from_slice(&opened).unwrap().code_at(portal.clock.now());
    call(&portal.router, "confirm-enrolment", format!("id={id}&code={}", code.as_str()), &cookie).await;
    call(&portal.router, "finish-enrolment", format!("id={id}"), &cookie).await;
    start.elapsed()
}

fn set_ups(c: &mut Criterion) {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let portal = runtime.block_on(portal(folder.path(), CHEAPEST));
    let mut number = 0;
    let mut group = c.benchmark_group("set-up from Add method to Finish");
    group.sample_size(20).bench_function("CPU time", |b| {
        b.iter_custom(|rounds| {
            (0..rounds)
                .map(|_| {
                    number = (number + 1) % people();
                    runtime.block_on(set_up(&portal, number))
                })
                .sum()
        });
    });
    group.finish();
}

fn sessions(c: &mut Criterion) {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let portal = runtime.block_on(portal(folder.path(), CHEAPEST));
    let cookie = runtime.block_on(sign_in(&portal, 0));
    let token = cookie.split_once('=').unwrap().1;
    c.bench_function("session look-up", |b| {
        b.to_async(&runtime).iter(|| async { portal.service.find_session(token, Use::Ordinary).await.unwrap() });
    });
    c.bench_function("who-am-i through the router", |b| {
        b.to_async(&runtime).iter(|| async {
            let request = Request::get("/api/who-am-i")
                .header(HOST, "127.0.0.1")
                .header(COOKIE, &cookie)
                .body(Body::empty())
                .unwrap();
            let response = portal.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        });
    });
}

fn sign_ins(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for (name, params) in [("without the hash", CHEAPEST), ("whole", Params::default())] {
        let folder = tempfile::tempdir().unwrap();
        let portal = runtime.block_on(portal(folder.path(), params));
        let mut group = c.benchmark_group("sign-in with second factor");
        group.sample_size(20).measurement_time(Duration::from_secs(8));
        group.bench_function(format!("{name}, elapsed"), |b| {
            let mut number = 0;
            b.iter(|| {
                number = (number + 1) % people();
                runtime.block_on(sign_in(&portal, number))
            });
        });
        group.bench_function(format!("{name}, CPU time"), |b| {
            let mut number = 0;
            b.iter_custom(|rounds| {
                let start = ProcessTime::now();
                for _ in 0..rounds {
                    number = (number + 1) % people();
                    runtime.block_on(sign_in(&portal, number));
                }
                start.elapsed()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, sessions, sign_ins, set_ups);
criterion_main!(benches);
