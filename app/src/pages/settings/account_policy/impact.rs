//! What demanding a second factor would do, before it is saved.

use crate::{
    api::policy::fetch_enforcement_impact,
    components::{
        alert::{Notice, Tone},
        button::{Button, Emphasis},
        changing::sometimes,
        loaded::FormError,
        set_up::{Intent, Outcome, use_set_up},
    },
};
use contract::{
    number::grouped,
    policy::{EnforcementImpact, FewerDays, PersonWithout, PolicyField},
    routes,
};
use leptos::prelude::*;

/// Says whom the demand will meet. Shown when it is being switched on, and when it is on
/// and people are given fewer days for it.
#[component]
pub fn Impact(
    /// Days of grace, as they are being edited.
    grace: Memo<u32>,
    /// It is on already: the days become fewer.
    fewer: bool,
) -> impl IntoView {
    let form_error = FormError::new();
    let impact = LocalResource::new(move || fetch_enforcement_impact(fewer.then(|| grace.get())));
    Effect::new(move |_| {
        if let Some(Err(problem)) = impact.get() {
            form_error.note(problem);
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
        Some(Ok(EnforcementImpact { fewer_days: Some(fewer), .. })) => fewer_in_words(&fewer),
        Some(Ok(impact)) => in_words(&impact, grace.get()),
        Some(Err(_)) => {
            "It could not be counted right now how many people will have to set up two-factor authentication."
                .to_owned()
        }
    };
    let met = Memo::new(move |_| impact.get().and_then(Result::ok).map(Met::from));
    let you = Memo::new(move |_| met.with(|met| met.as_ref().is_some_and(|met| met.includes_you)));
    view! {
        <div role="status">
            <Notice tone=Tone::Caution>{words}</Notice>
        </div>
        {sometimes(move || you.get().then(|| view! { <YoursFirst /> }.into_any()))}
        {sometimes(move || {
            let met = met.get().filter(|met| met.people > 0)?;
            Some(view! { <Names met /> }.into_any())
        })}
    }
}

/// Whom saving would meet.
#[derive(Debug, Clone, PartialEq)]
struct Met {
    title: &'static str,
    people: u32,
    includes_you: bool,
    first: Vec<PersonWithout>,
    /// Where all of them are listed.
    all: &'static str,
}

impl From<EnforcementImpact> for Met {
    fn from(impact: EnforcementImpact) -> Self {
        match impact.fewer_days {
            Some(FewerDays { ended, includes_you, first, .. }) => {
                Self { title: "Whose time ends", people: ended, includes_you, first, all: routes::REMIND }
            }
            None => Self {
                title: "Without a second factor",
                people: impact.people_without,
                includes_you: impact.includes_you,
                first: impact.first,
                all: routes::USERS_WITHOUT_SECOND_FACTOR,
            },
        }
    }
}

/// Leads whoever would be met by their own demand to set up a second factor first.
#[component]
fn YoursFirst() -> impl IntoView {
    let set_up = use_set_up();
    let left = sometimes(move || {
        let words = match set_up.outcome()? {
            Outcome::Finished { .. } => return None,
            Outcome::Abandoned => "The set-up was not finished. Two-factor authentication is not on yet.".into_any(),
            Outcome::Unreachable(missing) => missing.words(),
        };
        Some(view! { <Notice tone=Tone::Caution>{words}</Notice> }.into_any())
    });
    view! {
        <div class="yours-first">
            <p>
                "You have no second factor yourself. Set yours up first, so that your own rule does not stop you; what you changed here stays."
            </p>
            <div role="status">{left}</div>
            <Button emphasis=Emphasis::Primary on:click=move |_| set_up.open(Intent::Add)>
                "Set up 2FA"
            </Button>
        </div>
    }
}

/// Who they are: the first by name, and where to find all.
#[component]
fn Names(met: Met) -> impl IntoView {
    let Met { title, people, first, all, .. } = met;
    let more = usize::try_from(people).unwrap_or(usize::MAX).saturating_sub(first.len());
    let names = first
        .into_iter()
        .map(|PersonWithout { name, administrator }| {
            view! {
                <li class="name">
                    <bdi translate="no">{name}</bdi>
                    {administrator.then(|| view! { <span class="muted">" (administrator)"</span> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="without">
            <p class="without-title" id="without">
                {title}
            </p>
            <ul class="names" role="list" aria-labelledby="without">
                {names}
            </ul>
            {(more > 0)
                .then(|| {
                    view! {
                        <p>
                            {format!("and {more} more: ")} // A tab of its own, so that the edits here stay.
                            <a href=all target="_blank">
                                "see them all" <span class="visually-hidden">" (opens in a new tab)"</span>
                            </a>
                        </p>
                    }
                })}
        </div>
    }
}

/// Warns where nobody could approve what this administrator issues.
#[component]
pub fn Approvers() -> impl IntoView {
    let impact = LocalResource::new(|| fetch_enforcement_impact(None));
    let alone = move || matches!(impact.get(), Some(Ok(EnforcementImpact { approvers: 0, .. })));
    view! {
        <div role="status">
            {move || {
                alone()
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Caution>
                                "You are the only administrator who can sign in: nobody could approve the codes that you issue. Make someone else an administrator first."
                            </Notice>
                        }
                    })
            }}
        </div>
    }
}

/// The consequences, in sentences.
fn in_words(impact: &EnforcementImpact, grace: u32) -> String {
    let EnforcementImpact { people, people_without, administrators_without, includes_you, not_activated, .. } = *impact;
    let others = match not_activated {
        0 => String::new(),
        1 => " One more person has not activated their account yet, and will set one up after they do.".to_owned(),
        count => {
            format!(" {count} more have not activated their accounts yet, and will set one up after they do.")
        }
    };
    if people_without == 0 {
        return format!(
            "Everyone who can sign in has a second factor already. Nobody will be asked to set one up now; new users will be.{others}"
        );
    }
    let who = if people == 1 {
        "The only user".to_owned()
    } else {
        format!("{} of {} users", grouped(people_without), grouped(people))
    };
    let administrators = match administrators_without {
        0 => String::new(),
        1 if people_without == 1 => " (an administrator)".to_owned(),
        1 => ", one of them an administrator,".to_owned(),
        count => format!(", {} of them administrators,", grouped(count)),
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
    format!("{who}{administrators} will have to set up two-factor authentication{when}{you}{others}")
}

/// The same for fewer days, where it is demanded already.
fn fewer_in_words(fewer: &FewerDays) -> String {
    let FewerDays { ended, administrators, includes_you, shortened, .. } = *fewer;
    let kept = |people: &str| match shortened {
        0 => String::new(),
        1 => format!(" One {people} has less time than now."),
        count => format!(" {} {people} have less time than now.", grouped(count)),
    };
    if ended == 0 {
        return format!("Nobody's time ends with this.{}", kept(if shortened == 1 { "person" } else { "people" }));
    }
    let whose = match ended {
        1 => "the time of one person".to_owned(),
        count => format!("the time of {} people", grouped(count)),
    };
    let administrators = match administrators {
        0 => String::new(),
        1 if ended == 1 => " (an administrator)".to_owned(),
        1 => ", one of them an administrator,".to_owned(),
        count => format!(", {} of them administrators,", grouped(count)),
    };
    let who = if ended == 1 { "This person has" } else { "They have" };
    let you = if includes_you { " That includes you." } else { "" };
    format!(
        "Saving ends {whose}{administrators} at once. {who} to set up two-factor authentication before anything else, those signed in already at their next click.{you}{}",
        kept(if shortened == 1 { "other" } else { "others" })
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_days_name_whose_time_ends() {
        let words = |ended, administrators, includes_you, shortened| {
            fewer_in_words(&FewerDays { ended, administrators, includes_you, first: Vec::new(), shortened })
        };
        assert_eq!(words(0, 0, false, 0), "Nobody's time ends with this.");
        assert_eq!(words(0, 0, false, 2), "Nobody's time ends with this. 2 people have less time than now.");
        assert!(words(1, 1, true, 0).starts_with("Saving ends the time of one person (an administrator) at once."));
        assert!(words(1, 1, true, 0).ends_with("That includes you."));
        assert!(words(5, 2, false, 1).contains("of 5 people, 2 of them administrators, at once."));
        assert!(words(5, 2, false, 1).ends_with("One other has less time than now."));
    }

    #[test]
    fn the_consequences_name_numbers_administrators_and_you() {
        let words = |people, people_without, administrators_without, includes_you, grace| {
            let first = Vec::new();
            let impact = EnforcementImpact {
                not_activated: 0,
                people,
                people_without,
                administrators_without,
                includes_you,
                first,
                fewer_days: None,
                approvers: 0,
            };
            in_words(&impact, grace)
        };
        assert!(words(10, 0, 0, false, 0).starts_with("Everyone who can sign in has a second factor"));
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
