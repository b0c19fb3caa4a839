//! Setting up a second factor, and living with it.

pub(crate) mod confirm;
mod door;
pub(crate) mod enrolment;
pub(crate) mod extension;
pub(crate) mod finish;
pub(crate) mod methods;
pub(crate) mod phone;
pub(crate) mod recovery_codes;
