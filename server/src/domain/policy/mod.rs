//! What the account policy demands.

pub mod grace;
