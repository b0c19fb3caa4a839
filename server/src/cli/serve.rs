//! `twofold serve`

use super::Failure;
use crate::{
    clock::SystemClock,
    config::{PublicUrl, ServeArgs},
    http::{Web, router},
    open::open,
    service::{Service, Settings, demo},
};
use app::routes;
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpSocket;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Serves until the process is told to stop.
pub(super) async fn serve(mut args: ServeArgs) -> Result<(), Failure> {
    args.check().map_err(Failure::new)?;
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
    let service = open(&args.data, settings, Arc::new(SystemClock)).await.map_err(Failure::new)?;
    let listener = socket.listen(BACKLOG).map_err(|error| cant_listen(args.listen, &error))?;
    if args.demo {
        print_demo(&service).await?;
    } else {
        print_first_link(&service, &public_url).await?;
    }
    service.note_sending().await.map_err(Failure::new)?;
    let sending = tokio::spawn(service.clone().keep_sending());
    let housekeeping = tokio::spawn(service.clone().keep_house());
    if args.data.previous_key_file.is_some() {
        tokio::spawn(reseal(service.clone()));
    }
    let application = router(service.clone(), Web { public_url, trusted_proxies: args.trusted_proxies })
        .into_make_service_with_connect_info::<SocketAddr>();
    println!("listening on http://{address}");
    let outcome = axum::serve(listener, application).with_graceful_shutdown(told_to_stop()).await;
    sending.abort();
    housekeeping.abort();
    service.db.close().await;
    outcome.map_err(Failure::new)
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
        println!("There is no administrator yet. Open this link to create the first one; it works once, for 72 hours:");
        println!("  {link}");
    }
    Ok(())
}

async fn print_demo(service: &Service) -> Result<(), Failure> {
    let accounts = demo::fill(service).await.map_err(Failure::new)?;
    println!("This is a demo on a throw-away database. Sign in as:");
    for account in accounts {
        println!("  {account}");
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

/// Resolves on Ctrl-C or SIGTERM.
async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
            }
            Err(_) => drop(interrupted.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
    tracing::info!("stopping");
}
