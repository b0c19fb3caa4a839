//! What the interface asks of other people.

use crate::service::{Service, session::administration::Authority};
use async_trait::async_trait;
use contract::{
    ApiError,
    people::{
        ImportReport, IssuedAccessCode, IssuedLinks, NewPerson, PeopleChange, PeopleChanged, PeoplePage, PeopleQuery,
        Person, Wrong,
    },
    portal::{Administrator, People, SteppedUp},
};

#[async_trait]
impl People for Service {
    async fn people(&self, caller: &Administrator, query: PeopleQuery) -> Result<PeoplePage, ApiError> {
        self.people_page(caller, &query).await
    }

    async fn change_people(
        &self,
        caller: &SteppedUp<Administrator>,
        ids: Vec<String>,
        change: PeopleChange,
    ) -> Result<PeopleChanged, ApiError> {
        self.change_people_as(caller, ids, change).await
    }

    async fn set_mail_address(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
        address: &str,
    ) -> Result<Person, ApiError> {
        self.change_mail_address_as(caller, person_id, address).await
    }

    async fn add_person(&self, caller: &SteppedUp<Administrator>, person: NewPerson) -> Result<IssuedLinks, ApiError> {
        self.add_one(caller, &person).await
    }

    async fn check_list(&self, _caller: &Administrator, list: &str, wrong: Wrong) -> Result<ImportReport, ApiError> {
        self.check(list, wrong).await
    }

    async fn add_people(
        &self,
        caller: &SteppedUp<Administrator>,
        list: &str,
        wrong: Wrong,
    ) -> Result<IssuedLinks, ApiError> {
        self.add_all(Authority::of(caller), list, wrong).await
    }

    async fn renew_links(&self, caller: &SteppedUp<Administrator>, ids: Vec<String>) -> Result<IssuedLinks, ApiError> {
        self.make_links(caller, ids).await
    }

    async fn issue_access_code(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<IssuedAccessCode, ApiError> {
        self.issue_code(caller, person_id).await
    }

    async fn approve_access_code(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError> {
        self.approve_code(caller, id).await
    }
}
