//! Passwords that an attacker tries first.
//!
//! The list is the one bundled with zxcvbn (D. L. Wheeler, "zxcvbn: Low-Budget
//! Password Strength Estimation", USENIX Security 2016): 30,000 leaked
//! passwords by frequency, besides names and words. Its estimate also sees
//! through capitals, look-alike characters, repetition and what is merely
//! appended, so close variations are refused as well. Nothing leaves the server.

/// Guesses that an attacker who is slowed down still makes (the paper's §5:
/// what resists an online attack takes more than 10⁶).
const TOO_FEW_GUESSES: u64 = 1_000_000;

/// Whether `password` is on the list, close to something on it, or as easily
/// guessed. `hints` are words that an attacker knows: the names of person and
/// portal. Takes up to some milliseconds of CPU time.
pub fn is_common(password: &str, hints: &[&str]) -> bool {
    zxcvbn::zxcvbn(password, hints).guesses() < TOO_FEW_GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_uses_is_common_whatever_is_appended() {
        for password in [
            "password",
            "Password1!",
            "P@ssw0rd123!",
            "Qwertyuiop1!",
            "1234567890",
            "Iloveyou-1",
            "aaaaaaaaaaA-1",
            "Twofold-1",
        ] {
            assert!(is_common(password, &["alice", "Twofold"]), "{password}");
        }
    }

    #[test]
    fn what_takes_imagination_is_not() {
        for password in ["Correct-horse-7", "Zebra!umbrella4staple", "kX9$mQ2#vL7p", "Ünïcödé-straße-9"] {
            assert!(!is_common(password, &["alice", "Twofold"]), "{password}");
        }
    }
}
