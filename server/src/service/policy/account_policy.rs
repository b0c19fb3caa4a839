//! Reading and changing the account policy.

use crate::{
    domain::{
        audit::trail::AuditEvent,
        session::trusted_browser::{self, stored},
    },
    service::{Service, session::administration::Authority},
    store::{
        account::accounts,
        policy::{self, requirement, row, small, versioned},
        session::browsers,
    },
};
use contract::{
    ApiError,
    duration::DAY,
    policy::{AccountPolicy, EnforcementImpact, FewerDays, PersonWithout, PolicyChange, VersionedPolicy},
    portal::Administrator,
    session::ChallengeReason,
};

impl Service {
    /// What demanding a second factor would do now.
    pub(super) async fn impact(
        &self,
        caller: &Administrator,
        grace_days: Option<u32>,
    ) -> Result<EnforcementImpact, ApiError> {
        let fewer_days = match grace_days {
            Some(days) => self.fewer_days(caller, days).await?,
            None => None,
        };
        let row = policy::impact(&self.db).await?;
        let first = policy::without(&self.db, "", EnforcementImpact::LISTED.into()).await?;
        Ok(EnforcementImpact {
            people: small(row.people),
            people_without: small(row.people_without),
            administrators_without: small(row.administrators_without),
            not_activated: small(row.not_activated),
            includes_you: !caller.session().has_second_factor,
            first: first
                .into_iter()
                .map(|row| PersonWithout { name: row.name, administrator: row.administrator })
                .collect(),
            fewer_days,
            approvers: self.approvers(&caller.session().user_id).await?,
        })
    }

    /// The policy in force.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policy_in_force(&self) -> Result<VersionedPolicy, ApiError> {
        Ok(versioned(&policy::load(&self.db).await?))
    }

    /// Replaces the policy as the command line does.
    ///
    /// # Errors
    /// [`ApiError::Policy`], [`ApiError::PolicyConflict`], or the database does not answer.
    pub async fn set_policy(
        &self,
        operator: &str,
        policy: AccountPolicy,
        version: i64,
    ) -> Result<VersionedPolicy, ApiError> {
        self.replace_policy(Authority::operator(operator), policy, version).await
    }

    /// What it would do if there were only so many days of grace.
    async fn fewer_days(&self, caller: &Administrator, days: u32) -> Result<Option<FewerDays>, ApiError> {
        let (requirement, now) = (requirement(&policy::load(&self.db).await?), self.now());
        let Some((after, until)) = requirement.losing_time(days.into(), now) else { return Ok(None) };
        let row = policy::exposed(&self.db, after.0, until.0).await?;
        let first = policy::exposed_within(&self.db, after.0, until.0, EnforcementImpact::LISTED.into()).await?;
        let yours = caller.session().grace.as_ref();
        let fewer = requirement.grace_days.saturating_sub(days.into()).saturating_mul(DAY);
        Ok(Some(FewerDays {
            ended: small(row.ended),
            administrators: small(row.administrators),
            includes_you: yours.is_some_and(|grace| grace.until.saturating_sub(fewer) <= now.0),
            first: first.into_iter().map(|(name, administrator)| PersonWithout { name, administrator }).collect(),
            shortened: small(row.later),
        }))
    }

    /// How many administrators other than `you` can sign in.
    pub(crate) async fn approvers(&self, you: &str) -> Result<u32, ApiError> {
        Ok(small(accounts::administrators_besides(&self.db, you).await?))
    }

    pub(super) async fn replace_policy(
        &self,
        authority: Authority<'_>,
        policy: AccountPolicy,
        version: i64,
    ) -> Result<VersionedPolicy, ApiError> {
        let problems = policy.problems();
        if !problems.is_empty() {
            return Err(ApiError::Policy(problems));
        }
        let changed = PolicyChange { at: self.now().0, by: authority.name().to_owned() };
        let mut tx = self.administer(authority).await?.hold_nobody().await?;
        let before = versioned(&policy::load_in(&mut tx).await?).policy;
        let version =
            policy::replace(&mut tx, &row(&policy, version, &changed)).await?.ok_or(ApiError::PolicyConflict)?;
        let longest = trusted_browser::longest(policy.trusted_browsers.most_days());
        browsers::end_longer_trust(&mut tx, longest, &stored(ChallengeReason::PolicyChanged), self.now().0).await?;
        let detail = serde_json::json!({ "before": before, "after": policy }).to_string();
        tx.record(None, AuditEvent::PolicyChanged, Some(&detail)).await?;
        tx.commit().await?;
        Ok(VersionedPolicy { policy, version, changed: Some(changed) })
    }
}
