//! Charges of this process of which nobody knows yet whether they stand.
//!
//! Several right sign-ins of one person at the same moment charge the counter
//! until it is full, although nobody failed. Whoever comes then is not evaluated,
//! like anybody who finds it full, but is told to come back in a moment: whether
//! the account is locked will be known then. Other nodes can't know, and say that
//! it is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many there are, by counter.
#[derive(Debug, Clone, Default)]
pub struct Undecided(Arc<Mutex<HashMap<String, usize>>>);

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    among: Undecided,
    key: String,
}

impl Undecided {
    /// One more, before anybody can see that the counter was charged.
    pub(crate) fn open(&self, key: &str) -> Open {
        *self.lock().entry(key.to_owned()).or_default() += 1;
        Open { among: self.clone(), key: key.to_owned() }
    }

    /// Whether there is any.
    pub(crate) fn any(&self, key: &str) -> bool {
        self.lock().contains_key(key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut counts = self.among.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
