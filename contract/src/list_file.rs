//! A list of people as a file: from its bytes to text, for browser and command line.

use super::people::LARGEST_LIST;

/// Why a file can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProblem {
    /// It can't be read.
    Unreadable,
    /// Its bytes are no text in Unicode.
    Encoding,
    /// It is too large.
    TooLarge,
}

/// The text of a file: UTF-8, or UTF-16 that says so by its byte order mark, as “Unicode text” of
/// spreadsheets does. Text in the code page of one country can't be told from that of another.
///
/// # Errors
/// [`FileProblem::Encoding`] or [`FileProblem::TooLarge`].
pub fn text_of(bytes: &[u8]) -> Result<String, FileProblem> {
    // Of two bytes one character comes about, or, in UTF-8 again, up to three bytes.
    if bytes.len() > 2 * LARGEST_LIST {
        return Err(FileProblem::TooLarge);
    }
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    // Where a text was in another encoding before, characters may be lost already; and a file that is no
    // text at all may be UTF-8 all the same.
    let text = text.filter(|text| !text.contains(['\u{FFFD}', '\0'])).ok_or(FileProblem::Encoding)?;
    if text.len() > LARGEST_LIST { Err(FileProblem::TooLarge) } else { Ok(text) }
}

fn utf_16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|bytes| unit(*bytes))).collect::<Result<String, _>>().ok()?;
    rest.is_empty().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name\nZoë 🙂 山田";

    fn units(unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{FEFF}{TEXT}").encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn text_is_read_in_whichever_form_of_unicode() {
        assert_eq!(text_of(TEXT.as_bytes()).as_deref(), Ok(TEXT));
        assert_eq!(text_of(&units(u16::to_le_bytes)).as_deref(), Ok(TEXT));
        assert_eq!(text_of(&units(u16::to_be_bytes)).as_deref(), Ok(TEXT));
    }

    #[test]
    fn what_is_no_such_text_is_noticed() {
        let whole = units(u16::to_le_bytes);
        for bytes in [
            &b"name\nZo\xEB"[..],
            b"name\nZo\xEF\xBF\xBD",
            b"n\0a\0m\0e\0",
            b"PK\x03\x04\0\0",
            b"\xFF\xFEa",
            b"\xFF\xFE\x3D\xD8",
            whole.split_last().unwrap().1,
        ] {
            assert_eq!(text_of(bytes), Err(FileProblem::Encoding), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        assert!(text_of(&vec![b'a'; LARGEST_LIST]).is_ok());
        assert_eq!(text_of(&vec![b'a'; LARGEST_LIST + 1]), Err(FileProblem::TooLarge));
        let wide: Vec<u8> = "\u{FEFF}"
            .chars()
            .chain(std::iter::repeat_n('字', LARGEST_LIST / 2))
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text_of(&wide), Err(FileProblem::TooLarge));
    }
}
