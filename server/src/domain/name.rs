//! Names that people give, to themselves and to what is theirs.
//!
//! Letters of any script and all printing punctuation are allowed. What can't
//! be seen is not: it makes two names look alike, or turns the text around it.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A character that no name contains; it may stand for all such characters.
pub const NEVER_IN_A_NAME: char = char::REPLACEMENT_CHARACTER;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameProblem {
    #[error("nothing but white space")]
    Blank,
    #[error("too many characters")]
    TooLong,
    #[error("a line break or control character")]
    ControlCharacter,
    #[error("a mark that changes the direction of text")]
    DirectionMark,
    #[error("an invisible character")]
    InvisibleCharacter,
}

/// Reads a name that someone typed: trimmed, in NFC, of at most `max_chars`
/// Unicode scalar values.
///
/// # Errors
/// The first [`NameProblem`] found.
pub fn parse(typed: &str, max_chars: usize) -> Result<String, NameProblem> {
    let trimmed = typed.trim();
    if trimmed.is_empty() {
        return Err(NameProblem::Blank);
    }
    if let Some(problem) = trimmed.chars().find_map(problem_of) {
        return Err(problem);
    }
    // Composing shrinks a name by no more than a few times: this bounds the
    // work that a huge input can ask for.
    if trimmed.chars().nth(max_chars.saturating_mul(4)).is_some() {
        return Err(NameProblem::TooLong);
    }
    let name: String = trimmed.nfc().collect();
    if name.chars().nth(max_chars).is_some() { Err(NameProblem::TooLong) } else { Ok(name) }
}

/// A text with everything that a name can't contain replaced: what is left can be read and does
/// nothing else.
pub fn legible(text: &str, replacement: char) -> String {
    text.chars().map(|c| if problem_of(c).is_some() { replacement } else { c }).collect()
}

/// What keeps a character out of names.
pub fn problem_of(c: char) -> Option<NameProblem> {
    match c {
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => {
            Some(NameProblem::DirectionMark)
        }
        NEVER_IN_A_NAME => Some(NameProblem::ControlCharacter),
        _ if is_invisible_filler(c) => Some(NameProblem::InvisibleCharacter),
        _ => match c.general_category() {
            GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Surrogate => Some(NameProblem::ControlCharacter),
            GeneralCategory::Format => Some(NameProblem::InvisibleCharacter),
            _ => None,
        },
    }
}

/// Default-ignorable code points (DerivedCoreProperties.txt) that are not of
/// category Format, and the blank Braille pattern: all print nothing.
fn is_invisible_filler(c: char) -> bool {
    matches!(
        c,
        '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{2065}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_typed_around_a_name_is_dropped() {
        assert_eq!(parse("  My phone\n", 64).as_deref(), Ok("My phone"));
        assert_eq!(parse(" \u{3000}\t", 64), Err(NameProblem::Blank));
    }

    #[test]
    fn what_cannot_be_seen_is_refused_by_its_kind() {
        for (name, problem) in [
            ("a\nb", NameProblem::ControlCharacter),
            ("a\0b", NameProblem::ControlCharacter),
            ("a\u{2028}b", NameProblem::ControlCharacter),
            ("a\u{FFFD}b", NameProblem::ControlCharacter),
            ("a\u{202E}b", NameProblem::DirectionMark),
            ("\u{200F}ab", NameProblem::DirectionMark),
            ("a\u{2067}b", NameProblem::DirectionMark),
            ("a\u{61C}b", NameProblem::DirectionMark),
            ("a\u{200B}b", NameProblem::InvisibleCharacter),
            ("a\u{FEFF}b", NameProblem::InvisibleCharacter),
            ("a\u{AD}b", NameProblem::InvisibleCharacter),
            ("\u{3164}", NameProblem::InvisibleCharacter),
            ("a\u{FE0F}b", NameProblem::InvisibleCharacter),
        ] {
            assert_eq!(parse(name, 64), Err(problem), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_within_its_length_visible_and_stays_what_it_is(typed in any::<String>(), most in 1..80_usize) {
            if let Ok(name) = parse(&typed, most) {
                prop_assert!(name.chars().count() <= most);
                prop_assert!(!name.chars().any(|c| problem_of(c).is_some()));
                prop_assert_eq!(parse(&name, most), Ok(name.clone()));
            }
        }
    }
}
