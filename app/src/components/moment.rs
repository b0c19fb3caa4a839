//! Points in time, as a person reads them.
//!
//! The server knows no time zone but UTC, so it renders that; once the browser
//! has taken over, the same element shows the person's own.

use super::hydration::use_hydrated;
use contract::words::moment::{MONTHS, in_utc, machine_readable, utc_time};
use leptos::prelude::*;

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

/// "9 Mar 2026, 15:05", in the person's own zone. Browser only.
pub fn local_time(at: i64) -> String {
    in_local_time(at)
}

/// In the person's own zone and in the same form: "9 Mar 2026, 15:05".
fn in_local_time(at: i64) -> String {
    let seconds = i32::try_from(at).map_or(at as f64, f64::from);
    let date = js_sys::Date::new(&(seconds * 1_000.0).into());
    let month = MONTHS.get(date.get_month() as usize).copied().unwrap_or_default();
    format!("{} {month} {}, {:02}:{:02}", date.get_date(), date.get_full_year(), date.get_hours(), date.get_minutes())
}
