//! Audit entries for other programs: CSV for spreadsheets (RFC 4180), and JSON
//! Lines.
//!
//! No cell is a formula: see [`crate::domain::text::spreadsheet`].

use crate::domain::text::spreadsheet::{BYTE_ORDER_MARK, harmless};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Format {
    /// Reads its file extension.
    pub fn parse(extension: &str) -> Option<Self> {
        match extension {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// Its file extension.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// An entry as it is exported.
#[derive(Debug, Clone, Serialize)]
pub struct Record<'a> {
    /// Its place in the chain.
    pub sequence: i64,
    /// RFC 3339, in UTC.
    pub time: String,
    /// What happened.
    pub event: &'a str,
    /// How it ended.
    pub outcome: &'a str,
    /// Who did it.
    pub actor_id: Option<&'a str>,
    /// Their name then.
    pub actor: Option<&'a str>,
    /// Whom it concerns.
    pub subject_id: Option<&'a str>,
    /// Their name then.
    pub subject: Option<&'a str>,
    /// Network address.
    pub address: Option<&'a str>,
    /// As the browser calls itself.
    pub user_agent: Option<&'a str>,
    /// More, as JSON.
    pub detail: Option<&'a str>,
    /// In hexadecimal.
    pub hash: String,
}

/// The names of the columns, in order.
const COLUMNS: [&str; 12] = [
    "sequence",
    "time",
    "event",
    "outcome",
    "actor_id",
    "actor",
    "subject_id",
    "subject",
    "address",
    "user_agent",
    "detail",
    "hash",
];

/// A Unix time as RFC 3339.
pub fn rfc3339(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at).ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// What stands before the first record.
///
/// # Errors
/// Writing to memory does not fail.
pub fn head(format: Format) -> Result<Vec<u8>, csv::Error> {
    match format {
        Format::Csv => Ok([BYTE_ORDER_MARK.as_bytes(), &line(COLUMNS)?].concat()),
        Format::JsonLines => Ok(Vec::new()),
    }
}

impl Record<'_> {
    /// Appends the record as a line.
    ///
    /// # Errors
    /// Writing to memory does not fail.
    pub fn write(&self, format: Format, to: &mut Vec<u8>) -> Result<(), csv::Error> {
        match format {
            Format::Csv => to.extend(self.csv()?),
            Format::JsonLines => {
                to.extend(self.json());
                to.push(b'\n');
            }
        }
        Ok(())
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let sequence = self.sequence.to_string();
        let text = |text: Option<&'_ str>| harmless(text.unwrap_or_default()).into_owned();
        line([
            sequence,
            self.time.clone(),
            text(Some(self.event)),
            text(Some(self.outcome)),
            text(self.actor_id),
            text(self.actor),
            text(self.subject_id),
            text(self.subject),
            text(self.address),
            text(self.user_agent),
            text(self.detail),
            self.hash.clone(),
        ])
    }

    /// What is JSON already stays a value, not text in text.
    fn json(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).unwrap_or(Value::Null);
        let detail = self.detail.and_then(|detail| serde_json::from_str(detail).ok());
        if let (Some(detail), Some(fields)) = (detail, value.as_object_mut()) {
            fields.insert("detail".to_owned(), detail);
        }
        value.to_string().into_bytes()
    }
}

fn line<T: AsRef<[u8]>>(cells: impl IntoIterator<Item = T>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(actor: &str) -> Record<'_> {
        Record {
            sequence: 7,
            time: rfc3339(1_773_065_107),
            event: "signed_in",
            outcome: "success",
            actor_id: None,
            actor: Some(actor),
            subject_id: None,
            subject: None,
            address: Some("::1"),
            user_agent: None,
            detail: Some(r#"{"b":1,"a":"x,\"y\""}"#),
            hash: "00ff".to_owned(),
        }
    }

    fn written(record: &Record<'_>, format: Format) -> String {
        let mut bytes = Vec::new();
        record.write(format, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_record_is_a_line_of_csv_or_json() {
        let expected = "7,2026-03-09T14:05:07Z,signed_in,success,,\"a, \"\"b\"\"\",,,::1,,\"{\"\"b\"\":1,\"\"a\"\":\"\"x,\\\"\"y\\\"\"\"\"}\",00ff\r\n";
        assert_eq!(written(&record("a, \"b\""), Format::Csv), expected);
        let head = String::from_utf8(head(Format::Csv).unwrap()).unwrap();
        assert!(head.starts_with("\u{FEFF}sequence,"), "{head}");
        assert_eq!(head.split(',').count(), COLUMNS.len());
        let json: Value = serde_json::from_str(&written(&record("anna"), Format::JsonLines)).unwrap();
        assert_eq!((&json["actor"], &json["detail"]["b"], &json["subject"]), (&"anna".into(), &1.into(), &Value::Null));
        let fields: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(fields.len(), COLUMNS.len());
        assert!(COLUMNS.iter().all(|column| json.get(column).is_some()));
    }

    proptest! {
        #[test]
        fn what_is_read_back_from_csv_is_harmless_and_whole(name in "\\PC{0,20}|[=+@,\"\r\n\t -]{0,6}") {
            let written = written(&record(&name), Format::Csv);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(rows.len(), 1);
            let cell = &rows[0][5];
            prop_assert_eq!(cell.replace('\'', ""), name.replace('\'', ""), "nothing but apostrophes is added");
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
        }

        #[test]
        fn json_says_exactly_what_was_recorded(name in "\\PC{0,20}") {
            let written = written(&record(&name), Format::JsonLines);
            prop_assert_eq!(written.matches('\n').count(), 1);
            let json: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(json["actor"].as_str(), Some(name.as_str()));
        }
    }
}
