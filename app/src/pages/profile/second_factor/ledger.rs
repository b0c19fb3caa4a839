//! The recovery codes by their numbers, as on the sheet: which are left, and
//! what became of the others.

use super::{
    check::CheckACode,
    generate::BUTTON,
    section::{Asked, Section},
};
use crate::components::{
    alert::{Notice, Tone},
    button::Button,
    moment::Moment,
};
use contract::recovery::{FEW_CODES, RecoveryCodeEntry, RecoveryCodeUse, RecoveryLedger};
use contract::words::moment::date;
use leptos::prelude::*;

/// The ledger, a way to a new set, and a way to check a sheet.
#[component]
pub fn RecoveryCodes(section: Section, ledger: RecoveryLedger) -> impl IntoView {
    let left = ledger.left();
    let words = match left {
        0 => "No recovery codes are left.".to_owned(),
        1 => "1 recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    };
    let entries = ledger.codes.into_iter().map(|entry| view! { <Entry entry /> }).collect_view();
    view! {
        <div class="subpanel">
            <h3 class="subpanel-title">"Recovery codes"</h3>
            {if left > FEW_CODES {
                view! { <p class="codes-left">{words}</p> }.into_any()
            } else {
                view! {
                    <div class="codes-few">
                        <Notice tone=Tone::Caution>
                            <p class="codes-left">{words}</p>
                            <p>
                                "Without your phone, a recovery code is the only way in. Generate a new set while you can."
                            </p>
                        </Notice>
                    </div>
                }
                    .into_any()
            }}
            <p class="muted">
                "Numbered as on your sheet of " {date(ledger.created_at)} ". Each code signs in once, in place of your phone."
            </p>
            <ol class="ledger" role="list" aria-label="Recovery code ledger">
                {entries}
            </ol>
            <Button attr:id=BUTTON on:click=move |_| section.ask(Asked::Generate)>"Generate new recovery codes"</Button>
            <CheckACode />
        </div>
    }
}

#[component]
fn Entry(entry: RecoveryCodeEntry) -> impl IntoView {
    let RecoveryCodeEntry { number, used } = entry;
    let class = if used.is_some() { "entry entry-used" } else { "entry" };
    view! {
        <li class=class>
            <span class="entry-number">
                <span class="visually-hidden">"Code "</span>
                {number}
            </span>
            <span class="entry-box" aria-hidden="true"></span>
            {match used {
                None => view! { <p class="muted">"Unused"</p> }.into_any(),
                Some(RecoveryCodeUse { at, origin }) => {
                    view! {
                        <p>
                            "Used " <Moment at />
                            <span class="entry-where">{origin.browser} <span aria-hidden="true">" · "</span> {origin.address}</span>
                        </p>
                    }
                        .into_any()
                }
            }}
        </li>
    }
}
