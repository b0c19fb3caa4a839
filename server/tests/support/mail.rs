//! A real mail server on loopback, Debian's aiosmtpd, and the mail that it took.

use lettre::transport::smtp::client::Certificate;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use twofold::config::Patience;

/// Mail as a mail program reads it.
#[derive(Debug, Clone, Deserialize)]
pub struct Letter {
    /// How the portal introduced itself.
    pub hello: String,
    /// Whether the connection was encrypted from the first byte, or since STARTTLS.
    pub encrypted: bool,
    pub from: String,
    /// What was said of it besides.
    pub options: Vec<String>,
    pub to: Vec<String>,
    /// By name in small letters, decoded.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// As it came over the wire.
    pub raw: String,
}

impl Letter {
    pub fn subject(&self) -> &str {
        &self.headers["subject"]
    }
}

/// Runs while it is started, on one port throughout; stopped when dropped.
pub struct MailServer {
    port: u16,
    folder: TempDir,
    running: Option<Child>,
    /// What the portal is told to sign in with.
    pub credentials: &'static str,
    /// Refusals, each a step and an answer: `MAIL 550 5.7.1 Not from you`.
    pub refuses: Vec<String>,
    /// Takes addresses with letters beyond ASCII before the @.
    pub utf8: bool,
    pub encryption: Encryption,
    /// Who certifies it, to the portal.
    pub trusted: bool,
    /// How long the portal waits for it.
    pub patience: Patience,
    authority: Authority,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    Off,
    StartTls,
    Implicit,
}

/// An authority of one's own, and a certificate of it for 127.0.0.1.
struct Authority {
    certificate: String,
    server: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own_key = KeyPair::generate().unwrap();
        let certificate = own.self_signed(&own_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let server = server.signed_by(&key, &Issuer::new(own, own_key)).unwrap().pem();
        Self { certificate, server, key: key.serialize_pem() }
    }
}

impl MailServer {
    /// A port on which nothing answers yet.
    pub fn stopped() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port())
    }

    /// Someone else's port.
    pub fn on(port: u16) -> Self {
        Self {
            port,
            folder: tempfile::tempdir().unwrap(),
            running: None,
            credentials: "",
            refuses: Vec::new(),
            utf8: false,
            encryption: Encryption::Off,
            trusted: true,
            patience: Patience::default(),
            authority: Authority::new(),
        }
    }

    pub async fn started() -> Self {
        let mut server = Self::stopped();
        server.start().await;
        server
    }

    /// Stops it.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        let file = |name: &str, content: &str| {
            let file = self.folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            file
        };
        let (certificate, key) = (file("server.pem", &self.authority.server), file("server.key", &self.authority.key));
        let mut command = Command::new("aiosmtpd");
        let flags = match self.encryption {
            Encryption::Off => None,
            Encryption::StartTls => Some(["--tlscert", "--tlskey"]),
            Encryption::Implicit => Some(["--smtpscert", "--smtpskey"]),
        };
        if let Some([for_certificate, for_key]) = flags {
            command.arg(for_certificate).arg(certificate).arg(for_key).arg(key);
        }
        if self.utf8 {
            command.arg("--smtputf8");
        }
        let child = command
            .args(["--nosetuid", "--listen", &format!("127.0.0.1:{}", self.port)])
            .args(["--class", "mail_handler.Kept"])
            .arg(self.folder.path())
            .args(&self.refuses)
            .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .spawn()
            .expect("aiosmtpd starts; `cargo xtask test http` installs it");
        self.running = Some(child);
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the mail server does not answer");
    }

    pub fn url(&self) -> String {
        let (scheme, tls) = match self.encryption {
            Encryption::Off => ("smtp", ""),
            Encryption::StartTls => ("smtp", "?tls=required"),
            Encryption::Implicit => ("smtps", ""),
        };
        format!("{scheme}://{}127.0.0.1:{}{tls}", self.credentials, self.port)
    }

    /// What the portal is told of who certifies it.
    pub fn authority(&self) -> Option<Certificate> {
        self.trusted.then(|| Certificate::from_pem(self.authority.certificate.as_bytes()).unwrap())
    }

    /// The same as a file.
    pub fn authority_file(&self) -> PathBuf {
        let file = self.folder.path().join("authority.pem");
        std::fs::write(&file, &self.authority.certificate).unwrap();
        file
    }

    /// What it took, by the time of sending and the person.
    pub fn letters(&self) -> Vec<Letter> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let whole = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let mut letters: Vec<Letter> =
            whole.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect();
        letters.sort_by(|one, other| {
            let key = |letter: &Letter| (letter.headers["message-id"].clone(), letter.to.clone());
            key(one).cmp(&key(other))
        });
        letters
    }

    pub fn subjects(&self) -> Vec<String> {
        self.letters().iter().map(|letter| letter.subject().to_owned()).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}
