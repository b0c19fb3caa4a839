//! A person's own account.

pub(crate) mod activity;
mod door;
pub(crate) mod invitation;
pub(crate) mod mail_address;
pub(crate) mod passwords;
pub(crate) mod sign_ins;
