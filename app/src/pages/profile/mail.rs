//! The section "Mail address".

use super::{place::good, records::Records};
use crate::{
    api::account::change_mail_address,
    components::{
        alert::Problem,
        button::{Button, Emphasis},
        changing::sometimes,
        field::{Kind, TextField, on_submit},
        loaded::FormError,
        modal::Modal,
        step_up::{StepUp, use_step_up},
    },
};
use contract::{ApiError, mail_address::OwnMail};
use leptos::{prelude::*, task::spawn_local};

/// Id of the heading, where the focus goes when its button is gone.
const HEADING: &str = "mail-section";

/// The dialog that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Change,
    Remove,
}

/// Changing the address, and what came of it.
#[derive(Clone, Copy)]
struct Changing {
    open: RwSignal<Option<Open>>,
    done: RwSignal<Option<&'static str>>,
    pending: RwSignal<bool>,
    form_error: FormError,
    step_up: StepUp,
    records: Records,
}

impl Changing {
    fn ask(self, open: Open) {
        self.done.set(None);
        self.form_error.clear();
        self.open.set(Some(open));
    }

    fn close(self) {
        self.open.set(None);
    }

    fn save(self, address: String) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.form_error.clear();
        spawn_local(async move {
            let answer = self.step_up.run(async || change_mail_address(address.clone()).await.flatten()).await;
            self.pending.set(false);
            match answer {
                Ok(()) => {
                    self.open.set(None);
                    self.done.set(Some(if address.trim().is_empty() {
                        "You have no mail address any longer."
                    } else {
                        "Your mail address is saved."
                    }));
                    self.records.refetch();
                }
                Err(problem) => self.form_error.note(problem),
            }
        });
    }
}

/// Where the person gets mail; shown only where that is of use.
#[component]
pub fn Mail(records: Records) -> impl IntoView {
    let changing = Changing {
        open: RwSignal::new(None),
        done: RwSignal::new(None),
        pending: RwSignal::new(false),
        form_error: FormError::new(),
        step_up: use_step_up(),
        records,
    };
    let mail = Memo::new(move |_| records.mail());
    let dialog = sometimes(move || {
        let address = mail.get_untracked().map(|mail| mail.address).unwrap_or_default();
        let open = changing.open.get()?;
        Some(view! { <Dialog changing open address /> }.into_any())
    });
    // Once shown it stays: what was removed leaves the section with the news of that.
    let of_use = Memo::new(move |before: Option<&bool>| {
        let now = mail.with(|mail| mail.as_ref().is_some_and(|mail| mail.sent || !mail.address.is_empty()));
        now || before == Some(&true)
    });
    let section = sometimes(move || {
        of_use.get().then(|| {
            let address = sometimes(move || mail.get().map(|mail| view! { <Address mail changing /> }.into_any()));
            view! {
                <section class="panel" aria-labelledby=HEADING>
                    <h2 class="panel-title" id=HEADING tabindex="-1">
                        "Mail address"
                    </h2>
                    <div role="status">{sometimes(move || changing.done.get().map(good))}</div>
                    {address}
                </section>
            }
            .into_any()
        })
    });
    view! {
        {section}
        {dialog}
    }
}

#[component]
fn Address(mail: OwnMail, changing: Changing) -> impl IntoView {
    let OwnMail { address, sent } = mail;
    let none = address.is_empty();
    let words = match (none, sent) {
        (false, true) => "Notices about your account go there. You don’t sign in with it.",
        (false, false) => "Notices about your account would go there; at present this portal sends no mail.",
        (true, true) => "You have none. With one you get a notice when something about your account changes.",
        (true, false) => "You have none.",
    };
    view! {
        {(!none)
            .then(|| {
                view! {
                    <p class="mail-address">
                        <bdi translate="no">{address}</bdi>
                    </p>
                }
            })}
        <p class="muted">{words}</p>
        <div class="actions">
            <Button on:click=move |_| changing.ask(Open::Change)>
                {if none { "Add mail address" } else { "Change" }}
            </Button>
            {(!none)
                .then(|| view! { <Button on:click=move |_| changing.ask(Open::Remove)>"Remove"</Button> })}
        </div>
    }
}

/// One dialog for both: each instance of a modal costs kilobytes of program.
#[component]
fn Dialog(changing: Changing, open: Open, address: String) -> impl IntoView {
    let removes = open == Open::Remove;
    let typed = RwSignal::new(address.clone());
    let save = move || changing.save(if removes { String::new() } else { typed.get_untracked() });
    let form_error = changing.form_error;
    let at_field = |problem: &ApiError| matches!(problem, ApiError::MailAddress(_));
    let error = move || form_error.get().filter(at_field).map(|problem| problem.to_string());
    let other = move || form_error.get().filter(|problem| !at_field(problem));
    let content = if removes {
        view! {
            <p class="mail-address">
                <bdi translate="no">{address}</bdi>
            </p>
            <p>"From then on you get no notices about your account. What happened still stands under “Recent activity”."</p>
        }
        .into_any()
    } else {
        view! {
            <TextField
                id="own-mail-address"
                label="Mail address"
                hint="One whose mail only you can read."
                kind=Kind::OwnMailAddress
                value=typed
                error=Signal::derive(error)
                autofocus=true
            />
        }
        .into_any()
    };
    view! {
        <Modal
            id="mail-address-title"
            title=if removes { "Remove mail address" } else { "Mail address" }
            leave=move || changing.close()
        >
            <form class="stack" novalidate on:submit=on_submit(save)>
                {content}
                <Problem problem=Signal::derive(other) />
                <div class="actions">
                    <Button emphasis=Emphasis::Primary submit=true pending=changing.pending>
                        {if removes { "Remove" } else { "Save" }}
                    </Button>
                    <Button on:click=move |_| changing.close()>"Cancel"</Button>
                </div>
            </form>
        </Modal>
    }
}
