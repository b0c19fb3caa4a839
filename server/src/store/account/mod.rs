//! People.

pub mod accounts;
pub mod mail_addresses;
pub mod people;
pub mod words;
