//! Setting up a second factor. The answers hold secrets: these are called when
//! the dialog is open, never while a page is rendered.

use crate::contract::{
    Answer,
    enrolment::{ConfirmedEnrolment, Enrolment},
    profile::Method,
};
#[cfg(feature = "ssr")]
use crate::{
    api::answer::answer,
    portal::{Enrolling, SteppedUp, caller},
};
use leptos::prelude::*;

/// Begins a set-up, or resumes the one of this session.
#[server(prefix = "/api", endpoint = "begin-enrolment")]
pub async fn begin_enrolment() -> Answer<Enrolment> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Enrolling>>()?;
        portal.begin_enrolment(&person).await
    })
    .await
}

/// "Generate new": replaces the secret.
#[server(prefix = "/api", endpoint = "renew-enrolment")]
pub async fn renew_enrolment() -> Answer<Enrolment> {
    answer(async {
        let (portal, person) = caller::<Enrolling>()?;
        portal.renew_enrolment(&person).await
    })
    .await
}

/// Checks the confirming code for the secret called `id`.
#[server(prefix = "/api", endpoint = "confirm-enrolment")]
pub async fn confirm_enrolment(id: String, code: String) -> Answer<ConfirmedEnrolment> {
    answer(async {
        let (portal, person) = caller::<Enrolling>()?;
        portal.confirm_enrolment(&person, &id, &code).await
    })
    .await
}

/// "Finish": makes the method and its recovery codes active.
#[server(prefix = "/api", endpoint = "finish-enrolment")]
pub async fn finish_enrolment(id: String) -> Answer<Method> {
    answer(async {
        let (portal, person) = caller::<Enrolling>()?;
        portal.finish_enrolment(&person, &id).await
    })
    .await
}

/// Drops what is pending.
#[server(prefix = "/api", endpoint = "cancel-enrolment")]
pub async fn cancel_enrolment() -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<Enrolling>()?;
        portal.cancel_enrolment(&person).await
    })
    .await
}
