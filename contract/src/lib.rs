//! What the interface and the server agree on: the wire types that browser and
//! server share, one file per subject; the paths of the pages ([`routes`]); the
//! door to the use-cases ([`portal`], on the server only); and the words for
//! what people read on either side ([`words`]).
//!
//! The types carry facts, never finished sentences: what a person reads is derived
//! from them by `Display` or by the view. No type in here can hold text that
//! an attacker chose and the portal would then show as its own.

pub mod account;
pub mod activity;
pub mod audit;
pub mod audit_trail;
pub mod duration;
pub mod enrolment;
pub mod error;
pub mod list_file;
pub mod mail;
pub mod mail_address;
pub mod number;
pub mod overview;
pub mod password;
pub mod people;
pub mod policy;
pub mod policy_value;
#[cfg(feature = "portal")]
pub mod portal;
pub mod profile;
pub mod recovery;
pub mod reminder;
pub mod routes;
pub mod session;
pub mod typed;
pub mod words;

pub use error::{Answer, ApiError};
