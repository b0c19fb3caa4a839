//! The front end: embedded in the binary, served pre-compressed.
//!
//! `cargo xtask build` leaves the folder that is embedded here (see
//! `xtask/src/build/site.rs` for its layout) and names it in `TWOFOLD_SITE`.
//! All files are served below one folder whose name is a hash of their content,
//! so a browser may keep them for ever. Debug builds read the folder when they
//! run; without a front end everything compiles, and [`Site::embedded`] says
//! that there is none.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use serde::Deserialize;

/// Mentioned so that cargo compiles this file again when the site changes.
const _: [Option<&str>; 2] = [option_env!("TWOFOLD_SITE"), option_env!("TWOFOLD_SITE_HASH")];

#[derive(RustEmbed)]
#[folder = "${TWOFOLD_SITE:-../target/site}"]
#[allow_missing = true]
struct Embedded;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `/favicon.ico` is the one name that doesn't change with the content.
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Where the parts of the front end are found. Everything but
/// [`document_css`](Site::document_css) is a path on this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Names this build of the front end.
    pub hash: String,
    pub js: String,
    pub wasm: String,
    pub portal_css: String,
    pub icon: String,
    /// For each lazily loaded function or route, the modules that it fetches.
    pub chunks: BTreeMap<String, Vec<String>>,
    /// The style sheet that every document carries inline.
    pub document_css: String,
}

/// What is used of `manifest.json`.
#[derive(Deserialize)]
struct Manifest {
    hash: String,
    chunks: BTreeMap<String, Vec<String>>,
}

/// Finds an embedded file by its path below the site's folder.
type Files = fn(&str) -> Option<Cow<'static, [u8]>>;

fn embedded(path: &str) -> Option<Cow<'static, [u8]>> {
    Embedded::get(path).map(|file| file.data)
}

impl Site {
    /// The front end of this binary; `None` when it was compiled without one.
    pub fn embedded() -> Option<Self> {
        Self::of(embedded)
    }

    fn of(files: Files) -> Option<Self> {
        let manifest: Manifest = serde_json::from_slice(&files("manifest.json")?).ok()?;
        let document_css = String::from_utf8(files("document.css")?.into_owned()).ok()?;
        let url = |name: &str| format!("/pkg/{}/{name}", manifest.hash);
        let urls = |names: &Vec<String>| names.iter().map(|name| url(name)).collect();
        Some(Self {
            js: url("twofold.js"),
            wasm: url("twofold_bg.wasm"),
            portal_css: url("portal.css"),
            icon: url("icon.svg"),
            chunks: manifest.chunks.iter().map(|(point, names)| (point.clone(), urls(names))).collect(),
            document_css,
            hash: manifest.hash,
        })
    }
}

/// `GET /pkg/…` and `GET /favicon.ico`. What is asked for and not there is 404.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    serving(embedded)
}

fn serving<S: Clone + Send + Sync + 'static>(files: Files) -> Router<S> {
    let icon = Site::of(files).map(|site| site.icon);
    Router::new()
        .route(
            "/pkg/{*path}",
            get(async move |Path(path): Path<String>, headers: HeaderMap| {
                respond(files, &format!("pkg/{path}"), &headers, FOR_EVER)
            }),
        )
        .route(
            "/favicon.ico",
            get(async move |headers: HeaderMap| match icon {
                Some(icon) => respond(files, icon.trim_start_matches('/'), &headers, A_DAY),
                None => StatusCode::NOT_FOUND.into_response(),
            }),
        )
}

fn respond(files: Files, path: &str, headers: &HeaderMap, lifetime: HeaderValue) -> Response {
    let Some(content_type) = content_type(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    for encoding in acceptable(headers) {
        let Some(content) = files(&format!("{path}{}", encoding.suffix())) else {
            continue;
        };
        let mut response = Response::new(Body::from(content));
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        fields.insert(CACHE_CONTROL, lifetime);
        fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(name) = encoding.name() {
            fields.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        return response;
    }
    StatusCode::NOT_FOUND.into_response()
}

/// `None` for what is not served: the site holds no files of another kind.
fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The content coding's registered name (RFC 9110 §8.4.1, RFC 7932 §13).
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// What the client takes, the best first (RFC 9110 §12.5.3). Identity is always
/// last resort: who refuses even that is better served than turned away.
fn acceptable(headers: &HeaderMap) -> Vec<Encoding> {
    let fields = headers.get_all(ACCEPT_ENCODING).iter();
    let accepted: Vec<(String, f32)> =
        fields.filter_map(|field| field.to_str().ok()).flat_map(|field| field.split(',')).filter_map(weighed).collect();
    let weight = |name: &str| {
        let of = |name: &str| accepted.iter().find(|(coding, _)| coding == name);
        of(name).or_else(|| of("*")).map(|(_, weight)| *weight)
    };
    let mut ranked: Vec<(Encoding, f32)> = [Encoding::Brotli, Encoding::Gzip]
        .into_iter()
        .filter_map(|encoding| Some((encoding, weight(encoding.name()?)?)))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    let identity = accepted.iter().find(|(coding, _)| coding == "identity");
    ranked.push((Encoding::Identity, identity.map_or(0.0, |(_, w)| *w)));
    // Stable: equal weights leave the better compression in front.
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranked.into_iter().map(|(encoding, _)| encoding).collect()
}

/// `gzip;q=0.5` taken apart. A weight that isn't one is as if it weren't accepted.
fn weighed(item: &str) -> Option<(String, f32)> {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts
        .find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
    (0.0..=1.0).contains(&weight).then(|| (coding.to_ascii_lowercase(), weight))
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::Request};
    use tower::ServiceExt as _;

    use super::*;

    fn files(path: &str) -> Option<Cow<'static, [u8]>> {
        let content: &[u8] = match path {
            "manifest.json" => br#"{"hash":"abc","files":[],"chunks":{"admin":["split_admin.wasm"]}}"#,
            "document.css" => b"body{margin:0}",
            "pkg/abc/twofold.js" => b"plain",
            "pkg/abc/twofold.js.br" => b"brotli",
            "pkg/abc/twofold.js.gz" => b"gzip",
            "pkg/abc/icon.svg" => b"<svg/>",
            _ => return None,
        };
        Some(Cow::Borrowed(content))
    }

    async fn ask(method: &str, path: &str, accept: &str) -> (StatusCode, HeaderMap, String) {
        let request =
            Request::builder().method(method).uri(path).header(ACCEPT_ENCODING, accept).body(Body::empty()).unwrap();
        let response = serving::<()>(files).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (head.status, head.headers, body)
    }

    #[tokio::test]
    async fn a_file_is_sent_compressed_and_kept_for_ever() {
        let (status, headers, body) = ask("GET", "/pkg/abc/twofold.js", "gzip, deflate, br").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "brotli"));
        assert_eq!(headers[CONTENT_ENCODING], "br");
        assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(headers[CACHE_CONTROL], FOR_EVER);
        assert_eq!(headers[VARY], "accept-encoding");
    }

    #[tokio::test]
    async fn the_client_decides_on_the_encoding() {
        for (accept, expected) in [
            ("", "plain"),
            ("gzip", "gzip"),
            ("GZIP;Q=1.0", "gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br;q=0, gzip;q=0", "plain"),
            ("br;q=0, *", "gzip"),
            ("*", "brotli"),
            ("identity, br;q=0.2", "plain"),
            ("identity;q=0", "plain"),
            ("br;q=nonsense", "plain"),
            ("zstd, br", "brotli"),
        ] {
            let (_, headers, body) = ask("GET", "/pkg/abc/twofold.js", accept).await;
            assert_eq!(body, expected, "{accept}");
            assert_eq!(headers.contains_key(CONTENT_ENCODING), body != "plain");
        }
    }

    #[tokio::test]
    async fn what_has_no_compressed_copy_is_sent_as_it_is() {
        let (status, headers, body) = ask("GET", "/pkg/abc/icon.svg", "br, gzip").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "<svg/>"));
        assert_eq!(headers[CONTENT_TYPE], "image/svg+xml");
        assert!(!headers.contains_key(CONTENT_ENCODING));
    }

    #[tokio::test]
    async fn head_has_the_length_and_no_body() {
        let (status, headers, body) = ask("HEAD", "/pkg/abc/twofold.js", "gzip").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
        assert_eq!(headers["content-length"], "4");
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        for path in [
            "/pkg/abc/gone.js",
            "/pkg/abc/twofold.js.br",
            "/pkg/other/twofold.js",
            "/pkg/../manifest.json",
            "/pkg/..%2fmanifest.json",
            "/pkg/",
        ] {
            let (status, _, _) = ask("GET", path, "br").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, _, _) = ask("POST", "/pkg/abc/twofold.js", "br").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn the_icon_answers_to_its_old_name() {
        let (status, headers, body) = ask("GET", "/favicon.ico", "br").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "<svg/>"));
        assert_eq!(headers[CACHE_CONTROL], A_DAY);
    }

    #[test]
    fn the_site_knows_its_paths() {
        let site = Site::of(files).unwrap();
        assert_eq!(site.js, "/pkg/abc/twofold.js");
        assert_eq!(site.chunks["admin"], ["/pkg/abc/split_admin.wasm"]);
        assert_eq!(site.document_css, "body{margin:0}");
    }

    #[test]
    fn a_binary_without_a_front_end_says_so() {
        assert_eq!(Site::of(|_| None), None);
    }
}
