//! A PgBouncer between a portal and its PostgreSQL.

use super::Database;
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// Debian keeps it out of PATH.
const DEBIAN: &str = "/usr/sbin/pgbouncer";

/// Stopped when dropped.
pub struct Bouncer {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Bouncer {
    /// Before the server of `database`, in a pool mode.
    pub async fn start(database: &Database, pool_mode: &str) -> Self {
        let server = database.url().unwrap().rsplit_once('@').unwrap().1.split('/').next().unwrap();
        let (host, port) = server.rsplit_once(':').unwrap();
        let folder = tempfile::tempdir().unwrap();
        // PgBouncer does not run as root but as another user, who must see its settings.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (users, settings) = (folder.path().join("users"), folder.path().join("pgbouncer.ini"));
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let text = format!(
            "[databases]\n* = host={host} port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n\
             auth_type = trust\nauth_file = {}\nunix_socket_dir =\npool_mode = {pool_mode}\n",
            free.port(),
            users.display(),
        );
        std::fs::write(&settings, text).unwrap();
        let mut command = program(&settings);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let bouncer = Self { child: child.expect("pgbouncer starts"), address: free, _folder: folder };
        for _ in 0..100 {
            if TcpStream::connect(free).is_ok() {
                return bouncer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PgBouncer does not listen");
    }

    /// The same database through it.
    pub fn before(&self, database: &Database) -> Database {
        let Database::Postgres { url, name } = database else { panic!("PostgreSQL") };
        let (_, path) = url.rsplit_once('/').unwrap();
        Database::Postgres { url: format!("postgres://postgres@{}/{path}", self.address), name: name.clone() }
    }
}

fn program(settings: &Path) -> Command {
    let program = if Path::new(DEBIAN).exists() { DEBIAN } else { "pgbouncer" };
    let mut command = if super::binary::system_user() == "root" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.arg(settings);
    command
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
