//! Reading the audit trail: what is asked for, what is answered, and whether
//! the chain holds.

use super::audit::{AuditEvent, Outcome};
use crate::duration::DAY;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text that can be searched for, in characters.
const LONGEST_TEXT: usize = 100;

/// Which entries are asked for. Everything that is empty lets all entries pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// First day in UTC, as `2026-05-03`.
    pub from: String,
    /// Last day in UTC.
    pub to: String,
    /// Name of whoever did it or whom it concerns.
    pub user: String,
    /// Any of these events.
    pub events: Vec<AuditEvent>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Words that occur anywhere in the entry.
    pub text: String,
    /// `text` is looked for everywhere, even if it is somebody's name.
    pub everywhere: bool,
    /// Oldest first.
    pub oldest_first: bool,
}

/// A field of the filter, and what can be wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditField {
    /// [`AuditFilter::from`]
    From,
    /// [`AuditFilter::to`]
    To,
    /// [`AuditFilter::to`] is a day before [`AuditFilter::from`].
    ToBeforeFrom,
    /// [`AuditFilter::user`]
    User,
    /// [`AuditFilter::text`]
    Text,
}

impl AuditField {
    /// The name of the field in a URL and a form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To | Self::ToBeforeFrom => "to",
            Self::User => "user",
            Self::Text => "text",
        }
    }
}

/// Says what the field takes.
impl fmt::Display for AuditField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From | Self::To => f.write_str("Enter a day such as 2026-05-03."),
            Self::ToBeforeFrom => f.write_str("This day is before “From”."),
            Self::User | Self::Text => write!(f, "Enter at most {LONGEST_TEXT} characters."),
        }
    }
}

/// Unix time at which a day begins in UTC; the day is written as `2026-05-03`.
pub fn beginning_of_day(text: &str) -> Option<i64> {
    let digits = |range: std::ops::Range<usize>| {
        let part = text.get(range)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten()
    };
    let separated = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = time::Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    separated.then(|| date.midnight().assume_utc().unix_timestamp())
}

impl AuditFilter {
    /// Reads the names and values of a URL's query; what is unknown is left out.
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let text = || value.trim().to_owned();
            match name {
                "from" => filter.from = text(),
                "to" => filter.to = text(),
                "user" => filter.user = text(),
                "text" => filter.text = text(),
                "outcome" => filter.outcome = Outcome::parse(value),
                "event" => {
                    filter.events.extend(AuditEvent::parse(value).filter(|event| !filter.events.contains(event)))
                }
                "everywhere" => filter.everywhere = value == "1",
                "order" => filter.oldest_first = value == "oldest",
                _ => {}
            }
        }
        filter
    }

    /// The reverse: names and values of everything that is set.
    pub fn query(&self) -> Vec<(&'static str, &str)> {
        let texts = [("from", &self.from), ("to", &self.to), ("user", &self.user), ("text", &self.text)];
        let mut pairs: Vec<(&'static str, &str)> = texts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
            .collect();
        pairs.extend(self.events.iter().map(|event| ("event", event.as_str())));
        pairs.extend(self.outcome.map(|outcome| ("outcome", outcome.as_str())));
        pairs.extend(self.everywhere.then_some(("everywhere", "1")));
        pairs.extend(self.oldest_first.then_some(("order", "oldest")));
        pairs
    }

    /// The query of a URL, with its question mark; empty when nothing is set.
    pub fn url_query(&self) -> String {
        let encode = |text: &str| text.bytes().map(crate::routes::encode).collect::<String>();
        let pairs: Vec<String> =
            self.query().into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// The same, naming no event twice.
    pub fn with_events_once(mut self) -> Self {
        let mut seen = Vec::new();
        self.events.retain(|event| {
            let new = !seen.contains(event);
            if new {
                seen.push(*event);
            }
            new
        });
        self
    }

    /// Whether anything but the order is set.
    pub fn is_narrow(&self) -> bool {
        *self != Self { oldest_first: self.oldest_first, everywhere: self.everywhere, ..Self::default() }
    }

    /// The fields whose values can't be used.
    pub fn problems(&self) -> Vec<AuditField> {
        let (from, to) = (beginning_of_day(&self.from), beginning_of_day(&self.to));
        let backwards = from.zip(to).is_some_and(|(from, to)| to < from);
        let long = |text: &str| text.chars().count() > LONGEST_TEXT;
        [
            (AuditField::From, !self.from.is_empty() && from.is_none()),
            (AuditField::To, !self.to.is_empty() && to.is_none()),
            (AuditField::ToBeforeFrom, backwards),
            (AuditField::User, long(&self.user)),
            (AuditField::Text, long(&self.text)),
        ]
        .into_iter()
        .filter_map(|(field, bad)| bad.then_some(field))
        .collect()
    }

    /// Unix times from which (inclusive) and until which (exclusive) entries are asked for.
    pub fn times(&self) -> (Option<i64>, Option<i64>) {
        (beginning_of_day(&self.from), beginning_of_day(&self.to).map(|day| day + DAY))
    }
}

/// Someone named in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NamedPerson {
    /// Their account's id; the command line has none.
    pub id: Option<String>,
    /// Their name then.
    pub name: String,
}

/// One entry, whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub sequence: i64,
    /// Unix time in seconds.
    pub at: i64,
    /// An [`AuditEvent`] by name; a newer version may have written one that this one does not know.
    pub event: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub actor: Option<NamedPerson>,
    /// Whom it concerns.
    pub subject: Option<NamedPerson>,
    /// Network address.
    pub address: Option<String>,
    /// Browser and system in readable form.
    pub browser: Option<String>,
    /// The `User-Agent` header that this was read from.
    pub user_agent: Option<String>,
    /// More about it: JSON, laid out for reading.
    pub detail: Option<String>,
    /// SHA-256 over this entry and the hash of the one before, in hexadecimal.
    pub hash: String,
}

/// Some of the entries that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries, in the order that was asked for.
    pub entries: Vec<AuditEntry>,
    /// Asks for those that follow; `None` when there are none.
    pub next: Option<i64>,
    /// The time that the search has come to, where it stopped before the page was full.
    pub searched_to: Option<i64>,
    /// The text is this person's name, so that only their entries were searched.
    pub person: Option<String>,
}

/// How far the chain has been verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The entry before the first; 0 unless older ones were removed for their age.
    pub after: i64,
    /// The last entry that fits.
    pub through: i64,
    /// The newest entry.
    pub newest: i64,
}

/// Whether the chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChainState {
    /// As far as it has been looked at; ask on from there.
    HoldsSoFar(Verified),
    /// All of it.
    Holds {
        /// How far.
        verified: Verified,
        /// The newest hash in hexadecimal, to compare with a copy kept elsewhere.
        hash: String,
    },
    /// It does not fit.
    Broken {
        /// At which entry.
        at: i64,
        /// In which way.
        how: Breach,
    },
}

/// In which way the chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Breach {
    /// The entry, or its hash, is not what was written.
    Altered,
    /// The entry is not there.
    Missing,
    /// There should be no entry.
    Unexpected,
    /// Everything before it was removed, and no entry says so.
    Cut,
    /// It is not the newest one that was written.
    NotTheNewest,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "It is not what was written.",
            Self::Missing => "It is missing.",
            Self::Unexpected => "It is older than the beginning of the trail and should not be there.",
            Self::Cut => "Entries up to here were removed, and no entry of the trail accounts for that.",
            Self::NotTheNewest => "It does not agree with what the portal noted as the newest entry.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_its_url() {
        let filter = AuditFilter {
            from: "2026-05-03".to_owned(),
            to: "2026-05-04".to_owned(),
            user: "Zoë & Söhne".to_owned(),
            events: vec![AuditEvent::SignedIn, AuditEvent::CodeReused],
            outcome: Some(Outcome::Failure),
            text: "a=b".to_owned(),
            everywhere: true,
            oldest_first: true,
        };
        assert_eq!(AuditFilter::from_query(filter.query()), filter);
        assert!(filter.url_query().starts_with("?from=2026-05-03&to=2026-05-04&user=Zo%C3%AB%20%26%20S%C3%B6hne&"));
        assert_eq!(AuditFilter::default().url_query(), "");
        assert_eq!(
            AuditFilter::from_query([("event", "nonsense"), ("outcome", "maybe"), ("x", "y")]),
            AuditFilter::default()
        );
    }

    #[test]
    fn days_are_read_strictly() {
        assert_eq!(beginning_of_day("1970-01-02"), Some(86_400));
        assert_eq!(beginning_of_day("2026-05-03"), Some(1_777_766_400));
        for bad in ["", "2026-5-3", "2026-02-30", "2026-13-01", "+026-01-01", "2026/05/03", "2026-05-03 ", "日本語x"]
        {
            assert_eq!(beginning_of_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn bad_values_are_named_by_field() {
        let filter =
            |from: &str, to: &str| AuditFilter { from: from.to_owned(), to: to.to_owned(), ..AuditFilter::default() };
        assert_eq!(filter("", "").problems(), []);
        assert_eq!(filter("2026-05-03", "2026-05-03").problems(), []);
        assert_eq!(filter("2026-05-03", "2026-05-02").problems(), [AuditField::ToBeforeFrom]);
        assert_eq!(filter("soon", "later").problems(), [AuditField::From, AuditField::To]);
        let long = AuditFilter { text: "ü".repeat(101), ..AuditFilter::default() };
        assert_eq!(long.problems(), [AuditField::Text]);
        assert_eq!(AuditFilter { user: "ü".repeat(100), ..AuditFilter::default() }.problems(), []);
        assert_eq!(filter("2026-05-03", "2026-05-04").times(), (Some(1_777_766_400), Some(1_777_766_400 + 2 * 86_400)));
    }
}
