//! Setting up a second factor, from the beginning to the end.

use super::plot::AsTable;
use crate::components::{
    chart::thousandths,
    icon::{Glyph, Icon},
};
use contract::{
    number::{counted, grouped},
    overview::{Funnel, Stop},
};
use leptos::prelude::*;

/// One step of the way, or something that went wrong on it.
struct Step {
    name: &'static str,
    count: u64,
    /// It is no progress.
    hurdle: bool,
    /// Most who did not get further stopped here.
    most_stop: bool,
}

/// How far people come.
#[component]
pub fn FunnelChart(funnel: Funnel, days: u32) -> impl IntoView {
    let stop = funnel.most_stop();
    let step = |name, count| Step { name, count, hurdle: false, most_stop: false };
    let hurdle = |name, count| Step { name, count, hurdle: true, most_stop: false };
    let steps = [
        step("Started", funnel.started),
        Step { most_stop: matches!(stop, Some(Stop::BeforeRightCode { .. })), ..step("QR code shown", funnel.shown) },
        hurdle("Wrong code", funnel.wrong_codes),
        hurdle("QR code expired", funnel.expired),
        Step {
            most_stop: matches!(stop, Some(Stop::BeforeFinish { .. })),
            ..step("Confirmed with a code", funnel.confirmed)
        },
        step("Finished", funnel.finished),
    ];
    let longest = steps.iter().map(|step| step.count).max().unwrap_or(0);
    let rows = steps.iter().map(|step| vec![step.name.to_owned(), grouped(step.count)]).collect();
    let words = match stop {
        _ if funnel.started == 0 => format!("Nobody began to set up a second factor in the last {days} days."),
        None => "Everybody who began came to the end.".to_owned(),
        Some(Stop::BeforeRightCode { stopped }) => format!(
            "Most people stop between the QR code and a right code: {} of {}.",
            grouped(stopped),
            counted(funnel.started, "set-up", "set-ups")
        ),
        Some(Stop::BeforeFinish { stopped }) => format!(
            "Most people stop at the recovery codes, before “Finish”: {} of {}.",
            grouped(stopped),
            counted(funnel.confirmed, "set-up", "set-ups")
        ),
    };
    view! {
        <section class="panel chart" aria-labelledby="funnel">
            <h3 class="panel-title" id="funnel">
                "Setting up a second factor"
            </h3>
            <p>{words}</p>
            <ol class="funnel" role="list">
                {steps.into_iter().map(|step| view! { <Stage step longest /> }).collect_view()}
            </ol>
            <AsTable caption="Steps of setting up" columns=vec!["Step", "How often"] rows />
        </section>
    }
}

#[component]
fn Stage(step: Step, longest: u64) -> impl IntoView {
    let Step { name, count, hurdle, most_stop } = step;
    let class = if hurdle { "plot-bar plot-bar-caution" } else { "plot-bar" };
    view! {
        <li class="funnel-step" class:funnel-hurdle=hurdle>
            <span class="funnel-name">
                {hurdle.then(|| view! { <Icon glyph=Glyph::Warning /> })}
                {name}
                {most_stop.then(|| view! { <span class="badge badge-caution">"Most people stop here"</span> })}
            </span>
            <svg class="funnel-bar" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class=class x="0" y="0" width=thousandths(count, longest) height="1" />
            </svg>
            <span class="funnel-count">{grouped(count)}</span>
        </li>
    }
}
