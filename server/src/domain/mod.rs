//! The rules of Twofold, pure: no input or output, no waiting, no ambient time
//! or randomness. A use-case reads rows, asks these rules, and writes rows.
//!
//! | Subject | Module |
//! |---|---|
//! | who someone is | [`name`], [`user_name`] |
//! | the second factor | [`code`], [`totp`], [`otpauth`], [`qr`], [`recovery_code`], [`enrolment`], [`compatibility`] |
//! | being signed in | [`session`], [`trusted_browser`] |
//! | passwords | [`common_password`] |
//! | guessing | [`lockout`], [`client`] |
//! | what happened | [`audit`], [`audit_search`], [`audit_export`] |

pub mod audit;
pub mod audit_export;
pub mod audit_search;
pub mod client;
pub mod code;
pub mod common_password;
pub mod compatibility;
pub mod enrolment;
pub mod lockout;
pub mod name;
pub mod otpauth;
pub mod qr;
pub mod recovery_code;
pub mod session;
pub mod totp;
pub mod trusted_browser;
pub mod user_name;
