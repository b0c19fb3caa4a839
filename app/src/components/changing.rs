//! Parts of a page that change.
//!
//! Leptos compiles the machinery of a changing part anew for every closure,
//! some kilobytes each. Here all of them share one.

use leptos::prelude::*;
use std::sync::{Arc, Mutex};

/// A part of a page that changes.
pub type Changing = Arc<Mutex<dyn FnMut() -> AnyView + Send>>;

/// Shows `view`, and again whenever something it depends on changes.
pub fn changing(view: impl FnMut() -> AnyView + Send + 'static) -> Changing {
    Arc::new(Mutex::new(view))
}

/// The same for something that is not always there.
pub fn sometimes(mut view: impl FnMut() -> Option<AnyView> + Send + 'static) -> Changing {
    changing(move || view().unwrap_or_else(|| ().into_any()))
}
