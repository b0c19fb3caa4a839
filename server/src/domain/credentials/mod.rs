//! Passwords, and how often anyone may guess.

pub mod client;
pub mod common_password;
pub mod lockout;
