//! Characters as people type and paste them.
//!
//! Keyboards of other scripts have other digits, those of East Asia wide ones, and what is pasted
//! brings along characters that nobody sees. What a code says is the same in all of them, so browser
//! and server read it here.

/// The zero of each run of ten decimal digits (general category Nd), in order. Unicode promises that
/// the other nine follow it.
const ZEROS: [u32; 77] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0,
    0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70,
    0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// The value of a decimal digit of any script, 0 to 9.
pub fn digit_value(c: char) -> Option<u8> {
    let code = u32::from(c);
    let before = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let value = code - ZEROS.get(before)?;
    u8::try_from(value).ok().filter(|value| *value < 10)
}

/// Whether a character prints nothing of its own: the property Default_Ignorable_Code_Point.
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Whether a character belongs to a script that runs from right to left
/// (the blocks that Unicode sets aside for them).
const fn runs_from_right(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// A name within a sentence that is no markup: where it runs from right to left, it does not turn
/// what stands around it. Other names stay as they are, and are found as they are.
pub fn isolated(name: &str) -> String {
    if name.chars().any(runs_from_right) { format!("\u{2068}{name}\u{2069}") } else { name.to_owned() }
}

/// Whether a character within a code says nothing: white space, what can't be seen, and what
/// keyboards have where others have the hyphen.
pub fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(
            c,
            '-' | '\u{058A}' | '\u{2010}'
                ..='\u{2015}'
                    | '\u{2043}'
                    | '\u{2212}'
                    | '\u{30FC}'
                    | '\u{FE58}'
                    | '\u{FE63}'
                    | '\u{FF0D}'
                    | '\u{FF70}'
        )
}

/// The digits of a code that was typed, as ASCII, and how many there are: digits of any script by
/// their value, gaps left out. `None` for more than `MOST` and for anything else.
pub fn read_digits<const MOST: usize>(typed: &str) -> Option<([u8; MOST], usize)> {
    let (mut digits, mut count) = ([0; MOST], 0);
    for c in typed.chars().filter(|c| !is_gap(*c)) {
        *digits.get_mut(count)? = b'0' + digit_value(c)?;
        count += 1;
    }
    Some((digits, count))
}

/// A whole number that was typed with the digits of any script; `None` for anything else.
pub fn read_number(typed: &str) -> Option<u32> {
    let mut digits = typed.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).map(digit_value);
    let first = digits.next()??;
    digits.try_fold(u32::from(first), |number, digit| number.checked_mul(10)?.checked_add(u32::from(digit?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_run_from_the_right_are_isolated() {
        for name in ["דנה", "أحمد (IT)", "Ada דנה"] {
            assert_eq!(isolated(name), format!("\u{2068}{name}\u{2069}"));
        }
        for name in ["", "alice", "Zoë 山田"] {
            assert_eq!(isolated(name), name);
        }
    }

    #[test]
    fn numbers_are_read_in_any_script() {
        for (typed, number) in
            [("30", Some(30)), (" ٣٠\u{200F}", Some(30)), ("４ ２９４ ９６７ ２９５", Some(u32::MAX))]
        {
            assert_eq!(read_number(typed), number, "{typed}");
        }
        for typed in ["", " ", "-1", "+1", "1.5", "1,000", "4294967296", "x"] {
            assert_eq!(read_number(typed), None, "{typed}");
        }
    }

    fn read(typed: &str) -> Option<String> {
        let (digits, count) = read_digits::<8>(typed)?;
        Some(digits[..count].iter().map(|digit| char::from(*digit)).collect())
    }

    #[test]
    fn digits_of_any_script_count_by_their_value() {
        for typed in ["123456", "１２３４５６", "١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "๑๒๓๔๕๖", "𝟏𝟐𝟑𝟜𝟝𝟞", "12３٤۵६"]
        {
            assert_eq!(read(typed).as_deref(), Some("123456"), "{typed}");
        }
        assert_eq!(read("٠۰0").as_deref(), Some("000"));
        for no_digit in ["Ⅷ", "①", "一", "½", "²", "a", "+", ".", "/", ":"] {
            assert_eq!(read(no_digit), None, "{no_digit}");
        }
    }

    #[test]
    fn gaps_and_what_can_not_be_seen_are_left_out() {
        for typed in [
            " 123 456 ",
            "123-456",
            "123\u{2011}456",
            "123\u{2013}456",
            "123ー456",
            "１２３　４５６",
            "\u{FEFF}123456\u{200B}",
            "\u{202D}123\u{202C}456",
            "\u{200E}123456\u{200F}",
            "1\u{AD}2\u{200D}3\u{FE0F}4\u{2060}56",
        ] {
            assert_eq!(read(typed).as_deref(), Some("123456"), "{typed:?}");
        }
        assert_eq!(read("\u{200B} -").as_deref(), Some(""));
    }

    #[test]
    fn more_digits_than_are_wanted_are_none() {
        assert_eq!(read("12345678").as_deref(), Some("12345678"));
        assert_eq!(read("123456789"), None);
        assert_eq!(read(&"1".repeat(1_000_000)), None);
    }
}
