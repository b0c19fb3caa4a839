//! The wire types that browser and server share, one file per subject.
//!
//! They carry facts, never finished sentences: what a person reads is derived
//! from them by `Display` or by the view. No type in here can hold text that
//! an attacker chose and the portal would then show as its own.

pub mod account;
pub mod activity;
pub mod audit;
pub mod audit_trail;
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
pub mod profile;
pub mod recovery;
pub mod reminder;
pub mod session;
pub mod typed;

pub use error::{Answer, ApiError};
