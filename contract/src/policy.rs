//! The account policy: what administrators decide for everyone.

use super::password::PasswordPolicy;
use serde::{Deserialize, Serialize};

/// Every value of the account policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AccountPolicy {
    /// Rules for new passwords.
    pub password: PasswordPolicy,
    /// When an account is locked, and for how long.
    pub lockout: Lockout,
    /// Users can only log in if they have configured two factor authentication.
    pub require_second_factor: bool,
    /// Days that each person has for it, 0 to 60; 0 is none.
    #[serde(default)]
    pub grace_days: u32,
    /// Whether, and for how long, a browser may spare its person the code.
    pub trusted_browsers: TrustedBrowserPolicy,
    /// A second administrator must approve temporary access codes.
    pub approve_access_codes: bool,
    /// How long sessions last.
    pub sessions: SessionLimits,
    /// Days for which audit entries are kept, 30 to 3650; `None` for ever.
    #[serde(default)]
    pub audit_retention_days: Option<u32>,
}

/// When wrong passwords lock an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Failed attempts until the lock, 1 to 100.
    pub maximum_failures: u32,
    /// Minutes a lock lasts, 1 to 10080; `None` until an administrator unlocks.
    pub minutes: Option<u32>,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { maximum_failures: 5, minutes: Some(15) }
    }
}

/// “Do not ask me for N days”.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedBrowserPolicy {
    /// Whether people may choose it.
    pub allowed: bool,
    /// N, the most days they may choose, 1 to 90.
    pub days: u32,
}

impl Default for TrustedBrowserPolicy {
    fn default() -> Self {
        Self { allowed: false, days: 30 }
    }
}

impl TrustedBrowserPolicy {
    /// The most days that may be chosen; `None` when none may.
    pub fn most_days(&self) -> Option<u32> {
        self.allowed.then_some(self.days)
    }
}

/// How long a session may last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Minutes without a request until it ends, 1 to 1440.
    pub idle_minutes: u32,
    /// Hours after sign-in at which it ends in any case, 1 to 720.
    pub absolute_hours: u32,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_minutes: 30, absolute_hours: 24 }
    }
}

/// The policy together with the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionedPolicy {
    /// The values.
    pub policy: AccountPolicy,
    /// Counts changes; "Save" is refused when someone else changed the policy meanwhile.
    pub version: i64,
    /// The latest change; `None` when there was none yet.
    pub changed: Option<PolicyChange>,
}

/// Who changed the policy, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// Unix time in seconds.
    pub at: i64,
    /// Their name at that time.
    pub by: String,
}

/// What switching on "must have a second factor" would do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnforcementImpact {
    /// Active people who have chosen a password.
    pub people: u32,
    /// Those of them without a second factor.
    pub people_without: u32,
    /// How many of those are administrators.
    pub administrators_without: u32,
    /// Active people who have never chosen a password, and can't sign in yet.
    pub not_activated: u32,
    /// Whether the asking administrator is one of them.
    pub includes_you: bool,
    /// The first of them by name, at most [`EnforcementImpact::LISTED`].
    pub first: Vec<PersonWithout>,
    /// What fewer days of grace would do; `None` when they were not asked about,
    /// or when nobody has days left that could end.
    pub fewer_days: Option<FewerDays>,
    /// Administrators who can sign in, without whoever asks: they could approve a temporary access code.
    pub approvers: u32,
}

impl EnforcementImpact {
    /// How many people are listed by name.
    pub const LISTED: u32 = 50;
}

/// Whose days of grace would end at once if there were fewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FewerDays {
    /// People whose time would be over.
    pub ended: u32,
    /// How many of those are administrators.
    pub administrators: u32,
    /// Whether the asking administrator is one of them.
    pub includes_you: bool,
    /// The first of them by name, at most [`EnforcementImpact::LISTED`].
    pub first: Vec<PersonWithout>,
    /// Others who would keep some time, but less than now.
    pub shortened: u32,
}

/// An active person without a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonWithout {
    /// User name as they wrote it.
    pub name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
}

/// A field of the policy that can hold a bad value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyField {
    /// [`PasswordPolicy::minimum_length`]
    MinimumLength,
    /// [`Lockout::maximum_failures`]
    MaximumFailures,
    /// [`Lockout::minutes`]
    LockMinutes,
    /// [`AccountPolicy::grace_days`]
    GraceDays,
    /// [`TrustedBrowserPolicy::days`]
    TrustedBrowserDays,
    /// [`SessionLimits::idle_minutes`]
    IdleMinutes,
    /// [`SessionLimits::absolute_hours`]
    AbsoluteHours,
    /// [`AccountPolicy::audit_retention_days`]
    AuditRetentionDays,
}

impl PolicyField {
    /// Every field with bounds.
    pub const ALL: [Self; 8] = [
        Self::MinimumLength,
        Self::MaximumFailures,
        Self::LockMinutes,
        Self::GraceDays,
        Self::TrustedBrowserDays,
        Self::IdleMinutes,
        Self::AbsoluteHours,
        Self::AuditRetentionDays,
    ];

    /// Least and greatest value allowed.
    pub const fn bounds(self) -> (u32, u32) {
        match self {
            Self::MinimumLength => (8, 128),
            Self::MaximumFailures => (1, 100),
            Self::LockMinutes => (1, 10_080),
            Self::GraceDays => (0, 60),
            Self::TrustedBrowserDays => (1, 90),
            Self::IdleMinutes => (1, 1_440),
            Self::AbsoluteHours => (1, 720),
            Self::AuditRetentionDays => (30, 3_650),
        }
    }

    /// The value this field has in `policy`; `None` when it is switched off.
    pub fn value(self, policy: &AccountPolicy) -> Option<u32> {
        match self {
            Self::MinimumLength => Some(policy.password.minimum_length),
            Self::MaximumFailures => Some(policy.lockout.maximum_failures),
            Self::LockMinutes => policy.lockout.minutes,
            Self::GraceDays => Some(policy.grace_days),
            Self::TrustedBrowserDays => Some(policy.trusted_browsers.days),
            Self::IdleMinutes => Some(policy.sessions.idle_minutes),
            Self::AbsoluteHours => Some(policy.sessions.absolute_hours),
            Self::AuditRetentionDays => policy.audit_retention_days,
        }
    }
}

/// What is wrong with the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyProblem {
    /// It is no whole number within the field's bounds.
    OutOfBounds(PolicyField),
    /// Sessions would end in any case before they could end without activity.
    ShorterThanIdle {
        /// The least number of hours that is not.
        hours: u32,
    },
}

impl AccountPolicy {
    /// What is wrong with the value of a field, seen together with the others.
    pub fn problem(&self, field: PolicyField) -> Option<PolicyProblem> {
        let out_of_bounds = |field: PolicyField| {
            let (least, greatest) = field.bounds();
            field.value(self).is_some_and(|value| !(least..=greatest).contains(&value))
        };
        if out_of_bounds(field) {
            return Some(PolicyProblem::OutOfBounds(field));
        }
        let hours = self.sessions.idle_minutes.div_ceil(60);
        let shorter = field == PolicyField::AbsoluteHours
            && !out_of_bounds(PolicyField::IdleMinutes)
            && self.sessions.absolute_hours < hours;
        shorter.then_some(PolicyProblem::ShorterThanIdle { hours })
    }

    /// The fields whose values can't be saved.
    pub fn problems(&self) -> Vec<PolicyField> {
        PolicyField::ALL.into_iter().filter(|field| self.problem(*field).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_valid() {
        assert_eq!(AccountPolicy::default().problems(), []);
    }

    #[test]
    fn each_field_is_checked_at_both_bounds() {
        for field in PolicyField::ALL {
            let (least, greatest) = field.bounds();
            let below = least.checked_sub(1).map(|value| (value, false));
            for (value, good) in [(least, true), (greatest, true), (greatest + 1, false)].into_iter().chain(below) {
                let mut policy = AccountPolicy::default();
                match field {
                    PolicyField::MinimumLength => policy.password.minimum_length = value,
                    PolicyField::MaximumFailures => policy.lockout.maximum_failures = value,
                    PolicyField::LockMinutes => policy.lockout.minutes = Some(value),
                    PolicyField::GraceDays => policy.grace_days = value,
                    PolicyField::TrustedBrowserDays => policy.trusted_browsers.days = value,
                    PolicyField::IdleMinutes => policy.sessions.idle_minutes = value,
                    PolicyField::AbsoluteHours => policy.sessions.absolute_hours = value,
                    PolicyField::AuditRetentionDays => policy.audit_retention_days = Some(value),
                }
                let expected = if good { vec![] } else { vec![field] };
                assert_eq!(policy.problems(), expected, "{field:?} = {value}");
            }
        }
    }

    #[test]
    fn a_session_can_not_end_in_any_case_before_it_could_end_idle() {
        let problem = |idle_minutes, absolute_hours| {
            let sessions = SessionLimits { idle_minutes, absolute_hours };
            AccountPolicy { sessions, ..AccountPolicy::default() }.problem(PolicyField::AbsoluteHours)
        };
        assert_eq!(problem(60, 1), None);
        assert_eq!(problem(61, 1), Some(PolicyProblem::ShorterThanIdle { hours: 2 }));
        assert_eq!(problem(1_440, 23), Some(PolicyProblem::ShorterThanIdle { hours: 24 }));
        assert_eq!(problem(1_440, 24), None);
        assert_eq!(problem(0, 1), None, "the other field is at fault");
        assert_eq!(problem(61, 0), Some(PolicyProblem::OutOfBounds(PolicyField::AbsoluteHours)));
    }

    #[test]
    fn a_lock_without_end_has_no_minutes_to_check() {
        let policy =
            AccountPolicy { lockout: Lockout { minutes: None, ..Lockout::default() }, ..AccountPolicy::default() };
        assert_eq!(policy.problems(), []);
    }
}
