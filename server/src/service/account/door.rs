//! What the interface asks of a person's own account.

use crate::{
    service::Service,
    store::policy::{self, versioned},
};
use async_trait::async_trait;
use contract::{
    ApiError,
    account::{Invitation, Standing, Viewer},
    activity::ActivityPage,
    mail_address::OwnMail,
    password::PasswordPolicy,
    portal::{Accounts, Person, SignedIn, SteppedUp, Visitor},
    profile::SecurityOverview,
};
use zeroize::Zeroizing;

#[async_trait]
impl Accounts for Service {
    async fn viewer(&self, caller: &SignedIn) -> Result<Viewer, ApiError> {
        self.whoever_is_signed_in(caller).await
    }

    async fn invitation(&self, visitor: &Visitor, token: &str) -> Result<Invitation, ApiError> {
        self.read_invitation(visitor, token).await
    }

    async fn accept_invitation(
        &self,
        visitor: &Visitor,
        token: &str,
        user_name: &str,
        password: String,
    ) -> Result<Standing, ApiError> {
        self.accept(visitor, token, user_name, password).await
    }

    async fn password_policy(&self, _caller: &Person) -> Result<PasswordPolicy, ApiError> {
        Ok(versioned(&policy::load(&self.db).await?).policy.password)
    }

    async fn change_password(&self, caller: &SteppedUp<Person>, current: String, new: String) -> Result<(), ApiError> {
        self.replace_password(caller, Zeroizing::new(current), Zeroizing::new(new)).await
    }

    async fn own_mail(&self, caller: &Person) -> Result<OwnMail, ApiError> {
        self.mail_of(caller).await
    }

    async fn change_mail_address(&self, caller: &SteppedUp<Person>, address: &str) -> Result<(), ApiError> {
        self.change_own_mail_address(caller, address).await
    }

    async fn activity(&self, caller: &Person, before: Option<i64>) -> Result<ActivityPage, ApiError> {
        self.activity_page(caller, before).await
    }

    async fn security_overview(&self, caller: &Person) -> Result<SecurityOverview, ApiError> {
        Ok(SecurityOverview {
            two_factor: self.status(caller).await?,
            recent_sign_ins: self.recent_sign_ins(&caller.session().user_id).await?,
        })
    }
}
