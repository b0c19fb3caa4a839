//! The network between a portal and its PostgreSQL, and what goes wrong there.

use super::{Database, TestPortal};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// How a database behaves that can't be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Up,
    /// Connections break and new ones are refused.
    Cut,
    /// Nothing breaks and nothing comes back.
    Hanging,
    /// Each answer takes so long.
    Slow(Duration),
}

/// The network.
pub struct Network {
    pub address: SocketAddr,
    link: watch::Sender<Link>,
    commits: Commits,
    asked: Arc<AtomicI64>,
}

/// How many commits are still answered; after them one is made and its answer
/// lost with the connection. Negative: none is lost.
#[derive(Clone)]
struct Commits(Arc<AtomicI64>);

impl Network {
    /// To a server, given as host and port.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (link, state) = watch::channel(Link::Up);
        let commits = Commits(Arc::new(AtomicI64::new(-1)));
        let asked = Arc::new(AtomicI64::new(0));
        let counted = (commits.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), state.clone(), counted.clone()));
            }
        });
        Self { address, link, commits, asked }
    }

    /// To the server of a database.
    pub async fn before(database: &Database) -> Self {
        let server = database.url().unwrap().rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
        Self::to(server).await
    }

    pub fn set(&self, link: Link) {
        self.link.send(link).unwrap();
    }

    /// Has the answer to the next commit but `after` be lost.
    pub fn lose_a_commit(&self, after: i64) {
        self.commits.0.store(after, Ordering::SeqCst);
    }

    /// How many packets went to the server so far: as many as answers were waited for.
    pub fn asked(&self) -> i64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// A portal whose PostgreSQL is at the other end.
    pub async fn portal(&self, database: Database) -> TestPortal {
        let Database::Postgres { url, name } = database else { panic!("PostgreSQL") };
        let (_, path) = url.rsplit_once('/').unwrap();
        let url = format!("postgres://postgres@{}/{path}", self.address);
        TestPortal::on(Database::Postgres { url, name }).await
    }
}

type Counted = (Commits, Arc<AtomicI64>);

impl Commits {
    /// Whether the answer to this is to be lost.
    fn loses(&self, sent: &[u8]) -> bool {
        // A simple query, on its own in a packet.
        sent.starts_with(b"Q") && sent.ends_with(b"COMMIT\0") && self.0.fetch_sub(1, Ordering::SeqCst) == 0
    }
}

/// Carries one connection for as long as the link is up.
async fn carry(client: TcpStream, server: String, mut state: watch::Receiver<Link>, counted: Counted) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
    let carries = !matches!(*state.borrow(), Link::Cut | Link::Hanging);
    let answers = state.clone();
    let both = async {
        tokio::select! {
            _ = ask(from_client, to_server, counted) => {}
            _ = answer(from_server, to_client, answers) => {}
        }
    };
    tokio::select! {
        () = both, if carries => {}
        _ = async { drop(state.clone().wait_for(|link| matches!(link, Link::Cut | Link::Hanging)).await) } => {}
    }
    // Both ends of what hangs stay open until the link changes again.
    let _ = state.wait_for(|link| *link != Link::Hanging).await;
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, (commits, asked): Counted) -> std::io::Result<()> {
    let mut packet = vec![0; 65_536];
    loop {
        let read = from.read(&mut packet).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        asked.fetch_add(1, Ordering::SeqCst);
        to.write_all(&packet[..read]).await?;
        if commits.loses(&packet[..read]) {
            // It is made; its answer is on its way when the connection breaks.
            return Ok(());
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: watch::Receiver<Link>) -> std::io::Result<()> {
    let mut packet = vec![0; 65_536];
    loop {
        let read = from.read(&mut packet).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let pause = match *state.borrow() {
            Link::Slow(pause) => pause,
            _ => Duration::ZERO,
        };
        tokio::time::sleep(pause).await;
        to.write_all(&packet[..read]).await?;
    }
}
