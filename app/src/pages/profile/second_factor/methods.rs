//! The person's authentication apps.

use super::section::{Asked, Said, Section};
use crate::{
    api::method::rename_method,
    components::{
        alert::Problem,
        browser,
        button::{Button, Emphasis},
        changing::changing,
        field::{Kind, TextField, on_submit},
        icon::{Glyph, Icon},
        loaded::FormError,
        moment::Moment,
        set_up::Intent,
    },
};
use contract::{ApiError, profile::Method, typed::isolated};
use leptos::{prelude::*, task::spawn_local};

/// Id of the reason why the last method can't be removed.
const LAST_ONE: &str = "last-method-reason";

/// Every active method, and the way to another one.
#[component]
pub fn Methods(
    section: Section,
    /// Oldest first.
    methods: Vec<Method>,
    /// The account policy demands a second factor.
    enforced: bool,
) -> impl IntoView {
    let last = methods.len() == 1;
    let rows = methods.into_iter().map(|method| view! { <MethodRow section method last enforced /> }).collect_view();
    view! {
        <ul class="methods" role="list" aria-label="Methods">
            {rows}
        </ul>
        {(last && enforced)
            .then(|| {
                view! {
                    <p class="muted" id=LAST_ONE>
                        "Two-factor authentication is required here, so your last method can’t be removed. Replace it, or add another one first."
                    </p>
                }
            })}
        <Button on:click=move |_| section.set_up(Intent::Add)>"Add method"</Button>
    }
}

#[component]
fn MethodRow(
    section: Section,
    method: Method,
    /// There is no other.
    last: bool,
    enforced: bool,
) -> impl IntoView {
    let renaming = RwSignal::new(false);
    let name = RwSignal::new(method.name.clone());
    let Method { added_at, last_used_at, .. } = method;
    let id = StoredValue::new(method.id.clone());
    let method = StoredValue::new(method);
    view! {
        <li class="method">
            <span class="method-icon">
                <Icon glyph=Glyph::Phone />
            </span>
            <div class="method-what">
                {changing(move || {
                    if renaming.get() {
                        view! { <Rename section id=id.get_value() name renaming /> }.into_any()
                    } else {
                        view! {
                            <p class="method-name">
                                <bdi translate="no">{name}</bdi>
                            </p>
                        }
                            .into_any()
                    }
                })}
                <p class="muted">
                    "Added " <Moment at=added_at /> <span aria-hidden="true">" · "</span>
                    {match last_used_at {
                        Some(at) => view! { "Last used " <Moment at /> }.into_any(),
                        None => "Not used yet".into_any(),
                    }}
                </p>
            </div>
            <div class="method-actions">
                <Button
                    attr:id=rename_button(&id.get_value())
                    attr:aria-label=move || format!("Rename {}", isolated(&name.get()))
                    disabled=renaming
                    on:click=move |_| renaming.set(true)
                >
                    "Rename"
                </Button>
                <Button
                    attr:aria-label=move || format!("Replace {}", isolated(&name.get()))
                    on:click=move |_| section.set_up(Intent::Replace { id: id.get_value() })
                >
                    "Replace"
                </Button>
                <Button
                    attr:aria-label=move || format!("Remove {}", isolated(&name.get()))
                    attr:aria-describedby=(last && enforced).then_some(LAST_ONE)
                    disabled=last && enforced
                    on:click=move |_| {
                        section.ask(Asked::Remove {
                            method: Method { name: name.get_untracked(), ..method.get_value() },
                            last,
                        });
                    }
                >
                    "Remove"
                </Button>
            </div>
        </li>
    }
}

/// Id of the button to which the focus returns.
fn rename_button(method: &str) -> String {
    format!("rename-{method}")
}

/// Another name, in the place of the name.
#[component]
fn Rename(
    section: Section,
    /// Of the method.
    id: String,
    /// The name as it is shown.
    name: RwSignal<String>,
    /// Whether this form is open.
    renaming: RwSignal<bool>,
) -> impl IntoView {
    let (typed, pending, form_error) = (RwSignal::new(name.get_untracked()), RwSignal::new(false), FormError::new());
    let button = rename_button(&id);
    let close = {
        let button = button.clone();
        move || {
            renaming.set(false);
            let button = button.clone();
            request_animation_frame(move || browser::focus(&button));
        }
    };
    let cancel = close.clone();
    let save = move || {
        if pending.get_untracked() {
            return;
        }
        let (new, id, close, button) = (typed.get_untracked(), id.clone(), close.clone(), button.clone());
        if new == name.get_untracked() {
            return close();
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            let answer = rename_method(id, new.clone()).await.flatten();
            pending.set(false);
            match answer {
                Ok(()) => {
                    name.set(new.trim().to_owned());
                    renaming.set(false);
                    section.changed(Said::good("The method has its new name."), button);
                }
                Err(problem @ ApiError::NoLongerThere) => section.changed(Said::caution(problem.to_string()), ""),
                Err(problem) => form_error.note(problem),
            }
        });
    };
    let at_field = |problem: &ApiError| matches!(problem, ApiError::MethodName(_));
    let error = move || form_error.get().filter(at_field).map(|problem| problem.to_string());
    let other = move || form_error.get().filter(|problem| !at_field(problem));
    view! {
        <form class="rename" novalidate on:submit=on_submit(save)>
            <Problem problem=Signal::derive(other) />
            <TextField
                id="method-name"
                label="Name"
                kind=Kind::Text
                value=typed
                error=Signal::derive(error)
                autofocus=true
            />
            <div class="actions">
                <Button emphasis=Emphasis::Primary submit=true pending>
                    "Save"
                </Button>
                <Button on:click=move |_| cancel()>"Cancel"</Button>
            </div>
        </form>
    }
}
