//! The file that a list of people is read from.

use crate::components::browser;
use contract::{
    list_file::{FileProblem, text_of},
    people::LARGEST_LIST,
};
use web_sys::HtmlInputElement;

/// The text of the file that was chosen; `None` when none was.
pub async fn chosen_list(input: &HtmlInputElement) -> Option<Result<String, FileProblem>> {
    let file = browser::chosen_file(input)?;
    if file.size() > 2.0 * LARGEST_LIST as f64 {
        return Some(Err(FileProblem::TooLarge));
    }
    let bytes = browser::bytes_of(&file).await.map_err(|_| FileProblem::Unreadable);
    Some(bytes.and_then(|bytes| text_of(&bytes)))
}
