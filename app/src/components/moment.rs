//! Points in time, as a person reads them.
//!
//! The server knows no time zone but UTC, so it renders that; once the browser
//! has taken over, the same element shows the person's own.

use super::hydration::use_hydrated;
use leptos::prelude::*;
use time::OffsetDateTime;

/// A point in time.
#[component]
pub fn Moment(
    /// Unix seconds.
    at: i64,
) -> impl IntoView {
    let hydrated = use_hydrated();
    view! {
        <time datetime=machine_readable(at)>
            {move || if hydrated.get() { in_local_time(at) } else { in_utc(at) }}
        </time>
    }
}

/// A point in time in UTC, to the second; the person's own time shows where
/// they point to it, once the browser has taken over.
#[component]
pub fn UtcMoment(
    /// Unix seconds.
    at: i64,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let local = move || hydrated.get().then(|| format!("{} your time", in_local_time(at)));
    view! {
        <time datetime=machine_readable(at) title=local>
            {utc_time(at)}
        </time>
        <span class="local-time">{local}</span>
    }
}

/// "2026-03-09 14:05:07", in UTC.
pub fn utc_time(at: i64) -> String {
    let (hour, minute, second) = utc(at).to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", iso_date(at))
}

/// "9 Mar 2026, 15:05", in the person's own zone. Browser only.
pub fn local_time(at: i64) -> String {
    in_local_time(at)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn utc(at: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// RFC 3339.
fn machine_readable(at: i64) -> String {
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

/// "9 Mar 2026, 14:05 UTC"
pub fn in_utc(at: i64) -> String {
    let moment = utc(at);
    format!("{}, {:02}:{:02} UTC", date(at), moment.hour(), moment.minute())
}

/// In the person's own zone and in the same form: "9 Mar 2026, 15:05".
fn in_local_time(at: i64) -> String {
    let seconds = i32::try_from(at).map_or(at as f64, f64::from);
    let date = js_sys::Date::new(&(seconds * 1_000.0).into());
    let month = MONTHS.get(date.get_month() as usize).copied().unwrap_or_default();
    format!("{} {month} {}, {:02}:{:02}", date.get_date(), date.get_full_year(), date.get_hours(), date.get_minutes())
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
