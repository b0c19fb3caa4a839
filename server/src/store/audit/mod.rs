//! The audit trail.

pub mod chain;
pub mod folds;
pub mod search;
pub mod statistics;
pub mod trail;
