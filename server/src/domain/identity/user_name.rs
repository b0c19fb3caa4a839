//! User names: what a person may be called, and when two names are one.
//!
//! A name is kept as it was typed, for showing, and compared by its *key*.
//! Two names with one key are one account, so `Anna`, `anna` and the full-width
//! `Ａｎｎａ` can't belong to three people. The key is the caseless compatibility
//! mapping of the Unicode Standard (section 3.13, D146), in NFKC.
//!
//! What a name may consist of is the subject of [`crate::domain::identity::name`].

use crate::domain::{
    identity::name::{self, NEVER_IN_A_NAME, NameProblem, problem_of},
    text::typed,
};
use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// The longest name, in Unicode scalar values of its NFC form.
pub const MAX_CHARS: usize = 64;

/// How many scalar values of a name typed at sign-in are looked at.
const MAX_LOOKUP_CHARS: usize = 320;

/// A valid user name: trimmed, in NFC, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a name that someone typed, without what stands around it.
    ///
    /// # Errors
    /// The first [`NameProblem`] found.
    pub fn parse(typed: &str) -> Result<Self, NameProblem> {
        name::parse_visible(typed, MAX_CHARS).map(Self)
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What must be unique among accounts.
    pub fn key(&self) -> String {
        caseless_key(self.0.chars())
    }
}

impl AsRef<str> for UserName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UserName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key under which anything typed at sign-in is looked up and counted.
///
/// It never fails, so a name that can't exist costs the same as one that
/// doesn't: for a valid name it is [`UserName::key`], for anything else a key
/// that no account has. The answer holds no control character (PostgreSQL
/// refuses NUL in text) and its length is bounded whatever was typed.
pub fn lookup_key(typed: &str) -> String {
    let mut chars = typed::line(typed).chars();
    let mut key = caseless_key(chars.by_ref().take(MAX_LOOKUP_CHARS).map(|c| match problem_of(c) {
        Some(_) => NEVER_IN_A_NAME,
        None => c,
    }));
    if chars.next().is_some() {
        key.push(NEVER_IN_A_NAME);
    }
    key
}

/// `toNFKC(toCasefold(toNFKD(toCasefold(toNFD(X)))))`, white space collapsed.
fn caseless_key(chars: impl Iterator<Item = char>) -> String {
    let folded: String = chars.nfd().default_case_fold().nfkd().default_case_fold().nfkc().collect();
    let mut key = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(word);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(typed: &str) -> String {
        UserName::parse(typed).unwrap().key()
    }

    #[test]
    fn names_are_trimmed_and_kept_as_typed() {
        assert_eq!(UserName::parse("  Anna Lee ").unwrap().as_str(), "Anna Lee");
        assert_eq!(UserName::parse("e\u{301}").unwrap().as_str(), "é");
        assert_eq!(UserName::parse("\u{FEFF}\u{200E}anna\u{200B}").unwrap().as_str(), "anna");
        assert_eq!(lookup_key("\u{202A}Anna\u{202C}"), key("anna"));
    }

    #[test]
    fn punctuation_and_any_script_are_allowed() {
        for name in ["a:b", "R&D", "100%", "#1", "\"q\"", "o'neil", "Ольга", "李雷", "مريم", "שרה", "Đặng"]
        {
            assert_eq!(UserName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn empty_and_blank_names_are_refused() {
        for blank in ["", " ", "\t\n", "\u{3000}\u{A0}", "\u{200B}"] {
            assert_eq!(UserName::parse(blank), Err(NameProblem::Blank));
        }
    }

    #[test]
    fn sixty_four_characters_fit_and_sixty_five_do_not() {
        assert!(UserName::parse(&"字".repeat(64)).is_ok());
        assert_eq!(UserName::parse(&"字".repeat(65)), Err(NameProblem::TooLong));
        assert_eq!(UserName::parse(&"a".repeat(300)), Err(NameProblem::TooLong));
        assert!(UserName::parse(&"e\u{301}".repeat(64)).is_ok());
    }

    #[test]
    fn case_width_and_composition_do_not_make_another_person() {
        for (a, b) in [
            ("Anna", "aNNA"),
            ("Ａｎｎａ", "anna"),
            ("Straße", "STRASSE"),
            ("e\u{301}va", "ÉVA"),
            ("ﬁona", "Fiona"),
            ("Anna\u{A0} Lee", "anna lee"),
        ] {
            assert_eq!(key(a), key(b), "{a} / {b}");
        }
        assert_ne!(key("anna"), key("anne"));
    }

    #[test]
    fn a_look_up_key_never_fails_and_never_holds_a_control_character() {
        for typed in ["", "\0", "a\0b", "a\u{202E}x", &"ﷺ".repeat(5_000)] {
            let key = lookup_key(typed);
            assert!(!key.contains(char::is_control));
            assert!(key.chars().count() <= MAX_LOOKUP_CHARS * 18 + 1);
        }
        let long = "a".repeat(MAX_LOOKUP_CHARS);
        assert_ne!(lookup_key(&format!("{long}b")), lookup_key(&long));
    }

    proptest! {
        #[test]
        fn a_valid_name_is_found_by_its_look_up_key(typed in "\\PC{1,40}") {
            if let Ok(name) = UserName::parse(&typed) {
                prop_assert_eq!(lookup_key(&typed), name.key());
                prop_assert_eq!(lookup_key(name.as_str()), name.key());
                prop_assert_eq!(lookup_key(&name.key()), name.key());
                prop_assert!(!name.key().is_empty());
                prop_assert_eq!(UserName::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn an_invalid_name_has_the_key_of_no_account(typed in any::<String>()) {
            if UserName::parse(&typed).is_err() {
                let key = lookup_key(&typed);
                prop_assert!(key.is_empty() || key.contains(NEVER_IN_A_NAME) || typed::line(&typed).chars().count() > MAX_CHARS);
            }
        }

        #[test]
        fn letter_case_never_matters(typed in "\\p{L}{1,20}") {
            prop_assert_eq!(lookup_key(&typed), lookup_key(&lookup_key(&typed)));
            let ascii = typed.to_ascii_uppercase();
            prop_assert_eq!(lookup_key(&typed), lookup_key(&ascii));
        }
    }
}
