//! The rows. Each file holds the SQL of one group of tables; none of them decides anything.

pub mod access_codes;
pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod audit_chain;
pub mod audit_folds;
pub mod audit_search;
pub mod browsers;
pub mod db;
pub mod enrolments;
pub mod mail_addresses;
pub mod methods;
pub mod migrate;
pub mod outbox;
pub mod people;
pub mod phone_links;
pub mod policy;
pub mod readiness;
pub mod recovery;
pub mod seen_browsers;
pub mod sessions;
pub mod sign_in;
pub mod statistics;
pub mod words;

pub use db::{Cause, Db, StoreError, Tx};

use std::ops::DerefMut;

/// A transaction within which was looked at whether the caller may change what
/// belongs to others. What only administrators and operators do takes nothing less.
pub trait Entitled: DerefMut<Target = Tx> + Send {}
