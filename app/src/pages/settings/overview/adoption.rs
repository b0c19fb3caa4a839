//! Who has a second factor: today and over time.

use super::plot::{AsTable, Plot, full_date, pointed_at, short_date};
use crate::components::chart::{Scale, steps};
use contract::{
    number::grouped,
    overview::{Adoption, PortalOverview},
};
use leptos::prelude::*;

/// The share of people with a second factor, day by day.
#[component]
pub fn AdoptionChart(overview: PortalOverview) -> impl IntoView {
    let PortalOverview { today, days, adoption, adoption_by_day: by_day, .. } = overview;
    let first = today - i64::from(days) + 1;
    let place = move |day: i64| usize::try_from(day - first).unwrap_or(0);
    let percents: Vec<u64> = by_day.iter().map(|(_, adoption)| adoption.percent()).collect();
    let start = by_day.first().map_or(today, |(day, _)| *day);
    let label = match by_day.first() {
        Some((day, then)) if *day < today => format!(
            "People with a second factor: {} on {}, {} today",
            then.percent_in_words(),
            short_date(*day),
            adoption.percent_in_words()
        ),
        _ => format!("People with a second factor: {} today", adoption.percent_in_words()),
    };
    let pointers = by_day
        .iter()
        .map(|(day, adoption)| {
            let words = of_people(*adoption);
            let words = format!("{}: {words}, {}", short_date(*day), adoption.percent_in_words());
            pointed_at(place(*day), Scale::PERCENT.top(), words)
        })
        .collect_view();
    let rows = by_day.iter().rev().map(|(day, adoption)| {
        vec![
            full_date(*day),
            grouped(adoption.people),
            grouped(adoption.with_second_factor),
            adoption.percent_in_words(),
        ]
    });
    view! {
        <section class="panel chart" aria-labelledby="adoption">
            <div class="chart-head">
                <h3 class="panel-title" id="adoption">
                    "Adoption"
                </h3>
                <p class="chart-now">
                    <strong>{adoption.percent_in_words()}</strong>
                    {format!(" {} people have a second factor today", of_people(adoption))}
                </p>
            </div>
            <Plot label days=(first, today) scale=Scale::PERCENT unit=" %">
                <path class="plot-area" d=steps(place(start), &percents, Scale::PERCENT) vector-effect="non-scaling-stroke" />
                {pointers}
            </Plot>
            {(start > first)
                .then(|| view! { <p class="muted">{format!("Counted since {}.", full_date(start))}</p> })}
            <AsTable
                caption="Adoption by day"
                columns=vec!["Day (UTC)", "People", "With a second factor", "Share"]
                rows=rows.collect()
            />
        </section>
    }
}

/// "1,234 of 5,678"
fn of_people(adoption: Adoption) -> String {
    format!("{} of {}", grouped(adoption.with_second_factor), grouped(adoption.people))
}
