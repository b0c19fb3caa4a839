//! Text in the cells of a spreadsheet.
//!
//! What people typed must not become a formula where the file is opened
//! (OWASP: CSV Injection): a cell that would begin one begins with an
//! apostrophe instead. Where another character than the comma parts cells, one
//! of ours becomes several, so what follows such a character counts as a
//! beginning, too.

use std::borrow::Cow;

/// What a file of cells begins with, so that spreadsheets read it as UTF-8 rather than in the code page of
/// the country.
pub const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// What parts cells somewhere.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// The text, unless a spreadsheet would take it or a part of it for a formula.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !begins_formula(text) && !text.split(SEPARATORS).skip(1).any(begins_formula) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 2);
    let mut rest = text;
    loop {
        if begins_formula(rest) {
            safe.push('\'');
        }
        let Some(end) = rest.find(SEPARATORS) else { break };
        let (piece, after) = rest.split_at(end + 1);
        safe.push_str(piece);
        rest = after;
    }
    safe.push_str(rest);
    safe.into()
}

fn begins_formula(cell: &str) -> bool {
    let begins_one = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    let passed_over = |c: char| (c.is_whitespace() || c == '"') && !begins_one(c);
    cell.trim_start_matches(passed_over).starts_with(begins_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for bad in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\r=1", "\n=1", " =1", "\"=1", "\u{a0}=1", "＝1", "=cmd|' /C calc'!A0"]
        {
            assert_eq!(harmless(bad), format!("'{bad}"), "{bad:?}");
        }
        for (bad, safe) in [
            ("x;=1", "x;'=1"),
            ("x\t@a", "x\t'@a"),
            ("x; \"=1;y", "x;' \"=1;y"),
            ("a,b,-1", "a,b,'-1"),
            ("\t=1", "'\t'=1"),
        ] {
            assert_eq!(harmless(bad), safe, "{bad:?}");
        }
        for good in
            ["", "anna", "a=b", "2001:db8::1", "Mozilla/5.0 (X11; Linux) (KHTML, like Gecko)", "'=1", "{\"a\":-1}"]
        {
            assert_eq!(harmless(good), good);
        }
    }

    proptest! {
        #[test]
        fn no_part_of_a_cell_begins_one(text in "[=+@a\"; ,\\t-]{0,12}") {
            let safe = harmless(&text);
            for piece in safe.split(SEPARATORS) {
                let cell = piece.trim_matches([' ', '"']);
                prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{safe:?}");
            }
            prop_assert_eq!(safe.replace('\'', ""), text, "nothing is lost");
        }
    }
}
