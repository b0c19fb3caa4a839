//! Which passwords the account policy accepts.
//!
//! Only the standard library is used, so the very same check can run in the
//! browser while someone types; the server's answer is the one that counts.
//! Lengths are in Unicode scalar values. Passwords are neither trimmed nor
//! normalised: what was typed is what is hashed.

use std::ops::RangeInclusive;

/// What the policy's minimum length may be set to.
pub const MINIMUM_LENGTH_RANGE: RangeInclusive<u32> = 8..=128;

/// The longest password, in scalar values: longer ones are refused before any
/// hashing.
pub const MAX_CHARS: u32 = 256;

/// User names shorter than this may occur in a password: "Al" is in too many
/// words.
const SHORTEST_COMPARED_NAME: usize = 3;

/// One rule of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PasswordRule {
    /// At least so many characters.
    MinimumLength(u32),
    /// At least one number (any script).
    Digit,
    /// At least one character that is neither letter, number nor white space.
    Special,
    /// At least one capital letter (any script that has them).
    Capital,
    /// At most so many characters.
    MaximumLength(u32),
    /// Neither is nor contains the user name, in any letter case.
    NotUserName,
}

/// The password section of the account policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    minimum_length: u32,
    /// At least one number.
    pub require_digit: bool,
    /// At least one special character.
    pub require_special: bool,
    /// At least one capital letter.
    pub require_capital: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 10,
            require_digit: true,
            require_special: true,
            require_capital: true,
        }
    }
}

impl PasswordPolicy {
    /// This policy with another minimum length; `None` if that lies outside
    /// [`MINIMUM_LENGTH_RANGE`].
    pub fn with_minimum_length(self, minimum_length: u32) -> Option<Self> {
        MINIMUM_LENGTH_RANGE
            .contains(&minimum_length)
            .then_some(Self {
                minimum_length,
                ..self
            })
    }

    /// The fewest characters a password may have.
    pub const fn minimum_length(&self) -> u32 {
        self.minimum_length
    }

    /// Every rule in force, met or not, in the order they are shown.
    pub fn rules(&self) -> Vec<PasswordRule> {
        [
            (true, PasswordRule::MinimumLength(self.minimum_length)),
            (self.require_digit, PasswordRule::Digit),
            (self.require_special, PasswordRule::Special),
            (self.require_capital, PasswordRule::Capital),
            (true, PasswordRule::MaximumLength(MAX_CHARS)),
            (true, PasswordRule::NotUserName),
        ]
        .into_iter()
        .filter_map(|(in_force, rule)| in_force.then_some(rule))
        .collect()
    }

    /// The rules that `password` does not meet, in the order of
    /// [`PasswordPolicy::rules`]; none means it is accepted.
    pub fn check(&self, password: &str, user_name: &str) -> Vec<PasswordRule> {
        // A password beyond any bound isn't searched for the rest.
        if is_too_long(password) {
            return vec![PasswordRule::MaximumLength(MAX_CHARS)];
        }
        self.rules()
            .into_iter()
            .filter(|rule| !is_met(*rule, password, user_name))
            .collect()
    }
}

/// Whether `password` is longer than any account may have; cheap for any input.
pub fn is_too_long(password: &str) -> bool {
    password.chars().nth(MAX_CHARS as usize).is_some()
}

fn is_met(rule: PasswordRule, password: &str, user_name: &str) -> bool {
    match rule {
        PasswordRule::MinimumLength(least) => password.chars().count() >= least as usize,
        PasswordRule::MaximumLength(most) => password.chars().count() <= most as usize,
        PasswordRule::Digit => password.chars().any(char::is_numeric),
        PasswordRule::Special => password
            .chars()
            .any(|c| !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control()),
        PasswordRule::Capital => password.chars().any(char::is_uppercase),
        PasswordRule::NotUserName => !contains_name(password, user_name.trim()),
    }
}

fn contains_name(password: &str, user_name: &str) -> bool {
    if user_name.chars().count() < SHORTEST_COMPARED_NAME {
        return !user_name.is_empty() && fold(password) == fold(user_name);
    }
    fold(password).contains(&fold(user_name))
}

/// Upper-casing first also unites letters such as ß and SS, or σ and ς.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lax() -> PasswordPolicy {
        PasswordPolicy {
            minimum_length: 8,
            require_digit: false,
            require_special: false,
            require_capital: false,
        }
    }

    #[test]
    fn a_password_that_meets_every_rule_is_accepted() {
        assert_eq!(
            PasswordPolicy::default().check("Correct-horse 1", "anna"),
            []
        );
        assert_eq!(
            PasswordPolicy::default().check("ÄÖ€3ひらがなです", "anna"),
            []
        );
    }

    #[test]
    fn every_unmet_rule_is_named_in_order() {
        assert_eq!(
            PasswordPolicy::default().check("anna", "Anna"),
            [
                PasswordRule::MinimumLength(10),
                PasswordRule::Digit,
                PasswordRule::Special,
                PasswordRule::Capital,
                PasswordRule::NotUserName,
            ]
        );
    }

    #[test]
    fn lengths_are_counted_in_characters_not_bytes() {
        assert_eq!(lax().check(&"é".repeat(8), ""), []);
        assert_eq!(
            lax().check(&"é".repeat(7), ""),
            [PasswordRule::MinimumLength(8)]
        );
        assert_eq!(lax().check(&"é".repeat(256), ""), []);
        assert_eq!(
            lax().check(&"é".repeat(257), ""),
            [PasswordRule::MaximumLength(256)]
        );
    }

    #[test]
    fn the_user_name_is_found_in_any_letter_case() {
        for password in ["xxANNAxx", "anna-anna", "my Anna 12345"] {
            assert_eq!(lax().check(password, "anna"), [PasswordRule::NotUserName]);
        }
        assert_eq!(
            lax().check("1STRASSE1", "straße"),
            [PasswordRule::NotUserName]
        );
        assert_eq!(lax().check("always-so", "al"), []);
        assert_eq!(lax().check("whatever", ""), []);
    }

    #[test]
    fn white_space_is_not_special() {
        let policy = PasswordPolicy {
            require_special: true,
            ..lax()
        };
        assert_eq!(policy.check("two words", ""), [PasswordRule::Special]);
        assert_eq!(policy.check("two_words", ""), []);
    }

    #[test]
    fn the_minimum_length_stays_in_its_range() {
        for refused in [0, 7, 129, u32::MAX] {
            assert_eq!(PasswordPolicy::default().with_minimum_length(refused), None);
        }
        for accepted in [8, 128] {
            let policy = PasswordPolicy::default()
                .with_minimum_length(accepted)
                .unwrap();
            assert_eq!(policy.minimum_length(), accepted);
        }
    }

    proptest! {
        #[test]
        fn only_rules_in_force_are_reported(password in any::<String>(), name in any::<String>()) {
            let policy = PasswordPolicy::default();
            let rules = policy.rules();
            for unmet in policy.check(&password, &name) {
                prop_assert!(rules.contains(&unmet));
            }
        }

        #[test]
        fn a_longer_password_never_unmeets_a_requirement(
            password in any::<String>(), more in "[a-z]{0,5}",
        ) {
            let unmet = PasswordPolicy::default().check(&password, "");
            for rule in PasswordPolicy::default().check(&format!("{password}{more}"), "") {
                prop_assert!(unmet.contains(&rule) || matches!(rule, PasswordRule::MaximumLength(_)));
            }
        }
    }
}
