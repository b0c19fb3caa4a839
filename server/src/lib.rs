//! The Twofold server as a library, so that tests build the very router that
//! the binary serves.
//!
//! A request walks from [`http`] through the interface's server functions (the
//! `app` crate) to a use-case in [`service`], which asks the rules in
//! [`domain`] and writes rows through [`store`].

#![recursion_limit = "256"]

#[cfg(feature = "interface")]
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod domain;
#[cfg(feature = "interface")]
pub mod http;
pub mod open;
pub mod service;
pub mod store;
