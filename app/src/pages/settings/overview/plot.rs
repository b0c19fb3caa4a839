//! A drawing over some days with its axes, and the same as a table.

use crate::components::chart::Scale;
use contract::{duration::DAY, number::grouped, words::moment::date};
use leptos::prelude::*;

/// A drawing with its axes. What is drawn has one unit per day across and the scale's upwards.
#[component]
pub fn Plot(
    /// What the drawing says, for those who do not see it.
    label: String,
    /// First and last day since 1970.
    days: (i64, i64),
    /// Of what is drawn.
    scale: Scale,
    /// Follows the numbers of the scale.
    #[prop(optional)]
    unit: &'static str,
    /// What is drawn.
    children: Children,
) -> impl IntoView {
    let (first, last) = days;
    let (width, height) = (last - first + 1, scale.top());
    let lines = scale
        .marks()
        .map(|mark| {
            let y = height - mark;
            view! { <line class="plot-line" x1="0" x2=width y1=y y2=y /> }
        })
        .collect_view();
    let marks = scale.marks().map(|mark| view! { <span>{grouped(mark)}{unit}</span> }).collect_view();
    let middle = first + (last - first) / 2;
    view! {
        <div class="plot">
            <div class="plot-marks" aria-hidden="true">
                {marks}
            </div>
            <svg
                class="plot-drawing"
                role="img"
                aria-label=label
                viewBox=format!("0 0 {width} {height}")
                preserveAspectRatio="none"
                focusable="false"
            >
                {lines}
                {children()}
            </svg>
            <div class="plot-days" aria-hidden="true">
                <span>{short_date(first)}</span>
                <span>{short_date(middle)}</span>
                <span>{short_date(last)}</span>
            </div>
        </div>
    }
}

/// An area as high as the drawing that names a day and its values where one points to it.
pub fn pointed_at(place: usize, height: u64, words: String) -> impl IntoView {
    view! {
        <rect class="plot-day" x=place y="0" width="1" height=height>
            <title>{words}</title>
        </rect>
    }
}

/// The same in numbers, behind a button.
#[component]
pub fn AsTable(
    /// What it is about.
    caption: &'static str,
    /// Names of the columns.
    columns: Vec<&'static str>,
    /// The rows, each with its heading first.
    rows: Vec<Vec<String>>,
) -> impl IntoView {
    let heads = columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let mut cells = row.into_iter();
            view! {
                <tr>
                    <th scope="row">{cells.next()}</th>
                    {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="as-table">
            <summary>"Show as table"</summary>
            <div class="as-table-scroll" tabindex="0" role="group" aria-label=caption>
                <table class="numbers">
                    <caption class="visually-hidden">{caption}</caption>
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

/// "9 Mar 2026"
pub fn full_date(day: i64) -> String {
    date(day.saturating_mul(DAY))
}

/// "9 Mar"
pub fn short_date(day: i64) -> String {
    let date = full_date(day);
    date.rsplit_once(' ').map_or(date.clone(), |(day, _year)| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_in_utc() {
        assert_eq!((full_date(20_521), short_date(20_521)), ("9 Mar 2026".to_owned(), "9 Mar".to_owned()));
    }
}
