//! Numbers as they are read.

use std::fmt;

/// A whole number with its thousands apart: `1,234,567`.
pub fn grouped(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many of something: "1 sign-in", "2 sign-ins", "1,234 sign-ins".
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let numbers = [0_u64, 12, 999, 1_000, 12_345, 123_456, 10_000_000];
        assert_eq!(numbers.map(grouped), ["0", "12", "999", "1,000", "12,345", "123,456", "10,000,000"]);
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        let mice = [0, 1, 2, 1_234].map(|count| counted(count, "mouse", "mice"));
        assert_eq!(mice, ["0 mice", "1 mouse", "2 mice", "1,234 mice"]);
    }
}
