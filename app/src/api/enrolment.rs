//! Setting up a second factor. The answers hold secrets: these are called when
//! the dialog is open, never while a page is rendered.

#[cfg(feature = "ssr")]
use crate::api::{answer::answer, caller::caller};
#[cfg(feature = "ssr")]
use contract::portal::{SignedIn, SteppedUp, Visitor};
use contract::{
    Answer,
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProgress, ExtendedEnrolment, PhoneLink, PhoneSetUp},
    profile::Method,
};
use leptos::prelude::*;

/// Begins a set-up, or goes on with the one of this session. With `replaces`
/// the new method takes the place of the one with that id.
#[server(prefix = "/api", endpoint = "begin-enrolment")]
pub async fn begin_enrolment(#[server(default)] replaces: Option<String>) -> Answer<Enrolment> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<SignedIn>>()?;
        portal.begin_enrolment(&person, replaces.as_deref()).await
    })
    .await
}

/// Shows the set-up of this session where it stands.
#[server(prefix = "/api", endpoint = "resume-enrolment")]
pub async fn resume_enrolment() -> Answer<Enrolment> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<SignedIn>>()?;
        portal.resume_enrolment(&person).await
    })
    .await
}

/// "Generate new": replaces the secret.
#[server(prefix = "/api", endpoint = "renew-enrolment")]
pub async fn renew_enrolment() -> Answer<Enrolment> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<SignedIn>>()?;
        portal.renew_enrolment(&person).await
    })
    .await
}

/// "I need more time": the secret called `id` counts for longer.
#[server(prefix = "/api", endpoint = "extend-enrolment")]
pub async fn extend_enrolment(id: String) -> Answer<ExtendedEnrolment> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.extend_enrolment(&person, &id).await
    })
    .await
}

/// Checks the confirming code for the secret called `id`.
#[server(prefix = "/api", endpoint = "confirm-enrolment")]
pub async fn confirm_enrolment(id: String, code: String) -> Answer<ConfirmedEnrolment> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.confirm_enrolment(&person, &id, &code).await
    })
    .await
}

/// "Finish": makes the method and its recovery codes active.
#[server(prefix = "/api", endpoint = "finish-enrolment")]
pub async fn finish_enrolment(id: String) -> Answer<Method> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.finish_enrolment(&person, &id).await
    })
    .await
}

/// Drops what is pending.
#[server(prefix = "/api", endpoint = "cancel-enrolment")]
pub async fn cancel_enrolment() -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.cancel_enrolment(&person).await
    })
    .await
}

/// "Continue on my phone": makes a link with which a phone takes over the secret called `id`.
#[server(prefix = "/api", endpoint = "continue-on-phone")]
pub async fn continue_on_phone(id: String) -> Answer<PhoneLink> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<SignedIn>>()?;
        portal.continue_on_phone(&person, &id).await
    })
    .await
}

/// How far the secret called `id` has come.
#[server(prefix = "/api", endpoint = "enrolment-progress")]
pub async fn fetch_enrolment_progress(id: String) -> Answer<EnrolmentProgress> {
    answer(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.enrolment_progress(&person, &id).await
    })
    .await
}

/// Uses a link to a phone up and shows the secret there.
#[server(prefix = "/api", endpoint = "phone-set-up")]
pub async fn open_phone_set_up(token: String) -> Answer<PhoneSetUp> {
    answer(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.phone_set_up(&visitor, &token).await
    })
    .await
}

/// How many milliseconds the set-up on the phone still goes on; a refusal says why not.
#[server(prefix = "/api", endpoint = "phone-set-up-goes-on")]
pub async fn phone_set_up_goes_on(grant: String) -> Answer<i64> {
    answer(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.phone_set_up_goes_on(&visitor, &grant).await
    })
    .await
}

/// Checks the confirming code on the phone.
#[server(prefix = "/api", endpoint = "confirm-on-phone")]
pub async fn confirm_on_phone(grant: String, code: String) -> Answer<()> {
    answer(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.confirm_on_phone(&visitor, &grant, &code).await
    })
    .await
}
