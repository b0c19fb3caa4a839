//! A person's own security events.

use crate::support::{Browser, PASSWORD, both_databases, portal::OPERATOR};
use contract::{
    activity::ActivityPage,
    audit::{AuditEvent, Outcome},
};

async fn page(browser: &Browser, before: Option<i64>) -> ActivityPage {
    let before = before.map(|before| before.to_string());
    let fields: Vec<(&str, &str)> = before.iter().map(|before| ("before", before.as_str())).collect();
    browser.call("activity", &fields).await.unwrap()
}

both_databases! {
    async fn it_tells_what_happened_newest_first(portal) {
        portal.add("bob").await;
        let alice = portal.enrolled("alice").await;
        portal.browser().at("198.51.100.7").sign_in("alice", "Wrong-horse-7").await.unwrap_err();
        portal.browser().sign_in("bob", PASSWORD).await.unwrap();
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        let ActivityPage { entries, before } = page(&alice.browser, None).await;
        let events: Vec<_> = entries.iter().map(|entry| entry.event).collect();
        let expected = [
            AuditEvent::AccountUnlocked, AuditEvent::SignInFailed, AuditEvent::EnrolmentFinished,
            AuditEvent::EnrolmentConfirmed, AuditEvent::EnrolmentStarted, AuditEvent::SignedIn, AuditEvent::UserAdded,
        ];
        assert_eq!(events, expected);
        assert_eq!(before, None, "that is all");
        let [unlocked, failed, finished, ..] = entries.as_slice() else { panic!("as above") };
        assert_eq!((unlocked.by.as_deref(), unlocked.origin.as_ref()), (Some(OPERATOR), None));
        let origin = failed.origin.as_ref().unwrap();
        assert_eq!((origin.address.as_str(), origin.browser.as_str()), ("198.51.100.7", "Firefox on Linux"));
        assert_eq!((failed.outcome, failed.by.as_deref()), (Outcome::Failure, None));
        assert_eq!((finished.outcome, finished.by.as_deref()), (Outcome::Success, None));
        assert!(entries.windows(2).all(|pair| pair[0].sequence > pair[1].sequence && pair[0].at >= pair[1].at));
    }

    async fn it_comes_in_pages_without_gap_or_repetition(portal) {
        let alice = portal.person("alice").await;
        // From several addresses: of many from one there would be fewer entries.
        for n in 0..45 {
            portal.browser().at(&format!("198.51.100.{}", n / 10)).sign_in("alice", PASSWORD).await.unwrap();
        }
        let (mut sequences, mut before, mut pages) = (Vec::new(), None, 0);
        loop {
            let next = page(&alice, before).await;
            sequences.extend(next.entries.iter().map(|entry| entry.sequence));
            pages += 1;
            // What happens meanwhile does not move the pages.
            portal.browser().sign_in("alice", PASSWORD).await.unwrap();
            match next.before {
                Some(_) => before = next.before,
                None => break,
            }
        }
        assert_eq!((pages, sequences.len()), (3, 47), "added, and 46 sign-ins");
        assert!(sequences.windows(2).all(|pair| pair[0] > pair[1]));
        assert!(page(&alice, Some(-1)).await.entries.is_empty());
    }
}
