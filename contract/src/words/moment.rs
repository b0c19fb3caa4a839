//! Points in time, as people and machines read them.

use time::OffsetDateTime;

/// "2026-03-09 14:05:07", in UTC.
pub fn utc_time(at: i64) -> String {
    let (hour, minute, second) = utc(at).to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", iso_date(at))
}

/// As in dates.
pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn utc(at: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// RFC 3339.
pub fn machine_readable(at: i64) -> String {
    let (date, (hour, minute, second)) = (iso_date(at), utc(at).to_hms());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}

/// "2026-03-09", in UTC.
pub fn iso_date(at: i64) -> String {
    let (year, month, day) = utc(at).to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// "9 Mar 2026", in UTC.
pub fn date(at: i64) -> String {
    let (year, month, day) = utc(at).to_calendar_date();
    let month = MONTHS[usize::from(u8::from(month) - 1)];
    format!("{day} {month} {year}")
}

/// "9 Mar 2026, 14:05 UTC".
pub fn in_utc(at: i64) -> String {
    let moment = utc(at);
    format!("{}, {:02}:{:02} UTC", date(at), moment.hour(), moment.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_the_same_to_people_and_machines() {
        let at = 1_773_065_107;
        assert_eq!(machine_readable(at), "2026-03-09T14:05:07Z");
        assert_eq!(in_utc(at), "9 Mar 2026, 14:05 UTC");
        assert_eq!(utc_time(at), "2026-03-09 14:05:07");
        assert_eq!(iso_date(0), "1970-01-01");
    }
}
