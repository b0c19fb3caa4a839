//! Guessing.

pub mod attempts;
