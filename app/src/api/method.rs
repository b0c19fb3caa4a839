//! Active authenticator apps.

use crate::contract::Answer;
#[cfg(feature = "ssr")]
use crate::{
    api::answer::answer,
    portal::{Person, SteppedUp, caller},
};
use leptos::prelude::*;

/// Gives a method another name.
#[server(prefix = "/api", endpoint = "rename-method")]
pub async fn rename_method(id: String, name: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Person>()?;
        portal.rename_method(&person, &id, &name).await
    })
    .await
}

/// Removes a method; removing the last one is disabling.
#[server(prefix = "/api", endpoint = "remove-method")]
pub async fn remove_method(id: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Person>>()?;
        portal.remove_method(&person, &id).await
    })
    .await
}

/// Switches two-factor authentication off.
#[server(prefix = "/api", endpoint = "disable-second-factor")]
pub async fn disable_second_factor() -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Person>>()?;
        portal.disable_second_factor(&person).await
    })
    .await
}
