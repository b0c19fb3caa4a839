//! The account policy, and who has not met it yet.

pub(crate) mod account_policy;
mod door;
pub(crate) mod grace;
pub(crate) mod reminders;
