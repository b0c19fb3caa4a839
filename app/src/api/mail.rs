//! Mail that the portal sends, for administrators.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Administrator, SteppedUp};
use contract::{
    Answer, ApiError,
    mail::{MailPlace, MailState, TestOutcome},
    reminder::{MissingPerson, RemindedAll},
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// What becomes of the portal's mail; with `after` the list goes on there.
#[server(prefix = "/api", endpoint = "mail-state", input = Json)]
pub async fn fetch_mail_state(#[server(default)] after: Option<MailPlace>) -> Result<MailState, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.mail_state(&administrator, after).await
    })
    .await
}

/// Sends a message to the caller's own address and waits for what comes of it.
#[server(prefix = "/api", endpoint = "send-test-mail")]
pub async fn send_test_mail() -> Answer<TestOutcome> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.send_test_mail(&administrator).await
    })
    .await
}

/// Has mail tried again now: one, or with no `id` all that failed.
#[server(prefix = "/api", endpoint = "try-mail-again")]
pub async fn try_mail_again(#[server(default)] id: Option<String>) -> Answer<()> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.try_mail_again(&administrator, id.as_deref()).await
    })
    .await
}

/// Throws mail away that was not sent yet.
#[server(prefix = "/api", endpoint = "discard-mail")]
pub async fn discard_mail(id: String) -> Answer<()> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.discard_mail(&administrator, &id).await
    })
    .await
}

/// Reminds someone to set up a second factor.
#[server(prefix = "/api", endpoint = "send-reminder")]
pub async fn send_reminder(person_id: String) -> Answer<MissingPerson> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.send_reminder(&administrator, &person_id).await
    })
    .await
}

/// What reminding everyone would do now.
#[server(prefix = "/api", endpoint = "reminder-plan")]
pub async fn fetch_reminder_plan() -> Result<RemindedAll, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.reminder_plan(&administrator).await
    })
    .await
}

/// Reminds some of those who have no second factor, have an address, and were not reminded within the last day,
/// and answers how many; everyone is reminded when it is nobody.
#[server(prefix = "/api", endpoint = "send-all-reminders")]
pub async fn send_all_reminders() -> Answer<RemindedAll> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.send_all_reminders(&administrator).await
    })
    .await
}
