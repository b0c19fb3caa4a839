//! An authenticator app that does not heed the QR code's settings: the person
//! is told so instead of "wrong code", and nothing is accepted for it.

use crate::support::{
    ApiError, Phone, both_databases,
    portal::{begin, confirm, finish},
};
use contract::{
    enrolment::{Enrolment, EnrolmentProblem},
    error::{AppAlgorithm, AppSettings, CodeProblem},
};
use twofold::domain::audit::trail::AuditEvent;

const fn app(algorithm: AppAlgorithm, digits: u32, period: u32) -> AppSettings {
    AppSettings { algorithm, digits, period }
}

/// Settings that apps fall back to, or that people choose when they type the key in.
const OTHERS: [AppSettings; 9] = [
    app(AppAlgorithm::Sha256, 6, 30),
    app(AppAlgorithm::Sha512, 6, 30),
    app(AppAlgorithm::Sha1, 6, 60),
    app(AppAlgorithm::Sha1, 7, 30),
    app(AppAlgorithm::Sha1, 8, 30),
    app(AppAlgorithm::Sha256, 8, 30),
    app(AppAlgorithm::Sha512, 6, 60),
    app(AppAlgorithm::Sha1, 8, 60),
    app(AppAlgorithm::Sha512, 8, 60),
];

both_databases! {
    async fn the_settings_that_its_codes_betray_are_named(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        for settings in OTHERS {
            for offset in -1..=1 {
                let code = phone.code_of_app(settings, offset);
                let refused = confirm(&browser, &pending.id, &code).await.err();
                assert_eq!(refused, Some(ApiError::Code(CodeProblem::OtherSettings(settings))), "{offset} steps");
            }
        }
        let said = CodeProblem::OtherSettings(app(AppAlgorithm::Sha256, 8, 30)).to_string();
        assert!(said.contains("SHA-256") && said.contains("8 digits"), "{said}");
        assert_eq!(portal.count(AuditEvent::EnrolmentCodeWrong).await, 10, "the others are counted");
        assert_eq!(portal.count(AuditEvent::EnrolmentConfirmed).await, 0, "none of them counts");
        // Their codes end with the portal's of the same steps, which are closed by the answer.
        portal.clock.advance(60);
        let confirmed = confirm(&browser, &pending.id, &phone.code()).await.expect("an app that heeds them does");
        finish(&browser, &confirmed.id).await.unwrap();
    }

    async fn other_causes_are_named_first(portal) {
        let browser = portal.person("alice").await;
        let old = begin(&browser).await;
        let old_phone = Phone::with_key(&old.key, &portal.clock);
        browser.call::<Enrolment>("renew-enrolment", &[]).await.unwrap();
        let new = begin(&browser).await;
        let phone = Phone::with_key(&new.key, &portal.clock);
        let refused = async |code: String| confirm(&browser, &new.id, &code).await.err().unwrap();
        let replaced = ApiError::Enrolment(EnrolmentProblem::QrReplaced);
        assert_eq!(refused(old_phone.code()).await, replaced);
        assert_eq!(refused(phone.code_of_step(10)).await, ApiError::Code(CodeProblem::Clock { seconds: 300 }));
        portal.clock.advance(180);
        let eight = phone.code_of_app(app(AppAlgorithm::Sha1, 8, 30), 0);
        assert_eq!(refused(eight).await, ApiError::Enrolment(EnrolmentProblem::QrExpired));
    }

    async fn what_nothing_explains_stays_what_it_was(portal) {
        let browser = portal.person("alice").await;
        let pending = begin(&browser).await;
        let phone = Phone::with_key(&pending.key, &portal.clock);
        let explained: Vec<String> =
            OTHERS.iter().flat_map(|app| (-1..=1).map(|offset| phone.code_of_app(*app, offset))).collect();
        let unexplained = |digits: usize| {
            (0..).map(|n| format!("{n:0digits$}")).find(|code| !explained.contains(code)).unwrap()
        };
        for typed in ["12345".to_owned(), "123456789".to_owned(), "1234567a".to_owned(), unexplained(7), unexplained(8)] {
            let refused = confirm(&browser, &pending.id, &typed).await.err();
            assert_eq!(refused, Some(ApiError::Code(CodeProblem::Malformed)), "{typed}");
        }
        let wrong = confirm(&browser, &pending.id, &phone.wrong_code()).await.err();
        assert!(
            matches!(wrong, Some(ApiError::Code(CodeProblem::Wrong { .. } | CodeProblem::OtherSettings(_)))),
            "{wrong:?}"
        );
    }

    async fn at_sign_in_such_a_code_is_malformed_or_wrong(portal) {
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        let eight = alice.phone.code_of_app(app(AppAlgorithm::Sha1, 8, 30), 0);
        assert_eq!(browser.code(&eight).await, Err(ApiError::Code(CodeProblem::Malformed)));
        let other = alice.phone.code_of_app(app(AppAlgorithm::Sha256, 6, 30), 0);
        assert_eq!(
            browser.code(&other).await,
            Err(ApiError::Code(CodeProblem::Wrong { attempts_left: Some(4) })),
            "the guard is for setting up: nobody signs in who has not confirmed"
        );
    }
}
