//! Parts of the program that are fetched when they are opened.
//!
//! Leptos' own `#[lazy_route]` panics when a part can't be fetched, which in the
//! browser ends the whole program. Here the page says so and can be tried again.

use super::{
    alert::{self, Alert},
    browser,
    button::Button,
    page::PageHeading,
};
use contract::ApiError;
use futures_channel::oneshot;
use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};
use std::pin::Pin;

/// Outcome of opening a part of the program.
pub type Part<T = AnyView> = Result<T, SplitLoaderError>;

/// A page that is being made ready: it appears when its content is there.
pub type Opening = Pin<Box<dyn Future<Output = AnyView>>>;

/// Makes a page, to be named in the routes, of which only the door is in the
/// main part of the program. Pages with the same `part` are fetched together.
/// With `and` something else is made ready that a document may show.
///
/// The expression is a future: what a page has to wait for, it waits for there,
/// and meanwhile the previous page stays. (Under a `Suspense` the server would
/// make everything below the router's outlet, and ask for its content, several
/// times over.)
macro_rules! lazy_page {
    ($(#[$doc:meta])* $page:ident, part $part:ident, preload $preload:ident $(and $other:path)?, $open:ident => $view:expr) => {
        #[leptos::wasm_split::wasm_split($part, wasm_split_path = leptos::wasm_split, preload($preload), fallible)]
        fn $open() -> $crate::components::part::Part<$crate::components::part::Opening> {
            Ok(Box::pin($view))
        }

        $(#[$doc])*
        pub struct $page;

        impl leptos_router::LazyRoute for $page {
            fn data() -> Self {
                Self
            }

            async fn view(_page: Self) -> leptos::prelude::AnyView {
                #[cfg(feature = "ssr")]
                leptos::prefetch_lazy_fn_on_server(stringify!($part));
                match $open().await.ok() {
                    Some(page) => page.await,
                    None => $crate::components::part::missing_page().await,
                }
            }

            async fn preload() {
                // Opening the page tries again and says what is wrong.
                let _ = $preload().await;
                $($other().await;)?
            }
        }
    };
}
pub(crate) use lazy_page;

/// Why a part of the program could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPart {
    /// The portal can't be reached.
    Unreachable,
    /// The portal was updated since the page was loaded, and has other parts now.
    Outdated,
}

impl MissingPart {
    /// Finds out whether the portal still has the program that this page runs. Browser only.
    pub async fn why() -> Self {
        let program = document().query_selector("link[rel=modulepreload]").ok().flatten();
        let Some(url) = program.and_then(|program| program.get_attribute("href")) else { return Self::Unreachable };
        let (tell, told) = oneshot::channel();
        // Apart, because views wait only for what may change threads.
        spawn_local(async move {
            // Fails only if nobody waits any more.
            let _ = tell.send(browser::is_gone(&url).await);
        });
        if told.await == Ok(true) { Self::Outdated } else { Self::Unreachable }
    }

    /// The sentence, and the way on where there is one.
    pub fn words(self) -> AnyView {
        alert::words(&self.into())
    }
}

impl From<MissingPart> for ApiError {
    fn from(missing: MissingPart) -> Self {
        match missing {
            MissingPart::Unreachable => Self::Offline,
            MissingPart::Outdated => Self::Outdated,
        }
    }
}

/// What stands in the place of a page that could not be fetched. Browser only.
pub async fn missing_page() -> AnyView {
    let why = missing().await;
    view! {
        <PageHeading title="This page could not be loaded" />
        {why}
    }
    .into_any()
}

/// What stands in the place of a part that could not be fetched. Browser only.
pub async fn missing() -> AnyView {
    let words = match MissingPart::why().await {
        // The page itself is not there, so reloading it is how to try again.
        MissingPart::Unreachable => view! {
            <p>"This part of the portal could not be loaded. Check your connection and try again."</p>
            <Button on:click=|_| browser::reload()>"Try again"</Button>
        }
        .into_any(),
        outdated @ MissingPart::Outdated => outdated.words(),
    };
    view! { <Alert>{words}</Alert> }.into_any()
}
