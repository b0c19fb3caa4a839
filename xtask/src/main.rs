//! Twofold's tool chain: `cargo xtask run | build | test | bench`.
//!
//! Everything between the sources and a tested binary is Rust code pinned by
//! `Cargo.lock`, so a clone and a Rust tool chain are enough: there is no CLI
//! to install whose version could disagree with the libraries.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its user")]

mod budget;
mod build;
mod process;
mod progress;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{build::Build, test::Part, workspace::Workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and tests Twofold")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the front end and the server, and serve
    Run {
        /// Passed to `twofold serve`, for instance `-- --demo`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Build the one release binary, report its sizes and check the budgets
    Build,
    /// Run all tests, or only the parts named
    Test {
        #[arg(value_enum)]
        parts: Vec<Part>,
        /// Passed to Playwright, for instance `-- --grep expiry`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run the server's benchmarks
    Bench {
        /// Passed to `cargo bench -p twofold-server`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Run { args } => {
            let built = Build::new(&workspace).compile()?;
            process::replace_by_server(&built.binary, &args)
        }
        Command::Build => {
            Build::new(&workspace).compile_and_check()?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Test { parts, args } => test::run(&workspace, &parts, &args),
        Command::Bench { args } => {
            build::bench(&workspace, &args)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
