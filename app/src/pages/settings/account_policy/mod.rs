//! The account policy: what is in force, and its editor on the same page.

mod draft;
mod editor;
mod impact;
mod meanwhile;
mod sections;
mod summary;

use super::{administers, for_administrators_only};
use crate::{
    api::policy::fetch_account_policy,
    components::{
        alert::{Notice, Tone},
        browser,
        fetched::{Fetched, fetched, settled},
        loaded::Loaded,
        page::PageHeading,
        part::lazy_page,
    },
};
use contract::policy::{PolicyField, VersionedPolicy};
use editor::Editor;
use leptos::prelude::*;
use sections::id;
use summary::{EDIT, Summary};

lazy_page! {
    /// The account policy.
    AccountPolicyPage, part policy, preload preload_account_policy, account_policy => async {
        if !administers() {
            return for_administrators_only();
        }
        let policy = settled(fetched(|| (), |()| fetch_account_policy())).await;
        view! { <AccountPolicy policy /> }.into_any()
    }
}

/// What the page is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Showing the policy.
    Reading {
        /// It has just been saved.
        saved: bool,
    },
    /// Changing it.
    Editing,
}

#[component]
fn AccountPolicy(policy: Fetched<VersionedPolicy>) -> impl IntoView {
    let mode = RwSignal::new(Mode::Reading { saved: false });
    let leave = move |saved| {
        policy.refetch();
        mode.set(Mode::Reading { saved });
        // The button that was pressed is gone, and what was saved is said above all of it.
        request_animation_frame(move || browser::focus(if saved { "policy-saved" } else { EDIT }));
    };
    view! {
        <PageHeading title="Account policy" lead="These rules apply to every account of the portal." />
        <div role="status" id="policy-saved" tabindex="-1">
            {move || {
                (mode.get() == Mode::Reading { saved: true })
                    .then(|| view! { <Notice tone=Tone::Good>"The account policy is saved and in force."</Notice> })
            }}
        </div>
        <Loaded
            resource=policy
            show=move |current: VersionedPolicy| {
                view! {
                    {move || match mode.get() {
                        Mode::Reading { .. } => {
                            let edit = move || {
                                mode.set(Mode::Editing);
                                request_animation_frame(|| browser::focus(id(PolicyField::MinimumLength)));
                            };
                            view! { <Summary current=current.clone() edit /> }.into_any()
                        }
                        Mode::Editing => view! { <Editor current=current.clone() leave /> }.into_any(),
                    }}
                }
                    .into_any()
            }
        />
    }
}
