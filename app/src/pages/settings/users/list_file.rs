//! The file that a list of people is read from.

use crate::{components::browser, contract::people::LARGEST_LIST};
use std::fmt;
use web_sys::HtmlInputElement;

/// Why a file can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProblem {
    /// The browser can't read it.
    Unreadable,
    /// Its bytes are no text, or not in UTF-8.
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
    let text = browser::text_of(&file).await.map_err(|_| FileProblem::Unreadable);
    Some(text.and_then(|text| if is_text(&text) { Ok(text) } else { Err(FileProblem::Encoding) }))
}

/// Whether nothing was lost in reading. The browser puts U+FFFD where bytes are no UTF-8;
/// a file that is no text at all may be UTF-8 all the same.
fn is_text(text: &str) -> bool {
    !text.contains(['\u{FFFD}', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_in_reading_is_noticed() {
        assert!(is_text("name\nZoë 🙂"));
        for bytes in [&b"name\nZo\xEB"[..], b"\xFF\xFEa\0", b"PK\x03\x04\0\0"] {
            assert!(!is_text(&String::from_utf8_lossy(bytes)));
        }
    }
}
