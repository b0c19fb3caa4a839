//! The recovery codes: on the screen, on paper and as a file.

use super::{browser, button::Button, field::CheckBox};
use contract::recovery::RecoveryCodeSheet;
use contract::words::moment::iso_date;
use leptos::{prelude::*, task::spawn_local};

/// Name of the downloaded file.
const FILE_NAME: &str = "twofold-recovery-codes.txt";

/// Whether the person has kept the codes: taken them along, or said so.
#[derive(Clone, Copy)]
pub struct Kept {
    taken: RwSignal<bool>,
    stored: RwSignal<bool>,
}

impl Kept {
    /// Not yet.
    pub fn new() -> Self {
        Self { taken: RwSignal::new(false), stored: RwSignal::new(false) }
    }

    /// Whether they have.
    pub fn get(self) -> bool {
        self.taken.get() || self.stored.get()
    }

    /// Others are shown now.
    pub fn forget(self) {
        self.taken.set(false);
        self.stored.set(false);
    }

    /// Whether they have by now.
    pub fn get_untracked(self) -> bool {
        self.taken.get_untracked() || self.stored.get_untracked()
    }
}

/// The codes and every way to keep them. Goes into an element of the class
/// `save`, of which only the sheet is printed.
#[component]
pub fn KeepCodes(
    /// The codes.
    sheet: RecoveryCodeSheet,
    /// Follows what the person does.
    kept: Kept,
) -> impl IntoView {
    view! {
        <RecoverySheet sheet=sheet.clone() />
        <TakeAway sheet taken=kept.taken />
        <CheckBox id="codes-stored" label="I have stored these codes" value=kept.stored />
    }
}

/// Why the button that ends the dialog can't be used yet.
#[component]
pub fn KeepFirst(
    /// What the person has done.
    kept: Kept,
) -> impl IntoView {
    view! {
        <p class="muted finish-hint">
            {move || {
                if kept.get() { "" } else { "First download, copy or print the codes, or tick that you have stored them." }
            }}
        </p>
    }
}

/// The codes; printing the page prints this sheet alone.
#[component]
fn RecoverySheet(sheet: RecoveryCodeSheet) -> impl IntoView {
    let RecoveryCodeSheet { codes, portal_name, user_name, created_at } = sheet;
    let codes = codes.into_iter().map(|code| view! { <li class="code" translate="no">{code}</li> }).collect_view();
    view! {
        <section class="sheet">
            <div class="print-only">
                <p class="sheet-title">
                    <bdi translate="no">{portal_name}</bdi>
                    ": recovery codes"
                </p>
                <p>"User name: " <bdi translate="no">{user_name}</bdi></p>
                <p>"Made on: " {iso_date(created_at)}</p>
                <p>"Each code signs in once, in place of the code from the authentication app. Tick off what you have used; your profile lists the codes by the same numbers."</p>
            </div>
            <ol class="codes" role="list" aria-label="Recovery codes">
                {codes}
            </ol>
        </section>
    }
}

/// The three ways to take the codes along.
#[component]
fn TakeAway(
    /// The codes.
    sheet: RecoveryCodeSheet,
    /// Set once one of them worked.
    taken: RwSignal<bool>,
) -> impl IntoView {
    let said = RwSignal::new("");
    let outcome = move |worked: bool, good: &'static str, bad: &'static str| {
        if worked {
            taken.set(true);
        }
        said.set(if worked { good } else { bad });
    };
    let file = as_text(&sheet);
    let lines = sheet.codes.join("\n");
    let download = move |_| {
        let worked = browser::download(FILE_NAME, &file).is_ok();
        outcome(worked, "Downloaded.", "Your browser could not save the file. Copy or print the codes instead.");
    };
    let copy = move |_| {
        let lines = lines.clone();
        spawn_local(async move {
            let worked = browser::copy(&lines).await.is_ok();
            outcome(
                worked,
                "Copied.",
                "Your browser does not let this page copy. Download or print the codes instead.",
            );
        });
    };
    let print = move |_| {
        let worked = browser::print().is_ok();
        outcome(worked, "Sent to the print dialog.", "Your browser can't print. Download or copy the codes instead.");
    };
    view! {
        <div class="take-away">
            <div class="actions">
                <Button on:click=download>"Download"</Button>
                <Button on:click=copy>"Copy"</Button>
                <Button on:click=print>"Print"</Button>
            </div>
            <p class="copied" role="status">
                {said}
            </p>
        </div>
    }
}

/// The codes as a text file.
fn as_text(sheet: &RecoveryCodeSheet) -> String {
    let RecoveryCodeSheet { codes, portal_name, user_name, created_at } = sheet;
    let mut text = format!(
        "{portal_name}: recovery codes\n\nUser name: {user_name}\nMade on: {}\n\n\
         Each code signs in once, in place of the code from the authentication app.\n\n",
        iso_date(*created_at)
    );
    text += &numbered(codes);
    text
}

/// A line for each code, with the number by which the profile names it.
fn numbered(codes: &[String]) -> String {
    codes.iter().zip(1..).map(|(code, number)| format!("{number:>2}. {code}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_portal_person_and_date_and_numbers_the_codes() {
        let sheet = RecoveryCodeSheet {
            codes: vec!["AAAA-BBBB-CCCC-DDDD".into(); 10],
            portal_name: "Example".into(),
            user_name: "ada".into(),
            created_at: 1_773_065_107,
        };
        let text = as_text(&sheet);
        assert!(text.contains("Example: recovery codes"));
        assert!(text.contains("User name: ada\nMade on: 2026-03-09\n"));
        assert!(text.contains("\n 1. AAAA-BBBB-CCCC-DDDD\n"));
        assert!(text.ends_with("10. AAAA-BBBB-CCCC-DDDD\n"));
    }
}
