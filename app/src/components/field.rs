//! Labelled text fields with hint and error, wired for assistive technology.

use super::{
    browser,
    icon::{Glyph, Icon},
    page::ProblemsShown,
};
use leptos::{ev, html, prelude::*};

/// What a field takes; decides keyboard, autofill and spelling help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Name of an account.
    UserName,
    /// The password of an existing account.
    CurrentPassword,
    /// A password about to be chosen.
    NewPassword,
    /// Six digits from an authenticator app.
    OneTimeCode,
    /// One of the codes kept for emergencies.
    RecoveryCode,
    /// Where the person gets mail.
    OwnMailAddress,
    /// Where someone else gets mail.
    MailAddress,
    /// A whole number.
    Number,
    /// Any words.
    Text,
}

impl Kind {
    const fn input_type(self) -> &'static str {
        match self {
            Self::CurrentPassword | Self::NewPassword => "password",
            _ => "text",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::UserName => "username",
            Self::CurrentPassword => "current-password",
            Self::NewPassword => "new-password",
            Self::OneTimeCode => "one-time-code",
            Self::OwnMailAddress => "email",
            Self::RecoveryCode | Self::MailAddress | Self::Number | Self::Text => "off",
        }
    }

    const fn inputmode(self) -> Option<&'static str> {
        match self {
            Self::OneTimeCode | Self::Number => Some("numeric"),
            Self::OwnMailAddress | Self::MailAddress => Some("email"),
            _ => None,
        }
    }

    const fn autocapitalize(self) -> Option<&'static str> {
        match self {
            Self::UserName | Self::OwnMailAddress | Self::MailAddress => Some("none"),
            Self::RecoveryCode => Some("characters"),
            _ => None,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::OneTimeCode => "input input-code",
            Self::RecoveryCode => "input input-recovery",
            Self::Number => "input input-number",
            _ => "input",
        }
    }
}

/// A text field under its label.
///
/// The browser owns the text: what was typed before the page was taken over
/// stays, and `value` follows it. `id` is also the name that a form sends.
#[component]
pub fn TextField(
    /// Unique in the document.
    id: &'static str,
    /// Its accessible name.
    #[prop(into)]
    label: Oco<'static, str>,
    /// What it takes.
    kind: Kind,
    /// Help that is always there.
    #[prop(optional, into)]
    hint: Option<Oco<'static, str>>,
    /// What is wrong with the value.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Another element that describes the field, by id.
    #[prop(optional)]
    described_by: &'static str,
    /// The text at the start, if not that of `value`.
    #[prop(optional, into)]
    initial: Option<String>,
    /// Follows the text.
    #[prop(optional)]
    value: Option<RwSignal<String>>,
    /// Takes the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
    /// Can't be left empty.
    #[prop(optional)]
    required: bool,
    /// Shows a password in clear.
    #[prop(optional, into)]
    revealed: Signal<bool>,
    /// What is wrong is announced elsewhere, together with what is wrong with other fields.
    #[prop(optional)]
    quiet: bool,
    /// Something at the end of the field, such as a unit or a button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let initial = initial.or_else(|| value.map(|value| value.get_untracked()));
    let hint_id = hint.is_some().then(|| format!("{id}-hint"));
    let error_id = format!("{id}-error");
    let describing = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || {
            let error = error.with(Option::is_some).then_some(error_id.as_str());
            let other = (!described_by.is_empty()).then_some(described_by);
            let ids: Vec<&str> = [error, other, hint_id.as_deref()].into_iter().flatten().collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let input = NodeRef::<html::Input>::new();
    follow(input, value, autofocus);
    go_to_error(input, error, kind);
    view! {
        <div class="field">
            <label class="field-label" for=id>
                {label}
            </label>
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            <div class="field-control">
                <input
                    node_ref=input
                    class=kind.class()
                    id=id
                    name=id
                    type=move || if revealed.get() { "text" } else { kind.input_type() }
                    value=initial
                    autocomplete=kind.autocomplete()
                    inputmode=kind.inputmode()
                    autocapitalize=kind.autocapitalize()
                    spellcheck="false"
                    dir=matches!(kind, Kind::UserName | Kind::Text).then_some("auto")
                    autofocus=autofocus
                    required=required
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=describing
                    on:input:target=move |event| {
                        if let Some(value) = value {
                            value.set(event.target().value());
                        }
                    }
                />
                {children.map(|children| children())}
            </div>
            <FieldError id=error_id error quiet />
        </div>
    }
}

/// Takes over what stands in the field already, and the focus when it appears later.
fn follow(input: NodeRef<html::Input>, value: Option<RwSignal<String>>, autofocus: bool) {
    Effect::new(move |_| {
        let Some(input) = input.get() else { return };
        if let Some(value) = value {
            let typed = input.value();
            if value.with_untracked(|known| *known != typed) {
                value.set(typed);
            }
        }
        if autofocus {
            // Fails only for elements that can't have the focus.
            let _ = input.focus();
        }
    });
}

/// A field that turns out to be wrong takes the focus from the button that sent
/// it, so that it can be mended at once; of several, the first one does. So does
/// one that is still wrong, for another reason or once more.
fn go_to_error(input: NodeRef<html::Input>, error: Signal<Option<String>>, kind: Kind) {
    Effect::new(move |before: Option<bool>| {
        let wrong = error.with(Option::is_some);
        let Some(before) = before.filter(|_| wrong) else { return wrong };
        let Some(input) = input.get_untracked() else { return wrong };
        let at_another = browser::focused().filter(|other| other.id() != input.id()).is_some_and(|other| {
            // Who goes on elsewhere while this field stays wrong is left alone.
            other.has_attribute("aria-invalid") || (before && !["BODY", "BUTTON"].contains(&other.tag_name().as_str()))
        });
        if !at_another {
            // Fails only for elements that can't have the focus.
            let _ = input.focus();
            if matches!(kind, Kind::OneTimeCode | Kind::RecoveryCode) {
                // It is typed anew rather than mended.
                input.select();
            }
        }
        wrong
    });
}

/// What is wrong with a field; in the window's title while it is shown.
#[component]
pub fn FieldError(
    /// Unique in the document.
    id: String,
    /// The sentence.
    error: Signal<Option<String>>,
    /// It is announced elsewhere.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    move || {
        error.get().map(|error| {
            ProblemsShown::one_more();
            view! {
                <p class="field-error" id=id.clone() role=(!quiet).then_some("alert")>
                    <Icon glyph=Glyph::Warning />
                    <span>{error}</span>
                </p>
            }
        })
    }
}

/// Tells password managers whose password a form is about.
#[component]
pub fn PasswordOwner(
    /// Whose it is.
    user_name: String,
) -> impl IntoView {
    view! {
        <input
            class="visually-hidden"
            type="text"
            autocomplete="username"
            value=user_name
            readonly=true
            tabindex="-1"
            aria-hidden="true"
        />
    }
}

/// A check box under its words.
#[component]
pub fn CheckBox(
    /// Unique in the document.
    id: &'static str,
    /// Its accessible name.
    label: &'static str,
    /// Follows and sets the tick.
    value: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <div class="check">
            <input
                class="check-box"
                type="checkbox"
                id=id
                prop:checked=value
                on:change:target=move |event| value.set(event.target().checked())
            />
            <label class="check-label" for=id>
                {label}
            </label>
        </div>
    }
}

/// Keeps a form from being sent by the browser itself and does something instead.
pub fn on_submit(act: impl Fn() + 'static) -> impl Fn(ev::SubmitEvent) + 'static {
    move |event| {
        event.prevent_default();
        act();
    }
}
