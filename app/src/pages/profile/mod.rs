//! The person's own account, one file per section.

mod second_factor;

use crate::{
    api::account::fetch_two_factor_status,
    components::{
        avatar::Avatar,
        fetched::{Fetched, fetched, settled},
        page::PageHeading,
        part::lazy_page,
        signed_in::use_signed_in,
    },
    contract::profile::TwoFactorStatus,
};
use leptos::prelude::*;
use second_factor::SecondFactor;

lazy_page! {
    /// The profile.
    ProfilePage, part profile, preload preload_profile, profile => async {
        let status = settled(fetched(|| (), |()| fetch_two_factor_status())).await;
        view! { <Profile status /> }.into_any()
    }
}

#[component]
fn Profile(status: Fetched<TwoFactorStatus>) -> impl IntoView {
    view! {
        <PageHeading title="Profile" />
        <Person />
        <SecondFactor status />
    }
}

#[component]
fn Person() -> impl IntoView {
    let viewer = use_signed_in().viewer();
    viewer.map(|viewer| {
        let name = viewer.user_name;
        view! {
            <div class="person">
                <Avatar user_name=name.clone() />
                <div>
                    <p class="person-name" dir="auto">
                        {name}
                    </p>
                    <p class="muted">{if viewer.administrator { "Administrator" } else { "User" }}</p>
                </div>
            </div>
        }
    })
}
