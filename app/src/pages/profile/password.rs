//! The section "Password", and the door to its dialog.

use super::records::Records;
use crate::components::{
    alert::{Notice, Tone},
    button::Button,
    change_password::change_password_dialog,
    changing::sometimes,
    part::MissingPart,
};
use leptos::prelude::*;

/// Why the dialog is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    /// By its own button.
    Plainly,
    /// After everything else was ended.
    Secured,
}

/// What came of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Changed,
    /// It could not be opened at all.
    Unreachable(MissingPart),
}

/// Opens the dialog "Change password".
#[derive(Clone, Copy)]
pub struct ChangePassword {
    open: RwSignal<Option<Opened>>,
    outcome: RwSignal<Option<Outcome>>,
    second_factor: Signal<bool>,
    records: Records,
}

impl ChangePassword {
    /// Closed.
    pub fn new(second_factor: Signal<bool>, records: Records) -> Self {
        Self { open: RwSignal::new(None), outcome: RwSignal::new(None), second_factor, records }
    }

    /// Opens the dialog after every other session and trusted browser was ended.
    pub fn open_secured(self) {
        self.open_as(Opened::Secured);
    }

    fn open_as(self, how: Opened) {
        self.outcome.set(None);
        self.open.set(Some(how));
    }

    fn close(self, changed: bool) {
        if changed {
            self.outcome.set(Some(Outcome::Changed));
            self.records.refetch();
        }
        self.open.set(None);
    }
}

/// The password can be changed here.
#[component]
pub fn Password(change_password: ChangePassword) -> impl IntoView {
    let dialog = change_password;
    // Lives longer than the dialog, which may be left while it waits for an answer.
    let close = Callback::new(move |changed| dialog.close(changed));
    let said = sometimes(move || {
        Some(match dialog.outcome.get()? {
            Outcome::Changed => view! {
                <Notice tone=Tone::Good>
                    "Your password is changed. Every other session and trusted browser has ended."
                </Notice>
            }
            .into_any(),
            Outcome::Unreachable(missing) => view! { <Notice tone=Tone::Caution>{missing.words()}</Notice> }.into_any(),
        })
    });
    let open = sometimes(move || {
        let secured = dialog.open.get()? == Opened::Secured;
        let second_factor = dialog.second_factor.get_untracked();
        let view = Suspend::new(async move {
            let Some(content) = change_password_dialog(second_factor, secured, close).await.ok() else {
                let why = MissingPart::why().await;
                dialog.close(false);
                dialog.outcome.set(Some(Outcome::Unreachable(why)));
                return ().into_any();
            };
            content
        });
        Some(view.into_any())
    });
    view! {
        <section class="panel" aria-labelledby="password-section">
            <h2 class="panel-title" id="password-section">
                "Password"
            </h2>
            <p class="muted">"When you change it, every other session and every trusted browser ends."</p>
            <div role="status">{said}</div>
            <Button on:click=move |_| dialog.open_as(Opened::Plainly)>"Change password"</Button>
        </section>
        {open}
    }
}
