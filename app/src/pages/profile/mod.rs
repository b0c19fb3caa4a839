//! The person's own account, one file per section.

mod activity;
mod mail;
mod not_me;
mod password;
mod place;
mod records;
mod second_factor;
mod sessions;
mod trusted_browsers;

use crate::{
    api::account::fetch_two_factor_status,
    components::{
        avatar::Avatar,
        browser,
        fetched::{Fetched, fetched, settled},
        page::PageHeading,
        part::lazy_page,
        signed_in::use_signed_in,
    },
};
use activity::RecentActivity;
use contract::profile::TwoFactorStatus;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use mail::Mail;
use password::{ChangePassword, Password};
use records::Records;
use second_factor::SecondFactor;
use sessions::Sessions;
use trusted_browsers::TrustedBrowsers;

lazy_page! {
    /// The profile.
    ProfilePage, part profile, preload preload_profile, profile => async {
        let status = fetched(|| (), |()| fetch_two_factor_status());
        let records = Records::fetch();
        let status = settled(status).await;
        records.settle().await;
        view! { <Profile status records /> }.into_any()
    }
}

#[component]
fn Profile(status: Fetched<TwoFactorStatus>, records: Records) -> impl IntoView {
    records.follow(status);
    focus_the_section_that_was_asked_for();
    let has_second_factor =
        Signal::derive(move || matches!(status.get(), Some(Ok(status)) if !status.methods.is_empty()));
    let change_password = ChangePassword::new(has_second_factor, records);
    view! {
        <PageHeading title="Profile" />
        <Person />
        {view! { <SecondFactor status /> }.into_any()}
        <Password change_password />
        <Mail records />
        <TrustedBrowsers records />
        <Sessions records />
        <RecentActivity records change_password />
    }
}

/// A link may lead to one section of the page.
fn focus_the_section_that_was_asked_for() {
    let hash = use_location().hash;
    Effect::new(move |_| {
        let section = hash.get();
        // The focus goes to the page first, as on every arrival.
        request_animation_frame(move || browser::focus(section.trim_start_matches('#')));
    });
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
                    <p class="person-name" dir="auto" translate="no">
                        {name}
                    </p>
                    <p class="muted">{if viewer.administrator { "Administrator" } else { "User" }}</p>
                </div>
            </div>
        }
    })
}
