//! Being signed in, and acting with the rights of the moment.

pub(crate) mod administration;
pub(crate) mod browsers;
mod door;
pub(crate) mod opening;
