//! Codes as people type them.

/// Whether the portal would look at this code at all: six digits, or seven or
/// eight, of which it can tell which setting of the app makes them.
pub fn worth_sending(typed: &str) -> bool {
    let mut digits = 0;
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').all(|c| {
        digits += 1;
        c.is_ascii_digit()
    }) && (6..=8).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_ascii_digits_however_they_are_grouped() {
        for good in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6", "1234567", "1234 5678"] {
            assert!(worth_sending(good), "{good:?}");
        }
        for bad in ["", "12345", "123456789", "12345a", "１２３４５６", "12.3456"] {
            assert!(!worth_sending(bad), "{bad:?}");
        }
    }
}
