//! Searching the audit trail: several lanes of the chain are followed at once,
//! each so far, and what they brought becomes one page.
//!
//! ```text
//!  newest                                                      oldest
//!  lane A   x  x    x        x |reached: its share of entries was looked at
//!  lane B    x         x             x          x |
//!  page    \___ complete down to here _____/
//! ```
//! Below the place that the slowest lane has reached, other lanes may know
//! entries that it would still bring; those wait for the next request.

use contract::audit::AuditEvent;

/// In which order entries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the end of the chain.
    NewestFirst,
    /// From its beginning.
    OldestFirst,
}

impl Order {
    /// Whether `one` is shown before `other`, both being sequences.
    pub const fn shows_before(self, one: i64, other: i64) -> bool {
        match self {
            Self::NewestFirst => one > other,
            Self::OldestFirst => one < other,
        }
    }
}

/// What a lane brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed<T> {
    /// Its entries that match, in order, with their sequences.
    pub found: Vec<(i64, T)>,
    /// The last sequence that was looked at and its Unix time; `None` when it was followed to its end.
    pub reached: Option<(i64, i64)>,
}

/// A page of what all lanes brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in order.
    pub entries: Vec<T>,
    /// The last sequence that was looked at, for the next request; `None` at the end.
    pub next: Option<i64>,
    /// The Unix time of that entry, where the page is not full.
    pub searched_to: Option<i64>,
}

/// Puts together what the lanes brought; no entry is in two of them.
pub fn page<T>(lanes: Vec<Followed<T>>, order: Order, size: usize) -> Page<T> {
    let nearest = lanes
        .iter()
        .filter_map(|lane| lane.reached)
        .reduce(|one, other| if order.shows_before(one.0, other.0) { one } else { other });
    let complete = |sequence: i64| nearest.is_none_or(|(reached, _)| !order.shows_before(reached, sequence));
    let mut found: Vec<(i64, T)> =
        lanes.into_iter().flat_map(|lane| lane.found).filter(|(sequence, _)| complete(*sequence)).collect();
    found.sort_by_key(|(sequence, _)| match order {
        Order::NewestFirst => sequence.saturating_neg(),
        Order::OldestFirst => *sequence,
    });
    let full = found.len() > size;
    found.truncate(size);
    let (next, searched_to) = if full {
        (found.last().map(|(sequence, _)| *sequence), None)
    } else {
        (nearest.map(|(sequence, _)| sequence), nearest.map(|(_, at)| at))
    };
    Page { entries: found.into_iter().map(|(_, entry)| entry).collect(), next, searched_to }
}

/// A pattern for `LIKE … ESCAPE '!'` that finds `text` anywhere; nothing for nothing.
pub fn containing(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Names of events in one text, each between two spaces; nothing for none.
pub fn names(events: &[AuditEvent]) -> String {
    if events.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    // Neighbours share no space: each is found, and taken out, whole.
    format!(" {} ", names.join("  "))
}

/// The events whose words contain this text, which is in lower case.
pub fn events_called(text: &str) -> Vec<AuditEvent> {
    let called = |event: &&AuditEvent| contract::words::event::name(**event).to_lowercase().contains(text);
    if text.is_empty() { Vec::new() } else { AuditEvent::ALL.iter().filter(called).copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::btree_map, prelude::*};

    fn lane(found: &[i64], reached: Option<i64>) -> Followed<i64> {
        Followed {
            found: found.iter().map(|sequence| (*sequence, *sequence)).collect(),
            reached: reached.map(|sequence| (sequence, sequence * 10)),
        }
    }

    #[test]
    fn a_page_ends_where_the_slowest_lane_has_come_to() {
        let lanes = vec![lane(&[9, 5], Some(4)), lane(&[8, 6, 2], None)];
        let expected = Page { entries: vec![9, 8, 6, 5], next: Some(4), searched_to: Some(40) };
        assert_eq!(page(lanes, Order::NewestFirst, 10), expected);
        let lanes = vec![lane(&[1, 4], Some(5)), lane(&[3, 7], Some(8))];
        let expected = Page { entries: vec![1, 3, 4], next: Some(5), searched_to: Some(50) };
        assert_eq!(page(lanes, Order::OldestFirst, 10), expected);
    }

    #[test]
    fn a_full_page_goes_on_behind_its_last_entry() {
        let lanes = vec![lane(&[9, 8, 7], Some(7)), lane(&[], None)];
        assert_eq!(page(lanes, Order::NewestFirst, 2), Page { entries: vec![9, 8], next: Some(8), searched_to: None });
        let nothing = page(vec![lane(&[], None)], Order::NewestFirst, 2);
        assert_eq!(nothing, Page { entries: vec![], next: None, searched_to: None });
    }

    #[test]
    fn what_a_person_types_is_no_pattern() {
        assert_eq!(containing("50%_!x"), "%50!%!_!!x%");
        assert_eq!(containing(""), "");
    }

    #[test]
    fn events_are_found_by_their_words_and_listed_apart() {
        assert_eq!(names(&[]), "");
        assert_eq!(names(&[AuditEvent::SignedIn, AuditEvent::SignedOut]), " signed_in  signed_out ");
        assert!(events_called("wrong code").contains(&AuditEvent::SecondFactorFailed));
        assert!(events_called("").is_empty());
    }

    proptest! {
        /// However little each request looks at, all entries come, once and in order.
        #[test]
        fn page_after_page_nothing_is_lost_or_repeated(
            entries in btree_map(1_i64..200, 0_usize..3, 0..60), share in 1_usize..5, size in 1_usize..7, newest: bool,
        ) {
            let order = if newest { Order::NewestFirst } else { Order::OldestFirst };
            let mut all: Vec<i64> = entries.keys().copied().collect();
            if newest { all.reverse(); }
            let (mut shown, mut from) = (Vec::new(), None);
            loop {
                let ahead = |sequence: &&i64| from.is_none_or(|from| order.shows_before(from, **sequence));
                let lanes = (0..3).map(|number| {
                    let mine: Vec<i64> = all.iter().filter(ahead).filter(|s| entries[*s] == number).copied().collect();
                    let looked_at = &mine[..mine.len().min(share)];
                    lane(looked_at, (mine.len() > share).then(|| *looked_at.last().unwrap()))
                });
                let page = page(lanes.collect(), order, size);
                prop_assert!(page.entries.len() <= size);
                shown.extend(page.entries);
                match page.next {
                    Some(next) => from = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(shown, all);
        }
    }
}
