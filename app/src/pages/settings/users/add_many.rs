//! Adding many people from a list.

use super::{
    list_file::chosen_list,
    state::{Open, Users},
};
use crate::{
    api::people::{add_people, check_list},
    components::{
        alert::{Alert, Notice, Problem, Tone},
        button::{Button, Emphasis},
        changing::sometimes,
        field::{FieldError, on_submit},
        loaded::Trouble,
        modal::Modal,
        step_up::use_step_up,
    },
    contract::{
        ApiError,
        list_file::FileProblem,
        number::grouped,
        people::{ImportReport, LARGEST_LIST, LineProblem},
    },
};
use leptos::{html, prelude::*, task::spawn_local};

/// How many problems are listed at once.
const LISTED: usize = 50;

/// What the fields of a list look like.
const EXAMPLE: &str =
    "name,display name,administrator,mail address\nalice,Alice Lee,no,alice@example.org\nbob,Bob Smith,yes,";

/// Takes a list, has every line checked, and adds everybody or nobody.
#[component]
pub fn AddMany(users: Users) -> impl IntoView {
    let (trouble, step_up, pending) = (Trouble::new(), use_step_up(), RwSignal::new(false));
    // Kept by the page: a stray key closes the dialog, and does not lose what was typed.
    let list = users.list;
    let checked = RwSignal::new(None::<ImportReport>);
    let refused = RwSignal::new(None::<FileProblem>);
    let changed = move |text: String| {
        list.set(text);
        checked.set(None);
        refused.set(None);
        trouble.clear();
    };
    let submit = move || {
        if pending.get_untracked() {
            return;
        }
        if list.with_untracked(|text| text.len() > LARGEST_LIST) {
            return refused.set(Some(FileProblem::TooLarge));
        }
        pending.set(true);
        trouble.clear();
        let (text, add) = (list.get_untracked(), checked.with_untracked(Option::is_some));
        spawn_local(async move {
            let outcome = if add {
                let added = step_up.run(async || add_people(text.clone()).await.flatten()).await;
                added.map(|issued| {
                    users.done.set(None);
                    list.set(String::new());
                    users.open.set(Some(Open::Links(issued, None)));
                    users.refetch();
                })
            } else {
                check_list(text).await.flatten().map(|report| checked.set(Some(report)))
            };
            if let Err(problem) = outcome {
                let _ = checked.try_set(None);
                trouble.note(problem);
            }
            let _ = pending.try_set(false);
        });
    };
    let other = move || trouble.get().filter(|problem| !matches!(problem, ApiError::Import(_)));
    let problems = sometimes(move || match trouble.get()? {
        ApiError::Import(problems) => Some(view! { <Problems problems /> }.into_any()),
        _ => None,
    });
    let button = move || match checked.get() {
        None => "Check".to_owned(),
        Some(ImportReport { people: 1, .. }) => "Add 1 person".to_owned(),
        Some(ImportReport { people, .. }) => format!("Add {} people", grouped(people)),
    };
    let leave = move || users.open.set(None);
    view! {
        <Modal id="add-many-title" title="Add many" wide=true leave>
            <form class="stack" novalidate on:submit=on_submit(submit)>
                <p>
                    "A list in CSV, as spreadsheets save it, with a first line of column names: name, display name, administrator and mail address. Only the name is needed. Everybody gets a one-time link to choose a password."
                </p>
                <ListField list changed refused />
                <div role="status">{sometimes(move || checked.get().map(|report| good(&report)))}</div>
                {problems}
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        {button}
                    </Button>
                    <Button on:click=move |_| leave()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}

/// The list, pasted or from a file.
#[component]
fn ListField(
    list: RwSignal<String>,
    changed: impl Fn(String) + Copy + Send + Sync + 'static,
    /// Why the file can't be taken.
    refused: RwSignal<Option<FileProblem>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        spawn_local(async move {
            match chosen_list(&input).await {
                // The dialog may be closed by now.
                Some(Ok(text)) if !refused.is_disposed() => changed(text),
                Some(Err(problem)) => drop(refused.try_set(Some(problem))),
                _ => {}
            }
        });
    };
    view! {
        <div class="field">
            <label class="field-label" for="list-file">
                "File"
            </label>
            <input
                node_ref=input
                class="file"
                type="file"
                id="list-file"
                accept=".csv,.txt,.tsv,text/csv,text/plain"
                aria-invalid=move || refused.with(Option::is_some).then_some("true")
                aria-describedby=move || refused.with(Option::is_some).then_some("list-file-error")
                on:change=chosen
            />
            <FieldError id="list-file-error".to_owned() error=Signal::derive(move || refused.get().map(|problem| problem.to_string())) />
        </div>
        <div class="field">
            <label class="field-label" for="list-text">
                "List"
            </label>
            <textarea
                class="input list-text"
                id="list-text"
                rows="8"
                wrap="off"
                spellcheck="false"
                autocomplete="off"
                placeholder=EXAMPLE
                prop:value=list
                on:input:target=move |event| changed(event.target().value())
            ></textarea>
        </div>
    }
}

fn good(report: &ImportReport) -> AnyView {
    let people = match report.people {
        1 => "One person can be added".to_owned(),
        count => format!("{} people can be added", grouped(count)),
    };
    let administrators = match report.administrators {
        0 => String::new(),
        1 => ", one of them as administrator".to_owned(),
        count => format!(", {} of them as administrators", grouped(count)),
    };
    view! { <Notice tone=Tone::Good>{format!("Every line is all right. {people}{administrators}.")}</Notice> }
        .into_any()
}

/// What is wrong, line by line.
#[component]
fn Problems(problems: Vec<LineProblem>) -> impl IntoView {
    let others = problems.len().saturating_sub(LISTED);
    let lines = problems
        .into_iter()
        .take(LISTED)
        .map(|LineProblem { line, problem }| {
            view! {
                <li>
                    <strong>{format!("Line {line}: ")}</strong>
                    {problem.to_string()}
                </li>
            }
        })
        .collect_view();
    view! {
        <Alert>
            <p>{ApiError::Import(Vec::new()).to_string()}</p>
            <ul class="line-problems" aria-label="Problems">
                {lines}
                {(others > 0).then(|| view! { <li>{format!("And {} more lines.", grouped(others))}</li> })}
            </ul>
        </Alert>
    }
}
