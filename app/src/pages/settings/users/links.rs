//! One-time links that were made just now. They are shown only here.

use super::{
    once::{Question, ShownOnce},
    state::Users,
};
use crate::components::{
    alert::{Notice, Tone},
    browser,
    button::{Button, Emphasis},
    copied::Copyable,
    modal::Modal,
    moment::Moment,
};
use contract::people::{IssuedLinks, PersonalLink};
use leptos::prelude::*;

/// Name of the downloaded file.
const FILE_NAME: &str = "twofold-links.csv";

const ONE: Question = Question {
    title: "Close without the links?",
    loss: "You have not copied the link. It can't be shown again; you would have to make a new one.",
    button: "Close without them",
};

const MANY: Question = Question {
    loss: "You have neither downloaded nor copied the links. They can't be shown again; you would have to make new ones.",
    ..ONE
};

/// The links, to be handed over.
#[component]
pub fn Links(
    users: Users,
    issued: IssuedLinks,
    /// What is to be said about those who got none.
    rest: Option<String>,
) -> impl IntoView {
    let IssuedLinks { links, expires_at, file } = issued;
    let once = ShownOnce::new();
    let one = links.len() == 1;
    let content = match links.as_slice() {
        [link] => view! { <OneLink link=link.clone() taken=once.taken /> }.into_any(),
        _ => view! { <ManyLinks links file taken=once.taken /> }.into_any(),
    };
    let close = move || users.open.set(None);
    let leave = move || once.leave(close);
    // Who is done with one may have read it out.
    let done = move || if one { close() } else { leave() };
    let question = once.question(if one { ONE } else { MANY }, close);
    view! {
        <Modal id="links-title" title="One-time links" wide=true leave>
            <p>
                "Whoever opens such a link chooses the password of the account, once. Hand each one over so that only its person gets it. They end on "
                <Moment at=expires_at /> "."
            </p>
            {rest.map(|rest| view! { <Notice tone=Tone::Caution>{rest}</Notice> })}
            <Notice tone=Tone::Caution>"They are shown only now. You can make new ones at any time."</Notice>
            {content}
            <div class="actions">
                <Button emphasis=Emphasis::Primary on:click=move |_| done()>
                    "Done"
                </Button>
            </div>
        </Modal>
        {question}
    }
}

#[component]
fn OneLink(link: PersonalLink, taken: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="stack">
            <p>"For " <strong><bdi translate="no">{link.name}</bdi></strong></p>
            <Copyable
                text=link.url.clone()
                worked=taken
                button="Copy"
                refused="Your browser does not let this page copy. Select the link and copy it yourself."
            >
                <code translate="no" class="secret" aria-label="One-time link" on:copy=move |_| taken.set(true)>
                    {link.url}
                </code>
            </Copyable>
        </div>
    }
}

#[component]
fn ManyLinks(links: Vec<PersonalLink>, file: String, taken: RwSignal<bool>) -> impl IntoView {
    let said = RwSignal::new("");
    let download = move |_| {
        let worked = browser::download(FILE_NAME, &file).is_ok();
        taken.update(|taken| *taken |= worked);
        said.set(if worked { "Downloaded." } else { "Your browser could not save the file. Copy the links instead." });
    };
    let rows = links
        .into_iter()
        .map(|PersonalLink { name, url, .. }| {
            view! {
                <tr>
                    <th scope="row">
                        <bdi translate="no">{name}</bdi>
                    </th>
                    <td>
                        <code translate="no" class="secret">{url}</code>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="take-away">
            <div class="actions">
                <Button on:click=download>"Download"</Button>
            </div>
            <p class="copied" role="status">
                {said}
            </p>
        </div>
        <div class="links" tabindex="0" role="region" aria-label="Links" on:copy=move |_| taken.set(true)>
            <table class="links-table">
                <thead>
                    <tr>
                        <th scope="col">"User name"</th>
                        <th scope="col">"Link"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
