//! The program itself, for what only shows from outside: messages, exit codes, a real port.

use super::TestPortal;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long a command may take that is expected to end by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// `twofold` with its data in `folder`, and nothing of the caller's settings.
pub fn twofold(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twofold"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TWOFOLD_")) {
        command.env_remove(name);
    }
    command.env("TWOFOLD_DATA_DIR", folder).env("TWOFOLD_LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    command
}

/// `twofold` on the data of `portal`.
pub fn beside(portal: &TestPortal) -> Command {
    let mut command = twofold(portal.folder());
    if let Some(url) = portal.database.url() {
        command.env("TWOFOLD_DATABASE_URL", url);
    }
    command
}

/// Runs a command that is expected to end by itself.
pub fn run(command: &mut Command) -> (Option<i32>, String) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    outcome(child.expect("the program starts"))
}

/// Waits for the end, but not for ever: exit code and all that was said.
fn outcome(child: Child) -> (Option<i32>, String) {
    let id = child.id().to_string();
    let (ended, end) = channel();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        // Nobody listens once the patience below is over.
        let _ = ended.send(());
        output
    });
    let in_time = end.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
    }
    let Output { status, stdout, stderr } = waiting.join().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(in_time, "it did not end by itself: {said}");
    (status.code(), said)
}

/// The user of the operating system who runs the tests.
pub fn system_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a command with a line on its standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> (Option<i32>, String) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the program starts");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    outcome(child)
}

/// A serving `twofold`; killed when dropped.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    /// What it printed before it was ready.
    pub printed: String,
}

impl Serving {
    /// Starts `twofold serve` and waits until it says that it listens.
    pub fn start(command: &mut Command) -> Self {
        Self::start_logging_to(command, Stdio::null())
    }

    /// The same with somewhere for its log to go. A pipe that is given here is never read.
    pub fn start_logging_to(command: &mut Command, log: impl Into<Stdio>) -> Self {
        let mut child = command.arg("serve").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut printed = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.parse().expect("an address");
                return Self { child, address, printed };
            }
            printed += &(line + "\n");
        }
        let status = child.wait().unwrap();
        panic!("`twofold serve` ended before it was ready ({status}): {printed}");
    }

    /// Asks over the network; answers status line, headers and body as they came.
    pub async fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len(),
            address = self.address,
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Whether name and password open a session.
    pub async fn lets_in(&self, name: &str, password: &str) -> bool {
        use super::browser::encode;
        let body = format!("user_name={}&password={}", encode(name), encode(password));
        let answer = self.ask("POST", "/api/sign-in", &body).await;
        answer.starts_with("HTTP/1.1 200") && answer.contains("-session=")
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Asks it to stop, as a supervisor does; answers its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }

    /// Waits for its end, which is expected in time; answers its exit code.
    pub async fn ends_within(mut self, time: Duration) -> Option<i32> {
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => return status.code(),
                    None => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        timeout(time, ended).await.expect("it ends in time")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
