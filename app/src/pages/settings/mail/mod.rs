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
        loaded::{Loaded, Trouble},
        page::PageHeading,
        part::lazy_page,
    },
    contract::mail::{MailEntry, MailState},
};
use entries::{Discard, Entries};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use server::{NoServer, Server};
use std::time::Duration;

lazy_page! {
    /// What becomes of the portal's mail.
    MailPage, part settings, preload preload_mail, mail => async {
        if !administers() {
            return for_administrators_only();
        }
        let state = settled(fetched(|| (), |()| fetch_mail_state(None))).await;
        view! { <MailView state /> }.into_any()
    }
}

/// After how many seconds the page looks again for what came of a try.
const LOOK_AGAIN: [u64; 3] = [1, 4, 9];

/// What is done with mail, and what came of it. Outlives the list, which is made anew.
#[derive(Clone, Copy)]
struct Post {
    state: Fetched<MailState>,
    said: RwSignal<Option<(Tone, String)>>,
    trouble: Trouble,
    pending: RwSignal<bool>,
    /// About to be thrown away.
    discarding: RwSignal<Option<MailEntry>>,
    looks: StoredValue<Vec<TimeoutHandle>>,
}

impl Post {
    /// Begins something, unless something is still going on.
    fn begin(self) -> bool {
        let free = !self.pending.get_untracked();
        if free {
            self.pending.set(true);
            self.said.set(None);
            self.trouble.clear();
        }
        free
    }

    /// Looks now, and again when the mail server may have answered.
    fn look_again(self) {
        self.state.refetch();
        self.stop_looking();
        let looks = LOOK_AGAIN.into_iter().filter_map(|seconds| {
            set_timeout_with_handle(move || self.state.refetch(), Duration::from_secs(seconds)).ok()
        });
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
    let post = Post {
        state,
        said: RwSignal::new(None),
        trouble: Trouble::new(),
        pending: RwSignal::new(false),
        discarding: RwSignal::new(None),
        looks: StoredValue::new(Vec::new()),
    };
    on_cleanup(move || post.stop_looking());
    view! {
        <PageHeading
            title="Mail"
            lead="Reminders to set up a second factor, and notices about what happens to people's accounts."
        />
        <div role="status">
            {sometimes(move || {
                post.said.get().map(|(tone, words)| view! { <Notice tone>{words}</Notice> }.into_any())
            })}
        </div>
        <Problem problem=post.trouble.signal() />
        <Loaded
            resource=state
            show=move |state: MailState| {
                let server = match state.server.clone() {
                    Some(server) => view! { <Server server own_address=state.own_address.clone() post /> }.into_any(),
                    None => view! { <NoServer /> }.into_any(),
                };
                let list = (state.server.is_some() || !state.entries.is_empty())
                    .then(|| view! { <Entries state post /> });
                view! {
                    {server}
                    {list}
                }
                    .into_any()
            }
        />
        {sometimes(move || {
            let entry = post.discarding.get()?;
            Some(view! { <Discard entry post /> }.into_any())
        })}
    }
}
