//! Two administrators at once: what the other one saved while this one was editing.
//!
//! Three states are compared, value by value: as the editing began, as the
//! other one left it, and as it is being edited. What only the other one
//! changed is taken over; what both changed to something else has to be chosen
//! before anything is saved on top. Nothing is overwritten unseen, and nothing
//! that was entered is lost.

use super::draft::Draft;
use crate::components::{alert::Alert, browser, changing::sometimes, field::FieldError, moment::Moment};
use contract::{
    policy::{AccountPolicy, PolicyChange, VersionedPolicy},
    policy_value::{Difference, PolicyKey},
};
use leptos::prelude::*;

/// Whose value is to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Mine,
    Theirs,
}

/// What someone else saved.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Changes {
    change: Option<PolicyChange>,
    differences: Vec<Difference>,
}

/// The comparison, and what was chosen.
#[derive(Clone, Copy)]
pub struct Meanwhile {
    changes: RwSignal<Option<Changes>>,
    chosen: RwSignal<Vec<(PolicyKey, Choice)>>,
    /// "Save" was tried before everything was chosen.
    complained: RwSignal<bool>,
    /// Counts how often values were put into the draft.
    round: RwSignal<u32>,
}

impl Meanwhile {
    /// Nobody else has saved anything.
    pub fn new() -> Self {
        Self {
            changes: RwSignal::new(None),
            chosen: RwSignal::new(Vec::new()),
            complained: RwSignal::new(false),
            round: RwSignal::new(0),
        }
    }

    /// Has whoever calls run again when values were put into the draft.
    pub fn track(self) {
        self.round.track();
    }

    /// Compares the three states, and takes over what only the other one changed.
    pub fn compare(self, draft: Draft, was: &VersionedPolicy, theirs: &VersionedPolicy, mine: &AccountPolicy) {
        let differences = Difference::all(&was.policy, &theirs.policy, mine);
        for difference in differences.iter().filter(|difference| !difference.is_contested()) {
            draft.put(difference.key, difference.theirs);
        }
        self.chosen.set(Vec::new());
        self.complained.set(false);
        self.changes.set(Some(Changes { change: theirs.changed.clone(), differences }));
        self.round.update(|round| *round += 1);
        request_animation_frame(|| browser::focus(TITLE));
    }

    /// Whether everything is chosen; if not, says so and leads to the first that is not.
    pub fn is_decided(self) -> bool {
        let open = self.changes.with_untracked(|changes| {
            let differences = changes.iter().flat_map(|changes| &changes.differences);
            let mut open = differences.filter(|found| found.is_contested() && self.choice(found.key).is_none());
            open.next().map(|found| found.key)
        });
        if let Some(key) = open {
            self.complained.set(true);
            browser::focus(&id(key, Choice::Mine));
        }
        open.is_none()
    }

    fn choice(self, key: PolicyKey) -> Option<Choice> {
        self.chosen.with_untracked(|chosen| chosen.iter().find(|(of, _)| *of == key).map(|(_, choice)| *choice))
    }

    fn choose(self, draft: Draft, difference: Difference, choice: Choice) {
        self.chosen.update(|chosen| {
            chosen.retain(|(key, _)| *key != difference.key);
            chosen.push((difference.key, choice));
        });
        let value = match choice {
            Choice::Mine => difference.mine,
            Choice::Theirs => difference.theirs,
        };
        draft.put(difference.key, value);
        self.round.update(|round| *round += 1);
    }

    /// Whether a complaint about this value is due.
    fn lacks(self, key: PolicyKey) -> bool {
        self.complained.get() && self.chosen.with(|chosen| chosen.iter().all(|(of, _)| *of != key))
    }
}

/// Id of the heading.
const TITLE: &str = "meanwhile";

fn id(key: PolicyKey, choice: Choice) -> String {
    let whose = match choice {
        Choice::Mine => "mine",
        Choice::Theirs => "theirs",
    };
    format!("{whose}-{}", key.name())
}

/// Who changed what, and what is to become of it; nothing while nobody did.
#[component]
pub fn Comparison(meanwhile: Meanwhile, draft: Draft) -> impl IntoView {
    sometimes(move || {
        let Changes { change, differences } = meanwhile.changes.get()?;
        let none = differences.is_empty();
        let contested = differences.iter().any(Difference::is_contested);
        let rows =
            differences.into_iter().map(|difference| view! { <Row meanwhile draft difference /> }).collect_view();
        let advice = match (none, contested) {
            (true, _) => "All values are as they were when you began. Save again to put yours on top.",
            (false, false) => {
                "You changed other values, so nothing is in the way: the form below holds their changes and yours. Look at it, then save again."
            }
            (false, true) => "Where you both changed the same value, choose which one counts; then save again.",
        };
        let panel = view! {
            <section class="panel meanwhile" aria-labelledby=TITLE>
                <h2 class="panel-title" id=TITLE tabindex="-1">
                    "Changed while you were editing"
                </h2>
                <Alert>
                    <p>
                        "Someone else changed the policy while you were editing"
                        {change
                            .map(|change| {
                                view! {
                                    ": "
                                    <b>
                                        <bdi translate="no">{change.by}</bdi>
                                    </b>
                                    ", "
                                    <Moment at=change.at />
                                }
                            })} ". Yours is not saved yet, and nothing that you entered is lost."
                    </p>
                </Alert>
                <ul class="differences" role="list">
                    {rows}
                </ul>
                <p>{advice}</p>
            </section>
        };
        Some(panel.into_any())
    })
}

#[component]
fn Row(meanwhile: Meanwhile, draft: Draft, difference: Difference) -> impl IntoView {
    let Difference { key, was, theirs, mine } = difference;
    let choices = difference.is_contested().then(|| {
        view! {
            <div class="choices" role="radiogroup" aria-label=key.label()>
                <Radio
                    meanwhile
                    draft
                    difference
                    choice=Choice::Mine
                    label=format!("Keep mine: {}", key.words(mine))
                />
                <Radio
                    meanwhile
                    draft
                    difference
                    choice=Choice::Theirs
                    label=format!("Take theirs: {}", key.words(theirs))
                />
            </div>
            <FieldError
                id=format!("{}-error", key.name())
                error=Signal::derive(move || meanwhile.lacks(key).then(|| "Choose one of the two.".to_owned()))
            />
        }
    });
    view! {
        <li class="difference">
            <p class="difference-name">{key.label()}</p>
            <p class="difference-states">
                <span>"Was: " {key.words(was)}</span>
                <span>"Theirs: " {key.words(theirs)}</span>
                {(mine != was).then(|| view! { <span>"Yours: " {key.words(mine)}</span> })}
            </p>
            {choices}
        </li>
    }
}

#[component]
fn Radio(meanwhile: Meanwhile, draft: Draft, difference: Difference, choice: Choice, label: String) -> impl IntoView {
    let id = id(difference.key, choice);
    view! {
        <div class="check">
            <input
                class="check-box"
                type="radio"
                id=id.clone()
                name=format!("choice-{}", difference.key.name())
                on:change=move |_| meanwhile.choose(draft, difference, choice)
            />
            <label class="check-label" for=id>
                {label}
            </label>
        </div>
    }
}
