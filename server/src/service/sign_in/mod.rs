//! Coming in, and proving oneself again.

mod access_code;
pub(crate) mod code;
mod door;
pub(crate) mod password;
mod refusal;
pub(crate) mod step_up;
