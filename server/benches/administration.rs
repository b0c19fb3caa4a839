//! What administrators wait for on a large portal: the audit trail and the
//! dashboard, on SQLite, through the router that serves them.
//!
//! ```text
//! TWOFOLD_BENCH_PEOPLE=1000000 TWOFOLD_BENCH_ENTRIES=10000000 TWOFOLD_BENCH_FOLDER=/tmp/large \
//!     cargo bench -p twofold-server --bench administration
//! ```
//! Without these it makes do with a tenth of that. The database is generated,
//! with its chain, and kept where a folder is named. Every request is made
//! twenty times; the benchmark fails when one takes longer than it may.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark that can't run should stop, speaks by printing, and measures real time"
)]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{
        Request, StatusCode,
        header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE},
    },
};
use contract::audit_trail::AuditFilter;
use sqlx::Connection as _;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tower::ServiceExt as _;
use twofold::{
    clock::{SettableClock, UnixTime},
    config::{DataArgs, PublicUrl},
    crypto::password::{Params, PasswordHasher},
    domain::audit::trail::{EntryFields, GENESIS, chain_hash},
    http::{Web, router},
    open::open,
    service::{Service, Settings, people::operator::FirstPassword},
    store::Db,
    values,
};

/// Now, on the portal: 2027-01-15.
const NOW: i64 = 1_800_000_000;

/// Seconds over which the entries are spread: 400 days.
const SPAN: i64 = 400 * 86_400;

/// Times each request is made.
const ROUNDS: usize = 20;

const PASSWORD: &str = "Correct-horse-9";

/// What browsers call themselves.
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
];

/// What happens in ten thousand entries: event, outcome, and how often.
const EVENTS: [(&str, &str, u64); 14] = [
    ("second_factor_requested", "success", 2_400),
    ("second_factor_accepted", "success", 2_300),
    ("signed_in", "success", 2_350),
    ("signed_out", "success", 1_400),
    ("session_expired", "success", 850),
    ("sign_in_failed", "failure", 300),
    ("second_factor_failed", "failure", 60),
    ("account_locked", "success", 5),
    ("account_unlocked", "success", 3),
    ("enrolment_started", "success", 100),
    ("enrolment_code_wrong", "failure", 40),
    ("enrolment_confirmed", "success", 85),
    ("enrolment_finished", "success", 80),
    ("stepped_up", "success", 27),
];

fn number(name: &str, default: i64) -> i64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A sequence that looks random and is the same every time (an LCG by Knuth).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

async fn portal(folder: &Path) -> Service {
    let data = DataArgs {
        data_dir: folder.to_owned(),
        database_url: None,
        key_file: None,
        key: None,
        previous_key_file: None,
        next_key_file: None,
    };
    let public_url = PublicUrl::parse("http://127.0.0.1").unwrap();
    let settings = Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url, mail: None };
    let clock = Arc::new(SettableClock::new(UnixTime(NOW)));
    let mut service = open(&data, settings, clock).await.unwrap();
    service.hasher = PasswordHasher::new(Params { m_kib: 8, t: 1, p: 1 }).unwrap();
    service
}

/// People, most of them with a second factor and a set of recovery codes, which few have used.
async fn generate_people(db: &Db, people: i64) {
    for sql in [
        "INSERT INTO users (id, name, name_key, password_hash, administrator, active, created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
         SELECT 'person-' || i, 'user' || i, 'user' || i,
             '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9ydHktdGhyZWUgY2hhcmFjdGVycyBvZiBhIGhhc2g',
             i % 10000 = 0, i % 50 <> 0, 1700000000 FROM n",
        "INSERT INTO methods (id, user_id, name, secret, last_step, added_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
         SELECT 'method-' || i, 'person-' || i, 'App', randomblob(64), 0, 1700000000 FROM n WHERE i % 10 < 7",
        "UPDATE users SET has_second_factor = EXISTS (SELECT 1 FROM methods m WHERE m.user_id = users.id) WHERE $1 > 0",
        "INSERT INTO recovery_sets (id, user_id, salt, created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
         SELECT 'set-' || i, 'person-' || i, randomblob(16), 1700000000 FROM n WHERE i % 10 < 7",
        "INSERT INTO recovery_codes (set_id, number, hash, used_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1),
             c (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < 10)
         SELECT 'set-' || i, k, randomblob(32), CASE WHEN i % 20 = 0 AND k <= (i % 100) / 10 THEN 1790000000 END
         FROM n, c WHERE i % 10 < 7",
        "INSERT INTO adoption_days (day, people, with_second_factor)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 365)
         SELECT 1800000000 / 86400 - i, $1, $1 * (400 - i) / 600 FROM n",
    ] {
        slowly(db, sql, people).await;
    }
}

/// Without the patience that requests have.
async fn slowly(db: &Db, sql: &'static str, value: i64) {
    let Db::Sqlite { writer, .. } = db else { return };
    let mut writer = writer.take().await.unwrap();
    sqlx::query(sql).bind(value).execute(writer.connection().unwrap()).await.unwrap();
}

/// When an entry was made: evenly over the span.
fn at(sequence: i64, entries: i64) -> i64 {
    // Nowhere near the largest number.
    NOW - SPAN + SPAN * sequence / entries
}

/// The entries with their chain. Indexes are made afterwards, which is quicker.
async fn generate_entries(db: &Db, people: i64, entries: i64) {
    let Db::Sqlite { writer: connections, .. } = db else { return };
    let mut writer = connections.take().await.unwrap();
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'audit_entries' AND sql IS NOT NULL",
    )
    .fetch_all(writer.connection().unwrap())
    .await
    .unwrap();
    for (name, _) in &indexes {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP INDEX {name}")))
            .execute(writer.connection().unwrap())
            .await
            .unwrap();
    }
    let people = u64::try_from(people).unwrap();
    let (mut dice, mut link, mut sequence) = (Dice(7), GENESIS, 0_i64);
    while sequence < entries {
        let mut tx = writer.connection().unwrap().begin().await.unwrap();
        for _ in 0..100_000.min(entries - sequence) {
            sequence += 1;
            let mut side = dice.roll(EVENTS.iter().map(|(_, _, share)| share).sum());
            let (event, outcome, _) = *EVENTS
                .iter()
                .find(|(_, _, share)| {
                    let found = side < *share;
                    side = side.saturating_sub(*share);
                    found
                })
                .unwrap();
            let rare = sequence % 250_000 == 0;
            let person = dice.roll(people) + 1;
            let (id, name) = (format!("person-{person}"), format!("user{person}"));
            let address = format!("10.{}.{}.{}", dice.roll(8), dice.roll(256), dice.roll(256));
            let fields = EntryFields {
                id: &sequence.to_string(),
                occurred_at: at(sequence, entries),
                event: if rare { "policy_changed" } else { event },
                outcome: if rare { "success" } else { outcome },
                actor_id: Some(&id),
                actor_name: Some(&name),
                subject_id: (!rare).then_some(&id),
                subject_name: (!rare).then_some(&name),
                client_address: Some(&address),
                user_agent: Some(AGENTS[usize::try_from(dice.roll(4)).unwrap()]),
                detail: rare.then_some("{\"after\":{\"needle\":true}}"),
            };
            link = chain_hash(&link, &fields);
            sqlx::query("INSERT INTO audit_entries VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
                .bind(sequence)
                .bind(fields.occurred_at)
                .bind(fields.event)
                .bind(fields.outcome)
                .bind(fields.actor_id)
                .bind(fields.actor_name)
                .bind(fields.subject_id)
                .bind(fields.subject_name)
                .bind(fields.client_address)
                .bind(fields.user_agent)
                .bind(fields.detail)
                .bind(&link[..])
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
    for (_, sql) in indexes {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(writer.connection().unwrap()).await.unwrap();
    }
    sqlx::query("UPDATE audit_head SET sequence = $1, hash = $2")
        .bind(sequence)
        .bind(&link[..])
        .execute(writer.connection().unwrap())
        .await
        .unwrap();
}

/// A request and how long it may take.
struct Case {
    name: String,
    function: &'static str,
    body: String,
    limit: Duration,
}

fn audit(name: &str, query: &str, cursor: Option<i64>) -> Case {
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let filter = AuditFilter::from_query(pairs);
    let body = serde_json::json!({ "filter": filter, "cursor": cursor }).to_string();
    Case { name: format!("audit: {name}"), function: "audit-page", body, limit: Duration::from_millis(50) }
}

fn cases(entries: i64) -> Vec<Case> {
    let middle = entries / 2;
    let mut cases = vec![
        audit("first page", "", None),
        audit("first page, oldest first", "order=oldest", None),
        audit("page in the middle", "", Some(middle)),
        audit("one person", "user=user77", None),
        audit("one person, event and outcome", "user=user77&event=sign_in_failed&outcome=failure", None),
        audit("nobody", "user=nobody", None),
        audit("a common event", "event=signed_in", None),
        audit("a rare event", "event=policy_changed", None),
        audit("an event that never happened", "event=second_factor_reset", None),
        audit(
            "five events",
            "event=signed_in&event=signed_out&event=policy_changed&event=user_added&event=account_locked",
            None,
        ),
        audit("failures", "outcome=failure", None),
        audit("failures of a kind that has none", "outcome=failure&event=signed_in", None),
        audit("a day in the middle", "from=2026-06-01&to=2026-06-01", None),
        audit("a day, failures, oldest first", "from=2026-06-01&to=2026-06-01&outcome=failure&order=oldest", None),
        audit("a day without entries", "from=2020-01-01&to=2020-01-02", None),
        audit("search for a name", "text=user77", None),
        audit("search for an address", "text=10.1.2.3", None),
        audit("search for words that are rare", "text=needle", None),
        audit("search for words that never occur", "text=xyzzy", None),
        audit("the same, going on in the middle", "text=xyzzy", Some(middle)),
        audit("search for letters beyond ASCII", "text=Ægir", None),
        audit("search for a browser", "text=iphone", None),
    ];
    for days in [7, 30, 90] {
        let (name, body) = (format!("dashboard: {days} days"), format!("days={days}"));
        cases.push(Case { name, function: "portal-overview", body, limit: Duration::from_millis(200) });
    }
    let body = format!("from={middle}");
    cases.push(Case {
        name: "verify: one piece".to_owned(),
        function: "verify-audit",
        body,
        limit: Duration::from_secs(1),
    });
    cases
}

async fn post(router: &Router, cookie: &str, function: &str, body: &str) -> (StatusCode, Option<String>, usize) {
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::post(format!("/api/{function}"))
        .header(HOST, "127.0.0.1")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, kind)
        .header(COOKIE, cookie)
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let set = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let session = set.rev().find(|cookie| cookie.starts_with("twofold-dev-session=")).map(str::to_owned);
    let status = response.status();
    let size = to_bytes(response.into_body(), usize::MAX).await.unwrap().len();
    (status, session.map(|cookie| cookie.split(';').next().unwrap().to_owned()), size)
}

async fn generated(folder: &Path, people: i64, entries: i64) -> Service {
    let service = portal(folder).await;
    let (known,): (i64,) = service.db.one("SELECT sequence FROM audit_head", values![]).await.unwrap();
    if known < entries {
        let began = Instant::now();
        generate_people(&service.db, people).await;
        generate_entries(&service.db, people, entries).await;
        println!("generated {people} people and {entries} entries in {:.0?}", began.elapsed());
    }
    let began = Instant::now();
    service.clean_up().await.unwrap();
    println!("kept house, which counts new entries by day, in {:.1?}", began.elapsed());
    let password = FirstPassword::Given(PASSWORD.to_owned().into());
    // It is there already when the folder was kept.
    let _ = service.add_user("benchmark", "root", true, password).await;
    service
}

async fn measure(router: &Router, cookie: &str, case: &Case) -> bool {
    let (status, _, size) = post(router, cookie, case.function, &case.body).await;
    assert_eq!(status, StatusCode::OK, "{}", case.name);
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        post(router, cookie, case.function, &case.body).await;
        times.push(began.elapsed());
    }
    times.sort();
    let (median, worst) = (times[ROUNDS / 2], times[ROUNDS - 1]);
    let good = median < case.limit;
    let mark = if good { "" } else { "   TOO SLOW" };
    println!("{:<45} {median:>9.1?} median {worst:>9.1?} worst {size:>8} bytes{mark}", case.name);
    good
}

fn main() {
    let (people, entries) = (number("TWOFOLD_BENCH_PEOPLE", 100_000), number("TWOFOLD_BENCH_ENTRIES", 1_000_000));
    let throw_away = tempfile::tempdir().unwrap();
    let folder = std::env::var("TWOFOLD_BENCH_FOLDER").map_or(throw_away.path().to_owned(), PathBuf::from);
    let good = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let service = generated(&folder, people, entries).await;
        let web = Web {
            public_url: PublicUrl::parse("http://127.0.0.1").unwrap(),
            trusted_proxies: Vec::new(),
            listening: None,
        };
        let router = router(service, web);
        let form = format!("user_name=root&password={PASSWORD}&next=");
        let (_, cookie, _) = post(&router, "", "sign-in", &form).await;
        let cookie = cookie.unwrap();
        let mut good = true;
        for case in cases(entries) {
            good &= measure(&router, &cookie, &case).await;
        }
        good
    });
    assert!(good, "something takes longer than it may");
}
