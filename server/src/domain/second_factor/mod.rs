//! Setting up a second factor, and proving it.

pub mod access_code;
pub mod code;
pub mod compatibility;
pub mod enrolment;
pub mod otpauth;
pub mod qr;
pub mod recovery_code;
pub mod totp;
