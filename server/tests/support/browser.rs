//! A browser: cookies, an address, and the headers that browsers send by themselves.

use super::{ApiError, portal::RENDERING};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT},
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tower::ServiceExt as _;

/// What a browser says that it is.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

const A_PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORM: &str = "application/x-www-form-urlencoded";
pub const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A clone is another tab: it shares the cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    origin: String,
    /// Where it connects from.
    pub address: IpAddr,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Browser {
    pub fn new(router: Router, origin: &str) -> Self {
        Self { router, origin: origin.to_owned(), address: IpAddr::from([192, 0, 2, 1]), jar: Arc::default() }
    }

    /// The same browser elsewhere in the network.
    pub fn at(mut self, address: &str) -> Self {
        self.address = address.parse().unwrap();
        self
    }

    /// Another tab.
    pub fn tab(&self) -> Self {
        self.clone()
    }

    /// Another browser with a copy of the cookies as they are now.
    pub fn copy(&self) -> Self {
        Self { jar: Arc::new(Mutex::new(self.jar.lock().unwrap().clone())), ..self.clone() }
    }

    /// The same cookies, sent to another node of the portal.
    pub fn visiting(&self, portal: &super::TestPortal) -> Self {
        Self { router: portal.browser().router, ..self.clone() }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The session's secret, whatever its cookie is called.
    pub fn session_token(&self) -> Option<String> {
        self.jar.lock().unwrap().iter().find(|(name, _)| name.ends_with("-session")).map(|(_, value)| value.clone())
    }

    /// Opens a page and does not follow redirects.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).header(ACCEPT, A_PAGE).send().await
    }

    /// Opens a page, wherever that leads.
    pub async fn open(&self, path: &str) -> Reply {
        let reply = self.get(path).await;
        self.follow(reply).await
    }

    /// Follows redirects.
    pub async fn follow(&self, mut reply: Reply) -> Reply {
        for _ in 0..5 {
            match reply.location() {
                Some(location) => reply = self.get(&location).await,
                None => return reply,
            }
        }
        panic!("too many redirects")
    }

    /// Sends a form as browsers do without script.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.send_form(path, fields).await;
        match reply.location() {
            Some(check) if check.starts_with("/sign-in/cookies") => self.get(&check).await,
            _ => reply,
        }
    }

    /// The same, but a browser that had no cookies does not go past the page which would say so.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.form(path, fields).header(ACCEPT, A_PAGE).send().await
    }

    /// Calls a server function as the program in the browser does.
    pub async fn call_raw(&self, function: &str, fields: &[(&str, &str)]) -> Reply {
        self.form(&format!("/api/{function}"), fields).header(ACCEPT, "application/json").send().await
    }

    /// Calls a server function; what refuses is the error, whichever way it came.
    pub async fn call<T: DeserializeOwned>(&self, function: &str, fields: &[(&str, &str)]) -> Result<T, ApiError> {
        self.call_raw(function, fields).await.answer()
    }

    /// Calls a server function that takes JSON.
    pub async fn call_json<T: DeserializeOwned>(&self, function: &str, body: &Value) -> Result<T, ApiError> {
        let request = self.request(Method::POST, &format!("/api/{function}"));
        request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await.answer()
    }

    /// Name and password.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<(), ApiError> {
        self.call("sign-in", &[("user_name", name), ("password", password)]).await
    }

    /// The code from the app.
    pub async fn code(&self, code: &str) -> Result<(), ApiError> {
        self.call("sign-in-with-code", &[("code", code)]).await
    }

    /// A recovery code in its place.
    pub async fn recovery_code(&self, code: &str) -> Result<(), ApiError> {
        self.call("sign-in-with-recovery-code", &[("code", code)]).await
    }

    /// Proves identity again; `code` is empty for those without a second factor.
    pub async fn step_up(&self, password: &str, code: &str) -> Result<(), ApiError> {
        let code = Some(("code", code)).filter(|(_, code)| !code.is_empty());
        let fields: Vec<_> = [("password", password)].into_iter().chain(code).collect();
        self.call("step-up", &fields).await
    }

    /// Proves identity again with a recovery code in place of the app's.
    pub async fn step_up_with_recovery_code(&self, password: &str, code: &str) -> Result<(), ApiError> {
        self.call("step-up", &[("password", password), ("recovery_code", code)]).await
    }

    pub async fn sign_out(&self) {
        self.call::<()>("sign-out", &[]).await.expect("anybody can sign out");
    }

    /// Who the portal takes this browser for: the user name, or what is missing.
    pub async fn who_am_i(&self) -> Result<String, ApiError> {
        let reply = self.get("/api/who-am-i").await;
        match reply.status {
            StatusCode::OK => Ok(reply.json::<Value>()["user_name"].as_str().unwrap().to_owned()),
            _ => Err(reply.json()),
        }
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Visit<'_> {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        self.request(Method::POST, path).header(CONTENT_TYPE, FORM).body(body)
    }

    /// Any request; begins with what a browser sends by itself.
    pub fn request(&self, method: Method, path: &str) -> Visit<'_> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(FIREFOX));
        let host = self.origin.split_once("://").expect("an origin").1;
        headers.insert(HOST, host.parse().unwrap());
        if method != Method::GET {
            headers.insert(ORIGIN, self.origin.parse().unwrap());
            headers.insert(SITE, HeaderValue::from_static("same-origin"));
        }
        Visit { browser: self, method, path: path.to_owned(), headers, body: Vec::new() }
    }

    fn take_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.jar.lock().unwrap();
        for cookie in headers.get_all(SET_COOKIE) {
            let mut parts = cookie.to_str().unwrap().split(';').map(str::trim);
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A request on its way.
pub struct Visit<'a> {
    browser: &'a Browser,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Visit<'_> {
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub fn without(mut self, name: HeaderName) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn send(self) -> Reply {
        let body = self.body.clone();
        self.send_with(Body::from(body)).await
    }

    /// Holds the body back until something else was done.
    pub async fn send_after(self, first: impl Future<Output = ()> + Send + 'static) -> Reply {
        let body = self.body.clone();
        let late = futures_util::stream::once(async move {
            first.await;
            Ok::<_, std::convert::Infallible>(body)
        });
        self.send_with(Body::from_stream(late)).await
    }

    /// Sends a body as it comes, of which `announced` says how long it is; the answer may come before its end.
    /// Meant for what never reaches a page: no portal waits for it to start.
    pub async fn stream(mut self, announced: Option<usize>, content: Body) -> (StatusCode, HeaderMap) {
        if let Some(length) = announced {
            self.headers.insert(CONTENT_LENGTH, length.into());
        }
        let response = self.browser.router.clone().oneshot(self.begun(content)).await.unwrap();
        (response.status(), response.headers().clone())
    }

    fn begun(&self, content: Body) -> Request<Body> {
        let mut headers = self.headers.clone();
        let jar = self.browser.jar.lock().unwrap();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            headers.insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        let mut request = Request::builder().method(self.method.clone()).uri(&self.path).body(content).unwrap();
        *request.headers_mut() = headers;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.browser.address, 50_000)));
        request
    }

    async fn send_with(mut self, content: Body) -> Reply {
        if self.method != Method::GET {
            self.headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        let (browser, request) = (self.browser, self.begun(content));
        let _no_routes_are_collected = RENDERING.read().await;
        let response = browser.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        browser.take_cookies(&head.headers);
        let body = to_bytes(body, usize::MAX).await.expect("the whole body").to_vec();
        Reply { status: head.status, headers: head.headers, body }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).map(|location| location.to_str().unwrap().to_owned())
    }

    /// The `Set-Cookie` header of one cookie.
    pub fn sets_cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap().to_owned());
        cookies.into_iter().find(|cookie| cookie.starts_with(&format!("{name}=")))
    }

    /// The result of a server function. Some answer a refusal as a result of
    /// their own, with status 200; the others by an error status.
    pub fn answer<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if self.status != StatusCode::OK {
            return Err(self.json());
        }
        match self.json::<Value>() {
            Value::Object(answer) if answer.contains_key("Ok") || answer.contains_key("Err") => self.json(),
            _ => Ok(self.json()),
        }
    }
}

/// Percent-encodes everything but letters and digits.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
