//! A PostgreSQL cluster that exists for one run of the tests or benchmarks.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::tools::find_program;

/// Where tests and benchmarks find a PostgreSQL on which they may create databases.
pub const POSTGRES_URL: &str = "TWOFOLD_TEST_POSTGRES";
/// Debian keeps the server's programs out of PATH, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The system user that Debian's package makes.
const OWNER: &str = "postgres";

/// Stopped and removed when dropped.
pub struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    pub fn start() -> Result<Self> {
        let programs = programs().context("initdb and pg_ctl were not found")?;
        let folder = tempfile::Builder::new().prefix("twofold-postgres-").tempdir()?;
        hand_over(folder.path())?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let cluster = Self { programs, folder, port };
        run(cluster
            .program("initdb")
            .args(["--username", OWNER, "--auth", "trust", "--no-sync"])
            .args(["--encoding", "UTF8", "--no-locale", "--pgdata"])
            .arg(cluster.data()))?;
        // Trusting everyone is no risk: only this machine reaches it, and it
        // holds nothing. Durability is not what these tests are about.
        let settings = format!(
            "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
             -c max_connections=200 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        );
        run(cluster
            .program("pg_ctl")
            .args(["start", "-w", "-t", "60", "-o", &settings, "-D"])
            .arg(cluster.data())
            .arg("-l")
            .arg(cluster.log()))
        .with_context(|| fs::read_to_string(cluster.log()).unwrap_or_default())?;
        Ok(cluster)
    }

    /// The administrative database, under which each test makes its own.
    pub fn url(&self) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// PostgreSQL refuses to run as root, so root runs it as its own user.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", OWNER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // A person's own settings are for their own cluster.
        for setting in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGOPTIONS"] {
            command.env_remove(setting);
        }
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.data());
        if self.data().join("postmaster.pid").exists()
            && let Err(error) = run(&mut stop)
        {
            eprintln!("the throw-away PostgreSQL could not be stopped: {error:#}");
        }
    }
}

/// Runs quietly. The output goes to a file instead of a pipe: the server
/// inherits it, and a pipe would only end with the server.
fn run(command: &mut Command) -> Result<()> {
    let output = tempfile::NamedTempFile::new()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output.reopen()?)
        .stderr(output.reopen()?)
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !status.success() {
        let said = fs::read_to_string(output.path()).unwrap_or_default();
        bail!("{command:?} failed ({status}): {said}");
    }
    Ok(())
}

/// The folder of `initdb` and `pg_ctl`: where PATH has them, else the newest of Debian's.
pub fn programs() -> Option<PathBuf> {
    if let Some(initdb) = find_program("initdb")
        && find_program("pg_ctl").is_some()
    {
        let initdb = initdb.canonicalize().ok()?;
        return Some(initdb.parent()?.to_owned());
    }
    let versions = fs::read_dir(DEBIAN).ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").exists().then_some((version, programs))
        })
        .max()
        .map(|(_, programs)| programs)
}

#[cfg(unix)]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // What this process makes belongs to its effective user.
    tempfile::tempfile().and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}

/// Gives the folder to the user that PostgreSQL runs as.
#[cfg(unix)]
fn hand_over(folder: &Path) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let id = |flag: &str| -> Result<u32> {
        let output = Command::new("id").args([flag, OWNER]).output()?;
        let digits = String::from_utf8(output.stdout)?;
        digits.trim().parse().with_context(|| format!("there is no user {OWNER}"))
    };
    std::os::unix::fs::chown(folder, Some(id("-u")?), Some(id("-g")?))
        .with_context(|| format!("{} could not be handed over", folder.display()))
}

#[cfg(not(unix))]
fn hand_over(_: &Path) -> Result<()> {
    Ok(())
}
