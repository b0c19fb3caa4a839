//! Connections on which nothing comes, and more of them than there is room for.

use crate::support::{
    Database, TestPortal,
    binary::{Serving, beside, twofold},
};
use http_body_util::BodyExt as _;
use hyper::{Response, body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use std::{net::SocketAddr, process::Command, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

/// For what is expected to happen at once, on a machine that has other things to do.
pub const SOON: Duration = Duration::from_secs(5);

/// `twofold` with these settings, on a folder that goes with it.
fn with(settings: &[(&str, &str)]) -> (Serving, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Serving::start(twofold(folder.path()).envs(settings.iter().copied())), folder)
}

/// A connection on which `beginning` was sent.
pub async fn open(address: SocketAddr, beginning: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    stream
}

/// The same from another address of this machine.
async fn open_from(ip: [u8; 4], address: SocketAddr, beginning: &str) -> TcpStream {
    let mut stream = connect_from(ip, address).await;
    stream.write_all(beginning.as_bytes()).await.unwrap();
    stream
}

async fn connect_from(ip: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((ip, 0))).unwrap();
    socket.connect(address).await.unwrap()
}

/// What comes until the connection ends, which is expected soon.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // One that is reset has ended, too.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("it ends");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The answer to a request on a connection that stays open; it is short.
pub async fn ask(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 1_024]);
    while !answer.ends_with("alive\n") {
        let read = timeout(SOON, stream.read(&mut buffer)).await.expect("an answer").unwrap();
        assert_ne!(read, 0, "it was closed after {answer:?}");
        answer += str::from_utf8(&buffer[..read]).unwrap();
    }
    answer
}

/// A form of which the last byte is missing: it is being answered until that comes.
pub async fn unfinished(address: SocketAddr) -> TcpStream {
    unfinished_from([127, 0, 0, 1], address).await
}

async fn unfinished_from(ip: [u8; 4], address: SocketAddr) -> TcpStream {
    unfinished_with(ip, address, "").await
}

/// The same with a header more, which ends its line.
async fn unfinished_with(ip: [u8; 4], address: SocketAddr, header: &str) -> TcpStream {
    let form = "user_name=nobody&password=x";
    let head = format!(
        "POST /api/sign-in HTTP/1.1\r\nhost: localhost\r\n{header}origin: http://{address}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        form.len() + 1
    );
    let mut stream = open_from(ip, address, &head).await;
    let mut heard = [0; 25];
    timeout(SOON, stream.read_exact(&mut heard)).await.expect("it is heard").unwrap();
    assert_eq!(str::from_utf8(&heard), Ok("HTTP/1.1 100 Continue\r\n\r\n"));
    stream.write_all(form.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_refused() {
    let (serving, _folder) = with(&[("TWOFOLD_HEAD_TIMEOUT", "300ms")]);
    let begun = "GET / HT";
    let mut never = open(serving.address, begun).await;
    let mut nothing = open(serving.address, "").await;
    let mut half_a_preface = open(serving.address, "PRI * HTT").await;
    let mut second = open(serving.address, "").await;
    ask(&mut second, "/health/live").await;
    second.write_all(begun.as_bytes()).await.unwrap();
    let mut slow = open(serving.address, begun).await;
    let trickle = async {
        loop {
            sleep(Duration::from_millis(50)).await;
            if slow.write_all(b"x").await.is_err() {
                return;
            }
        }
    };
    timeout(SOON, trickle).await.expect("a byte now and then keeps nothing open");
    for stream in [&mut never, &mut second] {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(rest(&mut nothing).await, "");
    assert_eq!(rest(&mut half_a_preface).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_in_use_is_not() {
    let (serving, _folder) = with(&[("TWOFOLD_HEAD_TIMEOUT", "400ms"), ("TWOFOLD_IDLE_TIMEOUT", "1s")]);
    let mut stream = open(serving.address, "").await;
    for _ in 0..3 {
        ask(&mut stream, "/health/live").await;
        sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(rest(&mut stream).await, "", "closed without a word: there is no request to refuse");
}

/// A client of HTTP/2, and the end of its connection: whether it was an orderly one.
pub async fn http2(address: SocketAddr) -> (http2::SendRequest<String>, tokio::task::JoinHandle<bool>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(async move { connection.await.is_ok() }))
}

pub async fn get(client: &mut http2::SendRequest<String>, path: &str) -> u16 {
    let request = hyper::Request::get(format!("http://localhost{path}")).body(String::new()).unwrap();
    timeout(SOON, client.send_request(request)).await.expect("an answer").unwrap().status().as_u16()
}

#[tokio::test]
async fn an_idle_connection_of_http2_is_told_to_go() {
    let (serving, _folder) = with(&[("TWOFOLD_HEAD_TIMEOUT", "400ms"), ("TWOFOLD_IDLE_TIMEOUT", "1s")]);
    let (mut client, end) = http2(serving.address).await;
    for _ in 0..3 {
        assert_eq!(get(&mut client, "/health/live").await, 200);
        sleep(Duration::from_millis(600)).await;
    }
    assert!(timeout(SOON, end).await.expect("it ends").unwrap(), "in order");
    let mut mute = open(serving.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!rest(&mut mute).await.contains("408"), "one that says nothing more is closed");
}

#[tokio::test]
async fn half_open_connections_keep_nobody_out() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS", "20"), ("TWOFOLD_HEAD_TIMEOUT", "1m")]);
    let mut half_open = Vec::new();
    for _ in 0..60 {
        half_open.push(open(serving.address, "GET / HT").await);
    }
    for (path, status) in [("/health/live", 200), ("/health/ready", 200), ("/sign-in", 200)] {
        let answer = serving.ask("GET", path, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert!(rest(&mut half_open[0]).await.starts_with("HTTP/1.1 408 "), "the oldest gave up their places");
}

#[tokio::test]
async fn when_all_are_at_work_health_is_still_answered_and_others_are_told_to_come_back() {
    let portal = TestPortal::on(Database::Sqlite).await;
    let serving = Serving::start(beside(&portal).env("TWOFOLD_MAX_CONNECTIONS", "4"));
    let file = format!("sqlite://{}", portal.folder().join("twofold.db").display());
    let mut other = SqliteConnection::connect(&file).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut at_work = Vec::new();
    for _ in 0..4 {
        let mut stream = unfinished(serving.address).await;
        stream.write_all(b"y").await.unwrap();
        at_work.push(stream);
    }
    sleep(LEFT_ALONE).await;
    let answer = serving.ask("GET", "/sign-in", "").await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: "), "{answer}");
    assert!(serving.ask("GET", "/health/live", "").await.starts_with("HTTP/1.1 200 "));
    let (mut client, _end) = http2(serving.address).await;
    assert_eq!([get(&mut client, "/health/live").await, get(&mut client, "/sign-in").await], [200, 503]);
    drop(client);
    other.execute("ROLLBACK").await.unwrap();
    assert!(serving.ask("GET", "/health/ready", "").await.starts_with("HTTP/1.1 200 "));
    for mut stream in at_work {
        let mut answer = [0; 12];
        timeout(SOON, stream.read_exact(&mut answer)).await.expect("who was at work is answered").unwrap();
        assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 422"));
    }
    assert!(serving.ask("GET", "/sign-in", "").await.starts_with("HTTP/1.1 200 "), "their places can be had");
}

/// For so long a request may keep the portal waiting in any case.
const LEFT_ALONE: Duration = Duration::from_millis(1_100);

/// A client of HTTP/2 that takes nothing of any answer, and says now and then that it is there.
async fn takes_nothing(ip: [u8; 4], address: SocketAddr) -> http2::SendRequest<String> {
    let stream = TokioIo::new(connect_from(ip, address).await);
    let mut client = http2::Builder::new(TokioExecutor::new());
    client.timer(TokioTimer::new()).keep_alive_interval(Duration::from_millis(100)).keep_alive_while_idle(true);
    let (client, connection) = client.initial_stream_window_size(0).handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The beginning of an answer; the rest is on its way for as long as this is kept.
async fn begun(client: &mut http2::SendRequest<String>, path: &str) -> Response<Incoming> {
    let request = hyper::Request::get(format!("http://localhost{path}")).body(String::new()).unwrap();
    timeout(SOON, client.send_request(request)).await.expect("an answer").unwrap()
}

/// Asks again until there is a place.
async fn gets_in(serving: &Serving) {
    let asked = async { while !serving.ask("GET", "/sign-in", "").await.starts_with("HTTP/1.1 200 ") {} };
    timeout(SOON, asked).await.expect("there is a place");
}

#[tokio::test]
async fn a_page_arrives_whole_also_over_http2() {
    let (serving, _folder) = with(&[]);
    let (mut client, _end) = http2(serving.address).await;
    let page = begun(&mut client, "/sign-in").await.into_body().collect();
    let page = timeout(SOON, page).await.expect("it arrives").unwrap().to_bytes();
    assert!(page.ends_with(b"</script>"), "{}", String::from_utf8_lossy(&page));
}

#[tokio::test]
async fn answers_that_nobody_takes_keep_nobody_out() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS", "4")]);
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let mut client = takes_nothing([127, 0, 0, 5], serving.address).await;
        let answer = begun(&mut client, "/sign-in").await;
        assert_eq!(answer.status(), 200);
        stalled.push((client, answer));
    }
    gets_in(&serving).await;
}

#[tokio::test]
async fn bodies_that_do_not_come_keep_nobody_out() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS", "4")]);
    let mut stalled = Vec::new();
    for _ in 0..4 {
        stalled.push(unfinished_from([127, 0, 0, 5], serving.address).await);
    }
    gets_in(&serving).await;
}

#[tokio::test]
async fn answers_that_nobody_takes_leave_room_for_health_checks() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS", "4")]);
    let mut stalled = Vec::new();
    for n in 0..68 {
        let mut client = takes_nothing([127, 0, 1, n / 16], serving.address).await;
        let answer = begun(&mut client, "/sign-in").await;
        stalled.push((client, answer));
    }
    for path in ["/health/live", "/health/ready"] {
        assert!(serving.ask("GET", path, "").await.starts_with("HTTP/1.1 200 "), "{path}");
    }
}

#[tokio::test]
async fn requests_on_one_connection_are_counted_like_connections() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", "8")]);
    let mut client = takes_nothing([127, 0, 0, 5], serving.address).await;
    let (mut answers, mut refused) = (Vec::new(), 0);
    for _ in 0..20 {
        let answer = begun(&mut client, "/sign-in").await;
        if answer.status() == 200 {
            answers.push(answer);
        } else {
            assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"5".parse().unwrap()));
            refused += 1;
        }
    }
    assert_eq!((answers.len(), refused), (8, 12));
    assert_eq!(begun(&mut client, "/health/live").await.status(), 200);
    drop(answers);
    let again = async { while begun(&mut client, "/sign-in").await.status() != 200 {} };
    timeout(SOON, again).await.expect("what it gave back can be had again");
}

#[tokio::test]
async fn one_address_does_not_take_the_places_of_others() {
    let (serving, _folder) = with(&[("TWOFOLD_MAX_CONNECTIONS", "12"), ("TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", "5")]);
    let mut neighbour = open_from([127, 0, 0, 2], serving.address, "").await;
    ask(&mut neighbour, "/health/live").await;
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(open(serving.address, "GET / HT").await);
    }
    for _ in 0..5 {
        flood.push(unfinished(serving.address).await);
    }
    ask(&mut neighbour, "/health/live").await;
    let mut other = open_from([127, 0, 0, 3], serving.address, "").await;
    ask(&mut other, "/health/live").await;
}

/// Everybody behind a proxy has its address.
#[tokio::test]
async fn a_trusted_proxy_may_open_as_many_as_there_are() {
    let (serving, _folder) =
        with(&[("TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", "2"), ("TWOFOLD_TRUSTED_PROXIES", "127.0.0.7")]);
    let mut at_work = Vec::new();
    for _ in 0..10 {
        at_work.push(unfinished_from([127, 0, 0, 7], serving.address).await);
    }
    for mut stream in at_work {
        stream.write_all(b"y").await.unwrap();
        let mut answer = [0; 12];
        timeout(SOON, stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
        assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 422"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn there_are_never_more_connections_than_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 210; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_twofold")]);
    let usual = twofold(folder.path());
    for (name, value) in usual.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let serving = Serving::start(&mut limited);
    let mut half_open = Vec::new();
    for _ in 0..300 {
        half_open.push(open(serving.address, "GET / HT").await);
    }
    assert!(serving.ask("GET", "/health/live", "").await.starts_with("HTTP/1.1 200 "));
    assert!(serving.ask("GET", "/sign-in", "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn who_comes_through_a_trusted_proxy_has_as_many_requests_as_others_have_connections() {
    let (serving, _folder) =
        with(&[("TWOFOLD_TRUSTED_PROXIES", "127.0.0.1"), ("TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", "2")]);
    let of = |client: &str| format!("x-forwarded-for: 203.0.113.1, {client}\r\n");
    let through = async |client: &str| unfinished_with([127, 0, 0, 1], serving.address, &of(client)).await;
    let mut held = vec![through("198.51.100.1").await, through("198.51.100.1").await];
    let status = async |path: &str, header: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{header}connection: close\r\n\r\n");
        rest(&mut open(serving.address, &request).await).await.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(status("/sign-in", &of("198.51.100.1")).await, "503");
    assert_eq!(status("/health/live", &of("198.51.100.1")).await, "200");
    assert_ne!(status("/sign-in", &of("198.51.100.2")).await, "503", "somebody else");
    for _ in 0..3 {
        held.push(unfinished(serving.address).await);
    }
    assert_ne!(status("/sign-in", "").await, "503", "what the proxy says of nobody");
    held.remove(0);
    let free = async {
        while status("/sign-in", &of("198.51.100.1")).await == "503" {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, free).await.expect("what was let go can be had again");
}
