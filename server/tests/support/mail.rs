//! A real mail server on loopback, Debian's aiosmtpd, and the mail that it took.

use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// Mail as a mail program reads it.
#[derive(Debug, Clone, Deserialize)]
pub struct Letter {
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
}

impl MailServer {
    /// A port on which nothing answers yet.
    pub fn stopped() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port())
    }

    /// Someone else's port.
    pub fn on(port: u16) -> Self {
        Self { port, folder: tempfile::tempdir().unwrap(), running: None, credentials: "" }
    }

    pub async fn started() -> Self {
        let mut server = Self::stopped();
        server.start().await;
        server
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        let child = Command::new("aiosmtpd")
            .args(["--nosetuid", "--listen", &format!("127.0.0.1:{}", self.port)])
            .args(["--class", "mail_handler.Kept"])
            .arg(self.folder.path())
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
        format!("smtp://{}127.0.0.1:{}", self.credentials, self.port)
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
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
