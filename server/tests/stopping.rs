//! How the portal ends, and what does not end it.

use crate::{
    connections::{SOON, ask, get, http2, open, rest, unfinished},
    support::binary::{Serving, twofold},
};
use std::{fs::File, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

fn with(settings: &[(&str, &str)]) -> (Serving, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Serving::start(twofold(folder.path()).envs(settings.iter().copied())), folder)
}

#[tokio::test]
async fn what_nobody_waits_for_does_not_delay_the_end() {
    let (serving, _folder) = with(&[("TWOFOLD_DRAIN_TIMEOUT", "1m")]);
    let mut idle = open(serving.address, "").await;
    ask(&mut idle, "/health/live").await;
    let mut half_open = open(serving.address, "GET / HT").await;
    let _silent = open(serving.address, "").await;
    let (mut client, end) = http2(serving.address).await;
    assert_eq!(get(&mut client, "/health/live").await, 200);
    serving.signal("TERM");
    assert_eq!(rest(&mut idle).await, "");
    assert!(timeout(SOON, end).await.expect("it ends").unwrap(), "HTTP/2 was told to go");
    assert!(rest(&mut half_open).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(serving.ends_within(SOON).await, Some(0));
}

#[tokio::test]
async fn what_is_being_answered_is_finished_and_nothing_else_begins() {
    let (serving, _folder) = with(&[]);
    let (address, mut at_work) = (serving.address, unfinished(serving.address).await);
    serving.signal("TERM");
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, refused).await.expect("nobody else is let in");
    at_work.write_all(b"y").await.unwrap();
    let answer = rest(&mut at_work).await;
    assert!(answer.starts_with("HTTP/1.1 422 ") && answer.contains("connection: close"), "{answer}");
    assert_eq!(serving.ends_within(SOON).await, Some(0));
}

#[tokio::test]
async fn who_does_not_finish_is_not_waited_for() {
    let (serving, _folder) = with(&[("TWOFOLD_DRAIN_TIMEOUT", "300ms")]);
    let mut at_work = unfinished(serving.address).await;
    serving.signal("TERM");
    assert_eq!(serving.ends_within(SOON).await, Some(0));
    assert_eq!(rest(&mut at_work).await, "");
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let (serving, _folder) = with(&[("TWOFOLD_DRAIN_TIMEOUT", "1m")]);
    let (address, _at_work) = (serving.address, unfinished(serving.address).await);
    serving.signal("INT");
    let heard = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(SOON, heard).await.expect("it is stopping");
    serving.signal("TERM");
    assert_eq!(serving.ends_within(SOON).await, Some(0));
}

#[tokio::test]
async fn the_end_of_a_terminal_is_not_the_end_of_the_portal() {
    let (serving, _folder) = with(&[]);
    for _ in 0..3 {
        serving.signal("HUP");
        assert!(serving.ask("GET", "/sign-in", "").await.starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(serving.stop(), Some(0));
}

/// A full disk, a supervisor that no longer reads.
#[tokio::test]
async fn a_log_that_can_not_be_written_stops_nothing() {
    for log in [Stdio::from(File::options().write(true).open("/dev/full").unwrap()), Stdio::piped()] {
        let folder = tempfile::tempdir().unwrap();
        let serving = Serving::start_logging_to(twofold(folder.path()).env("TWOFOLD_LOG", "trace"), log);
        let mut stream = open(serving.address, "").await;
        // More than a pipe takes.
        for _ in 0..300 {
            ask(&mut stream, "/health/live").await;
        }
        let mut answer = [0; 12];
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        timeout(SOON, stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
        assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 200"));
        assert!(!serving.lets_in("nobody", "x").await);
        serving.signal("TERM");
        assert_eq!(serving.ends_within(SOON).await, Some(0));
    }
}
