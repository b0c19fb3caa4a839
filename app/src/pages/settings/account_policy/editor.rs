//! The editor of the account policy.

use super::{draft::Draft, impact::Impact};
use crate::{
    api::policy::save_account_policy,
    components::{
        alert::Alert,
        browser,
        button::{Button, Emphasis},
        changing::sometimes,
        field::{CheckBox, Kind, TextField, on_submit},
        loaded::Trouble,
        modal::Modal,
        step_up::use_step_up,
    },
    contract::{
        ApiError,
        policy::{PolicyField, VersionedPolicy},
    },
};
use leptos::{ev, prelude::*, task::spawn_local};

/// Changes the policy. Nothing is in force before "Save".
#[component]
pub fn Editor(
    /// The policy in force.
    current: VersionedPolicy,
    /// Fetches the policy in force anew.
    reload: impl Fn() + Copy + Send + Sync + 'static,
    /// The person is done; says whether they saved.
    leave: impl Fn(bool) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let draft = Draft::new(&current.policy);
    let (trouble, step_up, pending) = (Trouble::new(), use_step_up(), RwSignal::new(false));
    let enforced = current.policy.require_second_factor;
    let version = current.version;
    let dirty = Memo::new(move |_| draft.policy() != current.policy);
    warn_before_unload(dirty);
    // From the first "Save" on, problems are shown as they come and go.
    let checked = RwSignal::new(false);
    let save = move || {
        checked.set(true);
        trouble.clear();
        let policy = untrack(move || draft.policy());
        if let Some(first) = policy.problems().first() {
            return browser::focus(id(*first));
        }
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match step_up.run(async || save_account_policy(policy.clone(), version).await.flatten()).await {
                Ok(_) => leave(true),
                Err(problem) => trouble.note(problem),
            }
            pending.set(false);
        });
    };
    let discarding = RwSignal::new(false);
    let cancel = move |_| if dirty.get_untracked() { discarding.set(true) } else { leave(false) };
    let errors = Signal::derive(move || if checked.get() { draft.policy().problems() } else { vec![] });
    view! {
        <form class="editor" novalidate on:submit=on_submit(save)>
            <PasswordSection draft errors />
            <LockSection draft errors />
            <SecondFactorSection draft errors enforced />
            <SessionSection draft errors />
            <AuditSection draft errors />
            <div class="editor-foot">
                <SaveProblem trouble errors reload />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        "Save"
                    </Button>
                    <Button on:click=cancel>"Cancel"</Button>
                </div>
            </div>
        </form>
        {move || {
            discarding
                .get()
                .then(|| view! { <DiscardDialog stay=move || discarding.set(false) discard=move || leave(false) /> })
        }}
    }
}

/// Why the policy was not saved.
#[component]
fn SaveProblem(
    trouble: Trouble,
    errors: Signal<Vec<PolicyField>>,
    reload: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    move || match trouble.get() {
        Some(ApiError::PolicyConflict) => view! {
            <Alert>
                <p>{ApiError::PolicyConflict.to_string()}</p>
                <Button on:click=move |_| reload()>"Load the current policy"</Button>
            </Alert>
        }
        .into_any(),
        Some(problem) => view! { <Alert>{problem.to_string()}</Alert> }.into_any(),
        None if errors.with(Vec::is_empty) => ().into_any(),
        None => view! { <Alert>{ApiError::Policy(vec![]).to_string()}</Alert> }.into_any(),
    }
}

#[component]
fn PasswordSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Password policy"</legend>
            <NumberField draft errors field=PolicyField::MinimumLength label="Minimum length" unit="characters" />
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
                field=PolicyField::MaximumFailures
                label="Maximum number of failed attempts"
                unit="attempts"
            />
            <CheckBox id="lock-ends" label="A lock ends by itself" value=draft.lock_ends />
            {move || {
                if draft.lock_ends.get() {
                    view! {
                        <NumberField draft errors field=PolicyField::LockMinutes label="How long a lock lasts" unit="minutes" />
                    }
                        .into_any()
                } else {
                    view! { <p class="muted">"A locked account stays locked until an administrator unlocks it."</p> }.into_any()
                }
            }}
        </fieldset>
    }
}

#[component]
fn SecondFactorSection(
    draft: Draft,
    errors: Signal<Vec<PolicyField>>,
    /// It is demanded already.
    enforced: bool,
) -> impl IntoView {
    let about_to_demand = Memo::new(move |_| !enforced && draft.require_second_factor.get());
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Two factor authentication"</legend>
            <CheckBox
                id="require-second-factor"
                label="Users can only log in if they have configured two factor authentication"
                value=draft.require_second_factor
            />
            {move || about_to_demand.get().then(|| view! { <Impact /> })}
            <CheckBox
                id="allow-trusted-browsers"
                label="Allow users to choose the option “Do not ask me for N days”"
                value=draft.allow_trusted_browsers
            />
            <NumberField
                draft
                errors
                field=PolicyField::TrustedBrowserDays
                label="Most days that may be chosen (N)"
                unit="days"
            />
            <p class="muted">"A browser that was trusted for longer than N days is asked for a code again at once."</p>
        </fieldset>
    }
}

#[component]
fn SessionSection(draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    view! {
        <fieldset class="panel">
            <legend class="panel-title">"Sessions"</legend>
            <NumberField draft errors field=PolicyField::IdleMinutes label="End without activity after" unit="minutes" />
            <NumberField draft errors field=PolicyField::AbsoluteHours label="End in any case after" unit="hours" />
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
                        view! {
                            <NumberField
                                draft
                                errors
                                field=PolicyField::AuditRetentionDays
                                label="Keep audit entries for"
                                unit="days"
                            />
                        }
                            .into_any()
                    })
            })}
            <p class="muted">"What was removed can't be brought back; that something was removed is recorded, and the rest can still be verified."</p>
        </fieldset>
    }
}

/// The id of a field in the document.
const fn id(field: PolicyField) -> &'static str {
    match field {
        PolicyField::MinimumLength => "minimum-length",
        PolicyField::MaximumFailures => "maximum-failures",
        PolicyField::LockMinutes => "lock-minutes",
        PolicyField::TrustedBrowserDays => "trusted-browser-days",
        PolicyField::IdleMinutes => "idle-minutes",
        PolicyField::AbsoluteHours => "absolute-hours",
        PolicyField::AuditRetentionDays => "audit-retention-days",
    }
}

#[component]
fn NumberField(
    draft: Draft,
    errors: Signal<Vec<PolicyField>>,
    field: PolicyField,
    label: &'static str,
    unit: &'static str,
) -> impl IntoView {
    let value = draft.text(field);
    let error = move || errors.with(|fields| fields.contains(&field)).then(|| field.to_string());
    let (least, greatest) = field.bounds();
    view! {
        <TextField
            id=id(field)
            label
            kind=Kind::Number
            hint=format!("{least} to {greatest} {unit}")
            value
            error=Signal::derive(error)
        />
    }
}

/// Asks before changes are thrown away.
#[component]
fn DiscardDialog(
    stay: impl Fn() + Copy + Send + Sync + 'static,
    discard: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Modal id="discard-title" title="Discard your changes?" leave=stay>
            <div class="stack">
                <p>"What you changed has not been saved."</p>
                <div class="actions">
                    <Button emphasis=Emphasis::Primary on:click=move |_| stay()>
                        "Keep editing"
                    </Button>
                    <Button on:click=move |_| discard()>"Discard changes"</Button>
                </div>
            </div>
        </Modal>
    }
}

/// Has the browser ask before it closes or reloads the page over unsaved changes.
fn warn_before_unload(dirty: Memo<bool>) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::beforeunload, move |event| {
            if dirty.try_get_untracked() == Some(true) {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    });
}
