//! The mail server, and whether it takes mail.

use super::Post;
use crate::{
    api::mail::send_test_mail,
    components::{alert::Tone, button::Button, step_up::use_step_up},
};
use contract::mail::{MailServer, TestOutcome};
use leptos::{prelude::*, task::spawn_local};

const TEST: &str = "Send a test message";

/// How to have the portal send mail.
#[component]
pub fn NoServer() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="mail-server">
            <h2 class="panel-title" id="mail-server">
                "No mail server"
            </h2>
            <p>
                "This portal sends no mail. Everything else works without. To have it send reminders and notices, start it with the address of your mail server:"
            </p>
            <pre class="command">
                "twofold serve \\\n  --smtp-url smtps://USER:PASSWORD@mail.example.org \\\n  --mail-from 'Sign-in <login@example.org>'"
            </pre>
            <p class="muted">
                "Both are also environment variables, which keep the password out of the list of processes: "
                <code translate="no">"TWOFOLD_SMTP_URL"</code> " and " <code translate="no">"TWOFOLD_MAIL_FROM"</code> "."
            </p>
        </section>
    }
}

/// Through whom mail goes, and a message to see whether it does.
#[component]
pub fn Server(
    server: MailServer,
    /// Where a test message goes; empty when nowhere.
    own_address: String,
    post: Post,
) -> impl IntoView {
    let MailServer { host, sender } = server;
    let (step_up, nowhere) = (use_step_up(), own_address.is_empty());
    let test = move |_| {
        if !post.begin(TEST) {
            return;
        }
        spawn_local(async move {
            match step_up.run(async || send_test_mail().await.flatten()).await {
                Ok(TestOutcome::Sent { address }) => {
                    let words = format!("The mail server took the message for {address}. Look for it there.");
                    post.said.set(Some((Tone::Good, words)));
                }
                Ok(TestOutcome::Failed { problem, mend }) => {
                    let mend = mend.map(|mend| format!(". {mend}")).unwrap_or_default();
                    let words = format!("The message could not be sent and stands in the list below. {problem}{mend}");
                    post.said.set(Some((Tone::Caution, words)));
                }
                Err(problem) => post.form_error.note(problem),
            }
            post.end();
            post.look();
        });
    };
    let whereto = if nowhere {
        view! { <p class="muted">"You have no mail address, so there is nowhere to send you a test message."</p> }
            .into_any()
    } else {
        view! {
            <p class="muted">
                "A test message goes to your own address, " <bdi translate="no">{own_address}</bdi> "."
            </p>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="mail-server">
            <h2 class="panel-title" id="mail-server">
                "Mail server"
            </h2>
            <dl class="facts">
                <div class="fact">
                    <dt>"Server"</dt>
                    <dd class="wrap">{host}</dd>
                </div>
                <div class="fact">
                    <dt>"Sender"</dt>
                    <dd class="wrap">
                        <bdi translate="no">{sender}</bdi>
                    </dd>
                </div>
            </dl>
            {whereto}
            <Button pending=post.is_doing(TEST.to_owned()) disabled=nowhere on:click=test>
                {TEST}
            </Button>
        </section>
    }
}
