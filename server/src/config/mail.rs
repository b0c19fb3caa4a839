//! The mail server, and how the portal introduces itself there.

use super::{ConfigError, PublicUrl, is_loopback_name};
use crate::domain::identity::{mail_address::sent_to, name::is_legible};
use lettre::{
    Address,
    message::Mailbox,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, TlsParameters},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use std::{fmt, fs, net::IpAddr, path::Path, time::Duration};
use url::{Host, Url};

/// A URL of a mail server as it was typed. The command line does not read it: what can't be read it
/// would print, password and all.
#[derive(Clone)]
pub struct TypedUrl(String);

impl From<String> for TypedUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Without anything of it.
impl fmt::Debug for TypedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedUrl(…)")
    }
}

impl TypedUrl {
    /// Reads it.
    ///
    /// # Errors
    /// As [`SmtpUrl::parse`].
    pub fn read(&self) -> Result<SmtpUrl, ConfigError> {
        SmtpUrl::parse(&self.0)
    }
}

/// When a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never.
    Off,
    /// By STARTTLS where the server offers it.
    Offered,
    /// By STARTTLS, or nothing is sent.
    Required,
    /// From the first byte.
    Implicit,
}

/// A mail server, with what it takes to sign in there.
#[derive(Clone)]
pub struct SmtpUrl {
    host: Host,
    port: Option<u16>,
    /// When connections are encrypted.
    pub encryption: Encryption,
    /// What it takes to sign in; `None` where that is not needed.
    pub credentials: Option<Credentials>,
}

/// Without the password.
impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SmtpUrl").field(&self.host()).finish()
    }
}

impl SmtpUrl {
    /// Reads the URL of a mail server: `smtps://HOST`, `smtp://HOST?tls=required` or `smtp://HOST`.
    ///
    /// # Errors
    /// [`ConfigError::SmtpUrl`] or [`ConfigError::PlainSmtpPassword`]; neither holds any of the URL.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text.trim()).map_err(|_| ConfigError::SmtpUrl)?;
        // A `#` or `/` within a password ends the host: what is left over is no path.
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(ConfigError::SmtpUrl);
        }
        let settings: Vec<_> = url.query_pairs().collect();
        let tls = match settings.as_slice() {
            [] => None,
            [(key, value)] if key == "tls" => Some(value.as_ref()),
            _ => return Err(ConfigError::SmtpUrl),
        };
        let encryption = match (url.scheme(), tls) {
            ("smtps", None) => Encryption::Implicit,
            ("smtp", None) => Encryption::Off,
            ("smtp", Some("opportunistic")) => Encryption::Offered,
            ("smtp", Some("required")) => Encryption::Required,
            _ => return Err(ConfigError::SmtpUrl),
        };
        let host = Host::parse(&decoded(url.host_str().unwrap_or_default())?).map_err(|_| ConfigError::SmtpUrl)?;
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(ConfigError::SmtpUrl),
            (user, Some(password)) => Some(Credentials::new(decoded(user)?, decoded(password)?)),
        };
        let local = match &host {
            Host::Domain(name) => is_loopback_name(name),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        if credentials.is_some() && !local && matches!(encryption, Encryption::Off | Encryption::Offered) {
            return Err(ConfigError::PlainSmtpPassword);
        }
        Ok(Self { host, port: url.port(), encryption, credentials })
    }

    /// Its host, and its port where one is named: what may be shown.
    pub fn host(&self) -> String {
        self.port.map_or_else(|| self.host.to_string(), |port| format!("{}:{port}", self.host))
    }

    /// Where connections go: a name or an address, and a port.
    pub fn address(&self) -> (String, u16) {
        let usual = match self.encryption {
            Encryption::Off => 25,
            Encryption::Offered | Encryption::Required => 587,
            Encryption::Implicit => 465,
        };
        (self.name(), self.port.unwrap_or(usual))
    }

    /// The host without the brackets of an IPv6 address, as certificates have it.
    fn name(&self) -> String {
        match &self.host {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        }
    }
}

fn decoded(text: &str) -> Result<String, ConfigError> {
    percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| ConfigError::SmtpUrl)
}

/// How mail is sent.
#[derive(Clone)]
pub struct MailSettings {
    /// Through which server.
    pub server: SmtpUrl,
    /// From whom; the domain in ASCII.
    pub sender: Mailbox,
    /// As whom the portal introduces itself (EHLO).
    pub hello: ClientId,
    /// How connections are encrypted, where they are.
    pub tls: Option<TlsParameters>,
    /// How long the server may take.
    pub patience: Patience,
}

/// How long a mail server is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until it is ready for a message, connection included.
    pub ready: Duration,
    /// Until it has judged a recipient (RFC 5321 §4.5.3.2.3).
    pub recipient: Duration,
    /// Until it has taken the message (§4.5.3.2.6). Less would send twice what it takes slowly.
    pub taking: Duration,
    /// As long as this an administrator waits to see what comes of a test message.
    pub test: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [ready, recipient, taking, test] = [30, 300, 600, 30].map(Duration::from_secs);
        Self { ready, recipient, taking, test }
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MailSettings").field(&self.server).field(&self.sender.to_string()).field(&self.hello).finish()
    }
}

impl MailSettings {
    /// Settings for a server that is trusted for the system's authorities, and for `authority` if there is one.
    ///
    /// # Errors
    /// [`ConfigError::Sender`], or [`ConfigError::SmtpCa`] when an encrypted connection can't be prepared.
    pub fn new(
        server: SmtpUrl,
        sender: Mailbox,
        hello: ClientId,
        authority: Option<Certificate>,
    ) -> Result<Self, ConfigError> {
        let sender = Mailbox::new(sender.name, sent_to(&sender.email).map_err(|_| ConfigError::Sender)?);
        let tls = if server.encryption == Encryption::Off {
            None
        } else {
            let mut builder = TlsParameters::builder(server.name());
            if let Some(authority) = authority {
                builder = builder.add_root_certificate(authority);
            }
            Some(builder.build().map_err(|error| ConfigError::SmtpCa(error.to_string()))?)
        };
        Ok(Self { server, sender, hello, tls, patience: Patience::default() })
    }
}

/// Reads the certificates of a file in PEM.
///
/// # Errors
/// [`ConfigError::SmtpCa`].
pub fn read_authority(file: &Path) -> Result<Certificate, ConfigError> {
    let unusable = |cause: &str| ConfigError::SmtpCa(format!("{}: {cause}", file.display()));
    let pem = fs::read(file).map_err(|error| unusable(&error.to_string()))?;
    if !pem.windows(BEGIN.len()).any(|part| part == BEGIN) {
        return Err(unusable("there is no certificate in PEM in it"));
    }
    Certificate::from_pem(&pem).map_err(|_| unusable("a certificate in it can't be read"))
}

/// With which each certificate begins.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Reads the name by which the portal introduces itself: a qualified host name, or an address.
///
/// # Errors
/// [`ConfigError::SmtpHello`].
pub fn parse_hello(text: &str) -> Result<ClientId, ConfigError> {
    let text = text.trim();
    let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = literal.map_or(text, |text| text.strip_prefix("IPv6:").unwrap_or(text));
    match address.parse() {
        Ok(IpAddr::V4(address)) => return Ok(ClientId::Ipv4(address)),
        Ok(IpAddr::V6(address)) => return Ok(ClientId::Ipv6(address)),
        Err(_) => {}
    }
    qualified(text).ok_or(ConfigError::SmtpHello)
}

/// As whom the portal introduces itself unless the operator says: by the qualified name of its own
/// address or of its sender, else by an address (RFC 5321 §4.1.3). The bare name of a machine, which
/// many servers refuse, is neither.
pub fn default_hello(public_url: &PublicUrl, sender: &Address) -> ClientId {
    let by_name = qualified(public_url.host()).or_else(|| qualified(sender.domain()));
    let by_address = || parse_hello(public_url.host()).ok();
    by_name.or_else(by_address).unwrap_or(ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST))
}

/// A name with a dot in it, in ASCII.
fn qualified(name: &str) -> Option<ClientId> {
    match Host::parse(name).ok()? {
        Host::Domain(name) if name.trim_matches('.').contains('.') => {
            Some(ClientId::Domain(name.trim_end_matches('.').to_owned()))
        }
        _ => None,
    }
}

/// Reads whom mail comes from.
///
/// # Errors
/// [`ConfigError::Sender`].
pub fn parse_sender(text: &str) -> Result<Mailbox, ConfigError> {
    let sender: Mailbox = text.trim().parse().map_err(|_| ConfigError::Sender)?;
    if sender.name.as_deref().is_none_or(is_legible) { Ok(sender) } else { Err(ConfigError::Sender) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> SmtpUrl {
        SmtpUrl::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    fn refused(text: &str) -> ConfigError {
        SmtpUrl::parse(text).unwrap_err()
    }

    #[test]
    fn a_mail_server_has_a_host_a_port_and_maybe_encryption() {
        for (text, address, encryption) in [
            ("smtps://mail.example.org", ("mail.example.org", 465), Encryption::Implicit),
            ("smtps://mail.example.org:4465/", ("mail.example.org", 4465), Encryption::Implicit),
            ("smtp://mail.example.org?tls=required", ("mail.example.org", 587), Encryption::Required),
            ("smtp://mail.example.org:25?tls=opportunistic", ("mail.example.org", 25), Encryption::Offered),
            (" smtp://127.0.0.1 ", ("127.0.0.1", 25), Encryption::Off),
            ("smtp://[::1]:2525", ("::1", 2525), Encryption::Off),
            ("smtp://post.müller.example", ("post.xn--mller-kva.example", 25), Encryption::Off),
        ] {
            let url = good(text);
            assert_eq!((url.address(), url.encryption), ((address.0.to_owned(), address.1), encryption), "{text}");
        }
        assert_eq!(good("smtps://mail.example.org:465").host(), "mail.example.org:465");
        assert_eq!(good("smtp://[::1]:2525").host(), "[::1]:2525");
    }

    #[test]
    fn a_password_never_goes_in_the_clear() {
        for encrypted in [
            "smtps://portal:s3cret@mail.example.org",
            "smtp://portal:s3cret@mail.example.org:587?tls=required",
            "smtp://portal:s3cret@127.0.0.1:2525",
            "smtp://portal:s3cret@localhost",
            "smtp://portal:s3cret@[::1]",
        ] {
            assert!(good(encrypted).credentials.is_some());
        }
        assert!(good("smtp://mail.example.org").credentials.is_none());
        for open in [
            "smtp://portal:s3cret@mail.example.org",
            "smtp://portal:s3cret@mail.example.org?tls=opportunistic",
            "smtp://portal:tls=required@mail.example.org",
            "smtp://tls=required:s3cret@mail.example.org",
            "smtp://portal:smtps%3A%2F%2F@mail.example.org",
            "smtp://portal:s3cret@localhost.example.org",
        ] {
            assert_eq!(refused(open), ConfigError::PlainSmtpPassword, "{open}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_and_never_shown() {
        for bad in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtps://mail.example.org?tls=required",
            "smtp://mail.example.org?tls=maybe",
            "smtp://mail.example.org?tls=required&tls=required",
            "smtp://mail.example.org/name",
            "smtps://portal@mail.example.org",
            "smtps://:s3cr3t@mail.example.org",
            // A character of a password that ends the part of the URL that it stands in.
            "smtps://portal:s3cr#t@mail.example.org",
            "smtps://portal:s3cr/t@mail.example.org",
            "smtps://portal:s3cr?t@mail.example.org",
            "smtps://portal:12/3@mail.example.org",
            "smtps://portal:12#3@mail.example.org",
            "smtps://portal:12?3@mail.example.org",
        ] {
            assert_eq!(refused(bad), ConfigError::SmtpUrl, "{bad}");
            assert!(!format!("{} {:?}", refused(bad), TypedUrl::from(bad.to_owned())).contains("s3cr"));
        }
        let url = good("smtps://portal:s3cr%23t@mail.example.org");
        assert_eq!(url.credentials, Some(Credentials::new("portal".to_owned(), "s3cr#t".to_owned())));
        assert!(!format!("{url:?}").contains("s3cr"));
    }

    #[test]
    fn the_portal_introduces_itself_by_a_qualified_name_or_an_address() {
        let named = |url: &str, sender: &str| {
            default_hello(&PublicUrl::parse(url).unwrap(), &sender.parse().unwrap()).to_string()
        };
        assert_eq!(named("https://login.example.org:8443", "login@example.com"), "login.example.org");
        assert_eq!(named("http://localhost:3000", "login@example.com"), "example.com");
        assert_eq!(named("http://127.0.0.1:3000", "login@localhost"), "[127.0.0.1]");
        assert_eq!(named("http://[::1]:3000", "login@localhost"), "[IPv6:::1]");
        assert_eq!(named("https://192.0.2.7", "login@localhost"), "[192.0.2.7]");
        assert_eq!(named("https://login", "login@mail"), "[127.0.0.1]");
        for (typed, hello) in [
            (" portal.example.org ", "portal.example.org"),
            ("portal.example.org.", "portal.example.org"),
            ("portal.müller.example", "portal.xn--mller-kva.example"),
            ("192.0.2.7", "[192.0.2.7]"),
            ("[192.0.2.7]", "[192.0.2.7]"),
            ("[IPv6:2001:db8::7]", "[IPv6:2001:db8::7]"),
            ("2001:db8::7", "[IPv6:2001:db8::7]"),
        ] {
            assert_eq!(parse_hello(typed).unwrap().to_string(), hello);
        }
        for bad in ["", "portal", "a b.example", "portal.example.org\r\nMAIL", "[portal.example.org]", "."] {
            assert_eq!(parse_hello(bad), Err(ConfigError::SmtpHello), "{bad}");
        }
    }

    #[test]
    fn a_sender_goes_out_in_ascii() {
        let settings = |sender: &str| {
            let hello = ClientId::Domain("a.example".to_owned());
            MailSettings::new(good("smtp://127.0.0.1"), parse_sender(sender).unwrap(), hello, None)
        };
        assert_eq!(
            settings("Post <login@müller.example>").unwrap().sender.to_string(),
            "Post <login@xn--mller-kva.example>"
        );
        assert_eq!(parse_sender("Acme <login@example.org>").unwrap().email.to_string(), "login@example.org");
        for bad in ["Acme", "Ac\u{202e}me <login@example.org>"] {
            assert_eq!(parse_sender(bad).unwrap_err(), ConfigError::Sender, "{bad}");
        }
    }
}
