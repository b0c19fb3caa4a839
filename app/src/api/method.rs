//! Active authenticator apps.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
    form::go_to,
};
use contract::{Answer, ApiError};
#[cfg(feature = "ssr")]
use contract::{
    portal::{Person, SteppedUp},
    routes,
};
use leptos::prelude::*;

/// Goes on in this session without the second factor that will be demanded, and
/// leads on to `next`. Serves a plain form: it works without script.
#[server(prefix = "/api", endpoint = "postpone-set-up")]
pub async fn postpone_set_up(#[server(default)] next: String) -> Result<(), ApiError> {
    let postponed = report(async {
        let (portal, person) = caller::<Person>()?;
        portal.postpone_set_up(&person).await
    });
    let outcome = postponed.await;
    // Whatever stands in the way, the page says it.
    go_to(routes::landing(&next));
    outcome
}

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
