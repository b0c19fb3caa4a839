//! Parts of the program that are fetched when they are opened.
//!
//! Leptos' own `#[lazy_route]` panics when a part can't be fetched, which in the
//! browser ends the whole program. Here the page says so and can be tried again.

use leptos::{prelude::*, wasm_split::SplitLoaderError};
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
                match $open().await {
                    Ok(page) => page.await,
                    Err(problem) => $crate::components::part::or_unreachable(Err(problem)),
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

/// The part, or what stands in its place when it could not be fetched.
pub fn or_unreachable(part: Part) -> AnyView {
    part.unwrap_or_else(|_| view! { <Unreachable /> }.into_any())
}

/// As little as possible: it belongs to the main part of the program.
#[component]
fn Unreachable() -> impl IntoView {
    view! {
        <p class="unreachable" role="alert">
            "This part of the portal could not be loaded. Check your connection and "
            <a href="" rel="external">
                "try again"
            </a> "."
        </p>
    }
}
