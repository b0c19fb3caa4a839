//! `twofold audit …`

use super::{
    Failure,
    operator::operator,
    say,
    user::{expect_begun, portal},
};
use crate::{
    config::DataArgs,
    domain::audit::export::Format,
    open::open_to_read,
    service::{
        Authority,
        audit::chain::{PIECE, Trail},
    },
};
use clap::{Args, Subcommand};
use contract::{
    audit::{AuditEvent, Outcome},
    audit_trail::{AuditFilter, ChainState, beginning_of_day},
};
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Recompute the chain of the audit trail; says where it breaks, with exit code 1.
    Verify {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Write entries of the audit trail to standard output, newest first.
    Export(Box<ExportArgs>),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// What kind of file: csv or jsonl.
    #[arg(long, default_value = "csv", value_name = "FORMAT", value_parser = parse_format)]
    format: Format,
    /// First day, in UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    from: Option<String>,
    /// Last day, in UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    to: Option<String>,
    /// Name of whoever did it or whom it concerns.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only this event, such as signed_in; may be given several times.
    #[arg(long, value_name = "EVENT", value_parser = parse_event)]
    event: Vec<AuditEvent>,
    /// Only what ended so: success or failure.
    #[arg(long, value_name = "OUTCOME", value_parser = parse_outcome)]
    outcome: Option<Outcome>,
    /// Only what contains this text.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Oldest first.
    #[arg(long)]
    oldest_first: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify { data } => verify(&data).await,
        AuditCommand::Export(args) => export(*args).await,
    }
}

async fn verify(data: &DataArgs) -> Result<(), Failure> {
    expect_begun(data)?;
    // As it is: a copy that can't be written will do.
    let db = open_to_read(data).await.map_err(Failure::new)?;
    let mut from = None;
    loop {
        match Trail(&db).verify(from, PIECE).await.map_err(Failure::new)? {
            ChainState::HoldsSoFar(verified) => {
                if std::io::stderr().is_terminal() {
                    let _ =
                        write!(std::io::stderr(), "\rverified up to entry {} of {}", verified.through, verified.newest);
                }
                from = Some(verified.through);
            }
            ChainState::Holds { verified, hash } => {
                if std::io::stderr().is_terminal() && from.is_some() {
                    let _ = writeln!(std::io::stderr());
                }
                let count = verified.through - verified.after;
                say(format_args!(
                    "the audit trail holds: {count} entries, from {} to {}",
                    verified.after + 1,
                    verified.through
                ));
                say(format_args!("its newest hash is {hash}"));
                return Ok(());
            }
            ChainState::Broken { at, how } => {
                return Err(Failure(format!("the audit trail is broken at entry {at}. {how}")));
            }
        }
    }
}

async fn export(args: ExportArgs) -> Result<(), Failure> {
    let filter = AuditFilter {
        from: args.from.unwrap_or_default(),
        to: args.to.unwrap_or_default(),
        user: args.user.unwrap_or_default(),
        events: args.event,
        outcome: args.outcome,
        text: args.text.unwrap_or_default(),
        everywhere: false,
        oldest_first: args.oldest_first,
    };
    if let Some(problem) = filter.problems().first() {
        return Err(Failure(format!("these values don't go together: {problem}")));
    }
    let service = portal(&args.data).await?;
    let mut export =
        service.export_audit(Authority::operator(&operator()), &filter, args.format).await.map_err(Failure::new)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    while let Some(piece) = export.next().await.map_err(Failure::new)? {
        match out.write_all(&piece) {
            // Whoever reads may stop before the end.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Failure::new)?,
        }
    }
    match out.flush() {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        flushed => flushed.map_err(Failure::new),
    }
}

fn parse_format(text: &str) -> Result<Format, String> {
    Format::parse(text).ok_or_else(|| "expected csv or jsonl".to_owned())
}

fn parse_day(text: &str) -> Result<String, String> {
    beginning_of_day(text).map(|_| text.to_owned()).ok_or_else(|| "expected a day such as 2026-05-03".to_owned())
}

fn parse_outcome(text: &str) -> Result<Outcome, String> {
    Outcome::parse(text).ok_or_else(|| "expected success or failure".to_owned())
}

fn parse_event(text: &str) -> Result<AuditEvent, String> {
    AuditEvent::parse(text).ok_or_else(|| {
        let names: Vec<&str> = AuditEvent::ALL.iter().map(|event| event.as_str()).collect();
        format!("expected one of {}", names.join(", "))
    })
}
