//! Where a person is signed in, for how long, and ending it.

use crate::support::{ApiError, Browser, PASSWORD, both_databases};
use contract::session::{SessionEntry, SessionState};
use twofold::domain::audit::trail::AuditEvent;

async fn state(browser: &Browser) -> Result<SessionState, ApiError> {
    browser.call("session-state", &[]).await
}

async fn list(browser: &Browser) -> Vec<SessionEntry> {
    browser.call("sessions", &[]).await.unwrap()
}

both_databases! {
    async fn asking_how_long_it_goes_on_does_not_put_the_end_off(portal) {
        let alice = portal.person("alice").await;
        let fresh = SessionState { milliseconds_left: 1_800_000, extendable: true, stepped_up: true };
        assert_eq!(state(&alice).await, Ok(fresh));
        for minutes in 1..30 {
            portal.clock.advance(60);
            let left = state(&alice).await.unwrap().milliseconds_left;
            assert_eq!(left, (30 - minutes) * 60_000);
        }
        portal.clock.advance(60);
        assert_eq!(state(&alice).await, Err(ApiError::SignedOut));
    }

    async fn the_sign_in_page_says_that_a_session_has_ended_by_itself(portal) {
        const ENDED: &str = "Your session has ended";
        let alice = portal.person("alice").await;
        portal.clock.advance(31 * 60);
        assert!(alice.open("/profile").await.text().contains(ENDED));
        assert!(alice.sign_in("alice", "Wrong-horse-7").await.is_err());
        alice.sign_in("alice", PASSWORD).await.unwrap();
        alice.sign_out().await;
        assert!(!alice.open("/profile").await.text().contains(ENDED), "who signs out knows");
        assert!(!portal.browser().open("/sign-in").await.text().contains(ENDED));
    }

    async fn staying_signed_in_puts_it_off_at_once(portal) {
        let alice = portal.person("alice").await;
        portal.clock.advance(29 * 60 + 59);
        let prolonged: SessionState = alice.call("stay-signed-in", &[]).await.unwrap();
        assert_eq!(prolonged, SessionState { milliseconds_left: 1_800_000, extendable: true, stepped_up: false });
        portal.clock.advance(5);
        let again: SessionState = alice.call("stay-signed-in", &[]).await.unwrap();
        assert_eq!(again.milliseconds_left, 1_800_000, "however short ago the last time was");
        let node = portal.second_node().await;
        assert_eq!(state(&alice.visiting(&node)).await, Ok(again));
    }

    async fn the_absolute_end_is_told_apart(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.sessions.absolute_hours = 1).await;
        let alice = portal.person("alice").await;
        portal.clock.advance(29 * 60);
        assert!(state(&alice).await.unwrap().extendable);
        portal.clock.advance(59);
        let prolonged: SessionState = alice.call("stay-signed-in", &[]).await.unwrap();
        assert!(prolonged.extendable);
        portal.clock.advance(29 * 60);
        let last: SessionState = alice.call("stay-signed-in", &[]).await.unwrap();
        assert_eq!(last, SessionState { milliseconds_left: 61_000, extendable: false, stepped_up: false });
        portal.clock.advance(61);
        assert_eq!(state(&alice).await, Err(ApiError::SignedOut));
    }

    async fn each_is_listed_with_this_one_first(portal) {
        let alice = portal.person("alice").await;
        portal.person("bob").await;
        let opened = list(&alice).await[0].first_seen_at;
        portal.clock.advance(100);
        let elsewhere = portal.browser().at("198.51.100.7");
        elsewhere.sign_in("alice", PASSWORD).await.unwrap();
        portal.clock.advance(200);
        let entries = list(&alice).await;
        let seen: Vec<_> = entries
            .iter()
            .map(|entry| (entry.current, entry.origin.address.as_str(), entry.first_seen_at - opened, entry.last_seen_at - opened))
            .collect();
        assert_eq!(seen, [(true, "192.0.2.1", 0, 300), (false, "198.51.100.7", 100, 100)]);
        assert_eq!(entries[0].origin.browser, "Firefox on Linux");
        portal.clock.advance(29 * 60);
        assert_eq!(list(&alice).await.len(), 1, "what has ended is not listed");
    }

    async fn one_or_all_others_are_ended_at_once_on_every_node(portal) {
        let alice = portal.person("alice").await;
        let others = [portal.awaiting_code("alice").await, portal.awaiting_code("alice").await, portal.awaiting_code("alice").await];
        let bob = portal.person("bob").await;
        let node = portal.second_node().await;
        let entries = list(&alice).await;
        let ended = entries.iter().find(|entry| !entry.current).unwrap();
        let end = async |browser: &Browser, id: &str| browser.call::<()>("end-session", &[("id", id)]).await;
        assert_eq!(end(&bob, &ended.id).await, Err(ApiError::NoLongerThere), "not somebody else's");
        assert_eq!(end(&alice, &entries[0].id).await, Err(ApiError::NoLongerThere), "this one ends by signing out");
        end(&alice.visiting(&node), &ended.id).await.unwrap();
        assert_eq!(end(&alice, &ended.id).await, Err(ApiError::NoLongerThere), "once");
        let mut live = 0;
        for other in &others {
            live += usize::from(other.who_am_i().await.is_ok());
        }
        assert_eq!(live, 2);
        alice.call::<()>("end-other-sessions", &[]).await.unwrap();
        for other in &others {
            assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut));
        }
        alice.who_am_i().await.expect("this one goes on");
        bob.who_am_i().await.expect("as do other people's");
        assert_eq!(portal.count(AuditEvent::SessionEnded).await, 2);
        alice.call::<()>("end-other-sessions", &[]).await.expect("also when there are none");
        assert_eq!(portal.count(AuditEvent::SessionEnded).await, 2, "which is no event");
    }

    async fn a_sign_in_that_awaits_its_code_ends_with_the_others(portal) {
        let alice = portal.enrolled("alice").await;
        let half = portal.awaiting_code("alice").await;
        assert_eq!(list(&alice.browser).await.len(), 1, "it is no session yet");
        alice.browser.call::<()>("end-other-sessions", &[]).await.unwrap();
        assert_eq!(half.code(&alice.phone.code()).await, Err(ApiError::SignedOut));
    }

    /// PostgreSQL keeps no NUL; that is the caller's mistake, not ours.
    async fn a_text_that_no_database_keeps_is_no_incident(portal) {
        let alice = portal.person("alice").await;
        let reply = alice.call::<()>("end-session", &[("id", "a\0b")]).await;
        assert!(matches!(reply, Err(ApiError::Malformed | ApiError::NoLongerThere)), "{reply:?}");
        alice.who_am_i().await.unwrap();
    }
}
