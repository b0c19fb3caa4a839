//! Codes as people type them.

use contract::typed::read_digits;

/// Whether the portal would look at this code at all: six digits, or seven or
/// eight, of which it can tell which setting of the app makes them.
pub fn worth_sending(typed: &str) -> bool {
    read_digits::<8>(typed).is_some_and(|(_, count)| count >= 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_to_eight_digits_however_they_are_typed() {
        for good in
            ["123456", " 123 456 ", "123\u{2011}456", "1 2 3 4 5 6", "1234567", "1234 5678", "１２３４５６", "۱۲۳ ۴۵۶"]
        {
            assert!(worth_sending(good), "{good:?}");
        }
        for bad in ["", "12345", "123456789", "12345a", "12.3456"] {
            assert!(!worth_sending(bad), "{bad:?}");
        }
    }
}
