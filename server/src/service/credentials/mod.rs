//! Passwords and sealed secrets, and what guessing them costs.

pub(crate) mod owed;
pub(crate) mod password;
pub(crate) mod secret;
pub(crate) mod throttling;
pub(crate) mod undecided;
