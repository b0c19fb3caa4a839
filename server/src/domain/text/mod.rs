//! What was typed, and what spreadsheets make of it.

pub mod joiners;
pub mod spreadsheet;
pub mod typed;
