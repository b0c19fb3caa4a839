//! The rules of Twofold, pure: no input or output, no waiting, no ambient time
//! or randomness. A use-case reads rows, asks these rules, and writes rows.

pub mod code;
pub mod password_policy;
pub mod totp;
pub mod user_name;
