//! Sign-ins and failures, day by day: two drawings, because their numbers are
//! of different size and each has to be read.

use super::plot::{AsTable, Plot, full_date, pointed_at, short_date};
use crate::components::chart::{Scale, bars};
use contract::{
    number::{counted, grouped},
    overview::{PortalOverview, SignInsOfDay},
};
use leptos::prelude::*;

/// Marks of a scale above zero.
const MARKS: u64 = 4;

/// Both drawings.
#[component]
pub fn SignInCharts(overview: PortalOverview) -> impl IntoView {
    let days = overview.sign_ins;
    let rows =
        days.iter().rev().map(|day| vec![full_date(day.day), grouped(day.signed_in), grouped(day.failed)]).collect();
    let series = |pick: fn(&SignInsOfDay) -> u64| days.iter().map(|day| (day.day, pick(day))).collect::<Vec<_>>();
    view! {
        <section class="panel chart" aria-labelledby="sign-ins">
            <h3 class="panel-title" id="sign-ins">
                "Sign-ins and failures"
            </h3>
            <Bars series=series(|day| day.signed_in) class="plot-bar" title="Sign-ins" one="sign-in" many="sign-ins" />
            <Bars
                series=series(|day| day.failed)
                class="plot-bar plot-bar-caution"
                title="Failed attempts"
                one="failed attempt"
                many="failed attempts"
            />
            <AsTable
                caption="Sign-ins and failures by day"
                columns=vec!["Day (UTC)", "Sign-ins", "Failed attempts"]
                rows
            />
        </section>
    }
}

#[component]
fn Bars(
    /// Days and their values.
    series: Vec<(i64, u64)>,
    /// How the bars look.
    class: &'static str,
    title: &'static str,
    one: &'static str,
    many: &'static str,
) -> impl IntoView {
    let values: Vec<u64> = series.iter().map(|(_, value)| *value).collect();
    let total: u64 = values.iter().sum();
    let largest = series.iter().max_by_key(|(_, value)| *value).copied().unwrap_or_default();
    let scale = Scale::holding(largest.1, MARKS);
    let label = if total == 0 {
        format!("{title}: none")
    } else {
        format!("{title}: {} in all, most on {}: {}", grouped(total), short_date(largest.0), grouped(largest.1))
    };
    let drawn = bars(&values, scale)
        .into_iter()
        .filter(|bar| bar.height > 0)
        .map(|bar| view! { <rect class=class x=bar.x y=bar.y width=bar.width height=bar.height /> })
        .collect_view();
    let pointers = series
        .iter()
        .enumerate()
        .map(|(place, (day, value))| {
            pointed_at(place, scale.top(), format!("{}: {}", short_date(*day), counted(*value, one, many)))
        })
        .collect_view();
    let ends = (series.first().map_or(0, |(day, _)| *day), series.last().map_or(0, |(day, _)| *day));
    view! {
        <p class="chart-part">
            <strong>{title}</strong>
            " "
            <span class="muted">{format!("{} in {} days", grouped(total), series.len())}</span>
        </p>
        <Plot label days=ends scale>
            {drawn}
            {pointers}
        </Plot>
    }
}
