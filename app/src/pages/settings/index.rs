//! The list of settings.

use super::for_administrators;
use crate::{
    components::{
        icon::{Glyph, Icon},
        page::PageHeading,
    },
    routes,
};
use leptos::prelude::*;
use leptos_router::{LazyRoute, components::A, lazy_route};

/// The list of settings.
pub struct SettingsPage;

#[lazy_route]
impl LazyRoute for SettingsPage {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        for_administrators(|| {
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
        })
    }
}
