//! Who makes the request: client address, browser and session, read once and
//! handed on as an `Arc<Call>`; and the cookies that the response is to carry.

use crate::{
    config::PublicUrl,
    crypto::{os_rng, secret_box::Purpose},
    domain::{credentials::client::forwarded_for, identity::user_name},
    http::Shared,
    service::{Service, Use},
};
use axum::{
    Extension,
    extract::{ConnectInfo, Request, State},
    http::{
        Extensions, HeaderMap, HeaderValue, Method,
        header::{COOKIE, FORWARDED, SET_COOKIE, USER_AGENT},
    },
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    ApiError,
    portal::{Call, Client, CookieChange, Flash, Session},
    routes,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// Longest user agent that is kept, in characters.
const LONGEST_USER_AGENT: usize = 256;

/// Seconds that a browser is known after signing in with both factors: half a year.
const KNOWN_BROWSER_AGE: u32 = 180 * 86_400;

/// Seconds within which a refused form is expected to be shown.
const FLASH_AGE: u32 = 60;

/// What proxies add.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The row id that flashes are bound to.
const FLASH_ROW: &str = "cookie";

/// The port on which the portal listens unless told otherwise.
const USUAL_PORT: u16 = 3_000;

/// The names of the cookies. `__Host-` binds a cookie to this host over HTTPS;
/// plain HTTP on loopback can't have that and uses other names.
///
/// Cookies know no ports: two portals on one host would take each other's, so
/// an unusual port is part of their names.
#[derive(Debug)]
pub struct CookieNames {
    session: String,
    browser: String,
    flash: String,
    attributes: &'static str,
}

impl CookieNames {
    /// The names for the portal at this address.
    pub fn new(public_url: &PublicUrl) -> Self {
        let (prefix, attributes) = if public_url.is_https() {
            ("__Host-twofold", "Path=/; HttpOnly; SameSite=Lax; Secure")
        } else {
            ("twofold-dev", "Path=/; HttpOnly; SameSite=Lax")
        };
        let port = public_url.port().filter(|port| public_url.is_https() || *port != USUAL_PORT);
        let prefix = port.map_or_else(|| prefix.to_owned(), |port| format!("{prefix}-{port}"));
        let name = |cookie: &str| format!("{prefix}-{cookie}");
        Self { session: name("session"), browser: name("browser"), flash: name("flash"), attributes }
    }

    fn set(&self, name: &str, value: &str, max_age: Option<u32>) -> Option<HeaderValue> {
        let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        HeaderValue::from_str(&format!("{name}={value}; {}{age}", self.attributes)).ok()
    }
}

/// The session that a request belongs to, without that counting as a use of it.
pub async fn find_session(service: &Service, shared: &Shared, headers: &HeaderMap) -> Result<Session, ApiError> {
    let token = cookie(headers, &shared.cookies.session).ok_or(ApiError::SignedOut)?;
    service.find_session(&token, Use::None).await
}

/// Finds out who calls, and sets the cookies that the use-case asked for.
pub async fn session(
    State(shared): State<Arc<Shared>>,
    Extension(service): Extension<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let names = &shared.cookies;
    let token = cookie(request.headers(), &names.session);
    let session = match &token {
        Some(token) => service.find_session(token, purpose(request.uri().path())).await,
        None => Err(ApiError::SignedOut),
    };
    let path = request.uri().path();
    let shows_flash = *request.method() == Method::GET && routes::is_plain(path) && path != routes::COOKIES;
    let flash = if shows_flash { cookie(request.headers(), &names.flash) } else { None };
    let client = client(&shared, &request);
    let ended = token.is_some() && matches!(session, Err(ApiError::SignedOut));
    let flash_text = flash.as_deref().and_then(|sealed| open_flash(&shared, sealed));
    let call = Arc::new(Call::new(client, session, flash_text).after_session(ended));
    request.extensions_mut().insert(call.clone());

    let mut response = next.run(request).await;
    // A token that is good for nothing stays in its cookie: another tab may have
    // got a new one meanwhile, which this response must not take away.
    let changes = call.take_cookies();
    let spent_flash = flash.and_then(|_| names.set(&names.flash, "", Some(0)));
    let cookies = changes.iter().filter_map(|change| header(&shared, change)).chain(spent_flash);
    response.headers_mut().extend(cookies.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// Asking how long a session goes on must not put that off; one request is made to do so.
fn purpose(path: &str) -> Use {
    match path {
        "/api/session-state" => Use::None,
        "/api/stay-signed-in" => Use::Purpose,
        _ => Use::Ordinary,
    }
}

fn header(shared: &Shared, change: &CookieChange) -> Option<HeaderValue> {
    let names = &shared.cookies;
    match change {
        CookieChange::Session(token) => names.set(&names.session, token, None),
        CookieChange::EndSession => names.set(&names.session, "", Some(0)),
        CookieChange::KnownBrowser(token) => names.set(&names.browser, token, Some(KNOWN_BROWSER_AGE)),
        CookieChange::Flash(flash) => names.set(&names.flash, &seal_flash(shared, flash)?, Some(FLASH_AGE)),
    }
}

/// A name that nobody can have is not carried along: browsers take no cookie above 4,096 bytes.
fn seal_flash(shared: &Shared, flash: &Flash) -> Option<String> {
    let Flash { problem, user_name, trust_days } = flash.clone();
    let user_name = user_name.filter(|name| name.chars().nth(user_name::MAX_CHARS).is_none());
    let json = serde_json::to_vec(&Flash { problem, user_name, trust_days }).ok()?;
    let sealed = shared.service.keyring.seal(&mut os_rng(), Purpose::Flash, FLASH_ROW, &json).ok()?;
    Some(URL_SAFE_NO_PAD.encode(sealed))
}

fn open_flash(shared: &Shared, text: &str) -> Option<Flash> {
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let json = shared.service.keyring.open(Purpose::Flash, FLASH_ROW, &sealed).ok()?;
    serde_json::from_slice(&json).ok()
}

/// The value of a cookie (RFC 6265 §4.2.1). One that came twice is not believed.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    let value = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then(|| value.to_owned())
}

/// Who is at the other end of the connection.
pub fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// Where a request comes from that arrived from `peer`: behind proxies that are trusted, what they say.
pub fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let forwarded = headers.get_all(X_FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("unreadable"));
    forwarded_for(forwarded, peer, trusted)
}

fn client(shared: &Shared, request: &Request) -> Client {
    let headers = request.headers();
    let peer = peer(request.extensions());
    if headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED) {
        shared.service.proxies.saw(peer, &shared.web.trusted_proxies);
    }
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Client {
        address: client_address(headers, peer, &shared.web.trusted_proxies),
        user_agent: user_agent.chars().take(LONGEST_USER_AGENT).collect(),
        browser_token: cookie(headers, &shared.cookies.browser),
    }
}
