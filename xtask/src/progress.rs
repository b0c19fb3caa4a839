//! Says what is being done, and how long it has taken so far.

use std::{
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

/// A stop-watch that prints one line per stage.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    started: Instant,
}

impl Progress {
    #[expect(clippy::disallowed_methods, reason = "the time shown to the person who waits is no input of anything")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// Announces the stage that begins now.
    pub fn stage(self, what: &str) {
        let seconds = self.elapsed().as_secs_f64();
        if stderr().is_terminal() {
            eprintln!("\x1b[1m[{seconds:6.1} s] {what}\x1b[0m");
        } else {
            eprintln!("[{seconds:6.1} s] {what}");
        }
    }
}
