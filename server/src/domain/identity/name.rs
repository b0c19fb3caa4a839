//! Names that people give, to themselves and to what is theirs.
//!
//! Letters of any script and all printing punctuation are allowed. What can't
//! be seen is not, because it makes two names look alike or turns the text around
//! it, except where a language or an emoji needs it ([`crate::domain::text::joiners`]) in a name
//! that nothing is decided by.

use crate::domain::text::{joiners, typed};
use contract::typed::is_invisible;
use icu_properties::{CodePointMapData, props::GeneralCategory};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

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

/// Reads a name that someone typed and that is only shown: without what stands around it, in NFC, of at
/// most `max_chars` Unicode scalar values.
///
/// # Errors
/// The first [`NameProblem`] found.
pub fn parse(typed: &str, max_chars: usize) -> Result<String, NameProblem> {
    let name = composed(typed, max_chars)?;
    match problems(&name).find_map(|(_, problem)| problem) {
        Some(problem) => Err(problem),
        None => Ok(name),
    }
}

/// Reads a name by which someone or something is found: the same, and nothing in it can't be seen, also
/// where a language would allow it.
///
/// # Errors
/// The first [`NameProblem`] found.
pub fn parse_visible(typed: &str, max_chars: usize) -> Result<String, NameProblem> {
    let name = composed(typed, max_chars)?;
    match name.chars().find_map(problem_of) {
        Some(problem) => Err(problem),
        None => Ok(name),
    }
}

fn composed(typed: &str, max_chars: usize) -> Result<String, NameProblem> {
    let line = typed::line(typed);
    if line.is_empty() {
        return Err(NameProblem::Blank);
    }
    // Composing shrinks a name by no more than a few times: this bounds the
    // work that a huge input can ask for.
    if line.chars().nth(max_chars.saturating_mul(4)).is_some() {
        return Err(NameProblem::TooLong);
    }
    let name: String = line.nfc().collect();
    if name.chars().nth(max_chars).is_some() { Err(NameProblem::TooLong) } else { Ok(name) }
}

/// A text with everything that a name can't contain replaced: what is left can be read and does
/// nothing else.
pub fn legible(text: &str, replacement: char) -> String {
    problems(text).map(|(c, problem)| if problem.is_some() { replacement } else { c }).collect()
}

/// Whether a text holds nothing that a name can't contain.
pub fn is_legible(text: &str) -> bool {
    problems(text).all(|(_, problem)| problem.is_none())
}

/// Each character of a text, and what keeps it out of names where it stands.
fn problems(text: &str) -> impl Iterator<Item = (char, Option<NameProblem>)> + use<> {
    let text: Vec<char> = text.chars().collect();
    (0..text.len()).filter_map(move |index| {
        let c = *text.get(index)?;
        let problem = problem_of(c).filter(|_| !joiners::is_needed(&text, index));
        Some((c, problem))
    })
}

/// What keeps a character out of names that are compared.
pub fn problem_of(c: char) -> Option<NameProblem> {
    match c {
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => {
            Some(NameProblem::DirectionMark)
        }
        NEVER_IN_A_NAME => Some(NameProblem::ControlCharacter),
        // The blank pattern of Braille prints nothing either.
        '\u{2800}' => Some(NameProblem::InvisibleCharacter),
        _ if is_invisible(c) => Some(NameProblem::InvisibleCharacter),
        _ => match CodePointMapData::<GeneralCategory>::new().get(c) {
            GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Surrogate => Some(NameProblem::ControlCharacter),
            GeneralCategory::Format => Some(NameProblem::InvisibleCharacter),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_typed_around_a_name_is_dropped() {
        assert_eq!(parse("  My phone\n", 64).as_deref(), Ok("My phone"));
        assert_eq!(parse("\u{FEFF}\u{202A}My phone\u{202C}\u{200B}", 64).as_deref(), Ok("My phone"));
        for blank in [" \u{3000}\t", "\u{3164}", "\u{200B}\u{FEFF}"] {
            assert_eq!(parse(blank, 64), Err(NameProblem::Blank));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused_by_its_kind() {
        for (name, problem) in [
            ("a\nb", NameProblem::ControlCharacter),
            ("a\0b", NameProblem::ControlCharacter),
            ("a\u{2028}b", NameProblem::ControlCharacter),
            ("a\u{FFFD}b", NameProblem::ControlCharacter),
            ("a\u{202E}b", NameProblem::DirectionMark),
            ("a\u{200F}b", NameProblem::DirectionMark),
            ("a\u{2067}b", NameProblem::DirectionMark),
            ("a\u{61C}b", NameProblem::DirectionMark),
            ("a\u{200B}b", NameProblem::InvisibleCharacter),
            ("a\u{FEFF}b", NameProblem::InvisibleCharacter),
            ("a\u{AD}b", NameProblem::InvisibleCharacter),
            ("a\u{3164}b", NameProblem::InvisibleCharacter),
            ("a\u{2800}", NameProblem::InvisibleCharacter),
            ("a\u{200C}b", NameProblem::InvisibleCharacter),
            ("a\u{FE0F}b", NameProblem::InvisibleCharacter),
        ] {
            assert_eq!(parse(name, 64), Err(problem), "{name:?}");
            assert_eq!(parse_visible(name, 64), Err(problem), "{name:?}");
            assert!(!is_legible(name));
        }
    }

    #[test]
    fn what_a_language_needs_is_taken_where_names_are_only_shown() {
        for name in ["علی\u{200C}رضا", "ශ\u{DCA}\u{200D}රී", "👩🏽\u{200D}💻", "❤\u{FE0F}", "葛\u{E0100}城"]
        {
            assert_eq!(parse(name, 64).as_deref(), Ok(name));
            assert_eq!(parse_visible(name, 64), Err(NameProblem::InvisibleCharacter));
            assert!(is_legible(name));
            assert_eq!(legible(name, ' '), name);
        }
    }

    proptest! {
        #[test]
        fn a_name_is_within_its_length_legible_and_stays_what_it_is(
            typed in prop_oneof![any::<String>(), "[a😀علی\u{94D}\u{200C}\u{200D}\u{FE0F}\u{202E} ]{0,12}"],
            most in 1..80_usize,
        ) {
            if let Ok(name) = parse(&typed, most) {
                prop_assert!(name.chars().count() <= most);
                prop_assert!(is_legible(&name));
                prop_assert_eq!(parse(&name, most), Ok(name.clone()));
            }
        }
    }
}
