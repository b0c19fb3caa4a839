//! Passwords that an attacker tries first.
//!
//! The lists are those bundled with zxcvbn (D. L. Wheeler, "zxcvbn: Low-Budget
//! Password Strength Estimation", USENIX Security 2016): 30,000 leaked
//! passwords, besides words and names. Its matching sees through capitals and
//! look-alike characters; figures and signs around a listed word do not make it
//! another one. Nothing leaves the server.

use zxcvbn::matching::{Match, patterns::MatchPattern};

/// Whether `password` is on the list, or is one that is with capitals,
/// look-alikes, or figures and signs around it. `hints` are words that an
/// attacker would add: the names of person and portal.
pub fn is_common(password: &str, hints: &[&str]) -> bool {
    let estimate = zxcvbn::zxcvbn(password, hints);
    estimate.sequence().iter().any(|part| is_listed(part) && is_all_there_is(part, password))
}

fn is_listed(part: &Match) -> bool {
    matches!(&part.pattern, MatchPattern::Dictionary(listed) if !listed.reversed)
}

/// Whether the rest is at most as long and has no letters; a listed number must be the whole.
fn is_all_there_is(part: &Match, password: &str) -> bool {
    let inside = part.range_inclusive();
    let (mut length, mut letters) = (0, false);
    for (position, c) in password.chars().enumerate() {
        if inside.contains(&position) {
            letters |= c.is_alphabetic();
        } else if c.is_alphabetic() {
            return false;
        }
        length += 1;
    }
    let listed = inside.count();
    if letters { 2 * listed >= length } else { listed == length }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HINTS: [&str; 2] = ["alice", "Twofold"];

    #[test]
    fn what_everybody_uses_is_common_whatever_is_around_it() {
        for password in [
            "password",
            "Password1!",
            "P@ssw0rd123!",
            "Qwertyuiop1!",
            "1234567890",
            "Iloveyou-1",
            "!!Sunshine2026",
            "Twofold-1",
            "trustno1",
        ] {
            assert!(is_common(password, &HINTS), "{password}");
        }
    }

    #[test]
    fn what_takes_imagination_is_not() {
        for password in
            ["Correct-horse-7", "Zebra!umbrella4staple", "kX9$mQ2#vL7p", "Ünïcödé-straße-9", "8305719264", "A-1", ""]
        {
            assert!(!is_common(password, &HINTS), "{password}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_password_is_too_strange(password in any::<String>()) {
            is_common(&password, &HINTS);
        }
    }
}
