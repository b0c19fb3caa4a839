//! Parts of a page that change.
//!
//! Leptos compiles the machinery of a changing part anew for every closure,
//! some kilobytes each. Here all of them share one.
//!
//! And where the types of components are erased, as they are here, Leptos 0.8
//! patches a view into an earlier one of the same type but leaves the earlier
//! one's `on:` and `attr:` of *components* in place (`AnyViewWithAttrs::rebuild`
//! drops the new ones): a button in a list would go on acting for the row that
//! was there before. So whatever has buttons and changes goes through here,
//! where each view is made anew.

use leptos::prelude::*;
use std::sync::{Arc, Mutex};

/// A part of a page that changes.
pub type Changing = Arc<Mutex<dyn FnMut() -> AnyView + Send>>;

/// Shows `view`, and again whenever something it depends on changes.
pub fn changing(mut view: impl FnMut() -> AnyView + Send + 'static) -> Changing {
    let mut wrapped = true;
    Arc::new(Mutex::new(move || {
        // Views of different types are not patched into each other; a tuple of
        // one shows as what is in it, and is of another type.
        wrapped = !wrapped;
        if wrapped { (view(),).into_any() } else { view() }
    }))
}

/// The same for something that is not always there.
pub fn sometimes(mut view: impl FnMut() -> Option<AnyView> + Send + 'static) -> Changing {
    changing(move || view().unwrap_or_else(|| ().into_any()))
}
