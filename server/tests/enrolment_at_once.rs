//! Two tabs, or two browsers, in the same step of a set-up at the same moment.

use crate::support::{
    ApiError, Phone, both_databases,
    portal::{begin, confirm, finish},
};
use contract::{enrolment::EnrolmentProblem, error::CodeProblem, profile::TwoFactorStatus};
use std::collections::BTreeSet;
use twofold::domain::audit::trail::AuditEvent;

const ROUNDS: usize = 6;

both_databases! {
    async fn two_tabs_beginning_show_one_qr_code(portal) {
        for round in 0..ROUNDS {
            let browser = portal.person(&format!("alice-{round}")).await;
            let tab = browser.tab();
            let (one, other) = tokio::join!(begin(&browser), begin(&tab));
            assert_eq!(one.key, other.key, "round {round}");
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentStarted).await, ROUNDS);
    }

    async fn two_tabs_renewing_leave_one_current_secret(portal) {
        let browser = portal.person("alice").await;
        begin(&browser).await;
        for _ in 0..ROUNDS {
            let tab = browser.tab();
            let (one, other) = tokio::join!(
                browser.call_raw("renew-enrolment", &[]),
                tab.call_raw("renew-enrolment", &[]),
            );
            assert!(one.status == 200 && other.status == 200);
            let current = begin(&browser).await.key;
            assert!(one.text().contains(&current) != other.text().contains(&current));
        }
    }

    async fn two_tabs_confirming_show_one_set_of_codes(portal) {
        for round in 0..ROUNDS {
            let browser = portal.person(&format!("alice-{round}")).await;
            let pending = begin(&browser).await;
            let code = Phone::with_key(&pending.key, &portal.clock).code();
            let tab = browser.tab();
            let (one, other) = tokio::join!(confirm(&browser, &pending.id, &code), confirm(&tab, &pending.id, &code));
            let (one, other) = (one.unwrap(), other.unwrap());
            assert!(one.sheet.codes == other.sheet.codes, "round {round}");
            assert_eq!(portal.count(AuditEvent::EnrolmentConfirmed).await, round + 1);
        }
    }

    async fn one_tab_renewing_while_the_other_confirms_has_one_outcome(portal) {
        for round in 0..ROUNDS {
            let browser = portal.person(&format!("alice-{round}")).await;
            let pending = begin(&browser).await;
            let code = Phone::with_key(&pending.key, &portal.clock).code();
            let tab = browser.tab();
            let (confirmed, renewed) =
                tokio::join!(confirm(&browser, &pending.id, &code), tab.call_raw("renew-enrolment", &[]));
            match confirmed {
                Ok(shown) => {
                    assert!(renewed.text().contains(&shown.sheet.codes[0]), "the other tab sees the same codes");
                    finish(&browser, &shown.id).await.unwrap();
                }
                Err(problem) => {
                    assert_eq!(problem, ApiError::Enrolment(EnrolmentProblem::QrReplaced));
                    assert!(renewed.text().contains("Pending"));
                }
            }
        }
    }

    async fn two_tabs_finishing_make_one_method(portal) {
        for round in 0..ROUNDS {
            let browser = portal.person(&format!("alice-{round}")).await;
            let pending = begin(&browser).await;
            let phone = Phone::with_key(&pending.key, &portal.clock);
            confirm(&browser, &pending.id, &phone.code()).await.unwrap();
            let tab = browser.tab();
            let outcomes = tokio::join!(finish(&browser, &pending.id), finish(&tab, &pending.id));
            let outcomes = [outcomes.0, outcomes.1];
            assert!(outcomes.iter().any(Result::is_ok), "round {round}: {outcomes:?}");
            for refused in outcomes.into_iter().filter_map(Result::err) {
                assert_eq!(refused, ApiError::SignedOut, "round {round}: its token was renewed by the other");
            }
            let again = finish(&tab, &pending.id).await.expect("finished, whoever asks");
            assert_eq!(again.id, pending.id);
            let status: TwoFactorStatus = browser.call("two-factor-status", &[]).await.expect("the person stays signed in");
            assert_eq!((status.methods.len(), status.recovery_codes_left()), (1, 10), "round {round}");
        }
    }

    async fn two_browsers_of_one_person_finishing_make_one_method(portal) {
        for round in 0..ROUNDS {
            let name = format!("alice-{round}");
            let one = portal.person(&name).await;
            let other = portal.awaiting_code(&name).await;
            let mut ids = Vec::new();
            let mut phones = Vec::new();
            for browser in [&one, &other] {
                let pending = begin(browser).await;
                let phone = Phone::with_key(&pending.key, &portal.clock);
                confirm(browser, &pending.id, &phone.code()).await.unwrap();
                ids.push(pending.id);
                phones.push(phone);
            }
            let outcomes = tokio::join!(finish(&one, &ids[0]), finish(&other, &ids[1]));
            let outcomes = [outcomes.0, outcomes.1];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "round {round}: {outcomes:?}");
            for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
                let known = [ApiError::Enrolment(EnrolmentProblem::Gone), ApiError::SignedOut];
                assert!(known.contains(refused), "round {round}: {refused:?}");
            }
            let (winner, loser) = if outcomes[0].is_ok() { (0, 1) } else { (1, 0) };
            portal.clock.advance(60);
            let signing_in = portal.awaiting_code(&name).await;
            let wrong = signing_in.code(&phones[loser].code()).await;
            assert!(matches!(wrong, Err(ApiError::Code(CodeProblem::Wrong { .. }))), "round {round}: {wrong:?}");
            signing_in.code(&phones[winner].code()).await.unwrap();
        }
    }

    async fn many_people_setting_up_at_once_do_not_disturb_each_other(portal) {
        let portal = std::sync::Arc::new(portal);
        let people = (0..12).map(|number| {
            let portal = portal.clone();
            tokio::spawn(async move {
                let person = portal.person(&format!("person-{number}")).await;
                portal.set_up(&person).await.1
            })
        });
        let mut codes = BTreeSet::new();
        for person in people.collect::<Vec<_>>() {
            codes.extend(person.await.unwrap());
        }
        assert_eq!(codes.len(), 120);
    }
}
