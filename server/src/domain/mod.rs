//! The rules of Twofold, pure: no input or output, no waiting, no ambient time
//! or randomness. A use-case reads rows, asks these rules, and writes rows.
//!
//! | Room | Subject |
//! |---|---|
//! | [`text`] | what was typed |
//! | [`identity`] | who someone is |
//! | [`credentials`] | passwords and guessing |
//! | [`second_factor`] | set-up, codes, and what stands in for them |
//! | [`session`] | being signed in |
//! | [`policy`] | what is demanded |
//! | [`audit`] | what happened |
//! | [`mail`] | mail |

pub mod audit;
pub mod credentials;
pub mod identity;
pub mod mail;
pub mod policy;
pub mod second_factor;
pub mod session;
pub mod text;
