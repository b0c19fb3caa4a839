//! The section "Recent activity".

use super::{not_me::NotMe, password::ChangePassword, records::Records};
use crate::{
    api::account::fetch_activity,
    components::{
        alert::Problem,
        button::Button,
        changing::sometimes,
        icon::{Glyph, Icon},
        loaded::FormError,
        moment::Moment,
        rows::rows,
        show_more::show_more,
    },
};
use contract::activity::{Activity, ActivityPage, Origin};
use contract::words::event;
use leptos::{prelude::*, task::spawn_local};

/// The person's own security events, newest first.
#[component]
pub fn RecentActivity(records: Records, change_password: ChangePassword) -> impl IntoView {
    let asking = RwSignal::new(false);
    // Outlives the list, which is made anew with every answer.
    let older = RwSignal::new(None::<ActivityPage>);
    let list = records.view(|answers| &answers.activity, move |newest| view! { <List newest older /> }.into_any());
    view! {
        <section class="panel" aria-labelledby="recent-activity">
            <h2 class="panel-title" id="recent-activity" tabindex="-1">
                "Recent activity"
            </h2>
            <div class="activity-lead">
                <p class="muted">"What happened to your account, newest first. Is there anything that was not you?"</p>
                <Button on:click=move |_| asking.set(true)>"This was not me"</Button>
            </div>
            {list}
        </section>
        {sometimes(move || {
            asking
                .get()
                .then(|| view! { <NotMe records change_password leave=move || asking.set(false) /> }.into_any())
        })}
    }
}

#[component]
fn List(
    newest: ActivityPage,
    /// What "Show more" brought.
    older: RwSignal<Option<ActivityPage>>,
) -> impl IntoView {
    if newest.entries.is_empty() {
        return view! {
            <p>"Nothing yet. Sign-ins and changes to your account will be listed here."</p>
        }
        .into_any();
    }
    let (form_error, pending) = (FormError::new(), RwSignal::new(false));
    let known = StoredValue::new(newest);
    let shown = Memo::new(move |_| known.with_value(|newest| older.with(|older| together(newest, older.as_ref()))));
    let more = move |_| {
        let Some(before) = shown.with_untracked(|page| page.before) else { return };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match fetch_activity(Some(before)).await {
                Ok(page) => {
                    // The list may have been made anew meanwhile; then there is "Show more" again.
                    if let Some(shown) = shown.try_get_untracked() {
                        older.set(Some(appended(shown, page)));
                    }
                }
                Err(problem) => form_error.note(problem),
            }
            pending.set(false);
        });
    };
    let there_is_more = Memo::new(move |_| shown.with(|page| page.before.is_some()));
    let rows = rows(move || shown.get().entries, |entry| view! { <Entry entry /> }.into_any());
    view! {
        <ol class="records" role="list" aria-label="Recent activity">
            {rows}
        </ol>
        <Problem problem=form_error.signal() />
        {show_more(there_is_more, pending, more)}
    }
    .into_any()
}

/// The newest entries and those that were shown before, without a gap between them.
fn together(newest: &ActivityPage, shown: Option<&ActivityPage>) -> ActivityPage {
    let Some(shown) = shown else { return newest.clone() };
    let top = shown.entries.first().map_or(0, |entry| entry.sequence);
    // More may have happened meanwhile than one page holds.
    if newest.entries.last().is_none_or(|entry| entry.sequence > top) {
        return newest.clone();
    }
    let news = newest.entries.iter().take_while(|entry| entry.sequence > top);
    ActivityPage { entries: news.chain(&shown.entries).cloned().collect(), before: shown.before }
}

fn appended(mut shown: ActivityPage, older: ActivityPage) -> ActivityPage {
    shown.entries.extend(older.entries);
    ActivityPage { before: older.before, ..shown }
}

#[component]
fn Entry(entry: Activity) -> impl IntoView {
    let Activity { at, event, outcome, times, by, origin, .. } = entry;
    let worrying = event::is_worrying(event, outcome);
    // Without a browser it came from the command line.
    let (by_someone, from_somewhere) = (by.is_some(), origin.is_some());
    let who = match by {
        Some(by) => view! { "By " <bdi translate="no">{by}</bdi> }.into_any(),
        None if !from_somewhere => "By whoever runs the portal".into_any(),
        None => ().into_any(),
    };
    let place = origin.map(|Origin { browser, address }| {
        view! {
            <bdi translate="no">{browser}</bdi>
            <span aria-hidden="true">" · "</span>
            <bdi translate="no">{address}</bdi>
        }
    });
    view! {
        <li class="record">
            <span class="record-event" class:record-good=!worrying class:record-caution=worrying>
                <Icon glyph=if worrying { Glyph::Warning } else { Glyph::Check } />
                <span>{event::name_with_outcome(event, outcome)} {times.map(|times| format!(" ({times} times)"))}</span>
            </span>
            <span class="record-where">
                {who}
                {(by_someone && from_somewhere).then(|| view! { <span aria-hidden="true">" · "</span> })}
                {place}
            </span>
            <span class="record-when">
                <Moment at />
            </span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::audit::{AuditEvent, Outcome};

    fn page(sequences: &[i64], before: Option<i64>) -> ActivityPage {
        let entry = |sequence: &i64| Activity {
            sequence: *sequence,
            at: *sequence,
            event: AuditEvent::SignedIn,
            outcome: Outcome::Success,
            times: None,
            by: None,
            origin: None,
        };
        ActivityPage { entries: sequences.iter().map(entry).collect(), before }
    }

    #[test]
    fn older_pages_stay_below_the_news() {
        let first = page(&[9, 8, 7], Some(7));
        let all = appended(first, page(&[5, 3], None));
        assert_eq!(all, page(&[9, 8, 7, 5, 3], None));
        assert_eq!(together(&page(&[11, 9, 8], Some(8)), Some(&all)), page(&[11, 9, 8, 7, 5, 3], None));
    }

    #[test]
    fn after_a_gap_only_the_news_are_shown() {
        let all = page(&[9, 8, 7, 5, 3], None);
        let news = page(&[14, 13, 12], Some(12));
        assert_eq!(together(&news, Some(&all)), news);
    }
}
