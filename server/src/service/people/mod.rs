//! Other people, for administrators and operators.

pub(crate) mod access_codes;
pub(crate) mod adding;
pub(crate) mod changes;
mod door;
pub(crate) mod list;
pub(crate) mod mail_address;
pub mod operator;
