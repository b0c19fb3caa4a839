//! Lists that grow and change.
//!
//! A list is made in portions, each of which is made anew only when something
//! in it has changed: a list of a thousand takes fifty more as quickly as a list
//! of fifty. (Leptos' own keyed list does this row by row, for 9 KB.)

use super::changing::{changing, sometimes};
use leptos::prelude::*;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Rows that are made anew together; as many as most lists fetch at once.
const PORTION: usize = 50;

/// Makes the rows of a portion, by its number.
type Make = Arc<dyn Fn(usize) -> AnyView + Send + Sync>;

/// A row for each of `items`.
pub fn rows<T: Clone + Hash + Send + Sync + 'static>(
    items: impl Fn() -> Vec<T> + Send + Sync + 'static,
    row: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let latest = StoredValue::new(Vec::new());
    let portions = Memo::new(move |_| {
        let items = items();
        let portions = items.chunks(PORTION).map(fingerprint).collect::<Vec<_>>();
        latest.set_value(items);
        portions
    });
    let make = move |number| {
        let portion = latest.with_value(|items| items.chunks(PORTION).nth(number).unwrap_or_default().to_vec());
        portion.into_iter().map(&row).collect_view().into_any()
    };
    portions_from(0, portions, Arc::new(make))
}

/// Stands for everything that these rows show.
fn fingerprint<T: Hash>(portion: &[T]) -> u64 {
    let mut hasher = DefaultHasher::new();
    portion.hash(&mut hasher);
    hasher.finish()
}

/// A portion, and beside it, not within it, those that follow.
fn portions_from(number: usize, portions: Memo<Vec<u64>>, make: Make) -> AnyView {
    let content = Memo::new(move |_| portions.with(|portions| portions.get(number).copied().unwrap_or_default()));
    let goes_on = Memo::new(move |_| portions.with(|portions| portions.len() > number + 1));
    let following = make.clone();
    let here = changing(move || {
        // Read, not only tracked: that is what brings `latest` up to date.
        content.get();
        make(number)
    });
    let rest = sometimes(move || goes_on.get().then(|| portions_from(number + 1, portions, following.clone())));
    view! {
        {here}
        {rest}
    }
    .into_any()
}
