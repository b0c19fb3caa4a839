//! The audit trail: written, verified, read, exported, shortened and counted.

pub mod chain;
mod door;
pub mod export_door;
pub(crate) mod record;
pub(crate) mod retention;
pub mod search;
pub(crate) mod statistics;
