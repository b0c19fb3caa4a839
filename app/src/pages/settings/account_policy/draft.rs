//! The policy while it is being edited: text that may not be a number yet.

use contract::{
    password::PasswordPolicy,
    policy::{AccountPolicy, Lockout, PolicyField, SessionLimits, TrustedBrowserPolicy},
    policy_value::{PolicyKey, PolicyValue},
    typed::read_number,
};
use leptos::prelude::*;

/// Days that are proposed when audit entries shall be removed some day.
const A_YEAR: u32 = 365;

/// The policy as it stands in the editor.
#[derive(Clone, Copy)]
pub struct Draft {
    minimum_length: RwSignal<String>,
    maximum_failures: RwSignal<String>,
    lock_minutes: RwSignal<String>,
    grace_days: RwSignal<String>,
    trusted_browser_days: RwSignal<String>,
    idle_minutes: RwSignal<String>,
    absolute_hours: RwSignal<String>,
    audit_retention_days: RwSignal<String>,
    pub require_number: RwSignal<bool>,
    pub require_special: RwSignal<bool>,
    pub require_capital: RwSignal<bool>,
    /// A lock ends by itself.
    pub lock_ends: RwSignal<bool>,
    pub require_second_factor: RwSignal<bool>,
    pub allow_trusted_browsers: RwSignal<bool>,
    pub approve_access_codes: RwSignal<bool>,
    /// Audit entries are removed some day.
    pub audit_ends: RwSignal<bool>,
}

impl Draft {
    /// Starts from the policy in force.
    pub fn new(policy: &AccountPolicy) -> Self {
        let text = |value: u32| RwSignal::new(value.to_string());
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
        Self {
            minimum_length: text(password.minimum_length),
            maximum_failures: text(lockout.maximum_failures),
            lock_minutes: text(lockout.minutes.or(Lockout::default().minutes).unwrap_or(1)),
            grace_days: text(*grace_days),
            trusted_browser_days: text(trusted_browsers.days),
            idle_minutes: text(sessions.idle_minutes),
            absolute_hours: text(sessions.absolute_hours),
            audit_retention_days: text(audit_retention_days.unwrap_or(A_YEAR)),
            require_number: RwSignal::new(password.require_number),
            require_special: RwSignal::new(password.require_special),
            require_capital: RwSignal::new(password.require_capital),
            lock_ends: RwSignal::new(lockout.minutes.is_some()),
            require_second_factor: RwSignal::new(*require_second_factor),
            allow_trusted_browsers: RwSignal::new(trusted_browsers.allowed),
            approve_access_codes: RwSignal::new(*approve_access_codes),
            audit_ends: RwSignal::new(audit_retention_days.is_some()),
        }
    }

    /// The text of a field.
    pub fn text(self, field: PolicyField) -> RwSignal<String> {
        match field {
            PolicyField::MinimumLength => self.minimum_length,
            PolicyField::MaximumFailures => self.maximum_failures,
            PolicyField::LockMinutes => self.lock_minutes,
            PolicyField::GraceDays => self.grace_days,
            PolicyField::TrustedBrowserDays => self.trusted_browser_days,
            PolicyField::IdleMinutes => self.idle_minutes,
            PolicyField::AbsoluteHours => self.absolute_hours,
            PolicyField::AuditRetentionDays => self.audit_retention_days,
        }
    }

    /// Puts a value in, as if it had been entered.
    pub fn put(self, key: PolicyKey, value: PolicyValue) {
        if let (PolicyValue::Number(number), Some(field)) = (value, key.field()) {
            self.text(field).set(number.to_string());
        }
        match (key, value) {
            (PolicyKey::LockMinutes, value) => self.lock_ends.set(value != PolicyValue::Never),
            (PolicyKey::AuditRetentionDays, value) => self.audit_ends.set(value != PolicyValue::Never),
            (key, PolicyValue::Switch(on)) => {
                if let Some(switch) = self.switch(key) {
                    switch.set(on);
                }
            }
            (_, PolicyValue::Number(_) | PolicyValue::Never) => {}
        }
    }

    /// The tick of a value that is on or off.
    fn switch(self, key: PolicyKey) -> Option<RwSignal<bool>> {
        match key {
            PolicyKey::RequireNumber => Some(self.require_number),
            PolicyKey::RequireSpecial => Some(self.require_special),
            PolicyKey::RequireCapital => Some(self.require_capital),
            PolicyKey::RequireSecondFactor => Some(self.require_second_factor),
            PolicyKey::AllowTrustedBrowsers => Some(self.allow_trusted_browsers),
            PolicyKey::ApproveAccessCodes => Some(self.approve_access_codes),
            PolicyKey::MinimumLength
            | PolicyKey::MaximumFailures
            | PolicyKey::LockMinutes
            | PolicyKey::GraceDays
            | PolicyKey::TrustedBrowserDays
            | PolicyKey::IdleMinutes
            | PolicyKey::AbsoluteHours
            | PolicyKey::AuditRetentionDays => None,
        }
    }

    /// The policy that the draft describes. What is no number becomes one that
    /// every field refuses: see [`AccountPolicy::problems`].
    pub fn policy(self) -> AccountPolicy {
        let number = |field| self.text(field).with(|text| read_number(text).unwrap_or(u32::MAX));
        AccountPolicy {
            password: PasswordPolicy {
                minimum_length: number(PolicyField::MinimumLength),
                require_number: self.require_number.get(),
                require_special: self.require_special.get(),
                require_capital: self.require_capital.get(),
            },
            lockout: Lockout {
                maximum_failures: number(PolicyField::MaximumFailures),
                minutes: self.lock_ends.get().then(|| number(PolicyField::LockMinutes)),
            },
            require_second_factor: self.require_second_factor.get(),
            grace_days: number(PolicyField::GraceDays),
            trusted_browsers: TrustedBrowserPolicy {
                allowed: self.allow_trusted_browsers.get(),
                days: number(PolicyField::TrustedBrowserDays),
            },
            approve_access_codes: self.approve_access_codes.get(),
            sessions: SessionLimits {
                idle_minutes: number(PolicyField::IdleMinutes),
                absolute_hours: number(PolicyField::AbsoluteHours),
            },
            audit_retention_days: self.audit_ends.get().then(|| number(PolicyField::AuditRetentionDays)),
        }
    }
}
