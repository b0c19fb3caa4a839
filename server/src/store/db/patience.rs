//! How long whoever asks waits for the database.
//!
//! A request has [`PATIENCE`] for all that it asks, so that its answer is there
//! within five seconds however many statements it takes. What counts is the time
//! during which it waits for the database, once, also where several of its
//! statements run side by side; hashing a password in between does not count.
//! Background work and commands have as long for each statement.

use super::error::{Cause, StoreError};
use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// What a request may wait for the database, in all.
pub const PATIENCE: Duration = Duration::from_millis(4_500);

/// Longest that a database tries one statement, lock included: a little less,
/// so that it is the database that gives up, and tells.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(4);

/// For which work a handle to the database is.
#[derive(Debug, Clone, Default)]
pub enum Patience {
    /// Work of any length; each statement has [`PATIENCE`].
    #[default]
    ForEachStatement,
    /// One request, which has it for all of them.
    ForRequest(Arc<Request>),
}

/// What became of a request's patience.
#[derive(Debug)]
pub struct Request {
    waited: Mutex<Waited>,
    /// A transaction was rolled back in favour of another one.
    contended: AtomicBool,
}

#[derive(Debug)]
struct Waited {
    /// In waits that are over.
    before: Duration,
    /// Statements that run now, and since when there are any.
    running: u32,
    since: Instant,
}

#[expect(clippy::disallowed_methods, reason = "how long something took is not what time it is; no rule depends on it")]
pub(super) fn instant() -> Instant {
    Instant::now()
}

impl Patience {
    /// The patience of one request, which begins now.
    pub(super) fn for_request() -> Self {
        let waited = Waited { before: Duration::ZERO, running: 0, since: instant() };
        Self::ForRequest(Arc::new(Request { waited: Mutex::new(waited), contended: AtomicBool::new(false) }))
    }

    /// Waits for `work` as long as there is patience. Without answer it is
    /// [`Cause::Slow`]; `work` is dropped, which rolls back what it began.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let outcome = match self {
            Self::ForEachStatement => timeout_at(instant() + PATIENCE, work).await,
            Self::ForRequest(request) => {
                let _running = Running::begin(request);
                timeout_at(request.deadline(), work).await
            }
        };
        outcome.unwrap_or_else(|_| Err(StoreError::unavailable(Cause::Slow, &"no answer in time")))
    }

    /// Notes what came of something in the end; see [`Patience::take_contended`].
    pub(super) fn note<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.as_ref().is_err_and(|error| error.cause() == Some(Cause::Contended)) {
            self.note_contended();
        }
        outcome
    }

    /// The same request may succeed when it is made anew.
    pub(super) fn note_contended(&self) {
        if let Self::ForRequest(request) = self {
            request.contended.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a transaction was rolled back in favour of another one since this was asked last.
    pub(super) fn take_contended(&self) -> bool {
        match self {
            Self::ForEachStatement => false,
            Self::ForRequest(request) => request.contended.swap(false, Ordering::Relaxed),
        }
    }
}

impl Request {
    fn waited(&self) -> MutexGuard<'_, Waited> {
        self.waited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When patience ends, if it is waited until then.
    fn deadline(&self) -> Instant {
        let waited = self.waited();
        waited.since + PATIENCE.saturating_sub(waited.before)
    }
}

/// A statement that a request waits for, while this is held.
struct Running<'a>(&'a Request);

impl<'a> Running<'a> {
    fn begin(request: &'a Request) -> Self {
        let mut waited = request.waited();
        if waited.running == 0 {
            waited.since = instant();
        }
        waited.running += 1;
        Self(request)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut waited = self.0.waited();
        waited.running -= 1;
        if waited.running == 0 {
            let waits = waited.since.elapsed();
            waited.before += waits;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{advance, sleep};

    async fn takes(patience: &Patience, time: Duration) -> bool {
        let work = async {
            sleep(time).await;
            Ok(())
        };
        patience.wait(work).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_one_patience_for_all_it_asks() {
        let patience = Patience::for_request();
        for _ in 0..4 {
            assert!(takes(&patience, Duration::from_secs(1)).await);
            // What it does meanwhile is not the database's.
            advance(Duration::from_secs(10)).await;
        }
        let before = instant();
        assert!(!takes(&patience, Duration::from_secs(1)).await, "half a second is left");
        assert_eq!(before.elapsed().as_millis(), 500);
        assert!(!takes(&patience, Duration::from_secs(1)).await, "nothing is");
    }

    #[tokio::test(start_paused = true)]
    async fn what_runs_side_by_side_is_waited_for_once() {
        let patience = Patience::for_request();
        let one = || takes(&patience, Duration::from_secs(2));
        assert_eq!(tokio::join!(one(), one(), one()), (true, true, true));
        assert!(takes(&patience, Duration::from_secs(2)).await);
        assert!(!takes(&patience, Duration::from_secs(2)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn work_without_a_request_has_it_for_each_statement() {
        for _ in 0..5 {
            assert!(takes(&Patience::ForEachStatement, Duration::from_secs(4)).await);
        }
        assert!(!takes(&Patience::ForEachStatement, Duration::from_secs(5)).await);
    }
}
