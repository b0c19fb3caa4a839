//! Sessions and browsers.

pub mod browsers;
pub mod seen_browsers;
pub mod sessions;
pub mod sign_in;
