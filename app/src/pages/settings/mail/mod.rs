//! "Mail": through whom the portal sends mail, what waits, and what could not be sent.

mod entries;
mod server;

use super::{administers, for_administrators_only};
use crate::{
    api::mail::fetch_mail_state,
    components::{
        alert::{Notice, Problem, Tone},
        changing::sometimes,
        fetched::{Fetched, fetched, settled},
        loaded::{FormError, Loaded},
        page::PageHeading,
        part::lazy_page,
    },
};
use contract::mail::{MailEntry, MailState, ToMend};
use entries::{Discard, Entries};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use server::{NoServer, Server};
use std::time::Duration;

lazy_page! {
    /// What becomes of the portal's mail.
    MailPage, part mail, preload preload_mail, mail => async {
        if !administers() {
            return for_administrators_only();
        }
        let state = settled(fetched(|| (), |()| fetch_mail_state(None))).await;
        view! { <MailView state /> }.into_any()
    }
}

/// After how many seconds the page looks again for what came of a try.
const LOOK_AGAIN: [u64; 3] = [1, 4, 9];

/// The mail that is shown, what is done with it, and what came of that.
#[derive(Clone, Copy)]
struct Post {
    shown: RwSignal<MailState>,
    said: RwSignal<Option<(Tone, String)>>,
    form_error: FormError,
    /// What is being done: the button's words, with the id of the message where it is about one.
    doing: RwSignal<Option<String>>,
    /// About to be thrown away.
    discarding: RwSignal<Option<MailEntry>>,
    looks: StoredValue<Vec<TimeoutHandle>>,
}

impl Post {
    fn new(first: MailState) -> Self {
        Self {
            shown: RwSignal::new(first),
            said: RwSignal::new(None),
            form_error: FormError::new(),
            doing: RwSignal::new(None),
            discarding: RwSignal::new(None),
            looks: StoredValue::new(Vec::new()),
        }
    }

    /// Begins something, unless something is still going on.
    fn begin(self, what: &str) -> bool {
        let free = self.doing.with_untracked(Option::is_none);
        if free {
            self.doing.set(Some(what.to_owned()));
            self.said.set(None);
            self.form_error.clear();
        }
        free
    }

    fn end(self) {
        let _ = self.doing.try_set(None);
    }

    /// Whether this is being done.
    fn is_doing(self, what: String) -> Signal<bool> {
        Signal::derive(move || self.doing.with(|doing| doing.as_ref() == Some(&what)))
    }

    /// Looks at what has become of the mail.
    fn look(self) {
        spawn_local(async move {
            match fetch_mail_state(None).await {
                Ok(state) => drop(self.shown.try_set(state)),
                Err(problem) if !self.shown.is_disposed() => self.form_error.note(problem),
                Err(_) => {}
            }
        });
    }

    /// Looks now, and again when the mail server may have answered.
    fn keep_looking(self) {
        self.look();
        self.stop_looking();
        let looks = LOOK_AGAIN
            .into_iter()
            .filter_map(|seconds| set_timeout_with_handle(move || self.look(), Duration::from_secs(seconds)).ok());
        self.looks.set_value(looks.collect());
    }

    fn stop_looking(self) {
        for look in self.looks.try_get_value().unwrap_or_default() {
            look.clear();
        }
    }
}

#[component]
fn MailView(state: Fetched<MailState>) -> impl IntoView {
    view! {
        <PageHeading
            title="Mail"
            lead="Reminders to set up a second factor, and notices about what happens to people's accounts."
        />
        <Loaded resource=state show=|first: MailState| view! { <Mail first /> }.into_any() />
    }
}

/// What whoever runs the portal must mend, with what the mail server said.
#[component]
fn Mending(to_mend: Vec<ToMend>) -> impl IntoView {
    let items = to_mend.into_iter().map(|ToMend { what, said }| {
        let said = said.map(|said| {
            view! {
                <p class="mail-problem">
                    <bdi>{said}</bdi>
                </p>
            }
        });
        view! {
            <Notice tone=Tone::Caution>
                <p>{what.to_string()}</p>
                {said}
            </Notice>
        }
    });
    view! {
        <section aria-label="To be mended by whoever runs the portal">{items.collect_view()}</section>
    }
}

#[component]
fn Mail(first: MailState) -> impl IntoView {
    let (server, own_address) = (first.server.clone(), first.own_address.clone());
    let with_list = server.is_some() || !first.entries.is_empty();
    let post = Post::new(first);
    let to_mend = Memo::new(move |_| post.shown.with(|state| state.to_mend.clone()));
    on_cleanup(move || post.stop_looking());
    let server = match server {
        Some(server) => view! { <Server server own_address post /> }.into_any(),
        None => view! { <NoServer /> }.into_any(),
    };
    view! {
        <div role="status">
            {sometimes(move || {
                post.said.get().map(|(tone, words)| view! { <Notice tone>{words}</Notice> }.into_any())
            })}
        </div>
        <Problem problem=post.form_error.signal() />
        {sometimes(move || {
            let to_mend = to_mend.get();
            (!to_mend.is_empty()).then(|| view! { <Mending to_mend /> }.into_any())
        })}
        {server}
        {with_list.then(|| view! { <Entries post /> })}
        {sometimes(move || {
            let entry = post.discarding.get()?;
            Some(view! { <Discard entry post /> }.into_any())
        })}
    }
}
