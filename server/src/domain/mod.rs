//! The rules of Twofold, pure: no input or output, no waiting, no ambient time
//! or randomness. A use-case reads rows, asks these rules, and writes rows.
//!
//! | Subject | Module |
//! |---|---|
//! | who someone is | [`user_name`], [`password_policy`] |
//! | the second factor | [`code`], [`totp`], [`otpauth`], [`qr`], [`recovery_code`], [`enrolment`] |
//! | being signed in | [`session`], [`local_path`] |
//! | guessing | [`lockout`], [`client`] |
//! | what happened | [`audit`] |

pub mod audit;
pub mod client;
pub mod code;
pub mod enrolment;
pub mod local_path;
pub mod lockout;
pub mod otpauth;
pub mod password_policy;
pub mod qr;
pub mod recovery_code;
pub mod session;
pub mod totp;
pub mod user_name;
