//! Adding many people from a list.

use super::{
    list_file::chosen_list,
    state::{Open, Users},
};
use crate::{
    api::people::{add_people, check_list},
    components::{
        alert::{Alert, Notice, Problem, Tone},
        browser,
        button::{Button, Emphasis},
        changing::{changing, sometimes},
        field::{FieldError, on_submit},
        loaded::FormError,
        modal::Modal,
        step_up::use_step_up,
    },
};
use contract::{
    ApiError,
    list_file::FileProblem,
    number::grouped,
    people::{ImportReport, LARGEST_LIST, LineProblem, Wrong},
};
use leptos::{html, prelude::*, task::spawn_local};

/// How many problems are listed at once.
const LISTED: usize = 50;

/// What a list is.
const ABOUT: &str = "A list in CSV, as spreadsheets save it, with a first line of column names: name, display name, administrator and mail address. Only the name is needed. Everybody gets a one-time link to choose a password.";

/// What the fields of a list look like.
const EXAMPLE: &str =
    "name,display name,administrator,mail address\nalice,Alice Lee,no,alice@example.org\nbob,Bob Smith,yes,";

/// Takes a list, has every line checked, and adds everybody or nobody.
#[component]
pub fn AddMany(users: Users) -> impl IntoView {
    let (form_error, step_up, pending) = (FormError::new(), use_step_up(), RwSignal::new(false));
    // Kept by the page: a stray key closes the dialog, and does not lose what was typed.
    let list = users.list;
    let checked = RwSignal::new(None::<ImportReport>);
    // Those whose lines are all right, where others are not.
    let usable = RwSignal::new(None::<(ImportReport, usize)>);
    let refused = RwSignal::new(None::<FileProblem>);
    // What is wrong stays while it is being mended.
    let typed = move |text: String| {
        list.set(text);
        checked.set(None);
        usable.set(None);
        refused.set(None);
    };
    let another = move |text: String| {
        typed(text);
        form_error.clear();
    };
    let submit = move |wrong: Wrong| {
        if pending.get_untracked() {
            return;
        }
        if list.with_untracked(|text| text.len() > LARGEST_LIST) {
            return refused.set(Some(FileProblem::TooLarge));
        }
        pending.set(true);
        let text = list.get_untracked();
        let add = wrong == Wrong::LeftOut || checked.with_untracked(Option::is_some);
        let left_out = usable.get_untracked().map_or(0, |(_, left_out)| left_out);
        spawn_local(async move {
            let outcome = if add {
                let added = step_up.run(async || add_people(text.clone(), wrong).await.flatten()).await;
                added.map(|issued| {
                    users.done.set(None);
                    let rest = (wrong == Wrong::LeftOut).then(|| left_out_in_words(left_out));
                    if rest.is_none() {
                        list.set(String::new());
                    }
                    users.open.set(Some(Open::Links(issued, rest)));
                    users.refetch();
                })
            } else {
                check_list(text.clone(), Wrong::Refused).await.flatten().map(|report| {
                    form_error.clear();
                    checked.set(Some(report));
                })
            };
            if let Err(problem) = outcome {
                let _ = checked.try_set(None);
                let lines = lines_of(&problem);
                if lines > 0 {
                    // Nobody who is all right has to wait for the others.
                    let others = check_list(text, Wrong::LeftOut).await.flatten().ok();
                    let _ = usable.try_set(others.map(|report| (report, lines)));
                }
                let of_the_list = matches!(problem, ApiError::Import(_));
                form_error.note(problem);
                if of_the_list {
                    request_animation_frame(|| {
                        browser::scroll_dialog_to_top();
                        browser::focus(REFUSED);
                    });
                }
            }
            let _ = pending.try_set(false);
        });
    };
    let other = move || form_error.get().filter(|problem| !matches!(problem, ApiError::Import(_)));
    // In one place, so that what is wrong is seen at once, and above what is to be mended.
    let about = changing(move || match form_error.get() {
        Some(ApiError::Import(problems)) => {
            let good = usable.get_untracked().map_or(0, |(report, _)| report.people);
            view! { <Problems problems good list=list.get_untracked() /> }.into_any()
        }
        _ => view! { <p>{ABOUT}</p> }.into_any(),
    });
    let button = move || match checked.get() {
        None => "Check".to_owned(),
        Some(ImportReport { people: 1, .. }) => "Add 1 person".to_owned(),
        Some(ImportReport { people, .. }) => format!("Add {} people", grouped(people)),
    };
    let leave = move || users.open.set(None);
    let wrong_lines = Signal::derive(move || matches!(form_error.get(), Some(ApiError::Import(_))));
    let others = sometimes(move || {
        let (ImportReport { people, .. }, _) = usable.get()?;
        let words = match people {
            1 => "Add the one that is all right".to_owned(),
            people => format!("Add the {} that are all right", grouped(people)),
        };
        Some(view! { <Button pending on:click=move |_| submit(Wrong::LeftOut)>{words}</Button> }.into_any())
    });
    view! {
        <Modal id="add-many-title" title="Add many" wide=true leave>
            <form class="stack" novalidate on:submit=on_submit(move || submit(Wrong::Refused))>
                {about}
                <ListField list typed another refused wrong_lines />
                <div role="status">{sometimes(move || checked.get().map(|report| good(&report)))}</div>
                <Problem problem=Signal::derive(other) />
                <div class="actions list-actions">
                    <Button emphasis=Emphasis::Primary submit=true pending>
                        {button}
                    </Button>
                    {others}
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
    /// It was typed in.
    typed: impl Fn(String) + Copy + Send + Sync + 'static,
    /// There is another one in its place.
    another: impl Fn(String) + Copy + Send + Sync + 'static,
    /// Why the file can't be taken.
    refused: RwSignal<Option<FileProblem>>,
    /// Some lines can't be used; the list of them says why.
    wrong_lines: Signal<bool>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        spawn_local(async move {
            match chosen_list(&input).await {
                // The dialog may be closed by now.
                Some(Ok(text)) if !refused.is_disposed() => another(text),
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
                aria-invalid=move || wrong_lines.get().then_some("true")
                aria-describedby=move || wrong_lines.get().then_some(PROBLEMS_ID)
                prop:value=list
                on:input:target=move |event| typed(event.target().value())
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

/// The list of what is wrong.
const PROBLEMS_ID: &str = "list-problems";

/// Id of the sentence above it.
const REFUSED: &str = "list-refused";

/// Characters of a line that are shown beside what is wrong with it.
const SHOWN: usize = 60;

/// How many lines can't be used; 0 where the list as a whole can't.
fn lines_of(problem: &ApiError) -> usize {
    match problem {
        ApiError::Import(problems) => {
            let mut lines: Vec<u64> = problems.iter().map(|problem| problem.line).filter(|line| *line > 1).collect();
            lines.dedup();
            lines.len()
        }
        _ => 0,
    }
}

/// That some lines can't be used, and how many can.
fn refused_in_words(good: u32) -> String {
    let sentence = ApiError::Import(Vec::new());
    match good {
        0 => sentence.to_string(),
        1 => format!("{sentence} One line is all right."),
        good => format!("{sentence} {} lines are all right.", grouped(good)),
    }
}

fn left_out_in_words(lines: usize) -> String {
    let lines = if lines == 1 { "One line was left out".to_owned() } else { format!("{lines} lines were left out") };
    format!("{lines}, because they can't be used. The list is kept in “Add many”, to be corrected.")
}

/// A line as it stands in the list, so that one sees whom it is about.
fn line_of(list: &str, line: u64) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let text = list.lines().nth(index)?.trim();
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    (!shown.is_empty()).then_some(shown)
}

/// What is wrong, line by line.
#[component]
fn Problems(
    problems: Vec<LineProblem>,
    /// How many lines are all right.
    good: u32,
    list: String,
) -> impl IntoView {
    let others = problems.len().saturating_sub(LISTED);
    let lines = problems
        .into_iter()
        .take(LISTED)
        .map(|LineProblem { line, problem }| {
            view! {
                <li>
                    <strong>{format!("Line {line}: ")}</strong>
                    {line_of(&list, line).map(|text| view! { <bdi class="line-text">{text}</bdi> " – " })}
                    {problem.to_string()}
                </li>
            }
        })
        .collect_view();
    view! {
        <Alert>
            <p id=REFUSED tabindex="-1">
                {refused_in_words(good)}
            </p>
        </Alert>
        <ul class="line-problems" id=PROBLEMS_ID tabindex="0">
            {lines}
            {(others > 0).then(|| view! { <li>{format!("And {} more lines.", grouped(others))}</li> })}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::people::ImportProblem;

    #[test]
    fn a_line_is_shown_with_what_it_holds() {
        let list = "name,administrator\r\nalice,perhaps\r\n\r\n";
        assert_eq!(line_of(list, 2).as_deref(), Some("alice,perhaps"));
        assert_eq!((line_of(list, 3), line_of(list, 9), line_of(list, 0)), (None, None, None));
        let long = line_of(&"ä".repeat(100), 1).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (SHOWN + 1, true));
    }

    #[test]
    fn lines_are_counted_once_and_a_list_that_is_wrong_as_a_whole_has_none() {
        let problem = |line| LineProblem { line, problem: ImportProblem::Administrator };
        assert_eq!(lines_of(&ApiError::Import(vec![problem(2), problem(2), problem(5)])), 2);
        assert_eq!(lines_of(&ApiError::Import(vec![problem(1)])), 0);
        assert!(refused_in_words(0).ends_with("try again."));
        assert!(refused_in_words(1_234).ends_with("try again. 1,234 lines are all right."));
        assert!(left_out_in_words(1).starts_with("One line was left out,"));
    }
}
