//! One-time links that were made just now. They are shown only here.

use super::state::Users;
use crate::{
    components::{
        alert::{Notice, Tone},
        browser,
        button::{Button, Emphasis},
        copied::Copyable,
        modal::Modal,
        moment::Moment,
    },
    contract::people::{IssuedLinks, PersonalLink},
};
use leptos::prelude::*;

/// Name of the downloaded file.
const FILE_NAME: &str = "twofold-links.csv";

/// The links, to be handed over.
#[component]
pub fn Links(users: Users, issued: IssuedLinks) -> impl IntoView {
    let IssuedLinks { links, expires_at, file } = issued;
    let content = match links.as_slice() {
        [link] => view! { <OneLink link=link.clone() /> }.into_any(),
        _ => view! { <ManyLinks links file /> }.into_any(),
    };
    let leave = move || users.open.set(None);
    view! {
        <Modal id="links-title" title="One-time links" wide=true leave>
            <p>
                "Whoever opens such a link chooses the password of the account, once. Hand each one over so that only its person gets it. They end on "
                <Moment at=expires_at /> "."
            </p>
            <Notice tone=Tone::Caution>"They are shown only now. You can make new ones at any time."</Notice>
            {content}
            <div class="actions">
                <Button emphasis=Emphasis::Primary on:click=move |_| leave()>
                    "Done"
                </Button>
            </div>
        </Modal>
    }
}

#[component]
fn OneLink(link: PersonalLink) -> impl IntoView {
    view! {
        <div class="stack">
            <p>"For " <strong><bdi>{link.name}</bdi></strong></p>
            <Copyable
                text=link.url.clone()
                button="Copy"
                refused="Your browser does not let this page copy. Select the link and copy it yourself."
            >
                <code class="secret" aria-label="One-time link">
                    {link.url}
                </code>
            </Copyable>
        </div>
    }
}

#[component]
fn ManyLinks(links: Vec<PersonalLink>, file: String) -> impl IntoView {
    let said = RwSignal::new("");
    let download = move |_| {
        let worked = browser::download(FILE_NAME, &file).is_ok();
        said.set(if worked { "Downloaded." } else { "Your browser could not save the file. Copy the links instead." });
    };
    let rows = links
        .into_iter()
        .map(|PersonalLink { name, url, .. }| {
            view! {
                <tr>
                    <th scope="row">
                        <bdi>{name}</bdi>
                    </th>
                    <td>
                        <code class="secret">{url}</code>
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
        <div class="links" tabindex="0" role="region" aria-label="Links">
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
