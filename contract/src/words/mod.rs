//! What is said to people, in English: one file per subject.
//!
//! Here rather than beside the views, because the server says the same in mail,
//! exports and on the command line, and compiles without them.

pub mod event;
mod mail;
pub mod moment;
pub mod problem;
