//! The server functions, one file per subject.
//!
//! Each is a public endpoint under `/api`. It obtains a caller that proves what
//! was checked, calls one method of the portal, and returns.

pub mod account;
pub mod audit;
pub mod enrolment;
pub mod mail;
pub mod method;
pub mod overview;
pub mod people;
pub mod policy;
pub mod recovery;
pub mod session;
pub mod sign_in;

#[cfg(feature = "ssr")]
mod answer;
#[cfg(feature = "ssr")]
pub(crate) mod caller;
#[cfg(feature = "ssr")]
mod form;
