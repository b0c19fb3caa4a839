//! The document around every page, and the policy that guards it.
//!
//! Styles of the first screen are part of the document, so that a plain page
//! needs nothing else. Hydrated pages add one style sheet and the program.
//! Every inline style and script carries the nonce of its response.

use crate::{App, routes};
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
    let program = (!plain && !site.js.is_empty()).then(|| load_program(&site, nonce.clone()));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="application-name" content=site.portal_name.clone() />
                <link rel="icon" href=site.icon.clone() type="image/svg+xml" />
                <style nonce=nonce.clone()>{site.document_css.clone()}</style>
                {program}
                <MetaTags />
            </head>
            <body>
                <App />
                {(!plain)
                    .then(|| {
                        view! {
                            <noscript>
                                <p class="no-script">"Signing in works without JavaScript; what comes after it does not. Allow it for this page."</p>
                            </noscript>
                        }
                    })}
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
    let start = format!("import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.hydrate()))");
    view! {
        <link rel="stylesheet" href=portal_css />
        <link rel="modulepreload" href=js />
        <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=nonce>
            {start}
        </script>
    }
}
