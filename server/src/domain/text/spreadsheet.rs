//! What spreadsheets write, and what they make of what is written for them.
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

/// A table as a spreadsheet wrote it.
#[derive(Debug)]
pub struct Written<'a> {
    /// What parts cells.
    pub delimiter: u8,
    /// Lines that are not part of `text`.
    pub lines_before: u64,
    /// Lines end in line feeds.
    pub text: Cow<'a, str>,
}

impl<'a> Written<'a> {
    /// Finds out how a table is written.
    pub fn read(list: &'a str) -> Self {
        let list = list.strip_prefix(BYTE_ORDER_MARK).unwrap_or(list);
        let text: Cow<'_, str> = match list.contains('\r') {
            true => list.replace("\r\n", "\n").replace('\r', "\n").into(),
            false => list.into(),
        };
        let first = text.split('\n').next().unwrap_or_default();
        match named_delimiter(first) {
            Some(delimiter) => {
                let rest = text.get(first.len() + 1..).unwrap_or_default().to_owned();
                Self { delimiter, lines_before: 1, text: rest.into() }
            }
            None => Self { delimiter: delimiter(&text), lines_before: 0, text },
        }
    }
}

/// What a first line `sep=;` says that it is.
fn named_delimiter(first: &str) -> Option<u8> {
    let line = first.trim_start_matches([' ', '"']);
    let delimiter =
        line.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).and_then(|_| line.as_bytes().get(4))?;
    DELIMITERS.contains(delimiter).then_some(*delimiter)
}

/// What spreadsheets separate by.
const DELIMITERS: [u8; 4] = [b'|', b'\t', b';', b','];

/// Whatever separates most of the first line that holds more than separators.
fn delimiter(list: &str) -> u8 {
    let first = list.lines().find(|line| line.contains(|c: char| c.is_alphanumeric())).unwrap_or(list);
    let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
    // Of equals the last one counts: a list of one column has commas.
    DELIMITERS.into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// What a word in capitals says, if it is one that spreadsheets write for true or false.
pub fn truth(word: &str) -> Option<bool> {
    if TRUE.contains(&word) {
        Some(true)
    } else if FALSE.contains(&word) {
        Some(false)
    } else {
        None
    }
}

/// How spreadsheets write that something is true, in the languages that they speak.
const TRUE: [&str; 26] = [
    "TRUE",
    "WAHR",
    "VRAI",
    "VERDADERO",
    "VERDADEIRO",
    "VERO",
    "CERT",
    "ADEVĂRAT",
    "WAAR",
    "SANT",
    "SAND",
    "SANN",
    "TOSI",
    "PRAWDA",
    "PRAVDA",
    "IGAZ",
    "DOĞRU",
    "ΑΛΗΘΗΣ",
    "ИСТИНА",
    "ІСТИНА",
    "TÕENE",
    "PATIESS",
    "TIESA",
    "EGIA",
    "АҚИҚАТ",
    "ISTINA",
];

/// The same for what is false.
const FALSE: [&str; 26] = [
    "FALSE",
    "FALSCH",
    "FAUX",
    "FALSO",
    "FALS",
    "ONWAAR",
    "FALSKT",
    "FALSK",
    "USANN",
    "EPÄTOSI",
    "FAŁSZ",
    "NEPRAVDA",
    "HAMIS",
    "YANLIŞ",
    "ΨΕΥΔΗΣ",
    "ЛОЖЬ",
    "ХИБНІСТЬ",
    "ХИБА",
    "VÄÄR",
    "APLAMS",
    "NETIESA",
    "FALTSUA",
    "GEZURRA",
    "ЖАЛҒАН",
    "НЕИСТИНА",
    "NEISTINA",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn true_and_false_are_read_in_the_languages_of_spreadsheets() {
        for (words, expected) in [(TRUE, true), (FALSE, false)] {
            for word in words {
                assert_eq!(truth(word), Some(expected), "{word}");
                assert_eq!(truth(&word.to_lowercase().to_uppercase()), Some(expected), "{word}");
            }
        }
        assert_eq!(truth("MAYBE"), None);
    }

    #[test]
    fn the_separator_is_named_or_found() {
        let read = |text| {
            let Written { delimiter, lines_before, text } = Written::read(text);
            (char::from(delimiter), lines_before, text.into_owned())
        };
        assert_eq!(read("\u{FEFF}a;b\r\n1;2\r\n"), (';', 0, "a;b\n1;2\n".to_owned()));
        assert_eq!(read("sep=|\ra,b|c\r"), ('|', 1, "a,b|c\n".to_owned()));
        assert_eq!(read("\"SEP=;\";;\n\na,b\n"), (';', 1, "\na,b\n".to_owned()));
        assert_eq!(read(",,\na\tb\n"), ('\t', 0, ",,\na\tb\n".to_owned()));
        assert_eq!(read("separate=;"), (';', 0, "separate=;".to_owned()));
        assert_eq!(read("sep=x"), (',', 0, "sep=x".to_owned()));
    }

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
