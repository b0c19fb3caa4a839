//! What demanding a second factor would do, before it is saved.

use crate::{
    api::policy::fetch_enforcement_impact,
    components::{
        alert::{Notice, Tone},
        button::{Button, Emphasis},
        changing::sometimes,
        loaded::Trouble,
        set_up::{Intent, Outcome, use_set_up},
    },
    contract::{
        ApiError,
        policy::{EnforcementImpact, PersonWithout, PolicyField},
    },
    routes,
};
use leptos::prelude::*;

/// Says whom the demand will meet. Shown when it is being switched on.
#[component]
pub fn Impact(
    /// Days of grace, as they are being edited.
    grace: Memo<u32>,
) -> impl IntoView {
    let trouble = Trouble::new();
    let impact = LocalResource::new(fetch_enforcement_impact);
    Effect::new(move |_| {
        if let Some(Err(problem)) = impact.get() {
            trouble.note(problem);
        }
    });
    let set_up = use_set_up();
    Effect::new(move |before: Option<()>| {
        let finished = matches!(set_up.outcome(), Some(Outcome::Finished { .. }));
        if finished && before.is_some() {
            impact.refetch();
        }
    });
    let words = move || match impact.get() {
        None => "Counting who will have to set up two-factor authentication…".to_owned(),
        Some(Ok(impact)) => in_words(&impact, grace.get()),
        Some(Err(_)) => {
            "It could not be counted right now how many people will have to set up two-factor authentication."
                .to_owned()
        }
    };
    let known = Memo::new(move |_| impact.get().and_then(Result::ok));
    let you = Memo::new(move |_| known.with(|known| known.as_ref().is_some_and(|impact| impact.includes_you)));
    view! {
        <div role="status">
            <Notice tone=Tone::Caution>{words}</Notice>
        </div>
        {sometimes(move || you.get().then(|| view! { <YoursFirst /> }.into_any()))}
        {sometimes(move || {
            let impact = known.get().filter(|impact| impact.people_without > 0)?;
            Some(view! { <Names impact /> }.into_any())
        })}
    }
}

/// Leads whoever would be met by their own demand to set up a second factor first.
#[component]
fn YoursFirst() -> impl IntoView {
    let set_up = use_set_up();
    let left = move || match set_up.outcome()? {
        Outcome::Finished { .. } => None,
        Outcome::Abandoned => Some("The set-up was not finished. Two-factor authentication is not on yet.".to_owned()),
        Outcome::Unreachable => Some(ApiError::Offline.to_string()),
    };
    view! {
        <div class="yours-first">
            <p>
                "You have no second factor yourself. Set yours up first, so that your own rule does not stop you; what you changed here stays."
            </p>
            <div role="status">{move || left().map(|words| view! { <Notice tone=Tone::Caution>{words}</Notice> })}</div>
            <Button emphasis=Emphasis::Primary on:click=move |_| set_up.open(Intent::Add)>
                "Set up 2FA"
            </Button>
        </div>
    }
}

/// Who they are: the first by name, and where to find all.
#[component]
fn Names(impact: EnforcementImpact) -> impl IntoView {
    let EnforcementImpact { people_without, first, .. } = impact;
    let more = usize::try_from(people_without).unwrap_or(usize::MAX).saturating_sub(first.len());
    let names = first
        .into_iter()
        .map(|PersonWithout { name, administrator }| {
            view! {
                <li class="name">
                    <bdi>{name}</bdi>
                    {administrator.then(|| view! { <span class="muted">" (administrator)"</span> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="without">
            <p class="without-title" id="without">
                "Without a second factor"
            </p>
            <ul class="names" role="list" aria-labelledby="without">
                {names}
            </ul>
            {(more > 0)
                .then(|| {
                    view! {
                        <p>
                            {format!("and {more} more: ")} // A tab of its own, so that the edits here stay.
                            <a href=routes::USERS_WITHOUT_SECOND_FACTOR target="_blank">
                                "see them all" <span class="visually-hidden">" (opens in a new tab)"</span>
                            </a>
                        </p>
                    }
                })}
        </div>
    }
}

/// The consequences, in sentences.
fn in_words(impact: &EnforcementImpact, grace: u32) -> String {
    let EnforcementImpact { people, people_without, administrators_without, includes_you, .. } = *impact;
    if people_without == 0 {
        return "Everyone has a second factor already. Nobody will be asked to set one up now; new users will be."
            .to_owned();
    }
    let who = if people == 1 { "The only user".to_owned() } else { format!("{people_without} of {people} users") };
    let administrators = match administrators_without {
        0 => String::new(),
        1 if people_without == 1 => " (an administrator)".to_owned(),
        1 => ", one of them an administrator,".to_owned(),
        count => format!(", {count} of them administrators,"),
    };
    let (_, longest) = PolicyField::GraceDays.bounds();
    let (when, you) = match grace {
        0 => (
            " before anything else, those signed in already at their next click.".to_owned(),
            " That includes you: you are asked right after saving.",
        ),
        1 => (" within a day of saving. Until then they can put it off.".to_owned(), " That includes you."),
        days if days <= longest => {
            (format!(" within {days} days of saving. Until then they can put it off."), " That includes you.")
        }
        // Not a number that can be saved.
        _ => (".".to_owned(), " That includes you."),
    };
    let you = if includes_you { you } else { "" };
    format!("{who}{administrators} will have to set up two-factor authentication{when}{you}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consequences_name_numbers_administrators_and_you() {
        let words = |people, people_without, administrators_without, includes_you, grace| {
            let first = Vec::new();
            let impact = EnforcementImpact { people, people_without, administrators_without, includes_you, first };
            in_words(&impact, grace)
        };
        assert!(words(10, 0, 0, false, 0).starts_with("Everyone has a second factor"));
        assert!(words(10, 4, 0, false, 0).starts_with("4 of 10 users will have to"));
        assert!(words(10, 4, 2, true, 0).contains("2 of them administrators, will"));
        assert!(words(10, 4, 2, true, 0).ends_with("That includes you: you are asked right after saving."));
        assert!(words(1, 1, 1, true, 0).starts_with("The only user (an administrator) will"));
        assert!(words(10, 4, 0, true, 14).contains("within 14 days of saving"));
        assert!(words(10, 4, 0, true, 14).ends_with("That includes you."));
        assert!(words(10, 4, 0, false, 1).contains("within a day of saving"));
        assert!(words(10, 4, 0, false, u32::MAX).ends_with("set up two-factor authentication."));
    }
}
