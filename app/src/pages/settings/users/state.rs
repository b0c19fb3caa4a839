//! What the parts of the page share: the people who are shown, who of them are
//! selected, and what is being done.

use super::{address::Address, deed::Deed};
use crate::{
    api::people::fetch_people,
    components::{
        alert::Tone,
        browser,
        fetched::{Fetched, fetched, settled},
        loaded::FormError,
    },
};
use contract::people::{IssuedLinks, PeoplePage, PeopleQuery, Person, WaitingCode};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// With fewer people on the screen, more are fetched without being asked for.
const ENOUGH: usize = 50;

/// Id of what says what was done.
pub const DONE: &str = "users-done";

/// A first page, and what was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// Tells an answer that is still on the screen from the one that is awaited.
    pub query: PeopleQuery,
    /// The answer.
    pub page: PeoplePage,
}

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Open {
    /// Everything that can be done about one person.
    More(Person),
    /// Something is about to be done to these people.
    Confirm(Deed, Vec<Person>),
    /// A temporary access code.
    AccessCode(Person),
    /// Where one person gets mail.
    MailAddress(Person),
    /// One new person.
    AddPerson,
    /// A list of new people.
    AddMany,
    /// One-time links, to be handed over; and what is to be said about those who got none.
    Links(IssuedLinks, Option<String>),
}

/// How many people are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<const N: usize> {
    /// All of them.
    pub all: usize,
    /// Those who are shown.
    pub shown: usize,
    /// To how many each of several things can be done.
    pub each: [usize; N],
}

/// The page's state.
#[derive(Clone, Copy)]
pub struct Users {
    /// What the URL asks for.
    pub address: Memo<Address>,
    /// The first page of it.
    pub first: Fetched<Listed>,
    /// The pages after it.
    later: RwSignal<Vec<PeoplePage>>,
    /// People who were changed since they were listed.
    changed: RwSignal<BTreeMap<String, Person>>,
    /// Those who are selected, by id, also when they are not shown any longer.
    pub selected: RwSignal<BTreeMap<String, Person>>,
    /// The dialog that is open.
    pub open: RwSignal<Option<Open>>,
    /// What was done just now.
    pub done: RwSignal<Option<(Tone, String)>>,
    /// The list of people to be added, kept when its dialog is closed.
    pub list: RwSignal<String>,
    /// More people are on their way.
    pub fetching: RwSignal<bool>,
    /// Why they did not come.
    pub form_error: FormError,
}

impl Users {
    /// Asks for what the URL says, now and whenever that changes.
    pub async fn fetch() -> Self {
        let query = use_query_map();
        let address = Memo::new(move |_| query.with(Address::read));
        let first = fetched(
            move || address.with(Address::query),
            |query| async move {
                let page = fetch_people(query.clone()).await?;
                Ok(Listed { query, page })
            },
        );
        let users = Self {
            address,
            first,
            later: RwSignal::new(Vec::new()),
            changed: RwSignal::new(BTreeMap::new()),
            selected: RwSignal::new(BTreeMap::new()),
            open: RwSignal::new(None),
            done: RwSignal::new(None),
            list: RwSignal::new(String::new()),
            fetching: RwSignal::new(false),
            form_error: FormError::new(),
        };
        settled(first).await;
        users
    }

    /// A new answer begins a new list; one with little on it goes on by itself,
    /// because the portal looks only so far at once.
    pub fn follow(self) {
        Effect::new(move |_| {
            self.first.track();
            self.later.set(Vec::new());
            self.changed.set(BTreeMap::new());
            self.form_error.clear();
        });
        Effect::new(move |before: Option<Address>| {
            let address = self.address.get();
            if before.is_some_and(|before| before != address) {
                self.done.set(None);
            }
            address
        });
        Effect::new(move |_| {
            let few = self.people().len() < ENOUGH;
            if few && self.has_more() && self.form_error.get().is_none() && !self.is_behind() {
                self.fetch_more();
            }
        });
    }

    fn listed<T: Default>(self, read: impl Fn(&Listed) -> T) -> T {
        self.first.with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(read)).unwrap_or_default()
    }

    /// Everybody who is shown, in order, as they are now.
    pub fn people(self) -> Vec<Person> {
        let mut people = self.listed(|listed| listed.page.people.clone());
        self.later.with(|pages| people.extend(pages.iter().flat_map(|page| page.people.iter().cloned())));
        self.changed.with(|changed| {
            for person in &mut people {
                if let Some(now) = changed.get(&person.id) {
                    person.clone_from(now);
                }
            }
        });
        people
    }

    /// Calls `visit` with everybody who is shown, as they are now, until it answers `false`. Nobody is copied.
    fn visit_shown(self, mut visit: impl FnMut(&Person) -> bool) {
        self.changed.with(|changed| {
            self.first.with(|first| {
                self.later.with(|later| {
                    let first = first.as_ref().and_then(|answer| answer.as_ref().ok());
                    let pages = first.map(|listed| &listed.page).into_iter().chain(later);
                    let mut people = pages.flat_map(|page| &page.people);
                    let _ = people.all(|person| visit(changed.get(&person.id).unwrap_or(person)));
                });
            });
        });
    }

    /// Whether everybody who is shown is selected.
    pub fn are_all_selected(self) -> bool {
        let mut any = false;
        let mut all = true;
        self.selected.with(|selected| {
            self.visit_shown(|person| {
                any = true;
                all = selected.contains_key(&person.id);
                all
            });
        });
        any && all
    }

    /// Counts those who are selected, and to how many of them each of these things can be done.
    pub fn count_selected<const N: usize>(self, what: impl Fn(&Person) -> [bool; N]) -> Counted<N> {
        self.selected.with(|selected| {
            let mut counted = Counted { all: selected.len(), shown: 0, each: [0; N] };
            let count = |each: &mut [usize; N], person: &Person| {
                for (count, applies) in each.iter_mut().zip(what(person)) {
                    *count += usize::from(applies);
                }
            };
            let mut shown = BTreeSet::new();
            self.visit_shown(|person| {
                if selected.contains_key(&person.id) && shown.insert(person.id.clone()) {
                    count(&mut counted.each, person);
                }
                true
            });
            counted.shown = shown.len();
            for person in selected.values().filter(|person| !shown.contains(&person.id)) {
                count(&mut counted.each, person);
            }
            counted
        })
    }

    /// Those who are selected, as they are now: those who are shown, in order, then the others.
    pub fn selection(self) -> Vec<Person> {
        let people = self.people();
        self.selected.with(|selected| {
            let mut chosen: Vec<_> = people.into_iter().filter(|person| selected.contains_key(&person.id)).collect();
            let ids: BTreeSet<_> = chosen.iter().map(|person| person.id.clone()).collect();
            chosen.extend(selected.iter().filter(|(id, _)| !ids.contains(*id)).map(|(_, person)| person.clone()));
            chosen
        })
    }

    /// Codes that wait for a second administrator.
    pub fn waiting(self) -> Vec<WaitingCode> {
        self.listed(|listed| listed.page.waiting.clone())
    }

    /// Other administrators who can sign in, where codes must be approved.
    pub fn approvers(self) -> Option<u32> {
        self.listed(|listed| listed.page.approvers)
    }

    /// How many people the whole list has, as far as that was counted.
    pub fn total(self) -> Option<u32> {
        self.listed(|listed| listed.page.total)
    }

    /// Whether what is shown is not yet what the URL asks for.
    pub fn is_behind(self) -> bool {
        let asked = self.address.with(Address::query);
        self.first.with(|answer| matches!(answer, Some(Ok(listed)) if listed.query != asked))
    }

    /// Whether there may be more people.
    pub fn has_more(self) -> bool {
        self.later.with(|pages| match pages.last() {
            Some(page) => page.next.is_some(),
            None => self.listed(|listed| listed.page.next.is_some()),
        })
    }

    /// Fetches the page after the last one.
    pub fn fetch_more(self) {
        let after = self.later.with_untracked(|pages| match pages.last() {
            Some(page) => page.next.clone(),
            None => untrack(|| self.listed(|listed| listed.page.next.clone())),
        });
        let asked = self.address.with_untracked(Address::query);
        if after.is_none() || self.fetching.get_untracked() {
            return;
        }
        self.fetching.set(true);
        self.form_error.clear();
        spawn_local(async move {
            let answer = fetch_people(PeopleQuery { after: after.clone(), ..asked.clone() }).await;
            // The page may be gone, or about something else by now.
            let Some(asks) = self.address.try_with_untracked(Address::query) else { return };
            self.fetching.set(false);
            match answer {
                Ok(page) if asks == asked => self.later.update(|pages| pages.push(page)),
                Ok(_) => {}
                Err(problem) => self.form_error.note(problem),
            }
        });
    }

    /// Notes what was done to people, and shows them as they are now, where they are.
    pub fn note(self, people: Vec<Person>, words: String) {
        self.show_as_now(people);
        self.selected.set(BTreeMap::new());
        self.say(Tone::Good, words);
    }

    /// The same for those with whom it stopped half-way; the others stay selected.
    pub fn note_part(self, people: Vec<Person>, words: String) {
        self.selected.update(|selected| selected.retain(|id, _| people.iter().all(|person| person.id != *id)));
        self.show_as_now(people);
        self.say(Tone::Caution, words);
    }

    fn show_as_now(self, people: Vec<Person>) {
        self.changed.update(|changed| changed.extend(people.into_iter().map(|person| (person.id.clone(), person))));
    }

    /// Says what was done.
    pub fn say(self, tone: Tone, words: String) {
        self.done.set(Some((tone, words)));
        if self.open.with_untracked(Option::is_some) {
            // The dialog leads back to the row from which it was opened.
            self.open.set(None);
        } else {
            // What was pressed may be gone.
            request_animation_frame(|| browser::focus_if_nothing_has_it(DONE));
        }
    }

    /// Asks for everything anew.
    pub fn refetch(self) {
        self.first.refetch();
    }

    /// Selects or no longer.
    pub fn select(self, people: Vec<Person>, selected: bool) {
        self.selected.update(|chosen| {
            for person in people {
                if selected {
                    chosen.insert(person.id.clone(), person);
                } else {
                    chosen.remove(&person.id);
                }
            }
        });
    }
}
