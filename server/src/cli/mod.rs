//! The command line. Results go to standard output, everything else to
//! standard error; a failure ends with one sentence and exit code 1.

mod audit;
mod backup;
mod log;
mod operator;
mod policy;
mod serve;
mod settings;
mod user;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::{io::Write as _, process::ExitCode, time::Duration};

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

/// What may still be at work beside when all is done: looking up the name of a mail server.
const BESIDE: Duration = Duration::from_millis(500);

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
    let typed = settings::without_empty(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&typed).unwrap_or_else(|error| error.exit());
    let log = log::start();
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(async {
                match cli.command {
                    Command::Serve(args) => serve::serve(*args).await,
                    Command::User { command } => user::run(command).await,
                    Command::Policy { command } => policy::run(command).await,
                    Command::Audit { command } => audit::run(command).await,
                    Command::Backup(args) => backup::run(args).await,
                }
            });
            runtime.shutdown_timeout(BESIDE);
            outcome
        }
        Err(error) => Err(Failure(format!("could not start: {error}"))),
    };
    // What was logged comes before what is said last.
    drop(log);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "twofold: {failure}");
            ExitCode::FAILURE
        }
    }
}
