//! The rows. Each file holds the SQL of one group of tables; none of them decides anything.
//!
//! PostgreSQL locks rows in the order in which a transaction touches them, so
//! all that may run at once touch them in one order: counters of passwords, the
//! person, methods and recovery codes, sessions, enrolments, browsers, counters
//! of codes, the audit trail. Whoever changes more than one row of a kind holds
//! the person's row; so does the transaction of a code at sign-in, which begins
//! with the session and the counters of codes.

pub mod account;
pub mod audit;
pub mod credentials;
pub mod db;
pub mod mail;
pub mod migrate;
pub mod policy;
pub mod readiness;
pub mod second_factor;
pub mod session;

pub use db::{Cause, Db, StoreError, Tx};

use std::ops::DerefMut;

/// A transaction within which was looked at whether the caller may change what
/// belongs to others. What only administrators and operators do takes nothing less.
pub trait Entitled: DerefMut<Target = Tx> + Send {}
