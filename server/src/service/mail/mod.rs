//! Mail: written with the change that it tells about, sent beside it.

mod door;
pub(crate) mod queue;
pub(crate) mod smtp;
pub(crate) mod write;
