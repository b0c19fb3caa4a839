//! A secret that is shown only once: a stray key must not lose it.

use crate::components::{
    button::Emphasis,
    changing::{Changing, sometimes},
    confirm::Confirm,
};
use leptos::prelude::*;

/// What is asked before the secret is given up.
#[derive(Clone, Copy)]
pub struct Question {
    /// Name of the question.
    pub title: &'static str,
    /// What is lost.
    pub loss: &'static str,
    /// Words of the button that gives it up.
    pub button: &'static str,
}

/// Whether the secret was taken along, and whether its loss is being asked about.
#[derive(Clone, Copy)]
pub struct ShownOnce {
    /// It was copied or downloaded.
    pub taken: RwSignal<bool>,
    asking: RwSignal<bool>,
}

impl ShownOnce {
    /// Not taken yet.
    pub fn new() -> Self {
        Self { taken: RwSignal::new(false), asking: RwSignal::new(false) }
    }

    /// Closes if it was taken; asks otherwise.
    pub fn leave(self, close: impl Fn()) {
        if self.taken.get_untracked() {
            close();
        } else {
            self.asking.set(true);
        }
    }

    /// The question, while it is being asked.
    pub fn question(self, question: Question, close: impl Fn() + Copy + Send + Sync + 'static) -> Changing {
        sometimes(move || {
            let Question { title, loss, button } = question;
            self.asking.get().then(|| {
                view! {
                    <Confirm
                        id="give-up-title"
                        title
                        button
                        emphasis=Emphasis::Danger
                        pending=false
                        problem=None
                        act=close
                        leave=move || self.asking.set(false)
                    >
                        <p>{loss}</p>
                    </Confirm>
                }
                .into_any()
            })
        })
    }
}
