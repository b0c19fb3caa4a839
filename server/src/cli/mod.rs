//! The command line. Results go to standard output, everything else to
//! standard error; a failure ends with one sentence and exit code 1.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod audit;
mod backup;
mod operator;
mod policy;
mod serve;
mod user;

use clap::{Parser, Subcommand};
use std::{
    io::{IsTerminal, Write as _},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

/// A self-hosted sign-in portal with two-factor authentication.
#[derive(Debug, Parser)]
#[command(name = "twofold", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal.
    Serve(Box<crate::config::ServeArgs>),
    /// Manage people, also while the portal is being served.
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Show and change the account policy, also while the portal is being served.
    Policy {
        #[command(subcommand)]
        command: policy::PolicyCommand,
    },
    /// Verify or export the audit trail, also while the portal is being served.
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Copy the SQLite database to a file, also while the portal is being served.
    Backup(backup::BackupArgs),
}

/// PostgreSQL's notices are about tables that are there already.
const LOGGED: &str = "info,sqlx::postgres::notice=warn";

/// Prints a line. Whoever reads may stop reading before the end.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A failure in words. Causes that only matter to developers are logged.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

impl Failure {
    fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

/// Runs the command that was typed.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("TWOFOLD_LOG").unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            match cli.command {
                Command::Serve(args) => serve::serve(*args).await,
                Command::User { command } => user::run(command).await,
                Command::Policy { command } => policy::run(command).await,
                Command::Audit { command } => audit::run(command).await,
                Command::Backup(args) => backup::run(args).await,
            }
        }),
        Err(error) => Err(Failure(format!("could not start: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("twofold: {failure}");
            ExitCode::FAILURE
        }
    }
}
