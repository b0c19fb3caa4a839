//! The list of settings.

use super::{administers, for_administrators_only};
use crate::components::{
    icon::{Glyph, Icon},
    page::PageHeading,
    part::lazy_page,
};
use contract::routes;
use leptos::prelude::*;

lazy_page! {
    /// The list of settings.
    SettingsPage, part settings, preload preload_index, index => async {
        if administers() { list() } else { for_administrators_only() }
    }
}

fn list() -> AnyView {
    view! {
        <PageHeading title="System settings" />
        <ul class="settings" role="list">
            <li>
                <a href=routes::USERS class="setting">
                    <span class="setting-name">"Users"</span>
                    <Icon glyph=Glyph::Forward />
                </a>
                <p class="muted">"Who has an account, who has a second factor, and help for those who are locked out."</p>
            </li>
            <li>
                <a href=routes::ACCOUNT_POLICY class="setting">
                    <span class="setting-name">"Account policy"</span>
                    <Icon glyph=Glyph::Forward />
                </a>
                <p class="muted">"Passwords, locked accounts, two-factor authentication and sessions, for everyone."</p>
            </li>
            <li>
                <a href=routes::REMIND class="setting">
                    <span class="setting-name">"Remind"</span>
                    <Icon glyph=Glyph::Forward />
                </a>
                <p class="muted">"Who has no second factor yet, and a ready message for each of them."</p>
            </li>
            <li>
                <a href=routes::MAIL class="setting">
                    <span class="setting-name">"Mail"</span>
                    <Icon glyph=Glyph::Forward />
                </a>
                <p class="muted">"The mail server, and what waits or could not be sent."</p>
            </li>
            <li>
                <a href=routes::AUDIT class="setting">
                    <span class="setting-name">"Audit"</span>
                    <Icon glyph=Glyph::Forward />
                </a>
                <p class="muted">"What happened, who did it, from where and how it ended; to search, export and verify."</p>
            </li>
        </ul>
    }
    .into_any()
}
