//! What the interface asks of the account policy.

use crate::service::{Service, session::administration::Authority};
use async_trait::async_trait;
use contract::{
    ApiError,
    policy::{AccountPolicy, EnforcementImpact, VersionedPolicy},
    portal::{Administrator, Policies, SteppedUp},
    reminder::Missing,
};

#[async_trait]
impl Policies for Service {
    async fn account_policy(&self, _caller: &Administrator) -> Result<VersionedPolicy, ApiError> {
        self.policy_in_force().await
    }

    async fn enforcement_impact(
        &self,
        caller: &Administrator,
        grace_days: Option<u32>,
    ) -> Result<EnforcementImpact, ApiError> {
        self.impact(caller, grace_days).await
    }

    async fn missing_second_factors(&self, _caller: &Administrator, after: Option<&str>) -> Result<Missing, ApiError> {
        self.missing(after).await
    }

    async fn save_account_policy(
        &self,
        caller: &SteppedUp<Administrator>,
        policy: AccountPolicy,
        version: i64,
    ) -> Result<VersionedPolicy, ApiError> {
        self.replace_policy(Authority::of(caller), policy, version).await
    }
}
