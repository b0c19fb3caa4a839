//! One-time links: the first administrator chooses a name, anybody else only a password.

use crate::{
    api::account::{accept_invitation, fetch_invitation},
    components::{
        alert::{Alert, Problem},
        browser,
        button::{Button, Emphasis},
        card::Standalone,
        fetched::fetched,
        field::{Kind, PasswordOwner, TextField, on_submit},
        new_password::NewPassword,
        page::{PageHeading, portal_name},
        part::lazy_page,
    },
};
use contract::{
    ApiError,
    account::{Invitation, InvitationKind},
    routes,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

lazy_page! {
    /// What a one-time link leads to.
    WelcomePage, part account, preload preload_welcome, welcome => async {
        let token = use_params_map().with_untracked(|params| params.get("token").unwrap_or_default());
        let link = token.clone();
        let invitation = fetched(move || link.clone(), fetch_invitation).await;
        view! { <Welcome token invitation=invitation.flatten() /> }.into_any()
    }
}

#[component]
fn Welcome(token: String, invitation: Result<Invitation, ApiError>) -> impl IntoView {
    view! {
        <Standalone>
            <div class="card">
                {match invitation {
                    Ok(invitation) => view! { <Accept token invitation /> }.into_any(),
                    Err(problem) => view! { <Refused problem /> }.into_any(),
                }}
            </div>
        </Standalone>
    }
}

/// The link is good for nothing, or could not be looked up.
#[component]
fn Refused(problem: ApiError) -> impl IntoView {
    let title = if problem == ApiError::InvitationInvalid { "This link can't be used" } else { "Welcome" };
    view! {
        <PageHeading title />
        <Alert>{problem.to_string()}</Alert>
        <p>
            <a href=routes::SIGN_IN rel="external">
                "Go to the sign-in page"
            </a>
        </p>
    }
}

#[component]
fn Accept(token: String, invitation: Invitation) -> impl IntoView {
    let (fixed_name, button) = match invitation.kind {
        InvitationKind::FirstAdministrator => (None, "Create administrator"),
        InvitationKind::ChoosePassword { user_name } => (Some(user_name), "Save password"),
    };
    let user_name = RwSignal::new(fixed_name.clone().unwrap_or_default());
    let password = RwSignal::new(String::new());
    let (pending, problem) = (RwSignal::new(false), RwSignal::new(None));
    let accept = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        problem.set(None);
        let answer = accept_invitation(token.clone(), user_name.get_untracked(), password.get_untracked());
        spawn_local(async move {
            match answer.await.flatten() {
                // A new document: the session has just begun.
                Ok(()) => browser::leave_to(routes::DASHBOARD),
                Err(refusal) => {
                    problem.set(Some(refusal));
                    pending.set(false);
                }
            }
        });
    };
    let at_name = move || problem.get().filter(|p| matches!(p, ApiError::UserName(_))).map(|p| p.to_string());
    // What is right by now is held against nobody.
    let policy = invitation.password_policy.clone();
    let good = move || password.with(|password| user_name.with(|name| policy.broken(password, name).is_empty()));
    let at_password =
        move || problem.get().filter(|p| matches!(p, ApiError::Password(_)) && !good()).map(|p| p.to_string());
    let other = move || problem.get().filter(|p| !matches!(p, ApiError::UserName(_) | ApiError::Password(_)));
    view! {
        <PageHeading title="Welcome" />
        <Introduction fixed_name=fixed_name.clone() />
        <form class="stack" method="post" novalidate on:submit=on_submit(accept)>
            <Problem problem=Signal::derive(other) />
            {fixed_name.clone().map(|user_name| view! { <PasswordOwner user_name /> })}
            {fixed_name
                .is_none()
                .then(|| {
                    view! {
                        <TextField
                            id="user_name"
                            label="User name"
                            kind=Kind::UserName
                            hint="You sign in with it. Capital and small letters count as the same."
                            value=user_name
                            required=true
                            autofocus=true
                            error=Signal::derive(at_name)
                        />
                    }
                })}
            <NewPassword
                id="password"
                policy=invitation.password_policy
                user_name
                value=password
                error=Signal::derive(at_password)
            />
            <Button emphasis=Emphasis::Primary submit=true pending>
                {button}
            </Button>
        </form>
    }
}

#[component]
fn Introduction(fixed_name: Option<String>) -> impl IntoView {
    match fixed_name {
        None => view! {
            <p class="lead">
                <bdi translate="no">{portal_name()}</bdi>
                " is ready and has no users yet. Choose a name and a password: you become its first administrator."
            </p>
        }
        .into_any(),
        Some(name) => view! {
            <p class="lead">
                "Choose a password for " <strong><bdi translate="no">{name}</bdi></strong> ". You are signed in right away."
            </p>
        }
        .into_any(),
    }
}
