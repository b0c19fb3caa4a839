//! The whole request, before it is acted upon.
//!
//! Who calls and what they may do is read once for each request. A request that
//! is held back in the middle would carry that past the end of its session, so
//! it is read to its end first. What is read waits in memory meanwhile, so how
//! much that may be depends on who sends it: little from anybody; more from
//! whoever is signed in; a list of people from administrators, who are looked
//! at before and, like everybody, again afterwards. What all bodies together
//! may hold is bounded for each of the three, and of that nobody may hold more
//! than is left for others.

use super::session::{client_address, find_session, peer};
use crate::{domain::credentials::client::ClientAddress, http::Shared, service::Service};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CONTENT_LENGTH, RETRY_AFTER},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use contract::{
    ApiError, people,
    portal::{Administrator, InSession as _},
};
use http_body_util::BodyExt as _;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// The server functions that take a list of people.
const TAKE_LISTS: [&str; 2] = ["/api/check-list", "/api/add-people"];

/// Seconds after which it is worth trying again when there is no room.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// How much one body may hold, and all of its kind together, in bytes.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    one: usize,
    all: usize,
    patience: Duration,
}

/// Of anybody: names and passwords are far smaller.
const ANYBODY: Bounds = Bounds { one: 16 * 1024, all: 16 * 1024 * 1024, patience: Duration::from_secs(10) };

/// Of people who are signed in: the largest is a selection of people.
const SIGNED_IN: Bounds = Bounds { one: 64 * 1024, all: 16 * 1024 * 1024, patience: Duration::from_secs(30) };

/// Lists of people, from administrators: as JSON, line ends and quotation marks take two bytes.
const LISTS: Bounds =
    Bounds { one: 2 * people::LARGEST_LIST, all: 32 * 1024 * 1024, patience: Duration::from_secs(30) };

/// The room that bodies take while they are read and acted upon, by kind.
#[derive(Debug)]
pub struct Room {
    anybody: Space,
    signed_in: Space,
    lists: Space,
}

impl Default for Room {
    fn default() -> Self {
        let space = |bounds: Bounds| Space(Mutex::new(Taken { free: bounds.all, by_address: HashMap::new() }));
        Self { anybody: space(ANYBODY), signed_in: space(SIGNED_IN), lists: space(LISTS) }
    }
}

/// The room for bodies of one kind.
#[derive(Debug)]
struct Space(Mutex<Taken>);

#[derive(Debug)]
struct Taken {
    free: usize,
    by_address: HashMap<String, usize>,
}

impl Taken {
    /// What `address` may take more: until it holds as much as is left.
    fn left_for(&self, address: &str) -> usize {
        self.free.saturating_sub(self.by_address.get(address).copied().unwrap_or_default()) / 2
    }
}

impl Space {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a body takes of it until this is dropped.
struct Held<'a> {
    space: &'a Space,
    address: &'a str,
    bytes: usize,
}

impl Held<'_> {
    fn more(&mut self, bytes: usize) -> Result<(), Refused> {
        let mut taken = self.space.taken();
        if bytes > taken.left_for(self.address) {
            return Err(Refused::NoRoom);
        }
        taken.free -= bytes;
        *taken.by_address.entry(self.address.to_owned()).or_default() += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut taken = self.space.taken();
        taken.free += self.bytes;
        if let Some(held) = taken.by_address.get_mut(self.address) {
            *held -= self.bytes;
            if *held == 0 {
                taken.by_address.remove(self.address);
            }
        }
    }
}

/// Why a body is not read.
enum Refused {
    /// Who sends it may not; nothing of it was read.
    Caller(ApiError),
    TooLarge,
    /// Others hold too much.
    NoRoom,
    /// It broke off.
    Broken,
    TooSlow,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Caller(problem) => {
                let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, Json(problem)).into_response()
            }
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::NoRoom => {
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY)], Json(ApiError::Unavailable)).into_response()
            }
            Self::Broken => StatusCode::BAD_REQUEST.into_response(),
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT.into_response(),
        }
    }
}

/// Reads what belongs to a state change.
pub async fn whole(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let address = address(&shared, &parts);
    match read(&shared, &parts, body, &address).await {
        Ok((bytes, _held)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(refused) => refused.into_response(),
    }
}

/// Whose body it is: the address that attempts are counted under.
fn address(shared: &Shared, parts: &Parts) -> String {
    let address = client_address(&parts.headers, peer(&parts.extensions), &shared.web.trusted_proxies);
    ClientAddress::from(address).throttle_key()
}

async fn read<'a>(
    shared: &'a Shared,
    parts: &Parts,
    body: Body,
    address: &'a str,
) -> Result<(Vec<u8>, Held<'a>), Refused> {
    let length = length(&parts.headers);
    let (bounds, space) = bounds(shared, parts, length, address).await?;
    if length.is_some_and(|length| length > bounds.one) {
        return Err(Refused::TooLarge);
    }
    let held = Held { space, address, bytes: 0 };
    timeout(bounds.patience, collect(body, bounds, held)).await.unwrap_or(Err(Refused::TooSlow))
}

/// How many bytes are announced, if that is said.
fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What this body may hold. Looks at the session only where more is announced than there is room for from anybody,
/// or nothing.
async fn bounds<'a>(
    shared: &'a Shared,
    parts: &Parts,
    length: Option<usize>,
    address: &str,
) -> Result<(Bounds, &'a Space), Refused> {
    let room = shared.room.anybody.taken().left_for(address).min(ANYBODY.one);
    if length.is_some_and(|length| length <= room) {
        return Ok((ANYBODY, &shared.room.anybody));
    }
    let service = parts.extensions.get::<Arc<Service>>().map_or(&shared.service, |own| own);
    let session = find_session(service, shared, &parts.headers).await;
    if TAKE_LISTS.contains(&parts.uri.path()) {
        session.and_then(|session| Administrator::admit(&session)).map_err(Refused::Caller)?;
        return Ok((LISTS, &shared.room.lists));
    }
    match session {
        Ok(_) => Ok((SIGNED_IN, &shared.room.signed_in)),
        Err(ApiError::Unavailable) => Err(Refused::Caller(ApiError::Unavailable)),
        Err(_) => Ok((ANYBODY, &shared.room.anybody)),
    }
}

/// Takes room for each piece as it comes, so that what has not come holds nothing.
async fn collect<'a>(mut body: Body, bounds: Bounds, mut held: Held<'a>) -> Result<(Vec<u8>, Held<'a>), Refused> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Refused::Broken)?.into_data() else { continue };
        if piece.len() > bounds.one.saturating_sub(bytes.len()) {
            return Err(Refused::TooLarge);
        }
        held.more(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, held))
}
