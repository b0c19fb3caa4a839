//! The editor of the account policy.

use super::{
    draft::Draft,
    meanwhile::{Comparison, Meanwhile},
    sections::{Sections, id},
};
use crate::{
    api::policy::{fetch_account_policy, save_account_policy},
    components::{
        alert::Alert,
        browser,
        button::{Button, Emphasis},
        changing::{changing, sometimes},
        field::on_submit,
        loaded::FormError,
        step_up::{StepUp, use_step_up},
        unsaved::{CHANGES, Unsaved},
    },
};
use contract::{
    ApiError,
    policy::{PolicyField, VersionedPolicy},
    policy_value::PolicyKey,
};
use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};

/// The editing, from the policy that it began from to the one that is saved.
#[derive(Clone, Copy)]
struct Editing {
    draft: Draft,
    /// The policy in force, as far as is known here.
    base: RwSignal<VersionedPolicy>,
    /// What someone else changed since the editing began.
    meanwhile: Meanwhile,
    /// From the first "Save" on, problems are shown as they come and go.
    checked: RwSignal<bool>,
    pending: RwSignal<bool>,
    form_error: FormError,
    step_up: StepUp,
}

impl Editing {
    fn save(self, leave: impl Fn(bool) + Copy + 'static) {
        self.checked.set(true);
        self.form_error.clear();
        let policy = untrack(|| self.draft.policy());
        if let Some(first) = policy.problems().first() {
            return browser::focus(id(*first));
        }
        if self.pending.get_untracked() || !self.meanwhile.is_decided() {
            return;
        }
        self.pending.set(true);
        let version = self.base.with_untracked(|base| base.version);
        spawn_local(async move {
            let saving = async || save_account_policy(policy.clone(), version).await.flatten();
            match self.step_up.run(saving).await {
                Ok(_) => leave(true),
                Err(ApiError::PolicyConflict) => match fetch_account_policy().await {
                    Ok(theirs) => self.take_over(theirs),
                    Err(problem) => self.form_error.note(problem),
                },
                Err(problem) => self.form_error.note(problem),
            }
            self.pending.set(false);
        });
    }

    /// Goes on from the policy that someone else has saved: what only they
    /// changed is taken over, what both changed is asked about.
    fn take_over(self, theirs: VersionedPolicy) {
        let mine = untrack(|| self.draft.policy());
        let base = self.base.get_untracked();
        self.meanwhile.compare(self.draft, &base, &theirs, &mine);
        self.base.set(theirs);
    }
}

/// Changes the policy. Nothing is in force before "Save".
#[component]
pub fn Editor(
    /// The policy in force.
    current: VersionedPolicy,
    /// The person is done; says whether they saved.
    leave: impl Fn(bool) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let editing = Editing {
        draft: Draft::new(&current.policy),
        base: RwSignal::new(current),
        meanwhile: Meanwhile::new(),
        checked: RwSignal::new(false),
        pending: RwSignal::new(false),
        form_error: FormError::new(),
        step_up: use_step_up(),
    };
    let Editing { draft, base, meanwhile, .. } = editing;
    let dirty = Memo::new(move |_| base.with(|base| draft.policy() != base.policy));
    let unsaved = Unsaved::guard(dirty.into());
    let cancel = move || leave(false);
    let errors = Signal::derive(move || if editing.checked.get() { draft.policy().problems() } else { vec![] });
    let in_force = Signal::derive(move || base.with(|base| base.policy.clone()));
    view! {
        <form class="editor" novalidate on:submit=on_submit(move || editing.save(leave))>
            <Comparison meanwhile draft />
            {changing(move || {
                // Fields own their text: they are made anew where it was changed for them.
                meanwhile.track();
                view! { <Sections draft errors in_force /> }.into_any()
            })}
            <div class="editor-foot">
                <SaveProblem form_error=editing.form_error draft errors />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending=editing.pending>
                        "Save"
                    </Button>
                    <Button on:click=move |_| unsaved.leave(cancel)>"Cancel"</Button>
                </div>
            </div>
        </form>
        {unsaved.question(CHANGES, cancel)}
    }
}

/// What a field is called.
fn label(field: PolicyField) -> &'static str {
    PolicyKey::ALL.into_iter().find(|key| key.field() == Some(field)).map_or("", PolicyKey::label)
}

/// Why the policy was not saved, in one place; it leads to the fields at fault.
#[component]
fn SaveProblem(form_error: FormError, draft: Draft, errors: Signal<Vec<PolicyField>>) -> impl IntoView {
    let wrong = Memo::new(move |_| {
        let policy = draft.policy();
        let in_words = |field| policy.problem(field).map(|problem| (field, problem.to_string()));
        errors.with(|fields| fields.iter().copied().filter_map(in_words).collect::<Vec<_>>())
    });
    sometimes(move || {
        let fields = wrong.get();
        let out_of_bounds = (!fields.is_empty()).then(|| ApiError::Policy(vec![]));
        let problem = form_error.get().or(out_of_bounds)?;
        let links = fields.into_iter().map(|(field, words)| {
            let go = move |event: MouseEvent| {
                event.prevent_default();
                browser::focus(id(field));
            };
            view! {
                <li>
                    <a href=format!("#{}", id(field)) on:click=go>
                        {label(field)}
                    </a>
                    ": "
                    {words}
                </li>
            }
        });
        let links = links.collect_view();
        Some(
            view! {
                <Alert>
                    <p>{problem.to_string()}</p>
                    <ul class="at-fault" role="list">
                        {links}
                    </ul>
                </Alert>
            }
            .into_any(),
        )
    })
}
