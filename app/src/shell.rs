//! The document around every page, and the policy that guards it.
//!
//! Styles of the first screen are part of the document, so that a plain page
//! needs nothing else. Hydrated pages add one style sheet and the program.
//! Every inline style and script carries the nonce of its response.
//!
//! # Taking over
//! What the program takes over stands in an element of its own, which says of
//! how many nodes it consists ([`number_nodes`]). `start.js`, which is part of
//! the document, loads the program and compares: a page that was rewritten on
//! its way (a proxy that hides mail addresses, a translator, an extension) is not
//! taken over but rendered anew in the browser. So is, after one reload, a page
//! in which taking over failed all the same. Whatever keeps the program from
//! running is said above the page, with what helps; the words are in the document
//! and appear by themselves where not even `start.js` runs.

use crate::App;
use contract::routes;
use http::{HeaderValue, header::CONTENT_SECURITY_POLICY, request::Parts};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;
use std::sync::Arc;

/// What the documents of a portal have in common.
#[derive(Clone, Debug)]
pub struct Site {
    /// The portal's own name.
    pub portal_name: String,
    /// Styles of the first screen, inlined in every document.
    pub document_css: Arc<str>,
    /// URL of the program's loader; empty when the front end was not built.
    pub js: String,
    /// URL of the program.
    pub wasm: String,
    /// URL of the style sheet of signed-in pages.
    pub portal_css: String,
    /// URL of the icon.
    pub icon: String,
}

/// The document around the page that the request asks for.
pub fn shell(site: Site) -> impl IntoView {
    provide_context(site.clone());
    let plain = use_context::<Parts>().is_some_and(|parts| routes::is_plain(parts.uri.path()));
    let nonce = use_nonce();
    if let (Some(nonce), Some(response)) = (&nonce, use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&content_security_policy(nonce, plain))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    let hydrated = !plain && !site.js.is_empty();
    let program = hydrated.then(|| load_program(&site, nonce));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="application-name" content=site.portal_name.clone() />
                <link rel="icon" href=site.icon.clone() type="image/svg+xml" />
                <style nonce=use_nonce()>{site.document_css.clone()}</style>
                {program}
                <MetaTags />
            </head>
            <body>
                {(!plain).then(|| view! { <WithoutScript /> })}
                {hydrated.then(|| view! { <StartNote /> })}
                <div id="portal">
                    <App />
                </div>
            </body>
        </html>
    }
}

/// Only what the portal itself serves, and of inline content only what this response wrote.
///
/// A plain page loads no script; the nonce is for the few words that Leptos
/// writes into every page.
fn content_security_policy(nonce: &Nonce, plain: bool) -> String {
    let program = if plain { "" } else { " 'self' 'wasm-unsafe-eval'; connect-src 'self'" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'{program}; style-src 'self' 'nonce-{nonce}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )
}

/// Hydrated pages: style sheet and program. The program is requested by the
/// document itself, so that it is on its way before the loader runs.
fn load_program(site: &Site, nonce: Option<Nonce>) -> impl IntoView + use<> {
    let Site { js, wasm, portal_css, .. } = site.clone();
    let start = format!("{START}start({js:?}, {wasm:?});");
    view! {
        <link rel="stylesheet" href=portal_css />
        <link rel="modulepreload" href=js />
        <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=nonce>
            {start}
        </script>
    }
}

/// Loads the program, has it take over the page, and says what keeps it from that.
const START: &str = include_str!("start.js");

/// The beginning of the element that the program takes over.
const PORTAL: &[u8] = b"<div id=\"portal\"";

/// Its end.
const PORTAL_ENDS: &[u8] = b"</div>";

/// What comes after it.
const BODY_ENDS: &[u8] = b"</body>";

#[component]
fn WithoutScript() -> impl IntoView {
    view! {
        <noscript>
            <p class="start-note">"Signing in works without JavaScript; what comes after it does not. Allow it for this page."</p>
        </noscript>
    }
}

/// What `start.js` shows one paragraph of. Where it does not run the first one appears after a while.
#[component]
fn StartNote() -> impl IntoView {
    view! {
        <div class="start-note start-late" id="start" role="alert">
            <p data-why="slow">"This page is still loading, and its buttons don’t work yet. If it stays like this, reload the page."</p>
            <p data-why="script" hidden>
                "A part of this page could not be loaded, so its buttons don’t work. Check your connection, and that nothing blocks scripts from this site; then reload the page."
            </p>
            <p data-why="wasm" hidden>
                "This browser does not run WebAssembly, so the buttons of this page don’t work. Lockdown modes and strict security settings switch it off: allow it for this site, or use another browser. Signing in and signing out work without."
            </p>
            <p data-why="died" hidden>
                "This page has stopped working. Reload it. If it happens again, switch off translation and extensions for this site, or use another browser."
            </p>
            <button type="button" class="button" hidden>
                "Reload"
            </button>
        </div>
    }
}

/// A document that says of how many nodes (elements, texts, comments) its page
/// consists, so that the browser can tell whether all of it has arrived as it was sent.
///
/// Other documents stay as they are.
pub fn number_nodes(document: Vec<u8>) -> Vec<u8> {
    let first = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|part| part == what);
    let last = |text: &[u8], what: &[u8]| text.windows(what.len()).rposition(|part| part == what);
    let name_ends = first(&document, PORTAL).map(|start| start + PORTAL.len());
    let within = name_ends.zip(first(&document, BODY_ENDS)).and_then(|(from, to)| document.get(from..to));
    let inside = within.and_then(|within| within.get(..last(within, PORTAL_ENDS)?));
    let (Some(name_ends), Some(nodes)) = (name_ends, inside.map(count_nodes)) else { return document };
    let (before, after) = document.split_at(name_ends);
    [before, format!(" data-nodes=\"{nodes}\"").as_bytes(), after].concat()
}

/// Nodes after the end of the tag in which `html` begins. It is what Leptos
/// writes: quotes are double, and what is no markup is escaped.
fn count_nodes(html: &[u8]) -> usize {
    let mut nodes = 0;
    let mut rest = after_tag(html);
    while let Some(first) = rest.first() {
        nodes += usize::from(!rest.starts_with(b"</"));
        let ends = if rest.starts_with(b"<!--") {
            rest.windows(3).position(|part| part == b"-->").map(|at| at + 3)
        } else if *first == b'<' {
            Some(rest.len() - after_tag(rest).len())
        } else {
            rest.iter().position(|byte| *byte == b'<')
        };
        rest = ends.and_then(|ends| rest.get(ends..)).unwrap_or_default();
    }
    nodes
}

/// What follows the end of the tag in which `html` begins.
fn after_tag(html: &[u8]) -> &[u8] {
    let mut in_quotes = false;
    let end = html.iter().position(|byte| {
        in_quotes ^= *byte == b'"';
        *byte == b'>' && !in_quotes
    });
    end.and_then(|end| html.get(end + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_counted_as_a_browser_counts_them() {
        for (html, nodes) in [
            ("", 0),
            ("text", 1),
            ("<p>one</p>", 2),
            ("<p></p><br>", 2),
            ("a<!>b", 3),
            ("<!--<() />--><p>b</p>", 3),
            ("<p title=\"a > b\">a &gt; b<!--x--></p> ", 4),
            ("<a href=\"\"><b>x</b></a>", 3),
        ] {
            let document =
                format!("<body><div id=\"portal\">{html}</div><!><!></body><!></html><script>1 < 2</script>");
            let numbered = String::from_utf8(number_nodes(document.clone().into_bytes())).unwrap();
            assert_eq!(numbered, document.replace("l\">", &format!("l\" data-nodes=\"{nodes}\">")), "{html}");
        }
    }

    #[test]
    fn what_is_no_page_stays_as_it_is() {
        for other in ["", "{}", "<div id=\"portal\">", "<div id=\"portal\"></body>", "</div></body><div id=\"portal\">"]
        {
            assert_eq!(number_nodes(other.as_bytes().to_vec()), other.as_bytes(), "{other}");
        }
    }
}
