//! Reading and changing the account policy.

use super::{Service, administration::Authority, trust::stored};
use crate::{
    clock::UnixTime,
    domain::{
        audit::AuditEvent,
        grace::{DAY, Requirement},
        trusted_browser,
    },
    store::{
        accounts, browsers,
        policy::{self, PolicyRow},
    },
};
use app::{
    contract::{
        ApiError,
        password::PasswordPolicy,
        policy::{
            AccountPolicy, EnforcementImpact, FewerDays, Lockout, PersonWithout, PolicyChange, SessionLimits,
            TrustedBrowserPolicy, VersionedPolicy,
        },
        reminder::Missing,
        session::AskedBecause,
    },
    portal::{Administrator, Policies, SteppedUp},
};
use async_trait::async_trait;

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

impl Service {
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
    pub(super) async fn approvers(&self, you: &str) -> Result<u32, ApiError> {
        Ok(small(accounts::administrators_besides(&self.db, you).await?))
    }

    async fn replace_policy(
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
        browsers::end_longer_trust(&mut tx, longest, &stored(AskedBecause::PolicyChanged), self.now().0).await?;
        let detail = serde_json::json!({ "before": before, "after": policy }).to_string();
        tx.record(None, AuditEvent::PolicyChanged, Some(&detail)).await?;
        tx.commit().await?;
        Ok(VersionedPolicy { policy, version, changed: Some(changed) })
    }
}

/// What the stored policy says about second factors.
pub(super) fn requirement(row: &PolicyRow) -> Requirement {
    Requirement { since: row.required_since.map(UnixTime), grace_days: row.grace_days }
}

/// Counts and bounds are far below 2³²; the schema and the checks above see to it.
fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Whether browsers may be trusted, and for how many days at most.
pub(super) fn trusted_browser_policy(allowed: bool, days: i64) -> TrustedBrowserPolicy {
    TrustedBrowserPolicy { allowed, days: small(days) }
}

/// The stored policy as the interface knows it.
pub(super) fn versioned(row: &PolicyRow) -> VersionedPolicy {
    VersionedPolicy {
        version: row.version,
        changed: row.changed_at.zip(row.changed_by.clone()).map(|(at, by)| PolicyChange { at, by }),
        policy: AccountPolicy {
            password: PasswordPolicy {
                minimum_length: small(row.minimum_length),
                require_number: row.require_number,
                require_special: row.require_special,
                require_capital: row.require_capital,
            },
            lockout: Lockout { maximum_failures: small(row.maximum_failures), minutes: row.lock_minutes.map(small) },
            require_second_factor: row.require_second_factor,
            grace_days: small(row.grace_days),
            trusted_browsers: trusted_browser_policy(row.allow_trusted_browsers, row.trusted_browser_days),
            approve_access_codes: row.approve_access_codes,
            sessions: SessionLimits {
                idle_minutes: small(row.idle_minutes),
                absolute_hours: small(row.absolute_hours),
            },
            audit_retention_days: row.audit_retention_days.map(small),
        },
    }
}

fn row(policy: &AccountPolicy, version: i64, changed: &PolicyChange) -> PolicyRow {
    PolicyRow {
        version,
        minimum_length: policy.password.minimum_length.into(),
        require_number: policy.password.require_number,
        require_special: policy.password.require_special,
        require_capital: policy.password.require_capital,
        maximum_failures: policy.lockout.maximum_failures.into(),
        lock_minutes: policy.lockout.minutes.map(Into::into),
        require_second_factor: policy.require_second_factor,
        // Decided by the statement: it may be demanded already.
        required_since: None,
        grace_days: policy.grace_days.into(),
        allow_trusted_browsers: policy.trusted_browsers.allowed,
        trusted_browser_days: policy.trusted_browsers.days.into(),
        approve_access_codes: policy.approve_access_codes,
        idle_minutes: policy.sessions.idle_minutes.into(),
        absolute_hours: policy.sessions.absolute_hours.into(),
        changed_at: Some(changed.at),
        changed_by: Some(changed.by.clone()),
        audit_retention_days: policy.audit_retention_days.map(Into::into),
    }
}
