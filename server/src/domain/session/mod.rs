//! Being signed in, and the browsers that were before.

pub mod trusted_browser;
pub mod worth;
