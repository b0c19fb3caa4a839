//! The edge that typed text passes before anything looks at it.
//!
//! | What was typed | What counts |
//! |---|---|
//! | a one-time code | digits of any script: [`crate::domain::second_factor::code`] |
//! | a recovery or access code | the same, and letters of any width: [`crate::domain::second_factor::recovery_code`] |
//! | a password | [`opaque`] |
//! | a name, an address, a search | [`line()`], then [`crate::domain::identity::name`] |
//!
//! Copying brings along what nobody sees: marks of direction from a contact, the byte order mark of a
//! file, blanks without width. Around a line they are dropped as white space is.

use crate::domain::text::joiners;
use contract::typed::is_invisible;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

/// A line without what stands around it: white space, and what can't be seen unless a script needs it
/// at the end of a word.
pub fn line(typed: &str) -> &str {
    let start = typed.trim_start_matches(is_debris);
    let mut rest = start;
    while let Some(last) = rest.chars().next_back().filter(|c| is_debris(*c)) {
        let before = &rest[..rest.len() - last.len_utf8()];
        if joiners::follows_virama(last, before) {
            break;
        }
        rest = before;
    }
    rest
}

/// White space, and format characters but for those that belong to an emoji before them.
const fn is_debris(c: char) -> bool {
    c.is_whitespace()
        || (is_invisible(c)
            && !matches!(c, '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}'))
}

/// A password as it is counted, judged and hashed; `None` when it has more than `most` characters.
///
/// RFC 8265 §4.2.2 (OpaqueString): blanks of every kind are the ASCII one, and the rest is in NFC, so
/// that it does not matter whether a keyboard sends `ö` or `o` with a mark. Case and width do matter.
pub fn opaque(password: &str, most: usize) -> Option<Zeroizing<String>> {
    // Composing makes of four characters one at most: this bounds the work that a huge input can ask for.
    if password.chars().nth(most.saturating_mul(4)).is_some() {
        return None;
    }
    // Room for all of it from the start: no copy of a part is left behind in memory.
    let mut normalised = Zeroizing::new(String::with_capacity(3 * password.len()));
    normalised.extend(password.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc());
    normalised.chars().nth(most).is_none().then_some(normalised)
}

/// Whether a password is the same in every spelling of it: it has been normalised, or need not be.
pub fn is_opaque(password: &str) -> bool {
    is_nfc(password) && !password.chars().any(|c| c != ' ' && is_blank(c))
}

/// General category Zs.
const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::typed::digit_value;
    use icu_properties::{CodePointMapData, CodePointSetData, props};
    use proptest::prelude::*;

    fn password(typed: &str) -> String {
        opaque(typed, 256).unwrap().to_string()
    }

    #[test]
    fn the_tables_are_those_of_unicode() {
        let categories = CodePointMapData::<props::GeneralCategory>::new();
        let ignorable = CodePointSetData::new::<props::DefaultIgnorableCodePoint>();
        let mut expected = 0;
        for c in char::MIN..=char::MAX {
            let category = categories.get(c);
            assert_eq!(is_invisible(c), ignorable.contains(c), "{c:?}");
            assert_eq!(is_blank(c), category == props::GeneralCategory::SpaceSeparator, "{c:?}");
            if category == props::GeneralCategory::DecimalNumber {
                // Digits stand in runs of ten, from zero to nine.
                assert_eq!(digit_value(c), Some(expected), "{c:?}");
                expected = (expected + 1) % 10;
            } else {
                assert_eq!((digit_value(c), expected), (None, 0), "{c:?}");
            }
        }
    }

    #[test]
    fn what_stands_around_a_line_is_dropped() {
        for typed in [
            "alice",
            " alice\r\n",
            "\u{FEFF}alice",
            "alice\u{200B}",
            "\u{200E}alice\u{200F} ",
            "\u{202A}alice\u{202C}",
            "\u{2068}alice\u{2069}\u{A0}",
            "alice\u{200D}",
        ] {
            assert_eq!(line(typed), "alice", "{typed:?}");
        }
        // A chillu of Malayalam, and a heart in colour.
        for whole in ["രാമന\u{D4D}\u{200D}", "❤\u{FE0F}", "al\u{200B}ice"] {
            assert_eq!(line(whole), whole);
        }
        assert_eq!(line("\u{200B}\u{FEFF} "), "");
    }

    #[test]
    fn a_password_is_one_however_a_keyboard_spells_it() {
        for (one, other) in [
            ("größe", "gro\u{308}ße"),
            ("Việt", "Vie\u{323}\u{302}t"),
            ("한글", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}"),
            ("a b", "a\u{A0}b"),
            ("a b", "a\u{3000}b"),
        ] {
            assert_eq!(password(one), password(other), "{one}");
            assert!(is_opaque(one) && !is_opaque(other));
        }
        for (one, other) in [("Größe", "größe"), ("abc", "ａｂｃ"), ("ﬁsh", "fish"), ("a ", "a"), ("a\u{200D}b", "ab")]
        {
            assert_ne!(password(one), password(other), "{one}");
        }
    }

    #[test]
    fn characters_are_counted_as_they_are_hashed() {
        assert!(opaque(&"o\u{308}".repeat(256), 256).is_some());
        assert!(opaque(&"o\u{308}".repeat(257), 256).is_none());
        assert!(opaque(&"ö".repeat(257), 256).is_none());
        assert!(opaque(&"a".repeat(10_000_000), 256).is_none());
    }

    proptest! {
        #[test]
        fn a_normalised_password_stays_what_it_is(typed in any::<String>()) {
            if let Some(normalised) = opaque(&typed, 256) {
                prop_assert!(is_opaque(&normalised));
                let again = opaque(&normalised, 256);
                prop_assert_eq!(again.as_deref(), Some(&*normalised));
                prop_assert_eq!(is_opaque(&typed), typed == *normalised);
            }
        }

        #[test]
        fn a_line_stays_what_it_is(typed in any::<String>()) {
            prop_assert_eq!(line(line(&typed)), line(&typed));
        }
    }
}
