//! The account policy, for administrators.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::{Administrator, SteppedUp};
use contract::{
    Answer, ApiError,
    policy::{AccountPolicy, EnforcementImpact, VersionedPolicy},
    reminder::Missing,
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// The policy in force.
#[server(prefix = "/api", endpoint = "account-policy")]
pub async fn fetch_account_policy() -> Result<VersionedPolicy, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.account_policy(&administrator).await
    })
    .await
}

/// What demanding a second factor would do now; with `grace_days`, also what so many days of
/// grace would do where it is demanded already.
#[server(prefix = "/api", endpoint = "enforcement-impact")]
pub async fn fetch_enforcement_impact(
    #[server(default)] grace_days: Option<u32>,
) -> Result<EnforcementImpact, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.enforcement_impact(&administrator, grace_days).await
    })
    .await
}

/// Active people without a second factor, by name; with `after` those after an earlier answer.
#[server(prefix = "/api", endpoint = "missing-second-factors")]
pub async fn fetch_missing_second_factors(#[server(default)] after: Option<String>) -> Result<Missing, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.missing_second_factors(&administrator, after.as_deref()).await
    })
    .await
}

/// Replaces the policy, if nobody else changed it since `version`.
#[server(prefix = "/api", endpoint = "save-account-policy", input = Json)]
pub async fn save_account_policy(policy: AccountPolicy, version: i64) -> Answer<VersionedPolicy> {
    answer(async {
        let (portal, administrator) = caller::<SteppedUp<Administrator>>()?;
        portal.save_account_policy(&administrator, policy, version).await
    })
    .await
}
