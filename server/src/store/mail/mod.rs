//! Mail.

pub mod outbox;
