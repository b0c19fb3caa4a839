//! Characters that can't be seen and that some languages can't do without.
//!
//! A joiner or a variation selector changes the shape of what stands beside it, and only there does it
//! belong: the non-joiner in `علی‌رضا`, the joiner in a family of emoji, the variant of a Japanese family
//! name. Anywhere else it makes two names of one. The rules are those of RFC 5892 (A.1 and A.2), UAX #31
//! (2.3) and UTS #51 (ED-9, ED-16 and ED-14a).

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{EmojiModifier, ExtendedPictographic, JoiningType, Script, UnifiedIdeograph},
};
use unicode_normalization::char::canonical_combining_class;

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';
const END_OF_TAGS: char = '\u{E007F}';

/// The canonical combining class of a virama.
const VIRAMA: u8 = 9;

/// How many marks may stand between a non-joiner and the letters that it parts.
const MOST_MARKS: usize = 8;

/// The flags that are spelled with tags: England, Scotland, Wales.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Whether the character at `index`, which can't be seen, is needed where it stands.
pub fn is_needed(text: &[char], index: usize) -> bool {
    let (Some(c), Some(before), Some(after)) = (text.get(index), text.get(..index), text.get(index + 1..)) else {
        return false;
    };
    let (previous, next) = (before.last().copied(), after.first().copied());
    match *c {
        NON_JOINER => ends_in_virama(previous) || parts_letters(before, after),
        JOINER => ends_in_virama(previous) || joins_emoji(before, next),
        TEXT_STYLE => previous.is_some_and(is_pictographic),
        EMOJI_STYLE => previous.is_some_and(is_pictographic) || (previous.is_some_and(is_key) && next == Some(KEYCAP)),
        '\u{180B}'..='\u{180F}' => previous.is_some_and(is_mongolian),
        '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => previous.is_some_and(is_ideograph),
        '\u{E0020}'..='\u{E007F}' => spells_a_flag(text, index),
        _ => false,
    }
}

/// Whether `last` is a joiner that changes the shape of the consonant at the end of `before`.
pub fn follows_virama(last: char, before: &str) -> bool {
    matches!(last, NON_JOINER | JOINER) && ends_in_virama(before.chars().next_back())
}

fn ends_in_virama(previous: Option<char>) -> bool {
    previous.is_some_and(|c| canonical_combining_class(c) == VIRAMA)
}

/// RFC 5892 A.1: `(L|D) T* ZWNJ T* (R|D)`.
fn parts_letters(before: &[char], after: &[char]) -> bool {
    matches!(first_letter(before.iter().rev()), Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(first_letter(after.iter()), Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// How the first character joins that is no mark on another one.
fn first_letter<'a>(text: impl Iterator<Item = &'a char>) -> Option<JoiningType> {
    let types = CodePointMapData::<JoiningType>::new();
    text.take(MOST_MARKS).map(|c| types.get(*c)).find(|joins| *joins != JoiningType::Transparent)
}

/// Between two pictures, the first of which may have a style or a colour of skin.
fn joins_emoji(before: &[char], next: Option<char>) -> bool {
    let styled = |c: &char| *c == EMOJI_STYLE || CodePointSetData::new::<EmojiModifier>().contains(*c);
    let picture = before.iter().rev().take(3).find(|c| !styled(c));
    picture.is_some_and(|c| is_pictographic(*c)) && next.is_some_and(is_pictographic)
}

fn is_pictographic(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn is_ideograph(c: char) -> bool {
    CodePointSetData::new::<UnifiedIdeograph>().contains(c)
}

fn is_mongolian(c: char) -> bool {
    CodePointMapData::<Script>::new().get(c) == Script::Mongolian
}

const fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

fn spells_a_flag(text: &[char], index: usize) -> bool {
    let is_tag = |c: &&char| matches!(**c, '\u{E0020}'..='\u{E007F}');
    let so_far = text.iter().take(index).rev().take_while(is_tag).count();
    let Some(begin) = index.checked_sub(so_far) else { return false };
    let base = begin.checked_sub(1).and_then(|base| text.get(base));
    let tags: Vec<char> = text.iter().skip(begin).take_while(is_tag).take(16).copied().collect();
    let Some((END_OF_TAGS, letters)) = tags.split_last().map(|(last, letters)| (*last, letters)) else { return false };
    let letters: String = letters.iter().filter_map(|c| char::from_u32(u32::from(*c) - 0xE0000)).collect();
    base == Some(&BLACK_FLAG) && FLAGS.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::typed::is_invisible;

    /// Whether everything in a text that can't be seen is needed.
    fn all_needed(text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        text.iter().enumerate().all(|(index, c)| !is_invisible(*c) || is_needed(&text, index))
    }

    #[test]
    fn what_a_language_or_an_emoji_needs_is_told_from_what_only_hides() {
        for needed in [
            "علی\u{200C}رضا",
            "می\u{200C}خواهم",
            "ن\u{64F}\u{200C}ه",
            "क\u{94D}\u{200D}ष",
            "क\u{94D}\u{200C}ष",
            "ශ\u{DCA}\u{200D}රී",
            "രാമന\u{D4D}\u{200D}",
            "👨\u{200D}👩\u{200D}👧",
            "👩🏽\u{200D}💻",
            "🏳\u{FE0F}\u{200D}🌈",
            "❤\u{FE0F}\u{200D}🔥",
            "☎\u{FE0E}",
            "1\u{FE0F}\u{20E3}",
            "葛\u{E0100}城",
            "ᠠ\u{180B}",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        ] {
            assert!(all_needed(needed), "{needed:?}");
        }
        for hidden in [
            "al\u{200C}ice",
            "al\u{200D}ice",
            "ا\u{200C}ب",
            "\u{200C}علی",
            "علی\u{200C}",
            "علی\u{200C}\u{200C}رضا",
            "علی\u{200C} رضا",
            "👨\u{200D}a",
            "👨\u{200D}\u{200D}👩",
            "a\u{FE0F}",
            "1\u{FE0F}",
            "葛\u{E0100}\u{E0101}",
            "a\u{E0100}",
            "a\u{180B}",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}",
            "🏴\u{E0061}\u{E007F}",
            "a\u{E0061}\u{E007F}",
            "a\u{200B}b",
            "a\u{34F}b",
        ] {
            assert!(!all_needed(hidden), "{hidden:?}");
        }
    }
}
