//! The password rules of the account policy.
//!
//! Here rather than on the server because the browser checks them while the
//! person types; the server checks the same rules again and decides. Both look at
//! a password as it is hashed: in NFC, so that a letter is one character however a
//! keyboard sends it (RFC 8265 §4.2.2).

use super::typed::digit_value;
use serde::{Deserialize, Serialize};

/// Longest password accepted, in Unicode scalar values. Bounds the work of hashing.
pub const MAXIMUM_LENGTH: usize = 256;

/// What the policy demands of a new password. Lengths count Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Least number of characters, 8 to 128.
    pub minimum_length: u32,
    /// At least one decimal digit of any script.
    pub require_number: bool,
    /// At least one character that is neither letter, digit nor white space.
    pub require_special: bool,
    /// At least one upper-case letter of any script.
    pub require_capital: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { minimum_length: 10, require_number: true, require_special: true, require_capital: true }
    }
}

/// One rule that a password may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasswordRule {
    /// At least this many characters.
    MinimumLength(u32),
    /// At least one number.
    Number,
    /// At least one special character.
    Special,
    /// At least one capital letter.
    Capital,
    /// At most [`MAXIMUM_LENGTH`] characters.
    MaximumLength,
    /// Does not contain the user name.
    NotUserName,
    /// Is not one of the passwords that everybody tries first, nor close to one. Only the server knows them.
    NotCommon,
    /// Is none of the person's last ten. Only the server knows them.
    NotRecent,
}

impl PasswordPolicy {
    /// The rules in force, in the order they are shown.
    pub fn rules(&self) -> Vec<PasswordRule> {
        let optional = [
            (self.require_number, PasswordRule::Number),
            (self.require_special, PasswordRule::Special),
            (self.require_capital, PasswordRule::Capital),
        ];
        std::iter::once(PasswordRule::MinimumLength(self.minimum_length))
            .chain(optional.into_iter().filter(|(on, _)| *on).map(|(_, rule)| rule))
            .chain([PasswordRule::MaximumLength, PasswordRule::NotUserName])
            .collect()
    }

    /// The rules that `password` breaks for the person called `user_name`; empty when it is good.
    pub fn broken(&self, password: &str, user_name: &str) -> Vec<PasswordRule> {
        self.rules().into_iter().filter(|rule| !rule.holds(password, user_name)).collect()
    }
}

impl PasswordRule {
    /// Whether `password` keeps this rule, as far as the browser can tell.
    pub fn holds(self, password: &str, user_name: &str) -> bool {
        match self {
            Self::MinimumLength(least) => password.chars().count() >= least as usize,
            Self::Number => password.chars().any(|c| digit_value(c).is_some()),
            Self::Special => password.chars().any(|c| !c.is_alphanumeric() && !c.is_whitespace()),
            Self::Capital => password.chars().any(char::is_uppercase),
            Self::MaximumLength => password.chars().count() <= MAXIMUM_LENGTH,
            Self::NotUserName => {
                let name = user_name.trim().to_lowercase();
                name.chars().count() < 3 || !password.to_lowercase().contains(&name)
            }
            Self::NotCommon | Self::NotRecent => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(password: &str) -> Vec<PasswordRule> {
        PasswordPolicy::default().broken(password, "alice")
    }

    #[test]
    fn names_every_broken_rule_and_nothing_else() {
        assert_eq!(broken("Correct-horse-9"), []);
        assert_eq!(
            broken("short"),
            [PasswordRule::MinimumLength(10), PasswordRule::Number, PasswordRule::Special, PasswordRule::Capital]
        );
        assert_eq!(broken("ALICE-is-here-1"), [PasswordRule::NotUserName]);
    }

    #[test]
    fn counts_characters_not_bytes() {
        assert_eq!(broken("Ünïcödé-9é"), []);
        let longest = format!("A-1{}", "é".repeat(MAXIMUM_LENGTH - 3));
        assert_eq!(broken(&longest), []);
        assert_eq!(broken(&format!("{longest}é")), [PasswordRule::MaximumLength]);
    }

    #[test]
    fn rules_that_are_off_are_neither_listed_nor_checked() {
        let lenient =
            PasswordPolicy { minimum_length: 8, require_number: false, require_special: false, require_capital: false };
        assert_eq!(lenient.broken("eightlet", "bob"), []);
        assert_eq!(lenient.rules().len(), 3);
    }
}
