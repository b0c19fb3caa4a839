//! Recovery codes: what stands in for the phone, once each.
//!
//! A code has sixteen characters of an alphabet without look-alikes (no I, L, O
//! or U), five bits each: 80 bits. It is shown in groups of four and read in
//! any letter case and width, with the digits of any script, with or without
//! dashes and spaces; an O is taken for a zero, an I or L for a one. Because one spelling is canonical, what is hashed
//! is always the same sixteen bytes.

use contract::{
    recovery::{FEW_CODES, RecoveryNotice},
    typed::{digit_value, is_gap},
};
use rand::CryptoRng;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// How many codes a set has.
pub const CODES_PER_SET: usize = 10;

/// Codes of a set that are spent when few are left.
pub const SPENT_WHEN_FEW: i64 = (CODES_PER_SET - FEW_CODES) as i64;

/// Characters of a code, dashes not counted.
pub const CODE_CHARS: usize = 16;

const GROUP_CHARS: usize = 4;

/// Crockford's base 32.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// One code, in its canonical spelling.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; CODE_CHARS]);

impl RecoveryCode {
    /// A fresh code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut code = [0; CODE_CHARS];
        rng.fill_bytes(&mut code);
        // 256 is a multiple of 32, so every character is equally likely.
        for byte in &mut code {
            *byte = ALPHABET[usize::from(*byte % 32)];
        }
        Self(code)
    }

    /// A fresh set, all different.
    pub fn generate_set(rng: &mut impl CryptoRng) -> [Self; CODES_PER_SET] {
        std::array::from_fn(|_| Self::generate(rng))
    }

    /// Reads what someone typed; `None` if it can't be a code of any set.
    pub fn normalise(typed: &str) -> Option<Self> {
        let mut code = Self([0; CODE_CHARS]);
        let mut count = 0;
        for c in typed.chars().filter(|c| !is_gap(*c) && *c != '_') {
            *code.0.get_mut(count)? = canonical(c)?;
            count += 1;
        }
        (count == CODE_CHARS).then_some(code)
    }

    /// The canonical spelling, which is what is hashed.
    pub const fn as_bytes(&self) -> &[u8; CODE_CHARS] {
        &self.0
    }

    /// The code as it is shown: `ABCD-EFGH-JKMN-PQRS`.
    pub fn display(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(CODE_CHARS + 3));
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 && index % GROUP_CHARS == 0 {
                shown.push('-');
            }
            shown.push(char::from(*byte));
        }
        shown
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

fn canonical(typed: char) -> Option<u8> {
    let upper = match digit_value(typed) {
        Some(value) => b'0' + value,
        None => u8::try_from(narrow(typed)).ok()?.to_ascii_uppercase(),
    };
    match upper {
        b'O' => Some(b'0'),
        b'I' | b'L' => Some(b'1'),
        _ => ALPHABET.contains(&upper).then_some(upper),
    }
}

/// The ASCII character of which this is the wide form, if it is one.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// What a session has to say, as it is stored.
pub fn notice(why: &str, left: Option<i64>) -> RecoveryNotice {
    RecoveryNotice { left: left.and_then(|left| u32::try_from(left).ok()).unwrap_or(0), used: why == "used" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::HashSet;

    #[test]
    fn a_code_is_shown_in_four_groups_of_four() {
        let code = RecoveryCode::normalise("abcdefghjkmnpqrs").unwrap();
        assert_eq!(code.display().as_str(), "ABCD-EFGH-JKMN-PQRS");
    }

    #[test]
    fn look_alikes_are_read_as_what_is_printed() {
        let code = RecoveryCode::normalise("oOiI lL01-0000–0000").unwrap();
        assert_eq!(code.as_bytes(), b"0011110100000000");
    }

    #[test]
    fn anything_else_is_no_code() {
        for typed in [
            "",
            "ABCD",
            "ABCD-EFGH-JKMN-PQR",
            "ABCD-EFGH-JKMN-PQRST",
            "UBCD-EFGH-JKMN-PQRS",
            "ÀBCD-EFGH-JKMN-PQRS",
            "ABCD+EFGH+JKMN+PQRS",
        ] {
            assert_eq!(RecoveryCode::normalise(typed), None, "{typed}");
        }
        assert_eq!(RecoveryCode::normalise(&"A".repeat(1_000_000)), None);
    }

    #[test]
    fn width_and_script_do_not_matter() {
        let code = RecoveryCode::normalise("ABCD-EFGH-JKMN-0123").unwrap();
        for typed in [
            "ＡＢＣＤ－ＥＦＧＨ－ＪＫＭＮ－０１２３",
            "ａｂｃｄーｅｆｇｈーｊｋｍｎーｏｉ２３",
            "ABCD\u{200B}EFGH\u{2060}JKMN\u{FEFF}٠١٢٣",
            "\u{202A}ABCD EFGH JKMN ۰۱۲۳\u{202C}",
        ] {
            assert_eq!(RecoveryCode::normalise(typed), Some(code.clone()), "{typed}");
        }
    }

    #[test]
    fn a_set_has_ten_different_codes() {
        let set = RecoveryCode::generate_set(&mut StdRng::seed_from_u64(7));
        let different: HashSet<String> = set.iter().map(|c| c.display().to_string()).collect();
        assert_eq!(different.len(), CODES_PER_SET);
    }

    #[test]
    fn every_character_of_the_alphabet_is_used_about_equally() {
        let mut rng = StdRng::seed_from_u64(3);
        let mut seen = [0_u32; 256];
        for _ in 0..2_000 {
            for byte in RecoveryCode::generate(&mut rng).as_bytes() {
                seen[usize::from(*byte)] += 1;
            }
        }
        for byte in ALPHABET {
            assert!((800..1_200).contains(&seen[usize::from(byte)]));
        }
    }

    #[test]
    fn debug_output_shows_no_code() {
        let code = RecoveryCode::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }

    proptest! {
        #[test]
        fn however_it_is_typed_it_is_the_same_code(seed: u64, lower: bool, separator in "[ -]{0,2}") {
            let code = RecoveryCode::generate(&mut StdRng::seed_from_u64(seed));
            let mut typed = code.display().replace('-', &separator).replace('0', "o");
            if lower {
                typed = typed.to_lowercase().replace('1', "l");
            }
            prop_assert_eq!(RecoveryCode::normalise(&typed), Some(code));
        }

        #[test]
        fn reading_any_text_gives_a_canonical_code_or_none(typed in any::<String>()) {
            if let Some(code) = RecoveryCode::normalise(&typed) {
                prop_assert_eq!(RecoveryCode::normalise(&code.display()), Some(code));
            }
        }
    }
}
