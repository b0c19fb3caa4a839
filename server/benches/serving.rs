//! What the portal costs while it serves: the program itself, in a process of
//! its own, asked over TCP, on SQLite and, if `TWOFOLD_TEST_POSTGRES` names
//! one, on PostgreSQL. `cargo xtask bench` starts one.
//! Alone: `cargo bench -p twofold-server --bench serving`.
//!
//! A sign-in is what a new browser does: it connects, opens the page, sends name
//! and password, follows two redirects to the page for the code, and sends the
//! code, which leads to the dashboard: five requests. A session check is
//! `/api/who-am-i` on a connection that is kept.
//!
//! CPU time is what the kernel counts for that process, user and system. Threads
//! that do nothing but hash passwords are told apart from the others: they are
//! those of the runtime that have nothing to do while no password is hashed.
//! What each request takes is read between two of them, one at a time. Linux only.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark that can't run should stop, speaks by printing, and measures real time"
)]

use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, USER_AGENT},
    http::{request::Builder, response::Parts},
};
use hyper_util::rt::TokioIo;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};
use twofold::{
    clock::{Clock as _, SystemClock},
    config::{DataArgs, PublicUrl},
    crypto::{os_rng, password::Salt, secret_box::Purpose},
    domain::second_factor::totp::Secret,
    open::open,
    service::Settings,
    store::{
        Db,
        account::accounts::{self, NewUser},
        second_factor::methods::{self, NewMethod},
    },
};

const PASSWORD: &str = "Correct-horse-9";

/// Far more than sign in while a code can be used.
const PEOPLE: usize = 10_000;

/// How many are at it at the same time.
const LOADS: [usize; 2] = [1, 8];

/// Rounds of which the least, the middle and the most are told.
const ROUNDS: usize = 5;

/// In a round.
const SIGN_INS: usize = 160;

/// What it sends, in order.
const REQUESTS: [&str; 5] = ["the page", "name and password", "led on", "the page for the code", "the code"];

/// Requests that hash nothing, by which the threads are found that hash.
const OTHERS: usize = 2_000;

/// In a round.
const CHECKS: usize = 8_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{:<58}{:>10}{:>10}{:>10}", "", "least", "middle", "most");
    measure("SQLite", None).await;
    if let Ok(server) = std::env::var("TWOFOLD_TEST_POSTGRES") {
        let mut administrator = PgConnection::connect(&server).await.unwrap();
        let name = format!("serving_{}", std::process::id());
        administrator.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let (address, _) = server.rsplit_once('/').unwrap();
        measure("PostgreSQL", Some(format!("{address}/{name}"))).await;
        administrator.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
    }
}

async fn measure(database: &str, database_url: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let portal = Portal::start(folder.path(), database_url).await;
    for load in LOADS {
        println!("{database}, {load} at once");
        let mut browsers = Vec::new();
        let (mut signing_in, mut hashing, mut checking, mut elapsed) = (vec![], vec![], vec![], vec![]);
        // In the first round nothing is prepared yet.
        for round in 0..=ROUNDS {
            let before = portal.cpu_time();
            let each = || async {
                for _ in 1..SIGN_INS / load {
                    portal.sign_in(|| ()).await;
                }
                portal.sign_in(|| ()).await
            };
            browsers = join_all((0..load).map(|_| each())).await;
            let after = portal.cpu_time();
            if round > 0 {
                let besides = after.besides - before.besides;
                signing_in.push(besides / SIGN_INS as u32);
                hashing.push((after.whole - before.whole - besides) / SIGN_INS as u32);
            }
        }
        for _ in 0..ROUNDS {
            let (before, start) = (portal.cpu_time(), Instant::now());
            join_all(browsers.iter_mut().map(|browser| browser.check_session(CHECKS / load))).await;
            elapsed.push(start.elapsed() / CHECKS as u32);
            checking.push((portal.cpu_time().besides - before.besides) / CHECKS as u32);
        }
        print("a sign-in with second factor, CPU time besides its hash", signing_in);
        if load == 1 {
            for (name, rounds) in REQUESTS.iter().zip(portal.request_by_request().await) {
                print(&format!("  of it {name}"), rounds);
            }
        }
        print("its hash, CPU time", hashing);
        print("a session check, CPU time", checking);
        print("a session check, elapsed", elapsed);
    }
}

fn print(what: &str, mut rounds: Vec<Duration>) {
    rounds.sort();
    let [least, middle, most] = [rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]];
    println!("  {what:<56}{least:>10.1?}{middle:>10.1?}{most:>10.1?}");
}

/// The program, serving. It ends when this is dropped.
struct Portal {
    process: Child,
    address: String,
    secret: Secret,
    /// Threads of the runtime that answer requests.
    answering: BTreeSet<u32>,
    /// How many people have begun to sign in.
    count: AtomicUsize,
}

/// User and system time.
struct CpuTime {
    /// Of the whole process, threads that have ended included.
    whole: Duration,
    /// Of the threads that never hash. None of them ends.
    besides: Duration,
}

impl Portal {
    async fn start(folder: &Path, database_url: Option<String>) -> Self {
        let secret = Secret::from_bytes([42; 20]);
        fill(folder, database_url.clone(), &secret).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_twofold"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder).stdout(Stdio::piped());
        if let Some(url) = database_url {
            command.env("TWOFOLD_DATABASE_URL", url);
        }
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = said.find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned())).unwrap();
        let mut portal = Self { process, address, secret, answering: BTreeSet::new(), count: AtomicUsize::new(0) };
        let before = portal.threads();
        let mut browsers = [Browser::new(&portal.address).await, Browser::new(&portal.address).await];
        join_all(browsers.iter_mut().map(|browser| async {
            for _ in 0..OTHERS {
                browser.get("/health/live").await;
            }
        }))
        .await;
        let busy =
            portal.threads().into_iter().filter(|(id, (_, time))| before.get(id).is_some_and(|old| old.1 < *time));
        portal.answering = busy.map(|(id, _)| id).collect();
        portal
    }

    /// By number: name and CPU time.
    fn threads(&self) -> BTreeMap<u32, (String, Duration)> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap().map(|thread| thread.unwrap());
        let read = |thread: &Path, what: &str| fs::read_to_string(thread.join(what));
        threads
            .filter_map(|thread| {
                // One that hashed may have ended.
                let (name, time) = (read(&thread.path(), "comm").ok()?, read(&thread.path(), "schedstat").ok()?);
                let nanoseconds = time.split(' ').next().unwrap().parse().unwrap();
                let id = thread.file_name().to_str().unwrap().parse().unwrap();
                Some((id, (name, Duration::from_nanos(nanoseconds))))
            })
            .collect()
    }

    /// What has been taken until now, but for hashing.
    fn besides(&self) -> Duration {
        let hashes = |id: &u32, name: &str| name.starts_with("tokio-rt-worker") && !self.answering.contains(id);
        self.threads().iter().filter(|(id, (name, _))| !hashes(id, name)).map(|(_, (_, time))| *time).sum()
    }

    /// What it has taken until now.
    fn cpu_time(&self) -> CpuTime {
        let process = PathBuf::from(format!("/proc/{}", self.process.id()));
        // What follows the program's name begins with field 3; 14 and 15 are user and system time (proc_pid_stat(5)).
        let statistics = fs::read_to_string(process.join("stat")).unwrap();
        let fields = statistics.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
        CpuTime { whole: Duration::from_millis(ticks * 10), besides: self.besides() }
    }

    /// What each request of a sign-in takes, in rounds.
    async fn request_by_request(&self) -> [Vec<Duration>; REQUESTS.len()] {
        let mut all = [const { Vec::new() }; REQUESTS.len()];
        for _ in 0..ROUNDS {
            let mut sums = [Duration::ZERO; REQUESTS.len()];
            for _ in 0..SIGN_INS {
                let (mut before, mut request) = (self.besides(), 0);
                self.sign_in(|| {
                    let now = self.besides();
                    sums[request] += now - before;
                    (before, request) = (now, request + 1);
                })
                .await;
            }
            for (rounds, sum) in all.iter_mut().zip(sums) {
                rounds.push(sum / SIGN_INS as u32);
            }
        }
        all
    }

    /// The next person signs in, in a browser that has kept nothing.
    async fn sign_in(&self, mut after_each: impl FnMut()) -> Browser {
        let number = self.count.fetch_add(1, Ordering::Relaxed) % PEOPLE;
        let mut browser = Browser::new(&self.address).await;
        browser.get("/sign-in").await;
        after_each();
        let mut page = browser.post("/api/sign-in", format!("user_name=user{number}&password={PASSWORD}&next=")).await;
        after_each();
        while let Some(next) = location(&page) {
            page = browser.get(&next).await;
            after_each();
        }
        let code = self.secret.code_at(SystemClock.now());
        let end = browser.post("/api/sign-in-with-code", format!("code={}&next=", code.as_str())).await;
        after_each();
        assert_eq!(location(&end).as_deref(), Some("/"));
        browser
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Adds people who have a second factor.
async fn fill(folder: &Path, database_url: Option<String>, secret: &Secret) {
    let data = DataArgs {
        data_dir: folder.to_owned(),
        database_url,
        key_file: None,
        key: None,
        previous_key_file: None,
        next_key_file: None,
    };
    let public_url = PublicUrl::parse("http://127.0.0.1").unwrap();
    let settings = Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url, mail: None };
    let service = open(&data, settings, Arc::new(SystemClock)).await.unwrap();
    let hash = service.hasher.hash(PASSWORD, Salt([7; 16])).await.unwrap();
    let mut tx = service.db.begin().await.unwrap();
    for number in 0..PEOPLE {
        let (id, name) = (format!("person-{number}"), format!("user{number}"));
        let user = NewUser { id: &id, name: &name, name_key: &name, password_hash: Some(&hash), ..NewUser::default() };
        accounts::insert(&mut tx, &user).unwrap();
        let sealed = service.keyring.seal(&mut os_rng(), Purpose::TotpSecret, &id, secret.as_bytes()).unwrap();
        let method = NewMethod { id: &id, user_id: &id, name: "App", secret: &sealed, last_step: 0, now: 0 };
        methods::insert(&mut tx, &method).await.unwrap();
    }
    tx.commit().await.unwrap();
    if let Db::Postgres { .. } = &service.db {
        // What it may have counted by itself meanwhile were tables without rows.
        service.db.execute("ANALYZE", &[]).await.unwrap();
    }
    service.db.close().await;
}

/// A connection, and the cookies that came on it.
struct Browser {
    connection: SendRequest<Full<Bytes>>,
    address: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (connection, io) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(io);
        Self { connection, address: address.to_owned(), cookies: BTreeMap::new() }
    }

    async fn check_session(&mut self, times: usize) {
        for _ in 0..times {
            assert_eq!(self.get("/api/who-am-i").await.status, StatusCode::OK);
        }
    }

    async fn get(&mut self, path: &str) -> Parts {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(&mut self, path: &str, form: String) -> Parts {
        let request = Request::post(path).header("sec-fetch-site", "same-origin");
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await
    }

    async fn send(&mut self, request: Builder, body: String) -> Parts {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request
            .header(HOST, &self.address)
            .header(ACCEPT, "text/html")
            .header(ACCEPT_ENCODING, "gzip, deflate, br, zstd")
            .header(USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        self.connection.ready().await.unwrap();
        let answer = self.connection.send_request(request.body(Full::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        body.collect().await.unwrap();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        parts
    }
}

fn location(answer: &Parts) -> Option<String> {
    Some(answer.headers.get(LOCATION)?.to_str().unwrap().to_owned())
}
