//! Text in the cells of a spreadsheet.
//!
//! What people typed must not become a formula where the file is opened
//! (OWASP: CSV Injection): a cell that would begin one begins with an
//! apostrophe instead.

use std::borrow::Cow;

/// The text, unless a spreadsheet would take it for a formula.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let begins_one = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    let blank = |c: char| c.is_whitespace() && !begins_one(c);
    if text.trim_start_matches(blank).starts_with(begins_one) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for bad in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u{a0}=1", "＝1", "=cmd|' /C calc'!A0"]
        {
            assert_eq!(harmless(bad), format!("'{bad}"), "{bad:?}");
        }
        for good in ["", "anna", "a=b", "2001:db8::1", "Mozilla/5.0", "'=1", "{\"a\":-1}"] {
            assert_eq!(harmless(good), good);
        }
    }
}
