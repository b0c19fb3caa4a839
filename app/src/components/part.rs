//! Parts of the program that are fetched when they are opened.
//!
//! Leptos' own `#[lazy_route]` panics when a part can't be fetched, which in the
//! browser ends the whole program. Here the page says so and can be tried again.

use leptos::{prelude::*, wasm_split::SplitLoaderError};

/// Outcome of opening a part of the program.
pub type Part = Result<AnyView, SplitLoaderError>;

/// Makes a page, to be named in the routes, of which only the door is in the
/// main part of the program. Pages with the same `part` are fetched together.
macro_rules! lazy_page {
    ($(#[$doc:meta])* $page:ident, part $part:ident, preload $preload:ident, $open:ident => $view:expr) => {
        #[leptos::wasm_split::wasm_split($part, wasm_split_path = leptos::wasm_split, preload($preload), fallible)]
        fn $open() -> $crate::components::part::Part {
            Ok(leptos::prelude::IntoAny::into_any($view))
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
                $crate::components::part::or_unreachable($open().await)
            }

            async fn preload() {
                // Opening the page tries again and says what is wrong.
                let _ = $preload().await;
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
