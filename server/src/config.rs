//! What an operator can set: flags of the command line, each also an
//! environment variable, validated before anything is opened.

use clap::Args;
use http::Uri;
use ipnet::IpNet;
use lettre::{
    Address, AsyncSmtpTransport, Tokio1Executor, message::Mailbox, transport::smtp::AsyncSmtpTransportBuilder,
};
use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

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

    /// URL at which people reach the portal, e.g. https://login.example.org. Default: the address listened on.
    #[arg(long, env = "TWOFOLD_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,

    /// How long a QR code can be used, e.g. 3m or 90s.
    #[arg(long, env = "TWOFOLD_QR_LIFETIME", default_value = "3m", value_name = "TIME", value_parser = parse_qr_lifetime)]
    pub qr_lifetime: Duration,

    /// Name of the portal, shown on its pages and in authenticator apps.
    #[arg(long, env = "TWOFOLD_ISSUER", default_value = "Twofold", value_name = "NAME", value_parser = parse_name)]
    pub issuer: String,

    /// Networks of proxies whose X-Forwarded-For header counts, e.g. 10.0.0.0/8,::1/128.
    #[arg(long, env = "TWOFOLD_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORKS", value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Mail server for notices and reminders: smtps://USER:PASSWORD@HOST, smtp://HOST:587?tls=required, smtp://127.0.0.1:25. Default: no mail.
    #[arg(long, env = "TWOFOLD_SMTP_URL", value_name = "URL", hide_env_values = true, value_parser = SmtpUrl::parse)]
    pub smtp_url: Option<SmtpUrl>,

    /// Sender of the portal's mail, e.g. "Acme sign-in <login@example.org>". Default: the portal's name, twofold@ its host.
    #[arg(long, env = "TWOFOLD_MAIL_FROM", value_name = "ADDRESS", value_parser = parse_sender)]
    pub mail_from: Option<Mailbox>,

    /// Serve a throw-away database with sample people, on loopback only.
    #[arg(long, env = "TWOFOLD_DEMO")]
    pub demo: bool,
}

/// The origin at which browsers reach the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    authority: String,
}

/// A mail server, with what it takes to sign in there.
#[derive(Clone)]
pub struct SmtpUrl(String);

/// Without the password.
impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SmtpUrl").field(&self.host()).finish()
    }
}

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Through which server.
    pub server: SmtpUrl,
    /// From whom.
    pub sender: Mailbox,
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
    /// Empty, long or with control characters.
    #[error("expected 1 to {LONGEST_NAME} printable characters")]
    Name,
    /// Neither a network nor an address.
    #[error("expected a network such as 10.0.0.0/8 or an address")]
    Network,
    /// Not the URL of a mail server.
    #[error(
        "expected smtps://HOST, smtp://HOST:587?tls=required or, without encryption, smtp://HOST; USER:PASSWORD@ may stand before the host"
    )]
    SmtpUrl,
    /// A password for the mail server would cross a network in the clear.
    #[error("a password for the mail server goes encrypted only: smtps://… or smtp://…?tls=required")]
    PlainSmtpPassword,
    /// Not a mail address.
    #[error("expected a mail address such as \"Acme sign-in <login@example.org>\"")]
    Sender,
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
        let uri: Uri = text.parse().map_err(|_| ConfigError::PublicUrl)?;
        let authority = uri.authority().ok_or(ConfigError::PublicUrl)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(ConfigError::PublicUrl);
        }
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(ConfigError::PublicUrl),
        };
        let url = Self { https, authority: authority.as_str().to_lowercase() };
        if https || is_loopback_name(authority.host()) { Ok(url) } else { Err(ConfigError::PlainHttp) }
    }

    /// The origin of an address listened on.
    pub fn listening(address: SocketAddr) -> Self {
        Self { https: false, authority: address.to_string() }
    }

    /// Whether browsers come over HTTPS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The origin as browsers write it (RFC 6454 §6.2).
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }

    /// The host, without port.
    pub fn host(&self) -> &str {
        self.authority
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or(self.authority.as_str(), |(host, _)| host)
    }

    /// A link to a path of the portal.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

impl SmtpUrl {
    /// Reads the URL of a mail server.
    ///
    /// # Errors
    /// [`ConfigError::SmtpUrl`] or [`ConfigError::PlainSmtpPassword`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = Self(text.trim().to_owned());
        url.transport()?;
        let encrypted = url.0.starts_with("smtps://") || url.0.contains("tls=required");
        let host = url.host();
        if host.is_empty() {
            return Err(ConfigError::SmtpUrl);
        }
        let local = host.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
            || is_loopback_name(host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name));
        if url.0.contains('@') && !encrypted && !local { Err(ConfigError::PlainSmtpPassword) } else { Ok(url) }
    }

    /// What opens connections to it.
    ///
    /// # Errors
    /// [`ConfigError::SmtpUrl`]; not after [`SmtpUrl::parse`].
    pub fn transport(&self) -> Result<AsyncSmtpTransportBuilder, ConfigError> {
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.0).map_err(|_| ConfigError::SmtpUrl)
    }

    /// Its host, and its port where one is named: what may be shown.
    pub fn host(&self) -> String {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default().to_owned()
    }
}

fn parse_sender(text: &str) -> Result<Mailbox, ConfigError> {
    text.trim().parse().map_err(|_| ConfigError::Sender)
}

fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
    /// [`ConfigError::SenderMissing`].
    pub fn mail(&self, public_url: &PublicUrl) -> Result<Option<MailSettings>, ConfigError> {
        let Some(server) = self.smtp_url.clone() else { return Ok(None) };
        let sender = match &self.mail_from {
            Some(sender) => sender.clone(),
            None => {
                let host = public_url.host();
                let address = Address::new("twofold", host).map_err(|_| ConfigError::SenderMissing(host.to_owned()))?;
                Mailbox::new(Some(self.issuer.clone()), address)
            }
        };
        Ok(Some(MailSettings { server, sender }))
    }
}

fn parse_qr_lifetime(text: &str) -> Result<Duration, ConfigError> {
    let lifetime = humantime::parse_duration(text).map_err(|_| ConfigError::QrLifetime)?;
    let whole = Duration::from_secs(lifetime.as_secs());
    if whole.is_zero() || whole > LONGEST_QR_LIFETIME { Err(ConfigError::QrLifetime) } else { Ok(whole) }
}

fn parse_name(text: &str) -> Result<String, ConfigError> {
    let name = text.trim();
    let good = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if good { Ok(name.to_owned()) } else { Err(ConfigError::Name) }
}

fn parse_network(text: &str) -> Result<IpNet, ConfigError> {
    let text = text.trim();
    text.parse().or_else(|_| text.parse().map(|ip: std::net::IpAddr| ip.into())).map_err(|_| ConfigError::Network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_https_beyond_loopback() {
        let good = |text: &str| PublicUrl::parse(text).unwrap().origin();
        assert_eq!(good("https://Login.Example.org/"), "https://login.example.org");
        assert_eq!(good("http://localhost:3000"), "http://localhost:3000");
        assert_eq!(good("http://[::1]:8080"), "http://[::1]:8080");
        assert_eq!(PublicUrl::parse("http://login.example.org"), Err(ConfigError::PlainHttp));
        for bad in [
            "login.example.org",
            "https://a.example/path",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a?b",
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
        for bad in ["", "  ", "a\nb", &"a".repeat(65)] {
            assert_eq!(parse_name(bad), Err(ConfigError::Name), "{bad:?}");
        }
        assert!(parse_network("10.0.0.0/8").is_ok() && parse_network("::1").is_ok());
        assert_eq!(parse_network("proxy"), Err(ConfigError::Network));
    }

    #[test]
    fn a_mail_server_never_shows_its_password_nor_gets_it_in_the_clear() {
        let url = SmtpUrl::parse("smtps://portal:s3cret@mail.example.org:465").unwrap();
        assert_eq!(url.host(), "mail.example.org:465");
        assert!(!format!("{url:?}").contains("s3cret"));
        assert_eq!(SmtpUrl::parse("smtp://127.0.0.1:2525").unwrap().host(), "127.0.0.1:2525");
        assert!(SmtpUrl::parse("smtp://portal:s3cret@127.0.0.1:2525").is_ok());
        assert!(SmtpUrl::parse("smtp://portal:s3cret@mail.example.org:587?tls=required").is_ok());
        let refused = |text: &str| SmtpUrl::parse(text).unwrap_err();
        assert_eq!(refused("smtp://portal:s3cret@mail.example.org"), ConfigError::PlainSmtpPassword);
        for bad in ["mail.example.org", "http://mail.example.org", "smtp://", "", "smtp://mail.example.org?tls=maybe"] {
            assert_eq!(refused(bad), ConfigError::SmtpUrl, "{bad}");
        }
        assert_eq!(parse_sender("Acme <login@example.org>").unwrap().email.to_string(), "login@example.org");
        assert_eq!(parse_sender("Acme").unwrap_err(), ConfigError::Sender);
    }
}
