//! What demanding a second factor would do, before it is saved.

use crate::{
    api::policy::fetch_enforcement_impact,
    components::{
        alert::{Notice, Tone},
        loaded::Trouble,
    },
    contract::policy::EnforcementImpact,
};
use leptos::prelude::*;

/// Says whom the demand will meet. Shown when it is being switched on.
#[component]
pub fn Impact() -> impl IntoView {
    let trouble = Trouble::new();
    let impact = LocalResource::new(fetch_enforcement_impact);
    Effect::new(move |_| {
        if let Some(Err(problem)) = impact.get() {
            trouble.note(problem);
        }
    });
    let words = move || match impact.get() {
        None => "Counting who will have to set up two-factor authentication…".to_owned(),
        Some(Ok(impact)) => in_words(&impact),
        Some(Err(_)) => {
            "It could not be counted right now how many people will have to set up two-factor authentication."
                .to_owned()
        }
    };
    view! {
        <div role="status">
            <Notice tone=Tone::Caution>{words}</Notice>
        </div>
    }
}

/// The consequences, in sentences.
fn in_words(impact: &EnforcementImpact) -> String {
    let EnforcementImpact { people, people_without, administrators_without, includes_you } = *impact;
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
    let you = if includes_you { " That includes you: you are asked right after saving." } else { "" };
    format!(
        "{who}{administrators} will have to set up two-factor authentication before anything else, those signed in already at their next click.{you}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consequences_name_numbers_administrators_and_you() {
        let impact = |people, people_without, administrators_without, includes_you| {
            in_words(&EnforcementImpact { people, people_without, administrators_without, includes_you })
        };
        assert!(impact(10, 0, 0, false).starts_with("Everyone has a second factor"));
        assert!(impact(10, 4, 0, false).starts_with("4 of 10 users will have to"));
        assert!(impact(10, 4, 2, true).contains("2 of them administrators, will"));
        assert!(impact(10, 4, 2, true).contains("That includes you"));
        assert!(impact(1, 1, 1, true).starts_with("The only user (an administrator) will"));
    }
}
