//! "Users" at a million people on SQLite, through the router that serves it.
//! Run with `cargo bench -p twofold-server --bench people`;
//! `TWOFOLD_BENCH_PEOPLE` sets how many there are (default 1,000,000).
//!
//! Every page must take less than 50 ms, also those that nobody would choose:
//! a single letter, letters that many have but few have both, names that come
//! last in the order, a filter that hardly anybody meets.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that can't run should stop, and says what it found"
)]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{
        Request, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE},
    },
};
use contract::people::{PeopleFilter, PeoplePage, PeoplePlace, PeopleQuery, PeopleSort, PeopleView};
use criterion::{Criterion, criterion_group, criterion_main};
use std::{sync::Arc, time::Duration};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use twofold::{
    clock::{SettableClock, UnixTime},
    config::{DataArgs, PublicUrl},
    http::{Web, router},
    open::open,
    service::{Service, Settings, people::operator::FirstPassword},
    store::Db,
};

const PASSWORD: &str = "Correct-horse-9";
const NOW: i64 = 1_800_000_000;

/// Beginnings and ends of the words that names are made of.
const SYLLABLES: [[&str; 24]; 2] = [
    [
        "an", "ben", "car", "dor", "el", "fre", "gus", "han", "il", "jo", "kar", "lu", "mar", "nor", "ol", "pet",
        "quen", "ros", "smi", "tom", "ur", "vic", "wil", "ze",
    ],
    [
        "a", "bert", "ca", "dan", "ette", "fried", "gard", "hild", "ina", "jan", "ko", "lia", "mann", "na", "o", "pe",
        "ra", "son", "th", "us", "va", "wig", "y", "zan",
    ],
];

fn people() -> i64 {
    std::env::var("TWOFOLD_BENCH_PEOPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

/// People with names of two words; one in three has no second factor, one in
/// five hundred is an administrator, one in a hundred deactivated, and some
/// thousands are locked, most of them late in the order of names.
async fn fill(service: &Service) {
    let Db::Sqlite { writer, .. } = &service.db else { unreachable!() };
    let mut writer = writer.take().await.unwrap();
    let word = |offset: i64| {
        let pick = |list: &[&str; 24], number: String| {
            let cases: String =
                list.iter().enumerate().map(|(index, text)| format!(" WHEN {index} THEN '{text}'")).collect();
            format!("CASE {number} % 24{cases} END")
        };
        format!(
            "{} || {}",
            pick(&SYLLABLES[0], format!("(n / {})", offset)),
            pick(&SYLLABLES[1], format!("(n / {})", offset * 24))
        )
    };
    let (first, last) = (word(1), word(7));
    let count = people();
    let statements = [
        "CREATE TABLE made (n INTEGER PRIMARY KEY, id TEXT, first TEXT, last TEXT)".to_owned(),
        format!(
            "INSERT INTO made WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             SELECT n, printf('01900000-0000-7000-8000-%012x', (n * 7919) % 99999989), {first}, {last} FROM numbers"
        ),
        format!(
            "INSERT INTO users (id, name, name_key, display_name, administrator, active, created_at, last_sign_in_at, has_second_factor)
             SELECT id, first || '.' || last || n, first || '.' || last || n, first || ' ' || last, n % 500 = 0, n % 100 <> 0,
                 {NOW} - n % 100000 * 60, CASE WHEN n % 4 = 0 THEN 0 ELSE {NOW} - (n * 31) % 1000000 END, n % 3 <> 0
             FROM made"
        ),
        "INSERT INTO user_words SELECT first, id FROM made UNION SELECT last, id FROM made UNION SELECT last || n, id FROM made"
            .to_owned(),
        format!(
            "INSERT INTO attempt_counters (key, failures, last_failure_at, user_id)
             SELECT 'password:' || n, CASE WHEN n % 4 = 0 THEN 5 ELSE 1 END, {NOW} - n % 600, id FROM made WHERE n % 100 = 1"
        ),
        "DROP TABLE made".to_owned(),
    ];
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(writer.connection().unwrap()).await.unwrap();
    }
}

/// The portal and the cookie of an administrator.
async fn portal(folder: &std::path::Path) -> (Router, String) {
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
    let service = open(&data, settings, Arc::new(SettableClock::new(UnixTime(NOW)))).await.unwrap();
    service.add_user("bench", "root", true, FirstPassword::Given(PASSWORD.to_owned().into())).await.unwrap();
    fill(&service).await;
    let router = router(service, Web { public_url, trusted_proxies: Vec::new(), listening: None });
    let request = Request::post("/api/sign-in")
        .header(HOST, "127.0.0.1")
        .header("sec-fetch-site", "same-origin")
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user_name=root&password={PASSWORD}")))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let cookie = response.headers().get(SET_COOKIE).unwrap().to_str().unwrap();
    (router, cookie.split(';').next().unwrap().to_owned())
}

async fn fetch(router: &Router, cookie: &str, query: &PeopleQuery) -> PeoplePage {
    let request = Request::post("/api/people")
        .header(HOST, "127.0.0.1")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/json")
        .header(COOKIE, cookie)
        .body(Body::from(serde_json::json!({ "query": query }).to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

fn query(search: &str, filter: PeopleFilter, sort: PeopleSort, descending: bool) -> PeopleQuery {
    PeopleQuery { search: search.to_owned(), view: PeopleView { filter, sort, descending }, after: None }
}

fn pages(c: &mut Criterion) {
    use PeopleFilter::{Administrators, Deactivated, Everyone, Locked, NoSecondFactor};
    use PeopleSort::{Created, LastSignIn, Name};
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (router, cookie) = runtime.block_on(portal(folder.path()));
    let deep = PeopleQuery {
        after: Some(PeoplePlace { at: 0, text: "rosa".to_owned() }),
        ..query("", NoSecondFactor, Name, false)
    };
    let cases = [
        ("first page", query("", Everyone, Name, false)),
        ("first page, latest sign-in first", query("", Everyone, LastSignIn, true)),
        ("first page, latest added first", query("", Everyone, Created, true)),
        ("no 2FA", query("", NoSecondFactor, Name, false)),
        ("no 2FA, far down", deep),
        ("no 2FA, never signed in first", query("", NoSecondFactor, LastSignIn, false)),
        ("locked", query("", Locked, Name, false)),
        ("locked, latest sign-in first", query("", Locked, LastSignIn, true)),
        ("administrators", query("", Administrators, Name, true)),
        ("deactivated", query("", Deactivated, Created, false)),
        ("search: one person", query("smith777", Everyone, Name, false)),
        ("search: three letters", query("smi", Everyone, Name, false)),
        ("search: one letter", query("a", Everyone, Name, false)),
        ("search: a letter, last in the order", query("z", Everyone, Name, false)),
        ("search: two words", query("anna smith", Everyone, Name, false)),
        ("search: two letters", query("a z", Everyone, LastSignIn, true)),
        ("search: a letter among administrators", query("z", Administrators, Name, false)),
        ("search: a word without 2FA", query("rosina", NoSecondFactor, LastSignIn, true)),
        ("search: a letter among the locked", query("q", Locked, Created, false)),
        ("search: nobody", query("xylophone", Everyone, Name, false)),
    ];
    let mut group = c.benchmark_group("users");
    group.sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for (name, query) in cases {
        let page = runtime.block_on(fetch(&router, &cookie, &query));
        println!("{name}: {} people{}", page.people.len(), if page.next.is_some() { ", and more" } else { "" });
        group.bench_function(name, |b| b.iter(|| runtime.block_on(fetch(&router, &cookie, &query))));
    }
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
