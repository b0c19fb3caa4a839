//! What happened.

pub mod export;
pub mod folding;
pub mod search;
pub mod trail;
