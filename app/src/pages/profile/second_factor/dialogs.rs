//! The dialogs of this section.

use super::{
    generate::Generate,
    section::{Asked, HEADING, Said, Section},
};
use crate::{
    api::method::{disable_second_factor, remove_method},
    components::{button::Emphasis, changing::sometimes, confirm::Confirm, loaded::FormError, step_up::use_step_up},
};
use contract::{ApiError, profile::Method, typed::isolated};
use leptos::{prelude::*, task::spawn_local};

/// Where the dialogs appear.
#[component]
pub fn Dialogs(section: Section) -> impl IntoView {
    sometimes(move || {
        Some(match section.asked()? {
            Asked::Generate => view! { <Generate section /> }.into_any(),
            Asked::Remove { method, last } => view! { <Remove section method last /> }.into_any(),
            Asked::Disable => view! { <Disable section /> }.into_any(),
        })
    })
}

#[component]
fn Remove(section: Section, method: Method, last: bool) -> impl IntoView {
    let Method { id, name, .. } = method;
    let shown = name.clone();
    let act = move || {
        let id = id.clone();
        async move { remove_method(id).await.flatten() }
    };
    let said = move || {
        if last {
            Said::caution(NOW_OFF)
        } else {
            Said::good(format!("“{}” is removed. Delete its entry in the app as well.", isolated(&name)))
        }
    };
    view! {
        <Sure section title="Remove method" button="Remove" act said>
            <p>"Codes from “" <bdi translate="no">{shown}</bdi> "” stop working at once."</p>
            {if last {
                view! {
                    <p>
                        <strong>"It is your last method: removing it switches two-factor authentication off."</strong>
                    </p>
                    <Losses />
                }
                    .into_any()
            } else {
                view! { <p>"Your other methods and your recovery codes stay. Trusted browsers are asked for a code again."</p> }
                    .into_any()
            }}
        </Sure>
    }
}

#[component]
fn Disable(section: Section) -> impl IntoView {
    view! {
        <Sure
            section
            title="Disable two-factor authentication"
            button="Disable"
            act=|| async { disable_second_factor().await.flatten() }
            said=|| Said::caution(NOW_OFF)
        >
            <p>"From then on your password alone opens your account: whoever gets hold of it is in."</p>
            <Losses />
        </Sure>
    }
}

/// What is said afterwards.
const NOW_OFF: &str = "Two-factor authentication is off. The entry in your app and your recovery codes are worthless now; you can delete them.";

/// What goes together with the last method.
#[component]
fn Losses() -> impl IntoView {
    view! {
        <p>"With it go:"</p>
        <ul class="losses">
            <li>"all your authentication apps and recovery codes,"</li>
            <li>"your trusted browsers,"</li>
            <li>"your other sessions: they are signed out at once."</li>
        </ul>
    }
}

/// Asks before doing something that can't be taken back.
#[component]
fn Sure<Act, Doing>(
    section: Section,
    title: &'static str,
    /// The words of the button that does it.
    button: &'static str,
    /// Does it.
    act: Act,
    /// What is said afterwards.
    said: impl Fn() -> Said + Clone + Send + Sync + 'static,
    /// What will happen.
    children: Children,
) -> impl IntoView
where
    Act: Fn() -> Doing + Clone + Send + Sync + 'static,
    Doing: Future<Output = Result<(), ApiError>>,
{
    let (step_up, form_error, pending) = (use_step_up(), FormError::new(), RwSignal::new(false));
    let what = StoredValue::new((act, said));
    let run = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        let (act, said) = what.get_value();
        spawn_local(async move {
            let answer = step_up.run(async || act().await).await;
            pending.set(false);
            match answer {
                Ok(()) => section.changed(said(), HEADING),
                Err(problem @ ApiError::NoLongerThere) => section.changed(Said::caution(problem.to_string()), HEADING),
                Err(problem) => form_error.note(problem),
            }
        });
    };
    view! {
        <Confirm
            id="sure-title"
            title
            button
            emphasis=Emphasis::Danger
            pending
            problem=form_error.signal()
            act=run
            leave=move || section.close()
        >
            {children()}
        </Confirm>
    }
}
