//! The file that a list of people is read from.

use crate::{components::browser, contract::people::LARGEST_LIST};
use std::fmt;
use web_sys::HtmlInputElement;

/// Why a file can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProblem {
    /// The browser can't read it.
    Unreadable,
    /// Its bytes are no text in UTF-8, nor in UTF-16 that says so.
    Encoding,
    /// It is too large.
    TooLarge,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "This file could not be read.",
            Self::Encoding => "This file is not UTF-8. Save it as “CSV UTF-8”.",
            Self::TooLarge => "This is larger than 1 MiB. Split the list.",
        })
    }
}

/// The text of the file that was chosen; `None` when none was.
pub async fn chosen_list(input: &HtmlInputElement) -> Option<Result<String, FileProblem>> {
    let file = browser::chosen_file(input)?;
    if file.size() > LARGEST_LIST as f64 {
        return Some(Err(FileProblem::TooLarge));
    }
    let bytes = browser::bytes_of(&file).await.map_err(|_| FileProblem::Unreadable);
    Some(bytes.and_then(decode))
}

/// The text that the bytes are.
fn decode(bytes: Vec<u8>) -> Result<String, FileProblem> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| -> Option<String> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().filter(|_| rest.is_empty())
    };
    let text = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    };
    // A file that is no text at all may be UTF-8 all the same.
    let text = text.filter(|text| !text.contains('\0')).ok_or(FileProblem::Encoding)?;
    if text.len() > LARGEST_LIST { Err(FileProblem::TooLarge) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_spreadsheets_write_it_and_nothing_is_guessed() {
        assert_eq!(decode("name\nZoë".into()).unwrap(), "name\nZoë");
        let utf16 = |mark: u16, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(mark).chain("name\nZoë 🙂".encode_utf16()).flat_map(bytes).collect()
        };
        assert_eq!(decode(utf16(0xFEFF, u16::to_le_bytes)).unwrap(), "name\nZoë 🙂");
        assert_eq!(decode(utf16(0xFEFF, u16::to_be_bytes)).unwrap(), "name\nZoë 🙂");
        for bytes in [b"name\nZo\xEB".to_vec(), b"\xFF\xFEa".to_vec(), b"PK\x03\x04\0\0".to_vec()] {
            assert_eq!(decode(bytes), Err(FileProblem::Encoding));
        }
        assert_eq!(decode(vec![b'a'; LARGEST_LIST + 1]), Err(FileProblem::TooLarge));
    }
}
