//! The fields of the account policy, section by section.

use super::{
    draft::Draft,
    impact::{Approvers, Impact},
};
use crate::components::{
    changing::{changing, sometimes},
    field::{CheckBox, Kind, TextField},
};
use contract::{
    number::grouped,
    policy::{AccountPolicy, PolicyField},
    policy_value::PolicyKey,
};
use leptos::prelude::*;

/// All of them.
#[component]
pub fn Sections(
    draft: Draft,
    /// The fields to complain about.
    errors: Signal<Vec<PolicyField>>,
    /// The policy in force.
    in_force: Signal<AccountPolicy>,
) -> impl IntoView {
    view! {
        <PasswordSection draft errors />
        <LockSection draft errors />
        <SecondFactorSection draft errors in_force />
        <SessionSection draft errors />
        <AuditSection draft errors />
    }
}

#[component]
fn PasswordSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Password policy"</legend>
            <NumberField draft errors key=PolicyKey::MinimumLength unit="characters" />
            <CheckBox id="require-number" label="At least one number" value=draft.require_number />
            <CheckBox id="require-special" label="At least one special character" value=draft.require_special />
            <CheckBox id="require-capital" label="At least one capital letter" value=draft.require_capital />
            <p class="muted">"Existing passwords stay valid; new ones must keep these rules."</p>
        </fieldset>
    }
}

#[component]
fn LockSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Locked account"</legend>
            <NumberField
                draft
                errors
                key=PolicyKey::MaximumFailures
                unit="attempts"
            />
            <CheckBox id="lock-ends" label="A lock ends by itself" value=draft.lock_ends />
            {changing(move || {
                if draft.lock_ends.get() {
                    view! {
                        <NumberField draft errors key=PolicyKey::LockMinutes unit="minutes" />
                    }
                        .into_any()
                } else {
                    view! { <p class="muted">"A locked account stays locked until an administrator unlocks it."</p> }.into_any()
                }
            })}
        </fieldset>
    }
}

#[component]
fn SecondFactorSection(
    draft: Draft,
    errors: Signal<Vec<PolicyField>>,
    /// The policy in force.
    in_force: Signal<AccountPolicy>,
) -> impl IntoView {
    let demanded = Memo::new(move |_| in_force.with(|policy| policy.require_second_factor));
    let about_to_demand = Memo::new(move |_| !demanded.get() && draft.require_second_factor.get());
    let grace = Memo::new(move |_| draft.policy().grace_days);
    let fewer_days = Memo::new(move |_| {
        demanded.get() && draft.require_second_factor.get() && grace.get() < in_force.with(|policy| policy.grace_days)
    });
    let about_to_approve =
        Memo::new(move |_| draft.approve_access_codes.get() && !in_force.with(|policy| policy.approve_access_codes));
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Two factor authentication"</legend>
            <CheckBox
                id="require-second-factor"
                label="Users can only log in if they have configured two factor authentication"
                value=draft.require_second_factor
            />
            {sometimes(move || about_to_demand.get().then(|| view! { <Impact grace fewer=false /> }.into_any()))}
            <NumberField draft errors key=PolicyKey::GraceDays unit="days; 0 for none" />
            <p class="muted">
                "How long each person may put off setting up two-factor authentication, counted from when it is first required of them. A change counts at once, for everyone."
            </p>
            {sometimes(move || fewer_days.get().then(|| view! { <Impact grace fewer=true /> }.into_any()))}
            <CheckBox
                id="allow-trusted-browsers"
                label="Allow users to choose the option “Do not ask me for N days”"
                value=draft.allow_trusted_browsers
            />
            <NumberField
                draft
                errors
                key=PolicyKey::TrustedBrowserDays
                unit="days"
            />
            <p class="muted">"A browser that was trusted for longer than N days is asked for a code again at once."</p>
            <CheckBox
                id="approve-access-codes"
                label="A second administrator must approve temporary access codes"
                value=draft.approve_access_codes
            />
            {sometimes(move || about_to_approve.get().then(|| view! { <Approvers /> }.into_any()))}
        </fieldset>
    }
}

#[component]
fn SessionSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Sessions"</legend>
            <NumberField draft errors key=PolicyKey::IdleMinutes unit="minutes" />
            <NumberField draft errors key=PolicyKey::AbsoluteHours unit="hours" />
        </fieldset>
    }
}

#[component]
fn AuditSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Audit"</legend>
            <CheckBox id="audit-ends" label="Remove old audit entries" value=draft.audit_ends />
            {sometimes(move || {
                draft
                    .audit_ends
                    .get()
                    .then(|| {
                        view! { <NumberField draft errors key=PolicyKey::AuditRetentionDays unit="days" /> }.into_any()
                    })
            })}
            <p class="muted">"What was removed can't be brought back; that something was removed is recorded, and the rest can still be verified."</p>
        </fieldset>
    }
}

/// The id of a field in the document.
pub const fn id(field: PolicyField) -> &'static str {
    match field {
        PolicyField::MinimumLength => "minimum-length",
        PolicyField::MaximumFailures => "maximum-failures",
        PolicyField::LockMinutes => "lock-minutes",
        PolicyField::GraceDays => "grace-days",
        PolicyField::TrustedBrowserDays => "trusted-browser-days",
        PolicyField::IdleMinutes => "idle-minutes",
        PolicyField::AbsoluteHours => "absolute-hours",
        PolicyField::AuditRetentionDays => "audit-retention-days",
    }
}

#[component]
fn NumberField(draft: Draft, errors: Signal<Vec<PolicyField>>, key: PolicyKey, unit: &'static str) -> impl IntoView {
    // Only numbers are shown by this.
    let Some(field) = key.field() else { return ().into_any() };
    let value = draft.text(field);
    let error = move || {
        let at_fault = errors.with(|fields| fields.contains(&field));
        at_fault.then(|| draft.policy().problem(field)).flatten().map(|problem| problem.to_string())
    };
    let (least, greatest) = field.bounds();
    view! {
        <TextField
            id=id(field)
            label=key.label()
            kind=Kind::Number
            hint=format!("{} to {} {unit}", grouped(least), grouped(greatest))
            value
            error=Signal::derive(error)
            quiet=true
        />
    }
    .into_any()
}
