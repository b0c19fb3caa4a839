//! Reading the audit trail: what administrators ask for, and that all of it comes.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{OPERATOR, save_policy},
};
use contract::{
    audit::{AuditEvent, Outcome},
    audit_trail::{AuditEntry, AuditField, AuditFilter, AuditPage},
    policy::AccountPolicy,
};
use twofold::{domain::audit::search::Page, service::audit::search::PAGE};

const WRONG: &str = "Wrong-horse-7";
const DAY: i64 = 86_400;

async fn ask(browser: &Browser, filter: &AuditFilter, cursor: Option<i64>) -> Result<AuditPage, ApiError> {
    browser.call_json("audit-page", &serde_json::json!({ "filter": filter, "cursor": cursor })).await
}

/// Everything that the filter lets pass, page by page.
async fn all(browser: &Browser, filter: &AuditFilter) -> Vec<AuditEntry> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = ask(browser, filter, cursor).await.unwrap();
        assert!(page.entries.len() <= PAGE);
        entries.extend(page.entries);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return entries,
        }
    }
}

fn events(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.event.as_str()).collect()
}

/// A portal in whose trail something of everything happened; its administrator is `root`.
async fn eventful(portal: &TestPortal) -> Browser {
    portal.add_administrator("root").await;
    portal.add("Zoë").await;
    portal.add("bob").await;
    portal.clock.advance(DAY);
    let zoe = portal.browser().at("203.0.113.5");
    zoe.sign_in("zoë", WRONG).await.unwrap_err();
    zoe.sign_in("zoë", PASSWORD).await.unwrap();
    portal.clock.advance(DAY);
    portal.browser().at("2001:db8::5").sign_in("bob", PASSWORD).await.unwrap();
    portal.service.end_sessions(OPERATOR, "bob").await.unwrap();
    let root = portal.browser();
    root.sign_in("root", PASSWORD).await.unwrap();
    root
}

both_databases! {
    async fn an_entry_says_all_that_was_recorded(portal) {
        let root = eventful(&portal).await;
        let page = ask(&root, &AuditFilter::default(), None).await.unwrap();
        assert_eq!(page.next, None);
        assert_eq!(events(&page.entries), [
            "signed_in", "sessions_ended", "signed_in", "signed_in", "sign_in_failed", "user_added", "user_added", "user_added",
        ]);
        let stored = portal.audit().await;
        assert!(page.entries.iter().rev().zip(&stored).all(|(shown, stored)| {
            shown.sequence == stored.sequence && shown.hash == hex::encode(&stored.hash) && shown.at == stored.at
        }));
        let [_, ended, bob, _, failed, ..] = page.entries.as_slice() else { panic!("as above") };
        let operator = ended.actor.as_ref().unwrap();
        assert_eq!((operator.name.as_str(), operator.id.as_deref()), (OPERATOR, None));
        assert_eq!((ended.address.as_deref(), ended.browser.as_deref()), (None, None));
        assert_eq!(ended.subject, bob.actor);
        assert_eq!((bob.address.as_deref(), bob.browser.as_deref()), (Some("2001:db8::5"), Some("Firefox on Linux")));
        assert!(bob.user_agent.as_deref().unwrap().starts_with("Mozilla/5.0"));
        assert_eq!((failed.outcome, failed.subject.as_ref().unwrap().name.as_str()), (Outcome::Failure, "Zoë"));
    }

    async fn it_comes_in_both_orders(portal) {
        let root = eventful(&portal).await;
        let newest = all(&root, &AuditFilter::default()).await;
        let mut oldest = all(&root, &AuditFilter { oldest_first: true, ..AuditFilter::default() }).await;
        assert_eq!(oldest.first().unwrap().sequence, 1);
        oldest.reverse();
        assert_eq!(newest, oldest);
    }

    async fn pages_have_no_gap_and_no_repetition_while_more_happens(portal) {
        let root = portal.administrator("root").await;
        portal.append(120, AuditEvent::SessionExpired).await;
        let known = portal.audit().await.len();
        let (mut sequences, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = ask(&root, &AuditFilter::default(), cursor).await.unwrap();
            sequences.extend(page.entries.iter().map(|entry| entry.sequence));
            pages += 1;
            portal.append(3, AuditEvent::SessionEnded).await;
            match page.next {
                Some(_) => cursor = page.next,
                None => break,
            }
        }
        assert_eq!((pages, sequences.len()), (3, known));
        assert!(sequences.windows(2).all(|pair| pair[0] == pair[1] + 1));
    }

    async fn each_filter_lets_pass_what_it_says(portal) {
        let root = eventful(&portal).await;
        let empty = AuditFilter::default;
        let text = |text: &str| AuditFilter { text: text.to_owned(), ..empty() };
        let user = |user: &str| AuditFilter { user: user.to_owned(), ..empty() };
        let added = "user_added";
        let cases: [(AuditFilter, &[&str]); 17] = [
            (user("ZOË"), &["signed_in", "sign_in_failed", added]),
            (user("root"), &["signed_in", added]),
            (user(OPERATOR), &["sessions_ended", added, added, added]),
            (user("nobody"), &[]),
            (AuditFilter { events: vec![AuditEvent::SignInFailed], ..empty() }, &["sign_in_failed"]),
            (AuditFilter { events: vec![AuditEvent::SessionsEnded, AuditEvent::SignInFailed], ..empty() },
                &["sessions_ended", "sign_in_failed"]),
            (AuditFilter { events: vec![AuditEvent::SignedIn, AuditEvent::UserAdded], ..user("bob") }, &["signed_in", added]),
            (AuditFilter { events: AuditEvent::ALL.to_vec(), outcome: Some(Outcome::Failure), ..empty() }, &["sign_in_failed"]),
            (AuditFilter { outcome: Some(Outcome::Failure), ..empty() }, &["sign_in_failed"]),
            (AuditFilter { outcome: Some(Outcome::Success), ..user("zoë") }, &["signed_in", added]),
            // An address, written otherwise; somebody's name.
            (text("2001:DB8:0::5"), &["signed_in"]),
            (text("ZOË"), &["signed_in", "sign_in_failed", added]),
            // Anything else is looked for: part of a name, of a browser, of an address, and an event's words.
            (text("zo"), &["signed_in", "sign_in_failed", added]),
            (text("FIREFOX/128"), &["signed_in", "signed_in", "signed_in", "sign_in_failed"]),
            (text("203.0.113"), &["signed_in", "sign_in_failed"]),
            (text("wrong password AT"), &["sign_in_failed"]),
            (text("100%_"), &[]),
        ];
        for (filter, expected) in cases {
            assert_eq!(events(&all(&root, &filter).await), expected, "{filter:?}");
            let mut reversed = all(&root, &AuditFilter { oldest_first: true, ..filter.clone() }).await;
            reversed.reverse();
            assert_eq!(events(&reversed), expected, "{filter:?}, oldest first");
        }
    }

    async fn a_name_can_be_looked_for_everywhere(portal) {
        let root = portal.administrator("root").await;
        portal.add("firefox").await;
        let filter = AuditFilter { text: "firefox".to_owned(), ..AuditFilter::default() };
        let page = ask(&root, &filter, None).await.unwrap();
        assert_eq!((page.person.as_deref(), events(&page.entries)), (Some("firefox"), vec!["user_added"]));
        let page = ask(&root, &AuditFilter { everywhere: true, ..filter }, None).await.unwrap();
        assert_eq!((page.person, events(&page.entries)), (None, vec!["user_added", "signed_in"]));
    }

    async fn letters_beyond_ascii_are_found_as_they_were_written(portal) {
        let root = portal.administrator("root").await;
        portal.add("Émile Ångström").await;
        for text in ["Émile Ång", "Ångstr"] {
            let filter = AuditFilter { text: text.to_owned(), ..AuditFilter::default() };
            assert_eq!(events(&all(&root, &filter).await), ["user_added"], "{text}");
        }
    }

    async fn days_are_days_in_utc(portal) {
        // 2026-03-01 is the day on which tests begin.
        let root = eventful(&portal).await;
        let days = |from: &str, to: &str| AuditFilter { from: from.to_owned(), to: to.to_owned(), ..AuditFilter::default() };
        let count = async |filter: AuditFilter| all(&root, &filter).await.len();
        assert_eq!(count(days("2026-03-01", "2026-03-01")).await, 3);
        assert_eq!(count(days("2026-03-02", "")).await, 5);
        assert_eq!(count(days("", "2026-03-02")).await, 5);
        assert_eq!(count(days("2026-03-03", "2026-03-03")).await, 3);
        assert_eq!(count(days("2026-03-04", "")).await, 0);
        assert_eq!(count(days("", "2026-02-28")).await, 0);
        assert_eq!(count(AuditFilter { user: "zoë".to_owned(), ..days("2026-03-02", "2026-03-02") }).await, 2);
    }

    async fn clocks_that_differ_lose_nothing(portal) {
        portal.add_administrator("root").await;
        // Another node is some minutes behind, around midnight.
        portal.clock.advance(DAY / 2 - 60);
        for (seconds, event) in [(120, AuditEvent::SignedOut), (-300, AuditEvent::SessionEnded), (300, AuditEvent::SignedOut)] {
            portal.clock.advance(seconds);
            portal.append(1, event).await;
        }
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        let days = |from: &str, to: &str| AuditFilter { from: from.to_owned(), to: to.to_owned(), ..AuditFilter::default() };
        assert_eq!(events(&all(&root, &days("2026-03-02", "")).await), ["signed_in", "signed_out", "signed_out"]);
        assert_eq!(events(&all(&root, &days("", "2026-03-01")).await), ["session_ended", "user_added"]);
    }

    async fn bad_values_are_answered_at_their_field(portal) {
        let root = portal.administrator("root").await;
        let filter = AuditFilter { from: "yesterday".to_owned(), text: "x".repeat(101), ..AuditFilter::default() };
        assert_eq!(ask(&root, &filter, None).await, Err(ApiError::AuditFilter(vec![AuditField::From, AuditField::Text])));
    }

    async fn a_long_search_says_how_far_it_came_and_goes_on(portal) {
        portal.append(500, AuditEvent::SessionExpired).await;
        portal.add("needle").await;
        portal.append(500, AuditEvent::SessionExpired).await;
        let filter = AuditFilter { text: "eedl".to_owned(), ..AuditFilter::default() };
        let mut search = portal.service.search(&filter).await.unwrap();
        let (mut found, mut rounds) = (Vec::new(), 0);
        loop {
            let Page { entries, next, searched_to } = portal.service.next_page(&search, 10, 100).await.unwrap();
            found.extend(entries);
            rounds += 1;
            assert_eq!(searched_to.is_some(), next.is_some(), "it is said as long as it goes on");
            match next {
                Some(next) => search.go_on(next),
                None => break,
            }
        }
        assert_eq!((found.len(), rounds), (1, 11), "100 entries at a time");
    }

    async fn what_an_entry_must_not_hold_is_refused_at_its_field(portal) {
        let root = portal.administrator("root").await;
        for bad in ["\0", "a\u{202e}b", "\u{9b}31m"] {
            let filter = AuditFilter { text: bad.to_owned(), user: bad.to_owned(), ..AuditFilter::default() };
            let problems = vec![AuditField::User, AuditField::Text];
            assert_eq!(ask(&root, &filter, None).await, Err(ApiError::AuditFilter(problems)), "{bad:?}");
        }
    }

    async fn an_event_that_is_named_twice_is_listed_once(portal) {
        let root = eventful(&portal).await;
        let once = AuditFilter { events: vec![AuditEvent::SignedIn], ..AuditFilter::default() };
        let twice = AuditFilter { events: vec![AuditEvent::SignedIn; 3], ..AuditFilter::default() };
        assert_eq!(all(&root, &twice).await, all(&root, &once).await);
    }

    async fn nobody_hides_the_command_line_behind_its_name(portal) {
        let root = eventful(&portal).await;
        portal.add(OPERATOR).await;
        let filter = AuditFilter { user: OPERATOR.to_owned(), ..AuditFilter::default() };
        let found = all(&root, &filter).await;
        assert!(events(&found).contains(&AuditEvent::SessionsEnded.as_str()), "{found:?}");
    }

    async fn two_lanes_are_one_list(portal) {
        let root = portal.administrator("root").await;
        for round in 0..30 {
            let policy = AccountPolicy::default();
            save_policy(&root, &policy, round + 1).await.unwrap();
            portal.browser().at(&format!("198.51.100.{}", round / 10)).sign_in("root", PASSWORD).await.unwrap();
        }
        let of_root = AuditFilter { user: "root".to_owned(), ..AuditFilter::default() };
        let everything = all(&root, &AuditFilter::default()).await;
        assert_eq!(everything.len(), 62);
        assert_eq!(all(&root, &of_root).await, everything, "what concerns them and what they did");
        let two = AuditFilter { events: vec![AuditEvent::PolicyChanged, AuditEvent::SignedIn], ..AuditFilter::default() };
        assert_eq!(all(&root, &two).await, everything[..61]);
    }

    async fn the_page_is_there_without_script(portal) {
        let root = eventful(&portal).await;
        let page = root.get("/settings/audit?user=bob&event=signed_in").await;
        assert!(page.text().contains("2001:db8::5") && !page.text().contains("203.0.113.5"), "{}", page.text());
        let page = portal.person("carol").await.get("/settings/audit").await;
        assert_eq!(page.status, 403);
        assert!(!page.text().contains("2001:db8::5"));
    }
}
