//! The words by which people are found.
//!
//! A name is taken apart where something other than a letter or a digit stands,
//! and each word is folded: letter case, width, composition and accents do not
//! matter, so `muller` finds `Jörg-Müller`. What someone types is folded the
//! same way, and finds the words that begin with it.

use caseless::Caseless;
use contract::typed::is_invisible;
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How many words of one person are kept.
const MOST_WORDS: usize = 48;

/// How many words of a search count: the longest ones.
pub const MOST_TERMS: usize = 3;

/// How many characters of a word count.
const LONGEST_WORD: usize = 32;

/// How many characters of a text are looked at.
const LONGEST_TEXT: usize = 400;

/// Comes after every word.
const LAST: char = char::MAX;

/// The words of a person's names, each once.
pub fn words_of(name: &str, display_name: &str) -> BTreeSet<String> {
    folded(name).chain(folded(display_name)).take(MOST_WORDS).collect()
}

/// The words of a search, the longest first; none when nothing can be searched for.
pub fn terms_of(typed: &str) -> Vec<Term> {
    let mut words: Vec<String> = folded(typed).collect::<BTreeSet<_>>().into_iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(MOST_TERMS);
    words.into_iter().map(Term::new).collect()
}

/// The beginning of a word, as a range of words in the order of code points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The first word that begins so.
    pub from: String,
    /// Comes after all that do.
    pub to: String,
}

impl Term {
    fn new(word: String) -> Self {
        Self { to: format!("{word}{LAST}"), from: word }
    }
}

fn folded(text: &str) -> impl Iterator<Item = String> {
    let characters = text.chars().take(LONGEST_TEXT);
    let folded: String = characters
        .nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
        .collect();
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST_WORD).collect())
        .collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(name: &str, display_name: &str) -> Vec<String> {
        words_of(name, display_name).into_iter().collect()
    }

    /// Whether a search would find the person.
    fn finds(typed: &str, name: &str, display_name: &str) -> bool {
        let words = words_of(name, display_name);
        terms_of(typed).iter().all(|term| words.range(term.from.clone()..term.to.clone()).next().is_some())
    }

    #[test]
    fn names_are_taken_apart_into_folded_words() {
        assert_eq!(words("j.smith@example", "John SMITH-Jones"), ["example", "j", "john", "jones", "smith"]);
        assert_eq!(words("Jörg", "Ａnna Straße"), ["anna", "jorg", "strasse"]);
        assert_eq!(words("Ольга", "李雷"), ["ольга", "李雷"]);
        assert_eq!(words("علی\u{200C}رضا", "👩\u{200D}💻 Anna"), words("علیرضا", "anna"));
        assert_eq!(words("---", ""), Vec::<String>::new());
    }

    #[test]
    fn a_person_is_found_by_the_beginning_of_each_word() {
        for typed in ["j", "smi", "SMITH jo", "jon smith", "  j.smith ", "jöhn", ""] {
            assert!(finds(typed, "j.smith", "John Smith-Jones"), "{typed}");
        }
        for typed in ["mith", "smiths", "john doe"] {
            assert!(!finds(typed, "j.smith", "John Smith-Jones"), "{typed}");
        }
    }

    #[test]
    fn only_the_longest_words_of_a_search_count() {
        let terms: Vec<String> = terms_of("a bb ccc dddd a").into_iter().map(|term| term.from).collect();
        assert_eq!(terms, ["dddd", "ccc", "bb"]);
    }

    #[test]
    fn what_is_kept_of_any_text_is_bounded() {
        let long = "wordy ".repeat(10_000) + &"x".repeat(10_000);
        assert!(words_of(&long, &"a b c d e f g h i j k l m n o p q r s".repeat(9)).len() <= MOST_WORDS);
        assert!(terms_of(&"x".repeat(10_000)).iter().all(|term| term.from.chars().count() == LONGEST_WORD));
    }

    proptest! {
        #[test]
        fn everybody_is_found_by_their_own_name(name in "\\PC{1,60}") {
            prop_assert!(finds(&name, &name, ""));
            prop_assert!(finds(&name.to_uppercase(), &name, "") || !name.is_ascii());
        }
    }
}
