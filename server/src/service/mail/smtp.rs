//! The conversation with the mail server, command by command, so that a refusal is known by the step at
//! which it came. What it means then is [`crate::domain::mail::refusal`]'s.

use crate::{
    clock::UnixTime,
    config::{Encryption, MailSettings},
    domain::{
        identity::mail_address::sent_to,
        mail::{
            answer::Reply,
            message::{Letter, problem},
            refusal::{Step, Verdict, judge},
        },
    },
    store::mail::outbox::DueRow,
};
use contract::mail::Mend;
use lettre::{
    Address,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Mechanism,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
        extension::{Extension, MailBodyParameter, MailParameter},
    },
};
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::timeout;

/// Longest wait for a connection.
const CONNECTING: Duration = Duration::from_secs(10);

/// Longest wait for the server to say goodbye.
const PARTING: Duration = Duration::from_secs(2);

/// Why a message was not taken.
#[derive(Debug, Clone)]
pub(crate) struct NotSent {
    /// What becomes of it.
    pub verdict: Verdict,
    /// The mail server's words, or those of the network.
    pub problem: String,
    /// The connection is over with it.
    pub closed: bool,
}

impl NotSent {
    /// The portal itself says so.
    pub fn new(verdict: Verdict, problem: impl Into<String>) -> Self {
        Self { verdict, problem: problem.into(), closed: false }
    }

    /// It never will be.
    fn never(problem: impl Into<String>) -> Self {
        Self::new(Verdict::Never, problem)
    }

    /// Whether no other message would be taken either.
    pub fn is_away(&self) -> bool {
        matches!(self.verdict, Verdict::Away(_))
    }

    /// What must be mended before it is taken, where that is known.
    pub fn mend(&self) -> Option<Mend> {
        match self.verdict {
            Verdict::Away(mend) | Verdict::Later(mend) => mend,
            Verdict::Never => None,
        }
    }
}

/// The way to the mail server. Messages share a connection.
pub(crate) struct Post<'a> {
    settings: &'a MailSettings,
    connection: Option<AsyncSmtpConnection>,
}

impl<'a> Post<'a> {
    pub fn new(settings: &'a MailSettings) -> Self {
        Self { settings, connection: None }
    }

    /// Sends a message; the server has taken it once this is over.
    pub async fn send(&mut self, row: &DueRow, letter: Letter, now: UnixTime) -> Result<(), NotSent> {
        let to: Address = row.address.parse().map_err(|_| NotSent::never("This is no mail address"))?;
        let to = sent_to(&to).map_err(|problem| NotSent::never(problem.to_string()))?;
        let message = self
            .compose(&row.id, to.clone(), letter, now)
            .map_err(|error| NotSent::never(problem(&error.to_string())))?;
        let outcome = self.hand_over(&to, &message).await;
        if outcome.as_ref().is_err_and(NotSent::is_away) {
            self.connection = None;
        }
        outcome
    }

    /// Whether the server takes addresses with letters beyond ASCII before the @; connects if need be.
    pub async fn takes_utf8(&mut self) -> Result<bool, NotSent> {
        let patience = self.settings.patience.ready;
        let connection = within(patience, Step::Greeting, self.connected()).await?;
        Ok(connection.server_info().supports_feature(Extension::SmtpUtfEight))
    }

    /// The same, if there is a connection.
    pub fn is_known_to_take_utf8(&self) -> Option<bool> {
        let connection = self.connection.as_ref()?;
        Some(connection.server_info().supports_feature(Extension::SmtpUtfEight))
    }

    /// Ends the connection.
    pub async fn close(mut self) {
        if let Some(mut connection) = self.connection.take() {
            // Everything was taken: whether the server says goodbye does not matter.
            let _ = timeout(PARTING, connection.quit()).await;
        }
    }

    async fn connected(&mut self) -> Result<&mut AsyncSmtpConnection, NotSent> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.settings).await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn hand_over(&mut self, to: &Address, message: &[u8]) -> Result<(), NotSent> {
        let patience = self.settings.patience;
        let ready = within(patience.ready, Step::Sender, self.ready(to, message)).await;
        let Some(mut connection) = self.connection.take_if(|_| ready.is_ok()) else { return ready };
        // Until it is known what came of it, the connection is good for nothing else.
        let judged = within(patience.recipient, Step::Recipient, recipient(&mut connection, to)).await;
        let outcome = match judged {
            Ok(()) => within(patience.taking, Step::Content, content(&mut connection, message)).await,
            refused => refused,
        };
        match &outcome {
            Ok(()) => self.connection = Some(connection),
            // Nothing of this message may be left for the next one.
            Err(NotSent { closed: false, .. }) => {
                let reset = timeout(PARTING, connection.command(Rset)).await;
                self.connection = reset.is_ok_and(|reset| reset.is_ok()).then_some(connection);
            }
            Err(_) => {}
        }
        outcome
    }

    /// Has the server wait for a recipient.
    async fn ready(&mut self, to: &Address, message: &[u8]) -> Result<(), NotSent> {
        let kept = self.connection.is_some();
        match self.begin(to, message).await {
            // A server may close a connection that was used before: that says nothing about this message.
            Err(NotSent { verdict: Verdict::Away(None | Some(Mend::Server)), .. }) if kept => {
                self.connection = None;
                self.begin(to, message).await
            }
            begun => begun,
        }
    }

    /// Says from whom a message is.
    async fn begin(&mut self, to: &Address, message: &[u8]) -> Result<(), NotSent> {
        let sender = self.settings.sender.email.clone();
        let connection = self.connected().await?;
        let mut parameters = Vec::new();
        let is_ascii = |address: &Address| <Address as AsRef<str>>::as_ref(address).is_ascii();
        if !is_ascii(&sender) || !is_ascii(to) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(if is_ascii(&sender) {
                    NotSent::never("The mail server sends to no address with letters beyond ASCII before the @")
                } else {
                    let problem = "The mail server takes no sender with letters beyond ASCII before the @";
                    NotSent::new(Verdict::Away(Some(Mend::Sender)), problem)
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        // What only this recipient needs may be refused for this recipient.
        let step = if is_ascii(&sender) && !is_ascii(to) { Step::Recipient } else { Step::Sender };
        match connection.command(Mail::new(Some(sender), parameters)).await {
            Ok(_) => Ok(()),
            Err(error) if error.status().is_none() => Err(refused(Step::Sender, &error)),
            Err(error) => Err(refused(step, &error)),
        }
    }

    fn compose(&self, id: &str, to: Address, letter: Letter, now: UnixTime) -> Result<Vec<u8>, lettre::error::Error> {
        let since_1970 = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        let sender = &self.settings.sender;
        let message = lettre::Message::builder()
            .from(sender.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            // The same at each try, so that one that arrives twice is known for it.
            .message_id(Some(format!("<{id}@{}>", sender.email.domain())))
            .date(UNIX_EPOCH + since_1970)
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body)?;
        Ok(message.formatted())
    }
}

/// Waits for the server as long as there is patience at this step.
async fn within<T>(
    patience: Duration,
    step: Step,
    work: impl Future<Output = Result<T, NotSent>>,
) -> Result<T, NotSent> {
    timeout(patience, work).await.unwrap_or_else(|_| {
        let problem = format!("The mail server did not answer within {} seconds", patience.as_secs());
        Err(NotSent { verdict: judge(step, None), problem, closed: true })
    })
}

/// Says for whom a message is.
async fn recipient(connection: &mut AsyncSmtpConnection, to: &Address) -> Result<(), NotSent> {
    let refused = |error| refused(Step::Recipient, &error);
    connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(refused)?;
    connection.command(Data).await.map_err(refused)?;
    Ok(())
}

/// Hands it over.
async fn content(connection: &mut AsyncSmtpConnection, message: &[u8]) -> Result<(), NotSent> {
    connection.message(message).await.map_err(|error| refused(Step::Content, &error))?;
    Ok(())
}

/// A connection on which the portal is let in.
async fn connect(settings: &MailSettings) -> Result<AsyncSmtpConnection, NotSent> {
    let MailSettings { server, hello, tls, .. } = settings;
    let at_once = tls.clone().filter(|_| server.encryption == Encryption::Implicit);
    let connecting = AsyncSmtpConnection::connect_tokio1(server.address(), Some(CONNECTING), hello, at_once, None);
    let mut connection = connecting.await.map_err(|error| {
        let step = if is_about_encryption(&error) { Step::Encryption } else { Step::Greeting };
        refused(step, &error)
    })?;
    let wanted = match server.encryption {
        Encryption::Required => true,
        Encryption::Offered => connection.can_starttls(),
        Encryption::Off | Encryption::Implicit => false,
    };
    if let Some(tls) = tls.clone().filter(|_| wanted) {
        connection.starttls(tls, hello).await.map_err(|error| refused(Step::Encryption, &error))?;
    }
    if let Some(credentials) = &server.credentials {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        connection.auth(&mechanisms, credentials).await.map_err(|error| refused(Step::SignIn, &error))?;
    }
    Ok(connection)
}

/// Whether a connection came about, but not an encrypted one: then the bytes are not what they should be.
fn is_about_encryption(error: &smtp::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let invalid = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::InvalidData;
    error.is_tls() || causes.into_iter().any(|cause| cause.downcast_ref().is_some_and(invalid))
}

/// What a refusal means, with the words to it.
fn refused(step: Step, error: &smtp::Error) -> NotSent {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    // The system's number of the error helps nobody who reads its words.
    let cause = cause.split(" (os error").next().unwrap_or_default();
    let Some(code) = error.status().map(u16::from) else {
        return unanswered(step, cause, error.is_client());
    };
    NotSent {
        verdict: judge(step, Some(Reply::new(code, cause))),
        problem: problem(&format!("The mail server answered {code}: {cause}")),
        // RFC 5321 §3.8
        closed: code == 421,
    }
}

/// What it means that there is no answer, or none that can be read.
fn unanswered(step: Step, cause: &str, is_librarys: bool) -> NotSent {
    let (verdict, said) = match step {
        // What the library itself finds missing: encryption, or a way to sign in.
        Step::SignIn if is_librarys => (Verdict::Away(Some(Mend::SignIn)), cause.to_owned()),
        Step::Encryption => {
            let cause = cause.trim_start_matches("Connection error: ");
            (judge(step, None), format!("The connection to the mail server could not be encrypted: {cause}"))
        }
        Step::Greeting | Step::SignIn | Step::Sender => {
            (judge(step, None), format!("The mail server can't be reached: {cause}"))
        }
        Step::Recipient | Step::Content => {
            (judge(step, None), format!("The mail server gave no answer that can be read: {cause}"))
        }
    };
    NotSent { verdict, problem: problem(&said), closed: true }
}

/// No person wrote this, and no machine should answer it (RFC 3834 §5).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
