//! The rules of Twofold, pure: no input or output, no waiting, no ambient time
//! or randomness. A use-case reads rows, asks these rules, and writes rows.
//!
//! | Subject | Module |
//! |---|---|
//! | what was typed | [`typed`], [`joiners`] |
//! | who someone is | [`name`], [`user_name`], [`search_words`], [`people_list`], [`mail_address`] |
//! | the second factor | [`code`], [`totp`], [`otpauth`], [`qr`], [`recovery_code`], [`access_code`], [`enrolment`], [`compatibility`] |
//! | being signed in | [`session`], [`trusted_browser`], [`grace`] |
//! | passwords | [`common_password`] |
//! | guessing | [`lockout`], [`client`] |
//! | what happened | [`audit`], [`audit_search`], [`audit_export`], [`spreadsheet`] |
//! | mail | [`mail`], [`mail_answer`], [`mail_refusal`] |

pub mod access_code;
pub mod audit;
pub mod audit_export;
pub mod audit_search;
pub mod client;
pub mod code;
pub mod common_password;
pub mod compatibility;
pub mod enrolment;
pub mod folding;
pub mod grace;
pub mod joiners;
pub mod lockout;
pub mod mail;
pub mod mail_address;
pub mod mail_answer;
pub mod mail_refusal;
pub mod name;
pub mod otpauth;
pub mod people_list;
pub mod qr;
pub mod recovery_code;
pub mod search_words;
pub mod session;
pub mod spreadsheet;
pub mod totp;
pub mod trusted_browser;
pub mod typed;
pub mod user_name;
