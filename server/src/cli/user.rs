//! `twofold user …`

use super::{Failure, say};
use crate::{
    clock::SystemClock,
    config::{DataArgs, PublicUrl},
    crypto::token::Token,
    open::{is_begun, open},
    service::{Service, Settings, users::FirstPassword},
};
use app::{contract::ApiError, routes};
use clap::{Args, Subcommand};
use std::{
    io::{IsTerminal, Read},
    net::SocketAddr,
    sync::Arc,
};
use zeroize::Zeroizing;

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
    DisableTwoFactor(NamedArgs),
    /// Let a person sign in no longer, and end their sessions. Nothing of theirs is lost.
    Deactivate(NamedArgs),
    /// Let a deactivated person sign in again.
    Reactivate(NamedArgs),
    /// Make a person an administrator.
    MakeAdmin(NamedArgs),
    /// Make an administrator an ordinary person.
    RemoveAdmin(NamedArgs),
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
            let service = portal(&args.data).await?;
            found(service.unlock_user(&operator(), &args.name).await, &args.name, "unlocked")
        }
        UserCommand::DisableTwoFactor(args) => {
            let service = portal(&args.data).await?;
            let outcome = service.disable_second_factor(&operator(), &args.name).await;
            found(outcome, &args.name, "now without a second factor; their sessions have ended")
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
    }
}

async fn add(args: AddArgs) -> Result<(), Failure> {
    let password = if args.password_stdin { FirstPassword::Given(read_password()?) } else { FirstPassword::ByLink };
    let service = begin(&args.named.data).await?;
    let name = &args.named.name;
    let token = service.add_user(&operator(), name, args.admin, password).await.map_err(|error| match error {
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

async fn list(data: &DataArgs) -> Result<(), Failure> {
    let users = portal(data).await?.list_users().await.map_err(Failure::new)?;
    if users.is_empty() {
        say("There is nobody yet.");
        return Ok(());
    }
    let width = users.iter().map(|user| user.name.chars().count()).max().unwrap_or(0);
    for user in users {
        let mut facts = vec![if user.methods > 0 { "2FA on" } else { "2FA off" }];
        if user.administrator {
            facts.push("administrator");
        }
        if !user.has_password {
            facts.push("no password yet");
        }
        if !user.active {
            facts.push("deactivated");
        }
        say(format_args!("{:width$}  {}", user.name, facts.join(", ")));
    }
    Ok(())
}

/// The portal in the data folder. Only `add` begins one.
pub(super) async fn portal(data: &DataArgs) -> Result<Service, Failure> {
    if !is_begun(data) {
        let folder = data.data_dir.display();
        return Err(Failure(format!("there is no portal in the folder {folder}; name its folder with --data-dir")));
    }
    begin(data).await
}

async fn begin(data: &DataArgs) -> Result<Service, Failure> {
    // These matter only to those who set up a second factor.
    let public_url = PublicUrl::listening(SocketAddr::from(([127, 0, 0, 1], 3_000)));
    let settings = Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url };
    open(data, settings, Arc::new(SystemClock)).await.map_err(Failure::new)
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

/// Who is named in the audit trail: the user of the operating system.
pub(super) fn operator() -> String {
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".to_owned());
    format!("{user} (command line)")
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
