//! What mail says, and what servers say to it.

pub mod answer;
pub mod message;
pub mod refusal;
