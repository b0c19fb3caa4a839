//! The rows. Each file holds the SQL of one group of tables; none of them decides anything.

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
