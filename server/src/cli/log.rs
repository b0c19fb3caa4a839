//! What is logged, to standard error.
//!
//! It is written by a thread of its own, so that nobody waits for a full disk
//! or a reader that does not read; what there is no room for is left out.

use std::{io::IsTerminal as _, panic};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// PostgreSQL's notices are about tables that are there already.
const LOGGED: &str = "info,sqlx::postgres::notice=warn";

/// Lines that wait to be written.
const WAITING: usize = 8_192;

/// Logs until what is answered is dropped.
pub fn start() -> WorkerGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).finish(std::io::stderr());
    let (filter, problem) = filter(std::env::var("TWOFOLD_LOG").ok().as_deref());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .with_writer(writer)
        .init();
    if let Some(problem) = problem {
        tracing::warn!(%problem, "TWOFOLD_LOG is not understood; logging as usual");
    }
    // The usual hook writes by itself, and waits.
    panic::set_hook(Box::new(|defect| tracing::error!("{defect}")));
    guard
}

/// What is logged, and what is wrong with what was asked for.
fn filter(asked: Option<&str>) -> (EnvFilter, Option<String>) {
    match asked.map(str::trim).filter(|asked| !asked.is_empty()).map(EnvFilter::try_new) {
        None => (EnvFilter::new(LOGGED), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(problem)) => (EnvFilter::new(LOGGED), Some(problem.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_the_usual_and_so_is_what_is_not_understood() {
        for usual in [None, Some(""), Some("  ")] {
            let (logged, problem) = filter(usual);
            assert_eq!((logged.to_string(), problem), (EnvFilter::new(LOGGED).to_string(), None), "{usual:?}");
        }
        let (logged, problem) = filter(Some("warn"));
        assert_eq!((logged.to_string().as_str(), problem), ("warn", None));
        let (logged, problem) = filter(Some("twofold=loud"));
        assert_eq!(logged.to_string(), EnvFilter::new(LOGGED).to_string());
        assert!(problem.is_some());
    }
}
