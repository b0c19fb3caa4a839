//! What the portal does by itself, and its sample data.

pub mod demo;
pub(crate) mod housekeeping;
pub(crate) mod rekey;
