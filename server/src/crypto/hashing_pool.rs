//! Where Argon2id runs: off the async threads, a bounded number at a time.
//!
//! ```text
//!  request --> [ queue, at most 1,000 ] --> gate (one place per core) --> hash
//!                     | full                   memory of one hash per place
//!                     v
//!                   Busy
//! ```
//!
//! A flood of sign-ins queues; its memory is bounded by the places at the gate.
//! A place is kept until its hash is done, even if the request went away.
//!
//! A finished hash leaves its memory to the next one, since faulting in fresh
//! pages would cost a third of the hash again. Once nothing was hashed for
//! [`KEPT_FOR`] all of it is let go. It was asked for in pieces larger than what
//! glibc may keep for later (32 MiB, of which only the part in use ever becomes
//! resident), so letting go gives it back to the operating system at once, and
//! a portal at rest holds none of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::{Argon2, Block};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::password::{HASH_BYTES, HashError};

/// glibc always maps an allocation above 32 MiB on its own and unmaps it when
/// it is freed (`DEFAULT_MMAP_THRESHOLD_MAX`).
const ALWAYS_MAPPED_BLOCKS: usize = 33 * 1024;

/// How long unused memory is kept.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(10);

/// A gate and the memory behind it.
#[derive(Debug)]
pub(super) struct HashingPool {
    gate: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    memory: Arc<SpareMemory>,
}

impl HashingPool {
    pub(super) fn new(places: usize, max_waiting: usize) -> Self {
        Self {
            gate: Arc::new(Semaphore::new(places.max(1))),
            waiting: AtomicUsize::new(0),
            max_waiting,
            memory: Arc::default(),
        }
    }

    /// Runs `work` once there is a place for it, unless `given_up` comes first.
    /// What depends on several hashes is one work: between them nobody waits,
    /// fails or gives up, which would tell what came of the first ones.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        given_up: &CancellationToken,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let waiting = Waiting::enter(&self.waiting, self.max_waiting).ok_or(HashError::Busy)?;
        let place = Arc::clone(&self.gate).acquire_owned();
        let place = given_up.run_until_cancelled(place).await.ok_or(HashError::GivenUp)?;
        let place = place.map_err(|_| HashError::Interrupted)?;
        drop(waiting);
        let spare = Arc::clone(&self.memory);
        tokio::task::spawn_blocking(move || {
            let mut memory = Memory(spare.take());
            let result = work(&mut memory);
            spare.give_back(memory.0);
            drop(place);
            result
        })
        .await
        .map_err(|_| HashError::Interrupted)
    }

    /// Places that nobody has.
    pub(super) fn places(&self) -> usize {
        self.gate.available_permits()
    }

    /// A place that nobody else has meanwhile.
    #[cfg(test)]
    pub(super) async fn take_place(&self) -> tokio::sync::OwnedSemaphorePermit {
        Arc::clone(&self.gate).acquire_owned().await.unwrap()
    }

    /// Pieces of memory kept for the next hash.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.memory.lock().pieces.len()
    }
}

/// What one hash after the other works in.
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// One hash.
    pub(super) fn hash(
        &mut self,
        argon2: &Argon2<'_>,
        input: &[u8],
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
        let Self(memory) = self;
        let blocks = argon2.params().block_count();
        if memory.capacity() < blocks {
            *memory = Vec::with_capacity(blocks.max(ALWAYS_MAPPED_BLOCKS));
        }
        memory.resize(blocks, Block::new());
        let mut hash = Zeroizing::new([0; HASH_BYTES]);
        argon2
            .hash_password_into_with_memory(input, salt, &mut hash[..], &mut memory[..])
            .map_err(HashError::Hashing)?;
        Ok(hash)
    }
}

/// Memory of hashes that are done, for those to come. There are never more
/// pieces than places at the gate, because each was taken or made by a hash
/// that had one.
#[derive(Debug, Default)]
struct SpareMemory {
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    pieces: Vec<Vec<Block>>,
    /// Counts hashes, to tell whether there was one lately.
    hashes: u64,
    /// Someone is waiting to clear the shelf.
    is_watched: bool,
}

impl SpareMemory {
    fn take(&self) -> Vec<Block> {
        self.lock().pieces.pop().unwrap_or_default()
    }

    fn give_back(self: &Arc<Self>, memory: Vec<Block>) {
        let mut shelf = self.lock();
        shelf.hashes = shelf.hashes.wrapping_add(1);
        shelf.pieces.push(memory);
        if !shelf.is_watched {
            shelf.is_watched = true;
            tokio::spawn(Arc::clone(self).clear_when_idle());
        }
    }

    /// Waits until nothing was hashed for [`KEPT_FOR`], then lets go.
    async fn clear_when_idle(self: Arc<Self>) {
        let mut seen = self.lock().hashes;
        loop {
            tokio::time::sleep(KEPT_FOR).await;
            let mut shelf = self.lock();
            if shelf.hashes == seen {
                shelf.is_watched = false;
                let idle = std::mem::take(&mut shelf.pieces);
                drop(shelf);
                drop(idle);
                return;
            }
            seen = shelf.hashes;
        }
    }

    /// A panic while it was held can't have left the shelf half changed.
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given up when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize, max_waiting: usize) -> Option<Self> {
        waiting
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| (waiting < max_waiting).then_some(waiting + 1))
            .ok()
            .map(|_| Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
