//! The Twofold server as a library, so that tests build the very router that
//! the binary serves.

pub mod clock;
pub mod crypto;
pub mod domain;
pub mod service;
pub mod store;
