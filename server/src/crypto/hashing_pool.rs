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
//! While others wait, a finished hash hands its memory on, so nothing is
//! allocated under load. The last one lets it go. The memory is asked for in
//! one piece larger than what glibc may keep for later (32 MiB, of which only
//! the part in use ever becomes resident), so letting go gives it back to the
//! operating system at once, and a portal at rest holds none of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::{Argon2, Block};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::password::{HASH_BYTES, HashError, SALT_BYTES};

/// glibc always maps an allocation above 32 MiB on its own and unmaps it when
/// it is freed (`DEFAULT_MMAP_THRESHOLD_MAX`).
const ALWAYS_MAPPED_BLOCKS: usize = 33 * 1024;

/// A gate and the memory behind it.
#[derive(Debug)]
pub(super) struct HashingPool {
    gate: Arc<Semaphore>,
    max_waiting: usize,
    memory: Arc<SpareMemory>,
}

impl HashingPool {
    pub(super) fn new(places: usize, max_waiting: usize) -> Self {
        Self {
            gate: Arc::new(Semaphore::new(places.max(1))),
            max_waiting,
            memory: Arc::default(),
        }
    }

    /// Runs one hash once there is a place for it.
    pub(super) async fn run(
        &self,
        argon2: Argon2<'static>,
        input: Zeroizing<Vec<u8>>,
        salt: [u8; SALT_BYTES],
    ) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
        let waiting = Waiting::enter(&self.memory, self.max_waiting).ok_or(HashError::Busy)?;
        let place = Arc::clone(&self.gate)
            .acquire_owned()
            .await
            .map_err(|_| HashError::Interrupted)?;
        let mut memory = self.memory.take();
        drop(waiting);
        let spare = Arc::clone(&self.memory);
        tokio::task::spawn_blocking(move || {
            let blocks = argon2.params().block_count();
            if memory.capacity() < blocks {
                memory = Vec::with_capacity(blocks.max(ALWAYS_MAPPED_BLOCKS));
            }
            memory.resize(blocks, Block::new());
            let mut hash = Zeroizing::new([0; HASH_BYTES]);
            let result = argon2.hash_password_into_with_memory(
                &input,
                &salt,
                &mut hash[..],
                &mut memory[..],
            );
            spare.give_back(memory);
            drop(place);
            result.map(|()| hash).map_err(HashError::Hashing)
        })
        .await
        .map_err(|_| HashError::Interrupted)?
    }

    #[cfg(test)]
    pub(super) fn spare_blocks(&self) -> usize {
        self.memory.lock().len()
    }
}

/// Memory of hashes that are done, kept only for those that wait.
#[derive(Debug, Default)]
struct SpareMemory {
    waiting: AtomicUsize,
    spare: Mutex<Vec<Vec<Block>>>,
}

impl SpareMemory {
    fn take(&self) -> Vec<Block> {
        self.lock().pop().unwrap_or_default()
    }

    fn give_back(&self, memory: Vec<Block>) {
        self.lock().push(memory);
        self.trim();
    }

    /// Keeps no more than there are requests to use it.
    fn trim(&self) {
        let surplus = {
            let mut spare = self.lock();
            let keep = self.waiting.load(Ordering::SeqCst).min(spare.len());
            spare.split_off(keep)
        };
        // Freed outside the lock.
        drop(surplus);
    }

    /// A panic while it was held can't have left the list half changed.
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given up when dropped.
struct Waiting {
    memory: Arc<SpareMemory>,
}

impl Waiting {
    fn enter(memory: &Arc<SpareMemory>, max_waiting: usize) -> Option<Self> {
        memory
            .waiting
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| {
                (waiting < max_waiting).then_some(waiting + 1)
            })
            .ok()?;
        Some(Self {
            memory: Arc::clone(memory),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.memory.waiting.fetch_sub(1, Ordering::SeqCst);
        self.memory.trim();
    }
}
