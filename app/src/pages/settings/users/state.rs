//! What the parts of the page share: the people who are shown, who of them are
//! selected, and what is being done.

use super::{address::Address, deed::Deed};
use crate::{
    api::people::fetch_people,
    components::{
        browser,
        fetched::{Fetched, fetched, settled},
        loaded::Trouble,
    },
    contract::people::{IssuedLinks, PeoplePage, PeopleQuery, Person, WaitingCode},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// With fewer people on the screen, more are fetched without being asked for.
const ENOUGH: usize = 50;

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
    /// One-time links, to be handed over.
    Links(IssuedLinks),
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
    /// Ids of those who are selected.
    pub selected: RwSignal<BTreeSet<String>>,
    /// The dialog that is open.
    pub open: RwSignal<Option<Open>>,
    /// What was done just now.
    pub done: RwSignal<Option<String>>,
    /// More people are on their way.
    pub fetching: RwSignal<bool>,
    /// Why they did not come.
    pub trouble: Trouble,
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
            selected: RwSignal::new(BTreeSet::new()),
            open: RwSignal::new(None),
            done: RwSignal::new(None),
            fetching: RwSignal::new(false),
            trouble: Trouble::new(),
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
            self.trouble.clear();
        });
        Effect::new(move |before: Option<Address>| {
            let address = self.address.get();
            if before.is_some_and(|before| before != address) {
                self.selected.set(BTreeSet::new());
                self.done.set(None);
            }
            address
        });
        Effect::new(move |_| {
            let few = self.people().len() < ENOUGH;
            if few && self.has_more() && self.trouble.get().is_none() && !self.is_behind() {
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

    /// Those who are selected and shown.
    pub fn selection(self) -> Vec<Person> {
        let people = self.people();
        self.selected.with(|selected| people.into_iter().filter(|person| selected.contains(&person.id)).collect())
    }

    /// Codes that wait for a second administrator.
    pub fn waiting(self) -> Vec<WaitingCode> {
        self.listed(|listed| listed.page.waiting.clone())
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
        self.trouble.clear();
        spawn_local(async move {
            let answer = fetch_people(PeopleQuery { after: after.clone(), ..asked.clone() }).await;
            // The page may be gone, or about something else by now.
            let Some(asks) = self.address.try_with_untracked(Address::query) else { return };
            self.fetching.set(false);
            match answer {
                Ok(page) if asks == asked => self.later.update(|pages| pages.push(page)),
                Ok(_) => {}
                Err(problem) => self.trouble.note(problem),
            }
        });
    }

    /// Notes what was done to people, and shows them as they are now, where they are.
    pub fn note(self, people: Vec<Person>, words: String) {
        self.changed.update(|changed| changed.extend(people.into_iter().map(|person| (person.id.clone(), person))));
        self.selected.set(BTreeSet::new());
        self.say(words);
    }

    /// Says what was done.
    pub fn say(self, words: String) {
        self.open.set(None);
        self.done.set(Some(words));
        // What was pressed may be gone.
        request_animation_frame(|| browser::focus_if_nothing_has_it("users-done"));
    }

    /// Asks for everything anew.
    pub fn refetch(self) {
        self.first.refetch();
    }

    /// Selects or no longer.
    pub fn select(self, id: &str, selected: bool) {
        self.selected.update(|ids| {
            if selected {
                ids.insert(id.to_owned());
            } else {
                ids.remove(id);
            }
        });
    }
}
