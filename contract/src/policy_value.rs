//! The account policy value by value: where values are compared, listed or set one at a time.

use super::{
    number::grouped,
    password::PasswordPolicy,
    policy::{AccountPolicy, Lockout, PolicyField, SessionLimits, TrustedBrowserPolicy},
};
use std::fmt;

/// One value of the account policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKey {
    /// [`PasswordPolicy::minimum_length`]
    MinimumLength,
    /// [`PasswordPolicy::require_number`]
    RequireNumber,
    /// [`PasswordPolicy::require_special`]
    RequireSpecial,
    /// [`PasswordPolicy::require_capital`]
    RequireCapital,
    /// [`Lockout::maximum_failures`]
    MaximumFailures,
    /// [`Lockout::minutes`]
    LockMinutes,
    /// [`AccountPolicy::require_second_factor`]
    RequireSecondFactor,
    /// [`AccountPolicy::grace_days`]
    GraceDays,
    /// [`TrustedBrowserPolicy::allowed`]
    AllowTrustedBrowsers,
    /// [`TrustedBrowserPolicy::days`]
    TrustedBrowserDays,
    /// [`AccountPolicy::approve_access_codes`]
    ApproveAccessCodes,
    /// [`SessionLimits::idle_minutes`]
    IdleMinutes,
    /// [`SessionLimits::absolute_hours`]
    AbsoluteHours,
    /// [`AccountPolicy::audit_retention_days`]
    AuditRetentionDays,
}

/// What a key can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyValue {
    /// A number, within the bounds of its field.
    Number(u32),
    /// On or off.
    Switch(bool),
    /// What does not come by itself: the end of a lock, the removal of audit entries.
    Never,
}

impl PolicyKey {
    /// Every value, in the order in which people see them.
    pub const ALL: [Self; 14] = [
        Self::MinimumLength,
        Self::RequireNumber,
        Self::RequireSpecial,
        Self::RequireCapital,
        Self::MaximumFailures,
        Self::LockMinutes,
        Self::RequireSecondFactor,
        Self::GraceDays,
        Self::AllowTrustedBrowsers,
        Self::TrustedBrowserDays,
        Self::ApproveAccessCodes,
        Self::IdleMinutes,
        Self::AbsoluteHours,
        Self::AuditRetentionDays,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinimumLength => "minimum-length",
            Self::RequireNumber => "require-number",
            Self::RequireSpecial => "require-special",
            Self::RequireCapital => "require-capital",
            Self::MaximumFailures => "maximum-failures",
            Self::LockMinutes => "lock-minutes",
            Self::RequireSecondFactor => "require-second-factor",
            Self::GraceDays => "grace-days",
            Self::AllowTrustedBrowsers => "allow-trusted-browsers",
            Self::TrustedBrowserDays => "trusted-browser-days",
            Self::ApproveAccessCodes => "approve-access-codes",
            Self::IdleMinutes => "idle-minutes",
            Self::AbsoluteHours => "absolute-hours",
            Self::AuditRetentionDays => "audit-retention-days",
        }
    }

    /// The reverse of [`PolicyKey::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// What it is called where people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::MinimumLength => "Minimum length",
            Self::RequireNumber => "At least one number",
            Self::RequireSpecial => "At least one special character",
            Self::RequireCapital => "At least one capital letter",
            Self::MaximumFailures => "Maximum number of failed attempts",
            Self::LockMinutes => "How long a lock lasts",
            Self::RequireSecondFactor => "Users can only log in if they have configured two factor authentication",
            Self::GraceDays => "Grace period",
            Self::AllowTrustedBrowsers => "Allow users to choose the option “Do not ask me for N days”",
            Self::TrustedBrowserDays => "Most days that may be chosen (N)",
            Self::ApproveAccessCodes => "A second administrator must approve temporary access codes",
            Self::IdleMinutes => "End without activity after",
            Self::AbsoluteHours => "End in any case after",
            Self::AuditRetentionDays => "Keep audit entries for",
        }
    }

    /// The field that bounds it, for numbers.
    pub const fn field(self) -> Option<PolicyField> {
        match self {
            Self::MinimumLength => Some(PolicyField::MinimumLength),
            Self::MaximumFailures => Some(PolicyField::MaximumFailures),
            Self::LockMinutes => Some(PolicyField::LockMinutes),
            Self::GraceDays => Some(PolicyField::GraceDays),
            Self::TrustedBrowserDays => Some(PolicyField::TrustedBrowserDays),
            Self::IdleMinutes => Some(PolicyField::IdleMinutes),
            Self::AbsoluteHours => Some(PolicyField::AbsoluteHours),
            Self::AuditRetentionDays => Some(PolicyField::AuditRetentionDays),
            Self::RequireNumber
            | Self::RequireSpecial
            | Self::RequireCapital
            | Self::RequireSecondFactor
            | Self::AllowTrustedBrowsers
            | Self::ApproveAccessCodes => None,
        }
    }

    /// What a number counts, in the singular.
    const fn unit(self) -> &'static str {
        match self {
            Self::MinimumLength => "character",
            Self::MaximumFailures => "attempt",
            Self::LockMinutes | Self::IdleMinutes => "minute",
            Self::GraceDays | Self::TrustedBrowserDays | Self::AuditRetentionDays => "day",
            Self::AbsoluteHours => "hour",
            Self::RequireNumber
            | Self::RequireSpecial
            | Self::RequireCapital
            | Self::RequireSecondFactor
            | Self::AllowTrustedBrowsers
            | Self::ApproveAccessCodes => "",
        }
    }

    /// A value of this key as people read it: "15 minutes", "On".
    pub fn words(self, value: PolicyValue) -> String {
        match value {
            PolicyValue::Number(0) if self == Self::GraceDays => "None".to_owned(),
            PolicyValue::Number(1) => format!("1 {}", self.unit()),
            PolicyValue::Number(number) => format!("{} {}s", grouped(number), self.unit()),
            PolicyValue::Switch(true) => "On".to_owned(),
            PolicyValue::Switch(false) => "Off".to_owned(),
            PolicyValue::Never if self == Self::AuditRetentionDays => "For ever".to_owned(),
            PolicyValue::Never => "Until an administrator unlocks the account".to_owned(),
        }
    }

    /// The value in a policy.
    pub fn get(self, policy: &AccountPolicy) -> PolicyValue {
        // Taken apart completely: a value of the policy that has no key is not used here, and fails the build.
        let AccountPolicy {
            password,
            lockout,
            require_second_factor,
            grace_days,
            trusted_browsers,
            approve_access_codes,
            sessions,
            audit_retention_days,
        } = policy;
        let PasswordPolicy { minimum_length, require_number, require_special, require_capital } = password;
        let Lockout { maximum_failures, minutes } = lockout;
        let TrustedBrowserPolicy { allowed, days } = trusted_browsers;
        let SessionLimits { idle_minutes, absolute_hours } = sessions;
        match self {
            Self::MinimumLength => PolicyValue::Number(*minimum_length),
            Self::RequireNumber => PolicyValue::Switch(*require_number),
            Self::RequireSpecial => PolicyValue::Switch(*require_special),
            Self::RequireCapital => PolicyValue::Switch(*require_capital),
            Self::MaximumFailures => PolicyValue::Number(*maximum_failures),
            Self::LockMinutes => minutes.map_or(PolicyValue::Never, PolicyValue::Number),
            Self::RequireSecondFactor => PolicyValue::Switch(*require_second_factor),
            Self::GraceDays => PolicyValue::Number(*grace_days),
            Self::AllowTrustedBrowsers => PolicyValue::Switch(*allowed),
            Self::TrustedBrowserDays => PolicyValue::Number(*days),
            Self::ApproveAccessCodes => PolicyValue::Switch(*approve_access_codes),
            Self::IdleMinutes => PolicyValue::Number(*idle_minutes),
            Self::AbsoluteHours => PolicyValue::Number(*absolute_hours),
            Self::AuditRetentionDays => audit_retention_days.map_or(PolicyValue::Never, PolicyValue::Number),
        }
    }

    /// Puts a value into a policy; `false` when this key can't hold it.
    pub fn set(self, policy: &mut AccountPolicy, value: PolicyValue) -> bool {
        let number = |place: &mut u32| match value {
            PolicyValue::Number(number) => {
                *place = number;
                true
            }
            _ => false,
        };
        let switch = |place: &mut bool| match value {
            PolicyValue::Switch(on) => {
                *place = on;
                true
            }
            _ => false,
        };
        let number_or_never = |place: &mut Option<u32>| {
            *place = match value {
                PolicyValue::Number(number) => Some(number),
                PolicyValue::Never => None,
                PolicyValue::Switch(_) => return false,
            };
            true
        };
        match self {
            Self::MinimumLength => number(&mut policy.password.minimum_length),
            Self::RequireNumber => switch(&mut policy.password.require_number),
            Self::RequireSpecial => switch(&mut policy.password.require_special),
            Self::RequireCapital => switch(&mut policy.password.require_capital),
            Self::MaximumFailures => number(&mut policy.lockout.maximum_failures),
            Self::LockMinutes => number_or_never(&mut policy.lockout.minutes),
            Self::RequireSecondFactor => switch(&mut policy.require_second_factor),
            Self::GraceDays => number(&mut policy.grace_days),
            Self::AllowTrustedBrowsers => switch(&mut policy.trusted_browsers.allowed),
            Self::TrustedBrowserDays => number(&mut policy.trusted_browsers.days),
            Self::ApproveAccessCodes => switch(&mut policy.approve_access_codes),
            Self::IdleMinutes => number(&mut policy.sessions.idle_minutes),
            Self::AbsoluteHours => number(&mut policy.sessions.absolute_hours),
            Self::AuditRetentionDays => number_or_never(&mut policy.audit_retention_days),
        }
    }

    /// Whether it takes [`PolicyValue::Never`].
    const fn may_be_never(self) -> bool {
        matches!(self, Self::LockMinutes | Self::AuditRetentionDays)
    }

    /// Which values it takes, to be read after "takes": "a whole number from 8 to 128".
    pub fn takes(self) -> String {
        let Some(field) = self.field() else { return "on or off".to_owned() };
        let (least, greatest) = field.bounds();
        let or_never = if self.may_be_never() { ", or never" } else { "" };
        format!("a whole number from {} to {}{or_never}", grouped(least), grouped(greatest))
    }

    /// Reads a value as it is typed; bounds are not checked here.
    pub fn parse(self, text: &str) -> Option<PolicyValue> {
        match (self.field(), text) {
            (None, "on" | "true" | "yes") => Some(PolicyValue::Switch(true)),
            (None, "off" | "false" | "no") => Some(PolicyValue::Switch(false)),
            (None, _) => None,
            (Some(_), "never") if self.may_be_never() => Some(PolicyValue::Never),
            (Some(_), text) => text.parse().ok().map(PolicyValue::Number),
        }
    }
}

/// As it is typed: "15", "on", "never".
impl fmt::Display for PolicyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Switch(true) => f.write_str("on"),
            Self::Switch(false) => f.write_str("off"),
            Self::Never => f.write_str("never"),
        }
    }
}

/// A value that someone else changed while a policy was being edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Which one.
    pub key: PolicyKey,
    /// As it was when the editing began.
    pub was: PolicyValue,
    /// As the other person left it.
    pub theirs: PolicyValue,
    /// As it is being edited.
    pub mine: PolicyValue,
}

impl Difference {
    /// What someone else changed between `was` and `theirs`, beside the edited policy.
    pub fn all(was: &AccountPolicy, theirs: &AccountPolicy, mine: &AccountPolicy) -> Vec<Self> {
        let difference = |key: PolicyKey| Self { key, was: key.get(was), theirs: key.get(theirs), mine: key.get(mine) };
        PolicyKey::ALL.into_iter().map(difference).filter(|difference| difference.was != difference.theirs).collect()
    }

    /// Both changed it, and not to the same: somebody has to choose.
    pub fn is_contested(&self) -> bool {
        self.mine != self.was && self.mine != self.theirs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value other than that of `policy`.
    fn another(key: PolicyKey, policy: &AccountPolicy) -> PolicyValue {
        match key.get(policy) {
            PolicyValue::Number(number) => PolicyValue::Number(number + 1),
            PolicyValue::Switch(on) => PolicyValue::Switch(!on),
            PolicyValue::Never => PolicyValue::Number(1),
        }
    }

    #[test]
    fn every_value_is_set_and_read_by_its_key_alone() {
        for key in PolicyKey::ALL {
            let (before, mut after) = (AccountPolicy::default(), AccountPolicy::default());
            let value = another(key, &before);
            assert!(key.set(&mut after, value), "{key:?}");
            assert_eq!(key.get(&after), value);
            for other in PolicyKey::ALL.into_iter().filter(|other| *other != key) {
                assert_eq!(other.get(&after), other.get(&before), "{key:?} leaves {other:?} alone");
            }
            assert_eq!(key.parse(&value.to_string()), Some(value), "{key:?} reads what it shows");
            assert_eq!(PolicyKey::named(key.name()), Some(key));
        }
    }

    #[test]
    fn a_key_takes_only_values_of_its_kind() {
        for key in PolicyKey::ALL {
            let mut policy = AccountPolicy::default();
            let wrong = if key.field().is_some() { PolicyValue::Switch(true) } else { PolicyValue::Number(1) };
            assert!(!key.set(&mut policy, wrong), "{key:?}");
            assert_eq!(policy, AccountPolicy::default());
            for nonsense in ["", "ten", "-1", "1.5", "99999999999", " "] {
                assert_eq!(key.parse(nonsense), None, "{key:?} {nonsense:?}");
            }
        }
        assert_eq!(PolicyKey::LockMinutes.parse("never"), Some(PolicyValue::Never));
        assert_eq!(PolicyKey::IdleMinutes.parse("never"), None);
        assert_eq!(PolicyKey::named("nonsense"), None);
    }

    #[test]
    fn only_what_both_changed_to_something_else_is_contested() {
        let was = AccountPolicy::default();
        let (mut theirs, mut mine) = (was.clone(), was.clone());
        theirs.password.minimum_length = 12;
        theirs.lockout.maximum_failures = 3;
        theirs.lockout.minutes = None;
        mine.lockout.maximum_failures = 7;
        mine.lockout.minutes = None;
        mine.sessions.idle_minutes = 60;
        let contested: Vec<_> =
            Difference::all(&was, &theirs, &mine).into_iter().map(|found| (found.key, found.is_contested())).collect();
        let expected =
            [(PolicyKey::MinimumLength, false), (PolicyKey::MaximumFailures, true), (PolicyKey::LockMinutes, false)];
        assert_eq!(contested, expected);
    }

    #[test]
    fn values_are_put_into_words() {
        let words = |key: PolicyKey, value| key.words(value);
        assert_eq!(words(PolicyKey::IdleMinutes, PolicyValue::Number(1)), "1 minute");
        assert_eq!(words(PolicyKey::GraceDays, PolicyValue::Number(0)), "None");
        assert_eq!(words(PolicyKey::GraceDays, PolicyValue::Number(14)), "14 days");
        assert_eq!(words(PolicyKey::RequireNumber, PolicyValue::Switch(false)), "Off");
        assert_eq!(PolicyKey::LockMinutes.takes(), "a whole number from 1 to 10,080, or never");
    }
}
