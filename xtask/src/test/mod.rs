//! All tests there are, in parts that can be run alone.

mod browser;
mod floors;
mod http;
mod lint;
pub mod postgres;
mod tools;
mod unit;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::{process, progress::Progress, workspace::Workspace};

/// In the order in which they run: what fails soonest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Part {
    /// Formatting, clippy for the host and for the browser, house rules
    Lint,
    /// Unit, property and documentation tests
    Unit,
    /// The server's tests over HTTP, on SQLite and on a throw-away PostgreSQL
    Http,
    /// Playwright against the release binary
    Browser,
}

impl Part {
    const ALL: [Self; 4] = [Self::Lint, Self::Unit, Self::Http, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Unit => "unit",
            Self::Http => "http",
            Self::Browser => "browser",
        }
    }

    fn run(self, workspace: &Workspace, progress: Progress, args: &[String]) -> Result<()> {
        match self {
            Self::Lint => lint::run(workspace, progress),
            Self::Unit => unit::run(workspace, progress),
            Self::Http => http::run(workspace, progress),
            Self::Browser => browser::run(workspace, progress, args),
        }
    }
}

struct Outcome {
    part: Part,
    result: Result<()>,
    seconds: f64,
}

/// Runs `parts`, or all when none is named; every part runs even when one
/// before it failed. `args` go to Playwright.
pub fn run(workspace: &Workspace, parts: &[Part], args: &[String]) -> Result<ExitCode> {
    process::tidy_up_when_interrupted()?;
    let mut parts = parts.to_vec();
    if parts.is_empty() {
        parts.extend(Part::ALL);
    }
    parts.sort_unstable();
    parts.dedup();
    tools::provide(&parts)?;

    let progress = Progress::start();
    let mut outcomes = Vec::new();
    for part in parts {
        if process::interrupted() {
            break;
        }
        println!("\n==== {} ====", part.name());
        let started = progress.elapsed();
        let result = part.run(workspace, progress, args);
        let outcome = Outcome { part, result, seconds: (progress.elapsed() - started).as_secs_f64() };
        outcome.print();
        outcomes.push(outcome);
    }
    Ok(summarise(&outcomes))
}

impl Outcome {
    fn print(&self) {
        let Self { part, result, seconds } = self;
        let name = part.name();
        match result {
            Ok(()) => println!("{name}: passed in {seconds:.0} s"),
            Err(error) => println!("{name}: FAILED after {seconds:.0} s: {error:#}"),
        }
    }
}

/// Ends with the line that machines read: how many parts passed and failed.
fn summarise(outcomes: &[Outcome]) -> ExitCode {
    println!("\n==== summary ====");
    for outcome in outcomes {
        outcome.print();
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err());
    let failed = failed.count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    if failed > 0 || process::interrupted() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
