//! The account policy: what administrators decide for everyone.

use super::password::PasswordPolicy;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Every value of the account policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AccountPolicy {
    /// Rules for new passwords.
    pub password: PasswordPolicy,
    /// When an account is locked, and for how long.
    pub lockout: Lockout,
    /// Users can only log in if they have configured two factor authentication.
    pub require_second_factor: bool,
    /// Whether, and for how long, a browser may spare its person the code.
    pub trusted_browsers: TrustedBrowserPolicy,
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
}

/// What switching on "must have a second factor" would do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnforcementImpact {
    /// Active people.
    pub people: u32,
    /// Active people without a second factor.
    pub people_without: u32,
    /// How many of those are administrators.
    pub administrators_without: u32,
    /// Whether the asking administrator is one of them.
    pub includes_you: bool,
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
    pub const ALL: [Self; 7] = [
        Self::MinimumLength,
        Self::MaximumFailures,
        Self::LockMinutes,
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
            Self::TrustedBrowserDays => Some(policy.trusted_browsers.days),
            Self::IdleMinutes => Some(policy.sessions.idle_minutes),
            Self::AbsoluteHours => Some(policy.sessions.absolute_hours),
            Self::AuditRetentionDays => policy.audit_retention_days,
        }
    }
}

/// Says which values a field takes.
impl fmt::Display for PolicyField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, greatest) = self.bounds();
        write!(f, "Enter a whole number from {least} to {greatest}.")
    }
}

impl AccountPolicy {
    /// The fields whose values are out of bounds.
    pub fn problems(&self) -> Vec<PolicyField> {
        let out_of_bounds = |field: &PolicyField| {
            let (least, greatest) = field.bounds();
            field.value(self).is_some_and(|value| !(least..=greatest).contains(&value))
        };
        PolicyField::ALL.into_iter().filter(out_of_bounds).collect()
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
            for (value, good) in [(least - 1, false), (least, true), (greatest, true), (greatest + 1, false)] {
                let mut policy = AccountPolicy::default();
                match field {
                    PolicyField::MinimumLength => policy.password.minimum_length = value,
                    PolicyField::MaximumFailures => policy.lockout.maximum_failures = value,
                    PolicyField::LockMinutes => policy.lockout.minutes = Some(value),
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
    fn a_lock_without_end_has_no_minutes_to_check() {
        let policy =
            AccountPolicy { lockout: Lockout { minutes: None, ..Lockout::default() }, ..AccountPolicy::default() };
        assert_eq!(policy.problems(), []);
    }
}
