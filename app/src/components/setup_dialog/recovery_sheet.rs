//! The recovery codes: on the screen, on paper and as a file.

use crate::{components::moment::iso_date, contract::enrolment::ConfirmedEnrolment};
use leptos::prelude::*;

/// Name of the downloaded file.
pub const FILE_NAME: &str = "twofold-recovery-codes.txt";

/// The codes; printing the page prints this sheet alone.
#[component]
pub fn RecoverySheet(sheet: ConfirmedEnrolment) -> impl IntoView {
    let ConfirmedEnrolment { recovery_codes, portal_name, user_name, created_at, .. } = sheet;
    let codes = recovery_codes.into_iter().map(|code| view! { <li class="code">{code}</li> }).collect_view();
    view! {
        <section class="sheet">
            <div class="print-only">
                <p class="sheet-title">
                    <bdi>{portal_name}</bdi>
                    ": recovery codes"
                </p>
                <p>"User name: " <bdi>{user_name}</bdi></p>
                <p>"Made on: " {iso_date(created_at)}</p>
                <p>"Each code signs in once, in place of the code from the authentication app. Tick off what you have used."</p>
            </div>
            <ol class="codes" role="list" aria-label="Recovery codes">
                {codes}
            </ol>
        </section>
    }
}

/// The codes as a text file.
pub fn as_text(sheet: &ConfirmedEnrolment) -> String {
    let ConfirmedEnrolment { recovery_codes, portal_name, user_name, created_at, .. } = sheet;
    let mut text = format!(
        "{portal_name}: recovery codes\n\nUser name: {user_name}\nMade on: {}\n\n\
         Each code signs in once, in place of the code from the authentication app.\n\n",
        iso_date(*created_at)
    );
    for (index, code) in recovery_codes.iter().enumerate() {
        text += &format!("{:>2}. {code}\n", index + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_portal_person_and_date_and_numbers_the_codes() {
        let sheet = ConfirmedEnrolment {
            id: String::new(),
            recovery_codes: vec!["AAAA-BBBB-CCCC-DDDD".into(); 10],
            portal_name: "Example".into(),
            user_name: "ada".into(),
            created_at: 1_773_065_107,
            milliseconds_left: 1,
        };
        let text = as_text(&sheet);
        assert!(text.contains("Example: recovery codes"));
        assert!(text.contains("User name: ada\nMade on: 2026-03-09\n"));
        assert!(text.contains("\n 1. AAAA-BBBB-CCCC-DDDD\n"));
        assert!(text.ends_with("10. AAAA-BBBB-CCCC-DDDD\n"));
    }
}
