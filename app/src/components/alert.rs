//! Saying that something went wrong, or that something has happened.

use super::{
    browser,
    button::Button,
    changing::sometimes,
    icon::{Glyph, Icon},
    page::ProblemsShown,
};
use contract::ApiError;
use leptos::prelude::*;

/// A problem that belongs to no single field; announced at once, and in the window's title while it is shown.
#[component]
pub fn Alert(
    /// Lets fields refer to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// What is wrong, and perhaps what to do.
    children: Children,
) -> impl IntoView {
    ProblemsShown::one_more();
    view! {
        <div class="notice notice-problem" role="alert" id=id>
            <Icon glyph=Glyph::Warning />
            <div class="notice-text">{children()}</div>
        </div>
    }
}

/// The current problem, if there is one.
#[component]
pub fn Problem(
    /// What went wrong.
    #[prop(into)]
    problem: Signal<Option<ApiError>>,
) -> impl IntoView {
    sometimes(move || problem.get().map(|problem| view! { <Alert>{words(&problem)}</Alert> }.into_any()))
}

/// The sentence for a problem, and the button that helps where one does.
pub fn words(problem: &ApiError) -> AnyView {
    let sentence = problem.to_string();
    match problem {
        ApiError::Outdated => view! {
            <p>{sentence}</p>
            <Button on:click=|_| browser::reload()>"Reload"</Button>
        }
        .into_any(),
        _ => sentence.into_any(),
    }
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Worth a look.
    Caution,
}

/// Something to know that is no problem.
#[component]
pub fn Notice(
    /// How it is meant.
    tone: Tone,
    /// It came about just now and is announced.
    #[prop(optional)]
    live: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    let (class, glyph) = match tone {
        Tone::Good => ("notice notice-good", Glyph::Check),
        Tone::Caution => ("notice notice-caution", Glyph::Warning),
    };
    view! {
        <div class=class role=live.then_some("status")>
            <Icon glyph=glyph />
            <div class="notice-text">{children()}</div>
        </div>
    }
}
