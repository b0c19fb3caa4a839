//! People and their accounts.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Person, SignedIn, SteppedUp, Visitor};
use contract::{
    Answer, ApiError,
    account::{Invitation, Viewer},
    activity::ActivityPage,
    mail_address::OwnMail,
    password::PasswordPolicy,
    profile::{SecurityOverview, TwoFactorStatus},
};
use leptos::prelude::*;

/// Who is signed in, also while confined to setting up a second factor.
#[server(prefix = "/api", endpoint = "viewer")]
pub async fn fetch_viewer() -> Result<Viewer, ApiError> {
    report(async {
        let (portal, person) = caller::<SignedIn>()?;
        portal.viewer(&person).await
    })
    .await
}

/// What a one-time link is good for.
#[server(prefix = "/api", endpoint = "invitation")]
pub async fn fetch_invitation(token: String) -> Answer<Invitation> {
    answer(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.invitation(&visitor, &token).await
    })
    .await
}

/// Uses a one-time link and signs in; the dashboard comes next. `user_name` counts only for the first administrator.
#[server(prefix = "/api", endpoint = "accept-invitation")]
pub async fn accept_invitation(token: String, user_name: String, password: String) -> Answer<()> {
    answer(async {
        let (portal, visitor) = caller::<Visitor>()?;
        portal.accept_invitation(&visitor, &token, &user_name, password).await.map(|_standing| ())
    })
    .await
}

/// The person's own security, for the dashboard.
#[server(prefix = "/api", endpoint = "security-overview")]
pub async fn fetch_security_overview() -> Result<SecurityOverview, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.security_overview(&person).await
    })
    .await
}

/// The person's second factor, for the profile.
#[server(prefix = "/api", endpoint = "two-factor-status")]
pub async fn fetch_two_factor_status() -> Result<TwoFactorStatus, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.two_factor_status(&person).await
    })
    .await
}

/// The person's own security events, newest first; with `before` those before that entry.
#[server(prefix = "/api", endpoint = "activity")]
pub async fn fetch_activity(#[server(default)] before: Option<i64>) -> Result<ActivityPage, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.activity(&person, before).await
    })
    .await
}

/// The rules for a new password.
#[server(prefix = "/api", endpoint = "password-policy")]
pub async fn fetch_password_policy() -> Result<PasswordPolicy, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.password_policy(&person).await
    })
    .await
}

/// Replaces the password; every other session and all trusted browsers end.
#[server(prefix = "/api", endpoint = "change-password")]
pub async fn change_password(current: String, new: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Person>>()?;
        portal.change_password(&person, current, new).await
    })
    .await
}

/// Where the person gets mail.
#[server(prefix = "/api", endpoint = "own-mail")]
pub async fn fetch_own_mail() -> Result<OwnMail, ApiError> {
    report(async {
        let (portal, person) = caller::<Person>()?;
        portal.own_mail(&person).await
    })
    .await
}

/// Changes where the person gets mail; an empty address is none.
#[server(prefix = "/api", endpoint = "change-mail-address")]
pub async fn change_mail_address(address: String) -> Answer<()> {
    answer(async {
        let (portal, person) = caller::<SteppedUp<Person>>()?;
        portal.change_mail_address(&person, &address).await
    })
    .await
}
