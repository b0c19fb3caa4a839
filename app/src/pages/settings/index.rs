//! The list of settings.

use super::for_administrators;
use crate::{
    components::{
        icon::{Glyph, Icon},
        page::PageHeading,
        part::lazy_page,
    },
    routes,
};
use leptos::prelude::*;
use leptos_router::components::A;

lazy_page! {
    /// The list of settings.
    SettingsPage, part settings, preload preload_index, index => for_administrators(list)
}

fn list() -> AnyView {
    view! {
        <PageHeading title="System settings" />
        <ul class="settings" role="list">
            <li>
                <A href=routes::ACCOUNT_POLICY attr:class="setting">
                    <span class="setting-name">"Account policy"</span>
                    <Icon glyph=Glyph::Forward />
                </A>
                <p class="muted">"Passwords, locked accounts, two-factor authentication and sessions, for everyone."</p>
            </li>
        </ul>
    }
    .into_any()
}
