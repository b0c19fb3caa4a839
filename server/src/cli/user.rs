//! `twofold user …`

use super::{Failure, operator::operator, say};
use crate::{
    clock::SystemClock,
    config::{DataArgs, PublicUrl},
    crypto::token::Token,
    open::{is_begun, open, open_to_read},
    service::{Service, Settings, people::operator::FirstPassword},
    store::account::accounts,
};
use clap::{Args, Subcommand};
use contract::{
    ApiError,
    list_file::text_of,
    people::{LARGEST_LIST, LineProblem, NewPerson},
    routes,
};
use std::{
    fs::File,
    io::{IsTerminal, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// Of a list of people so many bytes are read: in UTF-16 it may have two for each in UTF-8.
const MOST_READ: u64 = 2 * LARGEST_LIST as u64 + 1;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a person. Without --password-stdin, prints a one-time link on which they choose their password.
    Add(AddArgs),
    /// List everybody.
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Print a new one-time link on which a person chooses their password.
    Invite(NamedArgs),
    /// End the lock that too many failed attempts brought about.
    Unlock(NamedArgs),
    /// Remove a person's second factor and end their sessions.
    #[command(name = "disable-2fa")]
    DisableTwoFactor(DisableArgs),
    /// Let a person sign in no longer, and end their sessions. Nothing of theirs is lost.
    Deactivate(NamedArgs),
    /// Let a deactivated person sign in again.
    Reactivate(NamedArgs),
    /// Make a person an administrator.
    MakeAdmin(NamedArgs),
    /// Make an administrator an ordinary person.
    RemoveAdmin(NamedArgs),
    /// End all sessions of a person.
    EndSessions(NamedArgs),
    /// Print a temporary access code: it stands in for a lost second factor once, within an hour, and leads straight
    /// to setting up a new one.
    AccessCode(NamedArgs),
    /// Make the temporary access code worthless that was issued to a person and not used.
    WithdrawAccessCode(NamedArgs),
    /// Set where a person gets notices and reminders, in place of what was set before.
    SetMail(MailArgs),
    /// Add everybody in a CSV file with the columns "name", "display name", "administrator" and "mail address", or
    /// nobody. Only the first is needed. Prints their one-time links as CSV.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// Make them an administrator.
    #[arg(long)]
    admin: bool,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Name shown beside the user name.
    #[arg(long, default_value = "", value_name = "TEXT")]
    display_name: String,
    /// Where they get notices and reminders.
    #[arg(long, default_value = "", value_name = "ADDRESS")]
    mail: String,
}

#[derive(Debug, Args)]
pub(super) struct MailArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// Their mail address.
    #[arg(required_unless_present = "none")]
    address: Option<String>,
    /// They have no mail address any longer.
    #[arg(long, conflicts_with = "address")]
    none: bool,
}

#[derive(Debug, Args)]
pub(super) struct DisableArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// Why; it stands in the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file; - reads standard input.
    file: PathBuf,
    /// URL at which people reach the portal, for links.
    #[arg(long, env = "TWOFOLD_PUBLIC_URL", default_value = "http://127.0.0.1:3000", value_name = "URL", value_parser = PublicUrl::parse)]
    public_url: PublicUrl,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
pub(super) struct NamedArgs {
    /// User name.
    name: String,
    /// URL at which people reach the portal, for links.
    #[arg(long, env = "TWOFOLD_PUBLIC_URL", default_value = "http://127.0.0.1:3000", value_name = "URL", value_parser = PublicUrl::parse)]
    public_url: PublicUrl,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::List { data } => list(&data).await,
        UserCommand::Invite(args) => {
            let service = portal(&args.data).await?;
            let token = service.invite_user(&operator(), &args.name).await.map_err(Failure::new)?;
            print_link(&args, &token.ok_or_else(|| nobody(&args.name))?);
            Ok(())
        }
        UserCommand::Unlock(args) => {
            let outcome = portal(&args.data).await?.unlock_user(&operator(), &args.name).await;
            let done = match outcome {
                Ok(Some(false)) => "not locked, and nothing wrong was tried lately; nothing was changed",
                _ => "unlocked",
            };
            found(outcome.map(|known| known.is_some()), &args.name, done)
        }
        UserCommand::DisableTwoFactor(args) => {
            let service = portal(&args.named.data).await?;
            let outcome =
                service.disable_second_factor_because(&operator(), &args.named.name, args.reason.as_deref()).await;
            let done = match outcome {
                Ok(Some(false)) => "without a second factor already; nothing was changed",
                _ => "now without a second factor; their sessions have ended",
            };
            found(outcome.map(|known| known.is_some()), &args.named.name, done)
        }
        UserCommand::Deactivate(args) => {
            let outcome = portal(&args.data).await?.set_active(&operator(), &args.name, false).await;
            found(outcome, &args.name, "deactivated; their sessions have ended")
        }
        UserCommand::Reactivate(args) => {
            let outcome = portal(&args.data).await?.set_active(&operator(), &args.name, true).await;
            found(outcome, &args.name, "active")
        }
        UserCommand::MakeAdmin(args) => {
            let outcome = portal(&args.data).await?.set_administrator(&operator(), &args.name, true).await;
            found(outcome, &args.name, "an administrator")
        }
        UserCommand::RemoveAdmin(args) => {
            let outcome = portal(&args.data).await?.set_administrator(&operator(), &args.name, false).await;
            found(outcome, &args.name, "no administrator")
        }
        UserCommand::EndSessions(args) => {
            let outcome = portal(&args.data).await?.end_sessions(&operator(), &args.name).await;
            found(outcome, &args.name, "signed out everywhere")
        }
        UserCommand::AccessCode(args) => access_code(&args).await,
        UserCommand::WithdrawAccessCode(args) => {
            let outcome = portal(&args.data).await?.withdraw_access_code(&operator(), &args.name).await;
            found(outcome, &args.name, "without an access code")
        }
        UserCommand::SetMail(args) => set_mail(&args).await,
        UserCommand::Import(args) => import(&args).await,
    }
}

async fn add(args: AddArgs) -> Result<(), Failure> {
    let password = if args.password_stdin { FirstPassword::Given(read_password()?) } else { FirstPassword::ByLink };
    let service = begin(&args.named.data).await?;
    let name = &args.named.name;
    let person = NewPerson {
        name: name.clone(),
        display_name: args.display_name,
        administrator: args.admin,
        mail_address: args.mail,
    };
    let token = service.add_named_user(&operator(), &person, password).await.map_err(|error| match error {
        ApiError::Password(rules) => {
            let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
            Failure(format!("the password does not keep the rules of the account policy: {}", rules.join("; ")))
        }
        other => Failure::new(other),
    })?;
    say(format_args!("added {name}{}", if args.admin { " as administrator" } else { "" }));
    if let Some(token) = token {
        print_link(&args.named, &token);
    }
    Ok(())
}

async fn access_code(args: &NamedArgs) -> Result<(), Failure> {
    let made = portal(&args.data).await?.issue_access_code_to(&operator(), &args.name).await.map_err(Failure::new)?;
    let made = made.ok_or_else(|| nobody(&args.name))?;
    say("They enter it at sign-in under \"Enter recovery code\"; it works once, for an hour:");
    say(format_args!("  {}", made.code.as_str()));
    if made.awaits_approval {
        say("It works only after an administrator has approved it on the page \"Users\".");
    }
    Ok(())
}

async fn set_mail(args: &MailArgs) -> Result<(), Failure> {
    let NamedArgs { name, data, .. } = &args.named;
    let (address, done) = match args.address.as_deref().map(str::trim) {
        Some("") => return Err(Failure("to remove a mail address, say --none".to_owned())),
        Some(address) => (address, format!("reached at {address} now")),
        None => ("", "without a mail address now".to_owned()),
    };
    found(portal(data).await?.set_mail_address_of(&operator(), name, address).await, name, &done)
}

async fn import(args: &ImportArgs) -> Result<(), Failure> {
    let list = read_list(&args.file)?;
    let mut service = begin(&args.data).await?;
    service.settings = Arc::new(Settings { public_url: args.public_url.clone(), ..(*service.settings).clone() });
    let links = service.import_users(&operator(), &list).await.map_err(|error| match error {
        ApiError::Import(problems) => {
            let lines = problems.iter().map(|LineProblem { line, problem }| format!("\n  line {line}: {problem}"));
            Failure(format!("nobody was added: these lines can't be used{}", lines.collect::<String>()))
        }
        other => Failure::new(other),
    })?;
    say(links.trim_end());
    Ok(())
}

/// The list as text. It may be long, but not endless.
fn read_list(file: &Path) -> Result<String, Failure> {
    let explain = |error: std::io::Error| Failure(format!("{} can't be read: {error}", file.display()));
    let source: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(file).map_err(explain)?),
    };
    let mut list = Vec::new();
    source.take(MOST_READ).read_to_end(&mut list).map_err(explain)?;
    text_of(&list).map_err(|problem| Failure(format!("{}: {problem}", file.display())))
}

async fn list(data: &DataArgs) -> Result<(), Failure> {
    expect_begun(data)?;
    let users = match open_to_read(data).await {
        // Nothing is written, so that it does where nothing can be.
        Ok(db) => accounts::list(&db).await.map_err(Failure::new)?,
        // An older version's database is brought up to date, one that starts is waited for; or it is said what is wrong.
        Err(_) => portal(data).await?.list_users().await.map_err(Failure::new)?,
    };
    if users.is_empty() {
        say("There is nobody yet.");
        return Ok(());
    }
    let width = users.iter().map(|user| user.name.chars().count()).max().unwrap_or(0);
    for user in users {
        let mut facts = Vec::new();
        if user.has_password || user.methods > 0 {
            facts.push(if user.methods > 0 { "2FA on" } else { "2FA off" });
        }
        if user.administrator {
            facts.push("administrator");
        }
        if !user.has_password {
            facts.push("not activated yet");
        }
        if !user.active {
            facts.push("deactivated");
        }
        if !user.mail_address.is_empty() {
            facts.push(&user.mail_address);
        }
        say(format_args!("{:width$}  {}", user.name, facts.join(", ")));
    }
    Ok(())
}

/// The portal in the data folder. Only `add` begins one.
pub(super) async fn portal(data: &DataArgs) -> Result<Service, Failure> {
    expect_begun(data)?;
    begin(data).await
}

/// Fails where there is no portal.
pub(super) fn expect_begun(data: &DataArgs) -> Result<(), Failure> {
    if is_begun(data) {
        return Ok(());
    }
    let folder = data.data_dir.display();
    Err(Failure(format!("there is no portal in the folder {folder}; name its folder with --data-dir")))
}

async fn begin(data: &DataArgs) -> Result<Service, Failure> {
    // These matter only to those who set up a second factor.
    let public_url = PublicUrl::listening(SocketAddr::from(([127, 0, 0, 1], 3_000)));
    let settings = Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url, mail: None };
    let mut service = open(data, settings, Arc::new(SystemClock)).await.map_err(Failure::new)?;
    service.writes_mail_if_others_send().await.map_err(Failure::new)?;
    Ok(service)
}

/// The first line of standard input; asked for when a person sits there.
fn read_password() -> Result<Zeroizing<String>, Failure> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map(Zeroizing::new).map_err(Failure::new);
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(4_096).read_to_string(&mut text).map_err(Failure::new)?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn print_link(args: &NamedArgs, token: &Token) {
    say("They choose their password on this link; it works once, for 72 hours:");
    say(format_args!("  {}", args.public_url.link(&format!("{}/{}", routes::WELCOME, token.text().as_str()))));
}

fn found(outcome: Result<bool, ApiError>, name: &str, done: &str) -> Result<(), Failure> {
    if outcome.map_err(Failure::new)? {
        say(format_args!("{name} is {done}"));
        Ok(())
    } else {
        Err(nobody(name))
    }
}

fn nobody(name: &str) -> Failure {
    Failure(format!("there is nobody called {name}"))
}
