//! `twofold serve`

use super::{Failure, say};
use crate::{
    clock::SystemClock,
    config::{PublicUrl, ServeArgs},
    http::{
        Web,
        connections::{self, Stop},
        router,
    },
    open::open,
    service::{Service, Settings, upkeep::demo},
};
use contract::routes;
use ipnet::IpNet;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpSocket, time::timeout};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// How long the database may take to be closed.
const CLOSING: Duration = Duration::from_secs(1);

/// Serves until the process is told to stop.
pub(super) async fn serve(args: ServeArgs) -> Result<(), Failure> {
    args.check().map_err(Failure::new)?;
    let stop = Stop::default();
    // From the beginning: as the first process of a container it would not be ended by a signal otherwise.
    tokio::spawn(heed_signals(stop.clone()));
    tokio::select! {
        outcome = run(args, stop.clone()) => outcome,
        () = stop.at_once.cancelled() => Ok(()),
    }
}

async fn run(mut args: ServeArgs, stop: Stop) -> Result<(), Failure> {
    // Taken now, so that nothing is set up for a port that others use; answered
    // only when the portal is open: until then connections are refused, not kept waiting.
    let socket = take(args.listen).map_err(|error| cant_listen(args.listen, &error))?;
    let address = socket.local_addr().map_err(Failure::new)?;
    let throw_away = if args.demo { Some(tempfile::tempdir().map_err(Failure::new)?) } else { None };
    if let Some(folder) = &throw_away {
        args.data.data_dir = folder.path().to_owned();
    }
    let public_url = args.public_url.clone().unwrap_or_else(|| PublicUrl::listening(address));
    let mail = args.mail(&public_url).map_err(Failure::new)?;
    let settings = Settings {
        portal_name: args.issuer,
        qr_lifetime: i64::try_from(args.qr_lifetime.as_secs()).unwrap_or(i64::MAX),
        public_url: public_url.clone(),
        mail,
    };
    let service = tokio::select! {
        opened = open(&args.data, settings, Arc::new(SystemClock)) => opened.map_err(Failure::new)?,
        () = stop.soon.cancelled() => return Ok(()),
    };
    let listener = socket.listen(BACKLOG).map_err(|error| cant_listen(args.listen, &error))?;
    if args.demo {
        print_demo(&service).await?;
    } else {
        print_first_link(&service, &public_url).await?;
    }
    service.note_sending().await.map_err(Failure::new)?;
    let sending = tokio::spawn(service.clone().keep_sending());
    let housekeeping = tokio::spawn(service.clone().run_housekeeping());
    if args.data.previous_key_file.is_some() {
        tokio::spawn(reseal(service.clone()));
    }
    let proxies: Vec<IpNet> = args.trusted_proxies.into_iter().flatten().collect();
    let web = Web { public_url, trusted_proxies: proxies.clone(), listening: Some(address) };
    let limits = args.connections.limits(proxies, descriptors(args.connections.descriptors()));
    let application = router(service.clone(), web);
    say(format!("listening on http://{address}"));
    // On the runtime's own threads: a connection need not be handed over to them.
    tokio::spawn(connections::serve(listener, application, limits, stop)).await.map_err(Failure::new)?;
    sending.abort();
    housekeeping.abort();
    service.under_way.close();
    let closing = async {
        service.under_way.wait().await;
        if let Err(error) = service.owed.pay().await {
            tracing::warn!(%error, "what was charged and not concluded stays charged");
        }
        service.db.close().await;
    };
    if timeout(CLOSING, closing).await.is_err() {
        tracing::warn!("the database was not closed in time");
    }
    Ok(())
}

/// How many files may be open: `wanted` if the system lets us.
#[cfg(unix)]
fn descriptors(wanted: usize) -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let more = u64::try_from(wanted).unwrap_or(u64::MAX).clamp(soft, hard.max(soft));
    let allowed = if setrlimit(Resource::RLIMIT_NOFILE, more, hard).is_ok() { more } else { soft };
    usize::try_from(allowed).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn descriptors(wanted: usize) -> usize {
    wanted
}

/// A port of one's own, on which nothing is answered yet.
fn take(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Not on Windows, where this would take a port away from whoever uses it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn cant_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Failure(format!("{address} is in use by another program. Stop it, or choose another port with --listen"))
        }
        _ => Failure(format!("can't listen on {address}: {error}")),
    }
}

/// Printed rather than logged: whoever has the link becomes administrator.
async fn print_first_link(service: &Service, public_url: &PublicUrl) -> Result<(), Failure> {
    if let Some(token) = service.invite_first_administrator().await.map_err(Failure::new)? {
        let link = public_url.link(&format!("{}/{}", routes::WELCOME, token.text().as_str()));
        say("There is no administrator yet. Open this link to create the first one; it works once, for 72 hours:");
        say(format!("  {link}"));
    }
    Ok(())
}

async fn print_demo(service: &Service) -> Result<(), Failure> {
    let accounts = demo::fill(service).await.map_err(Failure::new)?;
    say("This is a demo on a throw-away database. Sign in as:");
    for account in accounts {
        say(format!("  {account}"));
    }
    Ok(())
}

async fn reseal(service: Service) {
    match service.reseal().await {
        Ok(changed) => {
            tracing::info!(
                changed,
                "no secret is sealed with the previous key any more; once every node seals with the current one, it can go"
            );
        }
        Err(error) => tracing::error!(%error, "secrets sealed with the previous key remain; keep it"),
    }
}

/// Ctrl-C or SIGTERM ends what has begun; a second one ends all.
async fn heed_signals(stop: Stop) {
    let mut signals = Signals::new();
    signals.stop().await;
    tracing::info!("stopping");
    stop.soon.cancel();
    signals.stop().await;
    tracing::warn!("stopping at once");
    stop.at_once.cancel();
}

#[cfg(unix)]
struct Signals([Option<tokio::signal::unix::Signal>; 3]);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(|kind| signal(kind).ok()))
    }

    /// Resolves on the next signal to stop. The end of a terminal is none.
    async fn stop(&mut self) {
        async fn next(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        let [interrupted, terminated, hung_up] = &mut self.0;
        loop {
            tokio::select! {
                () = next(interrupted) => return,
                () = next(terminated) => return,
                () = next(hung_up) => tracing::info!("SIGHUP is ignored: settings are read at the start"),
            }
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn stop(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
