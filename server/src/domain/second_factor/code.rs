//! The six digits that someone types from an authenticator app.
//!
//! Apps show a code in groups, and pasting brings the gap along; keyboards have
//! the digits of their script. How that is read stands in [`contract::typed`],
//! for the browser as well. What is left must be exactly six digits: anything else
//! is refused before it is compared with anything.

use std::fmt;

use contract::typed::read_digits;
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use zeroize::ZeroizeOnDrop;

/// How many digits a code has (RFC 4226 §5.3).
pub const DIGITS: usize = 6;

/// A well-formed code: six digits, in ASCII.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SixDigits([u8; DIGITS]);

/// The text is not six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A code has six digits.")]
pub struct MalformedCode;

impl SixDigits {
    /// Reads what was typed or pasted.
    ///
    /// # Errors
    /// [`MalformedCode`] for letters, or any number of digits but six.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        let (digits, count) = read_digits::<DIGITS>(typed).ok_or(MalformedCode)?;
        if count == DIGITS { Ok(Self(digits)) } else { Err(MalformedCode) }
    }

    /// The digits as ASCII text. A code is a secret while it is valid: this
    /// goes to the comparison and nowhere else.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII digits by construction.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether both codes are the same, in time that depends on neither.
    pub fn matches(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// What someone typed from an app that may not heed the portal's settings: six
/// to eight digits, the numbers that apps show.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AppDigits {
    digits: [u8; Self::MOST],
    count: usize,
}

impl AppDigits {
    /// The most digits that any app shows (RFC 6238 §1.2 and RFC 4226 §5.3).
    const MOST: usize = 8;

    /// Reads what was typed or pasted.
    ///
    /// # Errors
    /// [`MalformedCode`] for anything but six to eight digits.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        let (digits, count) = read_digits::<{ Self::MOST }>(typed).ok_or(MalformedCode)?;
        if count < DIGITS { Err(MalformedCode) } else { Ok(Self { digits, count }) }
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The digits as ASCII text, for the comparison and nowhere else.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII digits by construction.
        self.digits.get(..self.count).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
    }

    /// The code, if it has as many digits as the portal's.
    pub fn six(&self) -> Option<SixDigits> {
        if self.count == DIGITS { SixDigits::parse(self.as_str()).ok() } else { None }
    }
}

impl fmt::Debug for AppDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppDigits(…)")
    }
}

impl fmt::Debug for SixDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SixDigits(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spaces_and_dashes_are_dropped() {
        for typed in [
            "123456",
            " 123 456 ",
            "123-456",
            "123\u{A0}456",
            "123\u{2013}456",
            "12\u{2009}34\u{202F}56",
            "1 2 3 4 5 6\n",
            "１２３　４５６",
            "\u{2067}١٢٣٤٥٦\u{2069}",
            "۱۲۳۴۵۶",
        ] {
            assert_eq!(SixDigits::parse(typed).unwrap().as_str(), "123456");
        }
    }

    #[test]
    fn leading_zeros_are_kept() {
        assert_eq!(SixDigits::parse("000 001").unwrap().as_str(), "000001");
    }

    #[test]
    fn anything_but_six_digits_is_malformed() {
        for typed in ["", "     ", "12345", "1234567", "12345a", "+12345", "12.456", "0x1234", "12345\0"] {
            assert_eq!(SixDigits::parse(typed).unwrap_err(), MalformedCode);
        }
        assert!(SixDigits::parse(&" ".repeat(1_000_000)).is_err());
    }

    #[test]
    fn apps_show_six_to_eight_digits() {
        for (typed, digits) in [("123 456", "123456"), ("123 4567", "1234567"), ("1234-5678", "12345678")] {
            let read = AppDigits::parse(typed).unwrap();
            assert_eq!((read.as_str(), read.count()), (digits, digits.len()));
            assert_eq!(read.six().is_some(), digits.len() == 6);
        }
        for typed in ["", "12345", "123456789", "1234567a"] {
            assert_eq!(AppDigits::parse(typed).unwrap_err(), MalformedCode);
        }
    }

    #[test]
    fn debug_output_shows_no_digit() {
        let shown = [
            format!("{:?}", SixDigits::parse("123456").unwrap()),
            format!("{:?}", AppDigits::parse("12345678").unwrap()),
        ];
        assert!(!shown.concat().contains(|c: char| c.is_ascii_digit()));
    }

    proptest! {
        #[test]
        fn any_grouping_of_six_digits_is_the_same_code(
            digits in "[0-9]{6}", gaps in proptest::collection::vec("[ \u{A0}\u{2011}\u{200B}\u{FEFF}-]{0,30}", 7),
        ) {
            let mut typed = gaps[0].clone();
            for (digit, gap) in digits.chars().zip(&gaps[1..]) {
                typed.push(digit);
                typed.push_str(gap);
            }
            let code = SixDigits::parse(&typed).unwrap();
            prop_assert_eq!(code.as_str(), &digits);
            prop_assert!(bool::from(code.matches(&SixDigits::parse(&digits).unwrap())));
        }

        #[test]
        fn parsing_any_text_gives_six_digits_or_an_error(typed in any::<String>()) {
            if let Ok(code) = SixDigits::parse(&typed) {
                prop_assert_eq!(code.as_str().len(), 6);
                prop_assert!(code.as_str().bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
