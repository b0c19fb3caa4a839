//! What an operator can set: flags of the command line, each also an
//! environment variable, validated before anything is opened.

pub mod connections;
mod mail;

pub use connections::ConnectionArgs;
pub use mail::{Encryption, MailSettings, Patience, SmtpUrl, TypedUrl};

use crate::domain::identity::name;
use clap::{Args, builder::BoolishValueParser};
use ipnet::IpNet;
use lettre::{Address, message::Mailbox, transport::smtp::extension::ClientId};
use mail::{default_hello, parse_hello, parse_sender, read_authority};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use url::Url;

/// Longest QR lifetime; a secret is not left on a screen for longer.
const LONGEST_QR_LIFETIME: Duration = Duration::from_secs(3_600);

/// Longest portal name, in characters; it is part of every QR code.
const LONGEST_NAME: usize = 64;

/// Where the data is. Every command takes these.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder for the database and the encryption key; created if it is not there.
    #[arg(long, env = "TWOFOLD_DATA_DIR", default_value = "data", value_name = "FOLDER")]
    pub data_dir: PathBuf,

    /// PostgreSQL to use instead of the SQLite file in the data folder: postgres://…
    #[arg(long, env = "TWOFOLD_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// File with the encryption key (32 bytes in hexadecimal or base64) instead of the one in the data folder.
    #[arg(long, env = "TWOFOLD_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// The encryption key itself.
    #[arg(env = "TWOFOLD_KEY", hide = true, hide_env_values = true, long = "key", value_name = "KEY")]
    pub key: Option<String>,

    /// File with the key before the current one; what it sealed is sealed anew while serving.
    #[arg(long, env = "TWOFOLD_PREVIOUS_KEY_FILE", value_name = "FILE")]
    pub previous_key_file: Option<PathBuf>,

    /// File with the key that comes after the current one; it opens what another node sealed with it.
    #[arg(long, env = "TWOFOLD_NEXT_KEY_FILE", value_name = "FILE")]
    pub next_key_file: Option<PathBuf>,
}

/// How the portal is served.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataArgs,

    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "TWOFOLD_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,

    #[expect(rustdoc::bare_urls, reason = "the command line shows this text as it is")]
    /// URL at which people reach the portal, e.g. https://login.example.org. Default: the address listened on.
    #[arg(long, env = "TWOFOLD_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,

    /// How long a QR code can be used, e.g. 3m or 90s.
    #[arg(long, env = "TWOFOLD_QR_LIFETIME", default_value = "3m", value_name = "TIME", value_parser = parse_qr_lifetime)]
    pub qr_lifetime: Duration,

    /// Name of the portal, shown on its pages and in authenticator apps.
    #[arg(long, env = "TWOFOLD_ISSUER", default_value = "Twofold", value_name = "NAME", value_parser = parse_name)]
    pub issuer: String,

    // `None` where nothing stands between two commas, or behind the last.
    /// Networks of proxies whose X-Forwarded-For header counts, e.g. 10.0.0.0/8,::1/128.
    #[arg(long, env = "TWOFOLD_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORKS", value_parser = parse_network)]
    pub trusted_proxies: Vec<Option<IpNet>>,

    /// Mail server for notices and reminders: smtps://USER:PASSWORD@HOST, smtp://HOST:587?tls=required, smtp://127.0.0.1:25. Default: no mail.
    #[arg(long, env = "TWOFOLD_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<TypedUrl>,

    /// Sender of the portal's mail, e.g. "Acme sign-in <login@example.org>". Default: the portal's name, twofold@ its host.
    #[arg(long, env = "TWOFOLD_MAIL_FROM", value_name = "ADDRESS", value_parser = parse_sender)]
    pub mail_from: Option<Mailbox>,

    /// Name by which the portal introduces itself to the mail server. Default: the host of the public URL, else of the sender.
    #[arg(long, env = "TWOFOLD_SMTP_HELLO", value_name = "NAME", value_parser = parse_hello)]
    pub smtp_hello: Option<ClientId>,

    /// File with certificates (PEM) of authorities that the mail server's may come from, besides those that the system trusts.
    #[arg(long, env = "TWOFOLD_SMTP_CA", value_name = "FILE")]
    pub smtp_ca: Option<PathBuf>,
    /// How many connections there may be, and how long.
    #[command(flatten)]
    pub connections: ConnectionArgs,

    /// Serve a throw-away database with sample people, on loopback only.
    #[arg(long, env = "TWOFOLD_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,
}

/// The origin at which browsers reach the portal, as they write it: the host in
/// small ASCII letters, no port where it is the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    host: String,
    port: Option<u16>,
}

/// Why a setting can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Not an origin.
    #[error("expected an origin such as https://login.example.org, without path")]
    PublicUrl,
    /// Plain HTTP would carry passwords over a network.
    #[error("plain http is for loopback only; give the https:// address that people use")]
    PlainHttp,
    /// Listening beyond loopback without saying under which address.
    #[error("listening on {0} needs --public-url with the https:// address that people use")]
    PublicUrlMissing(SocketAddr),
    /// The demo's passwords are public.
    #[error("--demo listens on loopback only, not on {0}")]
    DemoBeyondLoopback(SocketAddr),
    /// The demo has its own database.
    #[error("--demo uses its own throw-away database; leave out --database-url")]
    DemoDatabase,
    /// Out of bounds.
    #[error("expected a time from 1s to 1h, such as 3m")]
    QrLifetime,
    /// Empty, long, or with what can't be seen.
    #[error("expected 1 to {LONGEST_NAME} printable characters, not only colons")]
    Name,
    /// Out of bounds.
    #[error("expected a time from 100ms to 1h, such as 10s")]
    Time,
    /// Out of bounds.
    #[error("expected a number from 1 to 1000000")]
    Number,
    /// Neither a network nor an address.
    #[error("expected a network such as 10.0.0.0/8 or an address")]
    Network,
    /// Not the URL of a mail server. Says nothing of it, since a password may stand anywhere in it.
    #[error(
        "--smtp-url: expected smtps://HOST, smtp://HOST:587?tls=required or, without encryption, smtp://HOST; USER:PASSWORD@ may stand before the host, in which characters such as # / ? @ : % are written as %23 %2F %3F %40 %3A %25"
    )]
    SmtpUrl,
    /// A password for the mail server would cross a network in the clear.
    #[error("--smtp-url: a password for the mail server goes encrypted only: smtps://… or smtp://…?tls=required")]
    PlainSmtpPassword,
    /// Not a mail address.
    #[error("expected a mail address such as \"Acme sign-in <login@example.org>\"")]
    Sender,
    /// Neither a qualified name nor an address.
    #[error("expected a qualified host name such as login.example.org, or an address such as [192.0.2.1]")]
    SmtpHello,
    /// No certificates of authorities, or no encryption with them.
    #[error("--smtp-ca: encrypted connections to the mail server can't be prepared: {0}")]
    SmtpCa(String),
    /// An address of a host that has none.
    #[error("--smtp-url needs --mail-from with the address that mail comes from; {0} is no host for one")]
    SenderMissing(String),
}

impl PublicUrl {
    /// Reads an origin.
    ///
    /// # Errors
    /// [`ConfigError::PublicUrl`] or [`ConfigError::PlainHttp`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text.trim()).map_err(|_| ConfigError::PublicUrl)?;
        let more = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        if more || !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::PublicUrl);
        }
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(ConfigError::PublicUrl),
        };
        let host = url.host_str().ok_or(ConfigError::PublicUrl)?.to_owned();
        let url = Self { https, host, port: url.port() };
        if https || is_loopback_name(&url.host) { Ok(url) } else { Err(ConfigError::PlainHttp) }
    }

    /// The origin of an address listened on.
    pub fn listening(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { https: false, host, port: Some(address.port()).filter(|port| *port != 80) }
    }

    /// Whether browsers come over HTTPS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The origin as browsers write it (RFC 6454 §6.2).
    pub fn origin(&self) -> String {
        let (scheme, host) = (if self.https { "https" } else { "http" }, &self.host);
        match self.port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// The host, without port; an address of IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where it is not the usual one of HTTP or HTTPS.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// A link to a path of the portal.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

/// Whether a host, with or without brackets, is this machine itself.
pub fn is_loopback_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address_of(host).is_some_and(|ip| ip.is_loopback())
}

/// The address that a host is, if it is one.
pub fn address_of(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

impl ServeArgs {
    /// Checks what single values can't tell.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let loopback = self.listen.ip().is_loopback();
        if self.demo && !loopback {
            return Err(ConfigError::DemoBeyondLoopback(self.listen));
        }
        if self.demo && self.data.database_url.is_some() {
            return Err(ConfigError::DemoDatabase);
        }
        if !loopback && self.public_url.is_none() {
            return Err(ConfigError::PublicUrlMissing(self.listen));
        }
        Ok(())
    }
}

impl ServeArgs {
    /// How mail is sent, if it is.
    ///
    /// # Errors
    /// [`ConfigError::SmtpUrl`], [`ConfigError::PlainSmtpPassword`], [`ConfigError::SenderMissing`] or
    /// [`ConfigError::SmtpCa`].
    pub fn mail(&self, public_url: &PublicUrl) -> Result<Option<MailSettings>, ConfigError> {
        let Some(url) = &self.smtp_url else { return Ok(None) };
        let server = url.read()?;
        let sender = match &self.mail_from {
            Some(sender) => sender.clone(),
            None => {
                let host = public_url.host();
                let address = Address::new("twofold", host).map_err(|_| ConfigError::SenderMissing(host.to_owned()))?;
                Mailbox::new(Some(self.issuer.clone()), address)
            }
        };
        let hello = self.smtp_hello.clone().unwrap_or_else(|| default_hello(public_url, &sender.email));
        let authority = self.smtp_ca.as_deref().map(read_authority).transpose()?;
        MailSettings::new(server, sender, hello, authority).map(Some)
    }
}

fn parse_qr_lifetime(text: &str) -> Result<Duration, ConfigError> {
    let lifetime = humantime::parse_duration(text).map_err(|_| ConfigError::QrLifetime)?;
    let whole = Duration::from_secs(lifetime.as_secs());
    if whole.is_zero() || whole > LONGEST_QR_LIFETIME { Err(ConfigError::QrLifetime) } else { Ok(whole) }
}

fn parse_name(text: &str) -> Result<String, ConfigError> {
    let name = name::parse(text, LONGEST_NAME).map_err(|_| ConfigError::Name)?;
    // Apps show it without colons.
    let is_shown = name.contains(|c: char| c != ':' && !c.is_whitespace());
    if is_shown { Ok(name) } else { Err(ConfigError::Name) }
}

/// One of a list, in which a comma too many does no harm.
fn parse_network(text: &str) -> Result<Option<IpNet>, ConfigError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let network = text.parse().or_else(|_| text.parse().map(|ip: IpAddr| ip.into()));
    network.map(Some).map_err(|_| ConfigError::Network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_https_beyond_loopback() {
        let good = |text: &str| PublicUrl::parse(text).unwrap().origin();
        assert_eq!(good("https://Login.Example.org/"), "https://login.example.org");
        assert_eq!(good("http://localhost:3000"), "http://localhost:3000");
        for (usual, origin) in [
            ("https://login.example.org:443", "https://login.example.org"),
            ("http://localhost:80/", "http://localhost"),
            ("https://login.example.org:8443", "https://login.example.org:8443"),
            (" https://anmeldung.müller.example", "https://anmeldung.xn--mller-kva.example"),
            ("https://ログイン.example:8443", "https://xn--eckxa6p0a.example:8443"),
            ("https://LOGIN。Example.org", "https://login.example.org"),
        ] {
            assert_eq!(good(usual), origin);
        }
        assert_eq!(good("http://[::1]:8080"), "http://[::1]:8080");
        assert_eq!(PublicUrl::parse("http://login.example.org"), Err(ConfigError::PlainHttp));
        for bad in [
            "login.example.org",
            "https://a.example/path",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a?b",
            "https://a#b",
            "https://",
            "https://a b.example",
            "login.example.org:8443",
            "",
        ] {
            assert_eq!(PublicUrl::parse(bad), Err(ConfigError::PublicUrl), "{bad}");
        }
    }

    #[test]
    fn qr_lifetimes_names_and_networks_are_bounded() {
        assert_eq!(parse_qr_lifetime("90s"), Ok(Duration::from_secs(90)));
        for bad in ["0s", "2h", "soon", "", "500ms"] {
            assert_eq!(parse_qr_lifetime(bad), Err(ConfigError::QrLifetime), "{bad}");
        }
        assert_eq!(parse_name(" Acme: IT & more "), Ok("Acme: IT & more".to_owned()));
        assert_eq!(parse_name("\u{202a}Acme\u{202c}"), Ok("Acme".to_owned()), "what comes along around it");
        for bad in ["", "  ", " : ", "a\nb", "a\u{202e}b", "a\u{2066}b", "a\u{200b}b", &"a".repeat(65)] {
            assert_eq!(parse_name(bad), Err(ConfigError::Name), "{bad:?}");
        }
        assert!(parse_network("10.0.0.0/8").is_ok() && parse_network("::1").is_ok());
        assert_eq!(parse_network("proxy"), Err(ConfigError::Network));
        assert_eq!([parse_network(""), parse_network(" ")], [Ok(None), Ok(None)]);
    }
}
