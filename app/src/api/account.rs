//! People and their accounts.

use crate::contract::{
    ApiError,
    account::{Invitation, Viewer},
    profile::{SecurityOverview, TwoFactorStatus},
};
#[cfg(feature = "ssr")]
use crate::{
    api::form::lead_on,
    portal::{Enrolling, Person, Visitor, caller},
};
use leptos::prelude::*;

/// Who is signed in, also while confined to setting up a second factor.
#[server(prefix = "/api", endpoint = "viewer")]
pub async fn fetch_viewer() -> Result<Viewer, ApiError> {
    let (portal, person) = caller::<Enrolling>()?;
    portal.viewer(&person).await
}

/// What a one-time link is good for.
#[server(prefix = "/api", endpoint = "invitation")]
pub async fn fetch_invitation(token: String) -> Result<Invitation, ApiError> {
    let (portal, visitor) = caller::<Visitor>()?;
    portal.invitation(&visitor, &token).await
}

/// Uses a one-time link and signs in. `user_name` counts only for the first administrator.
#[server(prefix = "/api", endpoint = "accept-invitation")]
pub async fn accept_invitation(token: String, user_name: String, password: String) -> Result<(), ApiError> {
    let (portal, visitor) = caller::<Visitor>()?;
    let standing = portal.accept_invitation(&visitor, &token, &user_name, password).await?;
    lead_on(standing, "");
    Ok(())
}

/// The person's own security, for the dashboard.
#[server(prefix = "/api", endpoint = "security-overview")]
pub async fn fetch_security_overview() -> Result<SecurityOverview, ApiError> {
    let (portal, person) = caller::<Person>()?;
    portal.security_overview(&person).await
}

/// The person's second factor, for the profile.
#[server(prefix = "/api", endpoint = "two-factor-status")]
pub async fn fetch_two_factor_status() -> Result<TwoFactorStatus, ApiError> {
    let (portal, person) = caller::<Person>()?;
    portal.two_factor_status(&person).await
}
