//! What a connection is doing, in as much as its time is limited by it.
//!
//! ```text
//!            first byte                  head complete
//!   opened ────────────> head ─────────────────────────> requests ──┐
//!                          ^   first byte                           │ last answer sent
//!                          └─────────────── idle <──────────────────┘
//! ```
//!
//! HTTP/2 has frames of its own between requests; what arrives while it is idle
//! begins nothing.

use hyper::body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// How HTTP/2 begins.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// How long a connection may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From the first byte of a request, or the opening of the connection, to the end of its head.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// Within a request or its answer without a byte in either direction.
    pub stalled: Duration,
}

/// What a connection is doing; shared by all who take part in it.
#[derive(Debug)]
pub struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    doing: Doing,
    http2: bool,
    refused: bool,
}

#[derive(Debug, Clone, Copy)]
enum Doing {
    /// The first request is awaited, or the head of one has begun.
    Head { since: Instant, begun: bool },
    /// The next request is awaited.
    Idle { since: Instant },
    /// Requests are answered.
    Requests { count: usize, moved: Instant },
}

/// Connections follow tokio's clock, as their timers do; tests turn it by hand.
#[expect(clippy::disallowed_methods, reason = "nothing of the portal's own depends on it")]
pub fn now() -> Instant {
    Instant::now()
}

impl Activity {
    /// Of a connection that was opened just now.
    pub fn new() -> Arc<Self> {
        let doing = Doing::Head { since: now(), begun: false };
        Arc::new(Self(Mutex::new(State { doing, http2: false, refused: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have arrived.
    pub fn arrived(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.doing = match state.doing {
            Doing::Head { since, begun: false } => {
                state.http2 = bytes.starts_with(&HTTP2_PREFACE[..HTTP2_PREFACE.len().min(bytes.len())]);
                Doing::Head { since, begun: true }
            }
            Doing::Idle { .. } if !state.http2 => Doing::Head { since: now(), begun: true },
            Doing::Requests { count, .. } => Doing::Requests { count, moved: now() },
            unchanged => unchanged,
        };
    }

    /// Bytes were sent.
    pub fn sent(&self) {
        let mut state = self.state();
        state.doing = match state.doing {
            Doing::Requests { count, .. } => Doing::Requests { count, moved: now() },
            // The end of an answer may still be on its way.
            Doing::Idle { .. } if !state.http2 => Doing::Idle { since: now() },
            unchanged => unchanged,
        };
    }

    /// The head of a request is complete. The request lasts until what is answered here is dropped.
    pub fn begin(self: &Arc<Self>) -> Request {
        let mut state = self.state();
        let count = match state.doing {
            Doing::Requests { count, .. } => count + 1,
            Doing::Head { .. } | Doing::Idle { .. } => 1,
        };
        state.doing = Doing::Requests { count, moved: now() };
        Request(self.clone())
    }

    /// When the connection has done too long what it does, unless it does something else before.
    pub fn deadline(&self, times: &Times) -> Instant {
        match self.state().doing {
            Doing::Head { since, .. } => since + times.head,
            Doing::Idle { since } => since + times.idle,
            Doing::Requests { moved, .. } => moved + times.stalled,
        }
    }

    /// Since when no request is answered; `None` while one is.
    pub fn unused_since(&self) -> Option<Instant> {
        match self.state().doing {
            Doing::Head { since, .. } | Doing::Idle { since } => Some(since),
            Doing::Requests { .. } => None,
        }
    }

    /// Has the head that is arriving answered by 408, if there is one and HTTP/1 to say it in.
    pub fn refuse_head(&self) -> bool {
        let mut state = self.state();
        state.refused = !state.http2 && matches!(state.doing, Doing::Head { begun: true, .. });
        state.refused
    }

    /// Whether the head that is arriving is to be refused.
    pub fn head_is_refused(&self) -> bool {
        self.state().refused
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Request(Arc<Activity>);

impl Drop for Request {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Doing::Requests { count, .. } = state.doing {
            state.doing = match count {
                0 | 1 => Doing::Idle { since: now() },
                _ => Doing::Requests { count: count - 1, moved: now() },
            };
        }
    }
}

/// The body of an answer; its request lasts until it is sent.
pub struct Answer<B> {
    body: B,
    _request: Request,
}

impl<B> Answer<B> {
    /// The answer to `request`.
    pub fn to(request: Request, body: B) -> Self {
        Self { body, _request: request }
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const TIMES: Times =
        Times { head: Duration::from_secs(10), idle: Duration::from_secs(100), stalled: Duration::from_secs(50) };

    /// Seconds until the deadline.
    fn left(activity: &Activity) -> u64 {
        activity.deadline(&TIMES).duration_since(now()).as_secs()
    }

    async fn seconds(seconds: u64) {
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
        assert_eq!(activity.unused_since(), None);
        drop(other);
        seconds(20).await;
        activity.arrived(b"a ping");
        activity.sent();
        assert_eq!(left(&activity), 80);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_time_for_as_long_as_it_moves() {
        let activity = Activity::new();
        activity.arrived(b"GET / HTTP/1.1\r\n\r\n");
        let request = activity.begin();
        seconds(40).await;
        assert_eq!(left(&activity), 10);
        activity.sent();
        assert_eq!(left(&activity), 50);
        drop(Answer::to(request, axum::body::Body::empty()));
        seconds(30).await;
        // Its end was in a buffer.
        activity.sent();
        assert_eq!(left(&activity), 100);
    }
}
