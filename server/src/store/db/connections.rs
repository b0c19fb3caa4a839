//! Connections that are kept, to either database.
//!
//! sqlx's pool asks each connection whether it lives before lending it and once
//! more when it comes back: two round trips to PostgreSQL for a statement that
//! takes one, two calls to another thread for SQLite. Here one is asked only
//! after it stood idle for a while. One that broke shows at its first statement;
//! it is not kept, nor are those that were made before it broke.

use super::{
    error::{Cause, StoreError},
    patience::{PATIENCE, instant},
};
use sqlx::Connection;
use std::{
    fmt::Debug,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

/// What connections lead to.
pub trait Target: Debug + Send + Sync + 'static {
    /// One of them.
    type Connection: Connection + Debug + Send + 'static;

    /// Idle for longer, a connection is asked whether it still lives; `None` where it can't die.
    const ASKED_AFTER: Option<Duration>;

    /// Whether a connection may be kept whose statement was abandoned on the way.
    const OUTLIVES_ABANDONMENT: bool;

    /// Makes one.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, StoreError>> + Send;
}

/// Idle for longer, a connection is not even asked: what lies between may have
/// forgotten it, and then it would not answer no but nothing.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);

/// A number of connections to one database, opened when they are first needed.
/// Cheap to clone.
#[derive(Debug)]
pub struct Connections<P: Target> {
    shared: Arc<Shared<P>>,
}

impl<P: Target> Clone for Connections<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug)]
struct Shared<P: Target> {
    target: P,
    places: Arc<Semaphore>,
    most: u32,
    idle: Mutex<Idle<P::Connection>>,
}

#[derive(Debug)]
struct Idle<C> {
    /// With the moment at which each came back.
    connections: Vec<(C, Instant)>,
    /// Connections of an earlier one are not kept.
    generation: u64,
}

/// A connection for as long as this is held; it goes back when dropped.
#[derive(Debug)]
pub struct PooledConnection<P: Target> {
    /// `None` once it is not to come back.
    connection: Option<P::Connection>,
    /// It was used before.
    reused: bool,
    /// Something was asked and the outcome not looked at.
    asking: bool,
    generation: u64,
    shared: Arc<Shared<P>>,
    // Given up after the connection is back.
    _place: OwnedSemaphorePermit,
}

impl<P: Target> Connections<P> {
    pub(super) fn new(target: P, most: u32) -> Self {
        let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
        let idle = Mutex::new(Idle { connections: Vec::new(), generation: 0 });
        Self { shared: Arc::new(Shared { target, places, most, idle }) }
    }

    /// What they lead to.
    pub(in crate::store) fn target(&self) -> &P {
        &self.shared.target
    }

    /// Waits for a connection, in turn.
    ///
    /// # Errors
    /// When none can be made, or after `close`.
    pub async fn take(&self) -> Result<PooledConnection<P>, StoreError> {
        let shared = &self.shared;
        let place = Arc::clone(&shared.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        loop {
            let (kept, generation) = {
                let mut idle = shared.idle();
                (idle.connections.pop(), idle.generation)
            };
            let (connection, reused) = match kept {
                Some((mut connection, since)) => {
                    let idle = since.elapsed();
                    if P::ASKED_AFTER.is_some_and(|limit| idle > limit)
                        && (idle > FORGOTTEN_AFTER || connection.ping().await.is_err())
                    {
                        continue;
                    }
                    (connection, true)
                }
                None => (shared.target.connect().await?, false),
            };
            let shared = Arc::clone(shared);
            let connection = Some(connection);
            return Ok(PooledConnection { connection, reused, asking: false, generation, shared, _place: place });
        }
    }

    /// Closes every connection, after waiting for those that are in use.
    pub(super) async fn close(&self) {
        let all = timeout(PATIENCE, self.shared.places.acquire_many(self.shared.most)).await;
        self.shared.places.close();
        drop(all);
        let idle = std::mem::take(&mut self.shared.idle().connections);
        for (connection, _) in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection could not be closed in good order");
            }
        }
    }
}

impl<P: Target> Shared<P> {
    /// A panic while it was held can't have left it half changed.
    fn idle(&self) -> MutexGuard<'_, Idle<P::Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Target> PooledConnection<P> {
    /// The connection itself. What is asked of it goes through `heed` afterwards.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolClosed`] after it broke.
    pub fn connection(&mut self) -> Result<&mut P::Connection, sqlx::Error> {
        self.asking = true;
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Has the outcome decide whether this connection, and those made before, are kept.
    pub(super) fn heed<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.asking = false;
        let error = match outcome {
            Ok(value) => return Ok(value),
            Err(error) => StoreError::from(error),
        };
        if let Some(cause) = error.cause().filter(|cause| !cause.spares_the_connection()) {
            self.discard();
            if cause.concerns_every_connection() {
                let mut idle = self.shared.idle();
                // Unless whoever noticed first has done so.
                if idle.generation == self.generation {
                    idle.generation += 1;
                    idle.connections.clear();
                }
            }
        }
        Err(error)
    }

    /// Has it not come back.
    pub(super) fn discard(&mut self) {
        drop(self.connection.take());
    }

    /// Whether this was a connection that had been kept too long, going by the
    /// error that its first statement met: a new one may do better.
    pub(super) fn was_stale(&self, error: &StoreError) -> bool {
        self.reused && error.cause().is_some_and(Cause::concerns_every_connection)
    }

    /// Whether something was asked of which the outcome is not known.
    pub(super) fn is_asking(&self) -> bool {
        self.asking
    }
}

impl<P: Target> Drop for PooledConnection<P> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let mut idle = self.shared.idle();
        if (P::OUTLIVES_ABANDONMENT || !self.asking) && idle.generation == self.generation {
            idle.connections.push((connection, instant()));
        }
    }
}
