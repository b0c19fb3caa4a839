//! Other people, for administrators.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Administrator, SteppedUp};
use contract::{
    Answer, ApiError,
    people::{
        ImportReport, IssuedAccessCode, IssuedLinks, NewPerson, PeopleChange, PeopleChanged, PeoplePage, PeopleQuery,
        Person, Wrong,
    },
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// A page of people.
#[server(prefix = "/api", endpoint = "people", input = Json)]
pub async fn fetch_people(query: PeopleQuery) -> Result<PeoplePage, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.people(&administrator, query).await
    })
    .await
}

/// Changes one or several people, all or nobody.
#[server(prefix = "/api", endpoint = "change-people", input = Json)]
pub async fn change_people(ids: Vec<String>, change: PeopleChange) -> Answer<PeopleChanged> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.change_people(&administrator, ids, change).await
    })
    .await
}

/// Changes where someone gets mail; an empty address is none.
#[server(prefix = "/api", endpoint = "set-mail-address")]
pub async fn set_mail_address(person_id: String, address: String) -> Answer<Person> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.set_mail_address(&administrator, &person_id, &address).await
    })
    .await
}

/// Adds someone who chooses the password on a one-time link.
#[server(prefix = "/api", endpoint = "add-person", input = Json)]
pub async fn add_person(person: NewPerson) -> Answer<IssuedLinks> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.add_person(&administrator, person).await
    })
    .await
}

/// Checks a list of people, CSV, and adds nobody.
#[server(prefix = "/api", endpoint = "check-list", input = Json)]
pub async fn check_list(list: String, #[server(default)] wrong: Wrong) -> Answer<ImportReport> {
    answer(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.check_list(&administrator, &list, wrong).await
    })
    .await
}

/// Adds everybody in a list, or nobody; where that is wanted, all whose lines are right.
#[server(prefix = "/api", endpoint = "add-people", input = Json)]
pub async fn add_people(list: String, #[server(default)] wrong: Wrong) -> Answer<IssuedLinks> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.add_people(&administrator, &list, wrong).await
    })
    .await
}

/// New one-time links to choose a password; the ones before die.
#[server(prefix = "/api", endpoint = "renew-links", input = Json)]
pub async fn renew_links(ids: Vec<String>) -> Answer<IssuedLinks> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.renew_links(&administrator, ids).await
    })
    .await
}

/// Makes a code that stands in for someone's second factor once.
#[server(prefix = "/api", endpoint = "issue-access-code")]
pub async fn issue_access_code(person_id: String) -> Answer<IssuedAccessCode> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.issue_access_code(&administrator, &person_id).await
    })
    .await
}

/// Lets someone else's temporary access code count.
#[server(prefix = "/api", endpoint = "approve-access-code")]
pub async fn approve_access_code(id: String) -> Answer<()> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.approve_access_code(&administrator, &id).await
    })
    .await
}
