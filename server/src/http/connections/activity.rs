//! What a connection is doing, in as much as its time is limited by it.
//!
//! ```text
//!            first byte                  head complete
//!   opened ────────────> head ─────────────────────────> requests ──┐
//!                          ^   first byte                           │ last answer taken
//!                          └─────────────── idle <──────────────────┘
//! ```
//!
//! A request is at work in the portal, or waits for the client: for the rest of
//! its body, or for its answer to be taken. Only these move it. HTTP/2 has frames
//! of its own beside; they begin nothing and keep nothing going.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How HTTP/2 begins.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// How long the portal itself may be at work on a request without a word; what it waits for has shorter times.
const WORK: Duration = Duration::from_secs(60);

/// How long a connection may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From the first byte of a request, or the opening of the connection, to the end of its head.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// Within requests that all wait for the client.
    pub stalled: Duration,
}

/// What a connection is doing; shared by all who take part in it.
#[derive(Debug)]
pub struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    /// What it does without requests.
    between: Between,
    requests: HashMap<u64, Step>,
    next: u64,
    http2: bool,
    refused: bool,
}

#[derive(Debug, Clone, Copy)]
enum Between {
    /// The first request is awaited, or the head of one has begun.
    Head { since: Instant, begun: bool },
    /// The next request is awaited.
    Idle { since: Instant },
}

/// How far a request is.
#[derive(Debug)]
pub struct Step {
    /// Its answer has begun: what becomes of its body is of no matter any more.
    pub answered: bool,
    /// It waits for the client.
    pub waits: bool,
    pub moved: Instant,
}

/// Connections follow tokio's clock, as their timers do; tests turn it by hand.
#[expect(clippy::disallowed_methods, reason = "nothing of the portal's own depends on it")]
pub fn now() -> Instant {
    Instant::now()
}

impl Activity {
    /// Of a connection that was opened just now.
    pub fn new() -> Arc<Self> {
        let between = Between::Head { since: now(), begun: false };
        let state = State { between, requests: HashMap::new(), next: 0, http2: false, refused: false };
        Arc::new(Self(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have arrived.
    pub fn arrived(&self, bytes: &[u8]) {
        let mut state = self.state();
        if !state.requests.is_empty() {
            return;
        }
        state.between = match state.between {
            Between::Head { since, begun: false } => {
                state.http2 = bytes.starts_with(&HTTP2_PREFACE[..HTTP2_PREFACE.len().min(bytes.len())]);
                Between::Head { since, begun: true }
            }
            Between::Idle { .. } if !state.http2 => Between::Head { since: now(), begun: true },
            unchanged => unchanged,
        };
    }

    /// Bytes were sent.
    pub fn sent(&self) {
        let mut state = self.state();
        // The end of an answer may still be on its way.
        if let Between::Idle { .. } = state.between
            && !state.http2
        {
            state.between = Between::Idle { since: now() };
        }
    }

    /// The head of a request is complete. The request lasts until what is answered here is dropped.
    pub fn begin(self: &Arc<Self>) -> Request {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.requests.insert(id, Step { answered: false, waits: false, moved: now() });
        Request { activity: self.clone(), id }
    }

    /// When the connection has done too long what it does, unless it does something else before.
    pub fn deadline(&self, times: &Times) -> Instant {
        let state = self.state();
        let requests = state.requests.values();
        let last = requests.map(|step| step.moved + if step.waits { times.stalled } else { WORK }).max();
        last.unwrap_or(match state.between {
            Between::Head { since, .. } => since + times.head,
            Between::Idle { since } => since + times.idle,
        })
    }

    /// Since when the client is waited for, in requests for longer than `grace`; `None` while it is not.
    pub fn waits_since(&self, grace: Duration) -> Option<Instant> {
        let state = self.state();
        if state.requests.is_empty() {
            let (Between::Head { since, .. } | Between::Idle { since }) = state.between;
            return Some(since);
        }
        let all_wait = state.requests.values().all(|step| step.waits);
        let moved = state.requests.values().map(|step| step.moved).max();
        moved.filter(|moved| all_wait && *moved + grace <= now())
    }

    /// Has the head that is arriving answered by 408, if there is one and HTTP/1 to say it in.
    pub fn refuse_head(&self) -> bool {
        let mut state = self.state();
        let begun = state.requests.is_empty() && matches!(state.between, Between::Head { begun: true, .. });
        state.refused = begun && !state.http2;
        state.refused
    }

    /// Whether the head that is arriving is to be refused.
    pub fn head_is_refused(&self) -> bool {
        self.state().refused
    }

    /// Whether HTTP/2 is spoken.
    pub fn is_http2(&self) -> bool {
        self.state().http2
    }

    /// How far a request is changes, unless it is over.
    pub fn step(&self, id: u64, change: impl FnOnce(&mut Step)) {
        if let Some(step) = self.state().requests.get_mut(&id) {
            change(step);
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Request {
    pub activity: Arc<Activity>,
    pub id: u64,
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.requests.remove(&self.id);
        if state.requests.is_empty() {
            state.between = Between::Idle { since: now() };
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use tokio::time::advance;

    const TIMES: Times =
        Times { head: Duration::from_secs(10), idle: Duration::from_secs(100), stalled: Duration::from_secs(50) };

    /// Seconds until the deadline.
    pub fn left(activity: &Activity) -> u64 {
        activity.deadline(&TIMES).duration_since(now()).as_secs()
    }

    pub async fn seconds(seconds: u64) {
        advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_the_first_byte_however_slowly_it_comes() {
        let activity = Activity::new();
        seconds(4).await;
        assert!(!activity.refuse_head(), "there is nothing to answer");
        for byte in [b"G", b"E", b"T"] {
            activity.arrived(byte);
            seconds(1).await;
        }
        assert_eq!(left(&activity), 3);
        drop(activity.begin());
        seconds(60).await;
        assert_eq!(left(&activity), 40);
        activity.arrived(b"G");
        seconds(1).await;
        activity.arrived(b"E");
        assert_eq!(left(&activity), 9);
        assert!(activity.refuse_head() && activity.head_is_refused());
    }

    #[tokio::test(start_paused = true)]
    async fn frames_between_requests_keep_no_connection_of_http2_open() {
        let activity = Activity::new();
        activity.arrived(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert!(!activity.refuse_head(), "408 is no frame");
        let (one, other) = (activity.begin(), activity.begin());
        drop(one);
        assert_eq!(activity.waits_since(Duration::ZERO), None);
        drop(other);
        seconds(20).await;
        activity.arrived(b"a ping");
        activity.sent();
        assert_eq!(left(&activity), 80);
    }
}
