//! Methods, set-ups, and the codes that stand in for a phone.

pub mod access_codes;
pub mod enrolments;
pub mod methods;
pub mod phone_links;
pub mod recovery;
