//! The connections on which the portal is served: how many there may be, how
//! long they may do what, and how they end.
//!
//! HTTP is hyper's; what it has no limits for is watched from outside. Whoever
//! finds no place is still heard: such a connection carries one request, which
//! is answered if it asks for the portal's health and otherwise told to come back.

mod activity;
mod bodies;
mod places;
mod socket;

use super::{
    HEALTH,
    middleware::session::client_address,
    problem_page::{TRY_AGAIN, problem_page},
};
use crate::{
    config::connections::{BESIDE, Limits},
    domain::credentials::client::ClientAddress,
};
use activity::{Activity, Times, now};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{
        HeaderMap, HeaderValue, Request, StatusCode, Version,
        header::{CONNECTION, RETRY_AFTER},
    },
    response::{IntoResponse as _, Response},
    serve::Listener,
};
use bodies::{Answer, RequestBody};
use contract::ApiError;
use futures_util::future::{Either, ready};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use places::{Held, Place, Places};
use socket::Socket;
use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

/// Largest head of a request, in bytes; what is larger is answered by 431.
const LARGEST_HEAD: usize = 32 * 1024;

/// Requests at once on a connection of HTTP/2.
const MOST_STREAMS: u32 = 32;

/// What HTTP/2 may send of a request before it is read, and of all on a connection, in bytes.
const UNREAD: (u32, u32) = (64 * 1024, 256 * 1024);

/// What HTTP/2 may keep of an answer when it asks for the next piece: what is queued there is nobody's any more.
const UNSENT: usize = 1024;

/// How long a request may wait for the client while its place is wanted.
const GRACE: Duration = Duration::from_secs(1);

/// Further requests on a connection that ask for the portal's health, beyond those that there may be.
const HEALTH_BEYOND: usize = 16;

/// Seconds after which it is worth trying again when there is no place.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// Connections that are heard although there is no place for them, in all and of one address.
const WAITING_ROOM: (usize, usize) = (BESIDE, 16);

/// What they may take.
const IN_WAITING_ROOM: Times =
    Times { head: Duration::from_secs(2), idle: Duration::ZERO, stalled: Duration::from_secs(5) };

/// What a connection may take that was told to leave.
const A_MOMENT: Duration = Duration::from_secs(1);

/// And one whose place somebody else has.
const A_BLINK: Duration = Duration::from_millis(20);

/// Between two words about a limit that was reached.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// A request or an answer of which nothing moves any more.
const STALLED: Duration = Duration::from_secs(60);

/// How often an HTTP/2 client is asked whether it is there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(20));

/// How serving ends.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// What has begun is finished, nothing else begins.
    pub soon: CancellationToken,
    /// Nothing is waited for.
    pub at_once: CancellationToken,
}

/// What all connections share.
struct Server {
    http: Builder<TokioExecutor>,
    router: Router,
    limits: Limits,
    places: Arc<Places>,
    waiting_room: Arc<Places>,
    stop: CancellationToken,
    said: Mutex<Option<Instant>>,
}

/// Serves until told to stop; then for as long as answers are on their way, within the limit.
pub async fn serve(mut listener: TcpListener, router: Router, limits: Limits, stop: Stop) {
    let server = Arc::new(Server {
        http: http(&limits),
        router,
        places: Places::new(limits.connections, limits.per_address, GRACE),
        waiting_room: Places::new(WAITING_ROOM.0, WAITING_ROOM.1, Duration::ZERO),
        stop: stop.soon.clone(),
        said: Mutex::default(),
        limits,
    });
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = stop.soon.cancelled() => break,
        };
        connections.spawn(server.clone().connection(stream, peer));
    }
    drop(listener);
    connections.close();
    tokio::select! {
        () = connections.wait() => {}
        () = stop.at_once.cancelled() => {}
        () = sleep(server.limits.drain) => {
            tracing::warn!(connections = connections.len(), "gave up what was not answered in time");
        }
    }
}

fn http(limits: &Limits) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    // For hyper the wait for a request is part of its head. What is shorter is ours.
    http.http1().timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(LARGEST_HEAD);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1)
        .max_concurrent_streams(MOST_STREAMS)
        .max_send_buf_size(UNSENT)
        .initial_stream_window_size(UNREAD.0)
        .initial_connection_window_size(UNREAD.1);
    http
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let address = ClientAddress::from(peer.ip());
        let proxy = self.limits.proxies.iter().any(|network| network.contains(&address.ip()));
        let activity = Activity::new();
        if let Some(place) = self.places.take(address, proxy, &activity) {
            let times = Times { head: self.limits.head, idle: self.limits.idle, stalled: STALLED };
            self.tend(stream, peer, place, activity, times, true).await;
            return;
        }
        self.say_that_it_is_full(address);
        if let Some(place) = self.waiting_room.take(address, proxy, &activity) {
            self.tend(stream, peer, place, activity, IN_WAITING_ROOM, false).await;
        }
    }

    /// Now and then: a limit is reached by many.
    fn say_that_it_is_full(&self, address: ClientAddress) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said + SAID_EVERY <= now()) {
            *said = Some(now());
            tracing::warn!(%address, "a limit of connections is reached; some are answered 503 or not at all");
        }
    }

    /// Serves a connection to its end.
    async fn tend(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        activity: Arc<Activity>,
        mut times: Times,
        has_place: bool,
    ) {
        // Answers are written whole: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request: Request<Incoming>| {
            let begun = activity.begin();
            let beyond = if asks_for_health(&request) { HEALTH_BEYOND } else { 0 };
            let held = place.hold(self.behind_a_proxy(request.headers(), peer), beyond);
            let answering =
                self.answer(request.map(|body| RequestBody::of(&begun, body)), peer, has_place, held.as_ref());
            async move { answering.await.map(|response| response.map(|body| Answer::to(begun, held, body))) }
        });
        let socket = TokioIo::new(Socket::new(stream, activity.clone()));
        let mut connection = pin!(self.http.serve_connection(socket, service));
        let mut look = pin!(sleep_until(activity.deadline(&times)));
        let mut asked_to_end = false;
        loop {
            let moment = tokio::select! {
                // How a connection ends is the client's affair.
                _ = connection.as_mut() => return,
                () = place.told_to_leave.cancelled(), if !asked_to_end => {
                    activity.refuse_head();
                    times.stalled = A_BLINK;
                    A_BLINK
                }
                () = self.stop.cancelled(), if !asked_to_end => A_MOMENT,
                () = look.as_mut() => {
                    let deadline = activity.deadline(&times);
                    if deadline > now() {
                        // A head that begins meanwhile has its time, too.
                        look.as_mut().reset(deadline.min(now() + times.head));
                        continue;
                    }
                    if asked_to_end && (activity.head_is_refused() || !activity.refuse_head()) {
                        return;
                    }
                    activity.refuse_head();
                    A_MOMENT
                }
            };
            asked_to_end = true;
            // Who is refused would get no answer otherwise.
            if !activity.head_is_refused() {
                connection.as_mut().graceful_shutdown();
            }
            times = Times { head: moment, idle: moment, ..times };
            look.as_mut().reset(now() + moment);
        }
    }

    /// Whom a trusted proxy forwards a request for, if that can be told.
    fn behind_a_proxy(&self, headers: &HeaderMap, peer: SocketAddr) -> Option<ClientAddress> {
        if self.limits.proxies.is_empty() {
            return None;
        }
        let client = ClientAddress::from(client_address(headers, peer.ip(), &self.limits.proxies));
        let is_proxy = |ip| self.limits.proxies.iter().any(|network| network.contains(&ip));
        (is_proxy(ClientAddress::from(peer.ip()).ip()) && !is_proxy(client.ip())).then_some(client)
    }

    fn answer(
        &self,
        mut request: Request<RequestBody>,
        peer: SocketAddr,
        has_place: bool,
        held: Option<&Held>,
    ) -> impl Future<Output = Result<Response, std::convert::Infallible>> + use<> {
        let refused = match held {
            // Without a word, so that it holds nothing if nobody reads it.
            None => Some((StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY)]).into_response()),
            Some(_) if has_place || asks_for_health(&request) => None,
            Some(_) => Some(problem_page(&ApiError::Unavailable, None, &TRY_AGAIN)),
        };
        let ends_with_it = !has_place && request.version() < Version::HTTP_2;
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = match refused {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.router.clone().call(request.map(Body::new))),
        };
        async move {
            let mut response = answering.await?;
            if ends_with_it {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    }
}

fn asks_for_health<B>(request: &Request<B>) -> bool {
    HEALTH.contains(&request.uri().path())
}
