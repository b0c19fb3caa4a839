//! "Users": what administrators do to one person or several at once.

use crate::support::{ApiError, Browser, PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use axum::http::{Method, header::CONTENT_TYPE};
use contract::{
    account::Viewer,
    people::{
        AccessCodeProblem, IssuedLinks, MOST_AT_ONCE, PeopleChange, PeopleChanged, PeoplePage, PeopleQuery, Person,
        ReasonProblem,
    },
};
use serde_json::json;
use twofold::{domain::audit::trail::AuditEvent, store::audit::trail::EntryRow};

const WRONG: &str = "Wrong-horse-7";

async fn people(browser: &Browser) -> Vec<Person> {
    let query = json!({ "query": PeopleQuery::default() });
    browser.call_json::<PeoplePage>("people", &query).await.unwrap().people
}

async fn ids(browser: &Browser, names: &[&str]) -> Vec<String> {
    let people = people(browser).await;
    names.iter().map(|name| people.iter().find(|person| person.name == *name).unwrap().id.clone()).collect()
}

async fn change_ids(browser: &Browser, ids: &[String], change: &PeopleChange) -> Result<PeopleChanged, ApiError> {
    browser.call_json("change-people", &json!({ "ids": ids, "change": change })).await
}

async fn change(browser: &Browser, names: &[&str], change: &PeopleChange) -> Result<PeopleChanged, ApiError> {
    change_ids(browser, &ids(browser, names).await, change).await
}

fn disable(reason: &str) -> PeopleChange {
    PeopleChange::DisableSecondFactor { reason: reason.to_owned() }
}

async fn entries(portal: &TestPortal, event: AuditEvent) -> Vec<EntryRow> {
    portal.audit().await.into_iter().filter(|entry| entry.event == event.as_str()).collect()
}

both_databases! {
    async fn deactivating_several_ends_their_sessions_and_reactivating_lets_them_in(portal) {
        let root = portal.administrator("root").await;
        let browsers = [portal.person("alice").await, portal.person("bob").await];
        portal.add("carol").await;
        let changed = change(&root, &["alice", "bob"], &PeopleChange::Deactivate).await.unwrap();
        assert_eq!(changed.changed, 2);
        assert!(changed.people.iter().all(|person| !person.active) && changed.people.len() == 2);
        for browser in &browsers {
            assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
            assert_eq!(browser.sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        }
        portal.browser().sign_in("carol", PASSWORD).await.unwrap();

        let again = change(&root, &["alice", "bob", "carol"], &PeopleChange::Deactivate).await.unwrap();
        assert_eq!(again.changed, 1, "it made a difference for one");
        let entries = entries(&portal, AuditEvent::UserDeactivated).await;
        let mut said: Vec<_> = entries.iter()
            .map(|entry| (entry.actor_name.as_deref().unwrap(), entry.subject_name.as_deref().unwrap()))
            .collect();
        said.sort_unstable();
        assert_eq!(said, [("root", "alice"), ("root", "bob"), ("root", "carol")]);
        assert!(entries.iter().all(|entry| entry.actor_id.is_some() && entry.address.is_some()));

        assert_eq!(change(&root, &["bob"], &PeopleChange::Reactivate).await.unwrap().changed, 1);
        portal.browser().sign_in("bob", PASSWORD).await.unwrap();
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
    }

    async fn unlocking_lets_people_try_again(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        for _ in 0..5 {
            assert!(portal.browser().sign_in("alice", WRONG).await.is_err());
        }
        assert!(matches!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Locked { .. })));
        let changed = change(&root, &["alice"], &PeopleChange::Unlock).await.unwrap();
        assert!(changed.people[0].lock.is_none());
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(portal.count(AuditEvent::AccountUnlocked).await, 1);
    }

    async fn who_is_not_locked_is_not_unlocked(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let unlock = async || change(&root, &["alice"], &PeopleChange::Unlock).await.unwrap().changed;
        assert_eq!(unlock().await, 0, "what was right counts for nothing");
        assert!(portal.browser().sign_in("alice", WRONG).await.is_err());
        assert_eq!(unlock().await, 1, "she has all her attempts again");
        assert_eq!(unlock().await, 0);
        portal.awaiting_code("alice").await.code(&alice.phone.wrong_code()).await.unwrap_err();
        assert_eq!(unlock().await, 1);
        assert!(portal.browser().sign_in("alice", WRONG).await.is_err());
        portal.clock.advance(15 * 60);
        root.step_up(PASSWORD, "").await.unwrap();
        assert_eq!(unlock().await, 0, "it was over");
        assert_eq!(portal.count(AuditEvent::AccountUnlocked).await, 2);
    }

    async fn disabling_a_second_factor_needs_a_reason_which_is_recorded(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let root2 = portal.browser();
        root2.sign_in("root", PASSWORD).await.unwrap();
        for (reason, problem) in [
            ("", ReasonProblem::Empty),
            (" \n\t", ReasonProblem::Empty),
            (&"x".repeat(501), ReasonProblem::TooLong),
        ] {
            assert_eq!(change(&root, &["alice"], &disable(reason)).await, Err(ApiError::Reason(problem)));
        }
        assert!(people(&root).await[0].second_factor, "nothing was changed");
        let changed = change(&root, &["alice"], &disable(" Lost \"phone\"\nand codes ")).await.unwrap();
        assert!(!changed.people[0].second_factor);
        assert_eq!(alice.browser.who_am_i().await, Err(ApiError::SignedOut));
        let browser = portal.browser();
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
        let entries = entries(&portal, AuditEvent::SecondFactorReset).await;
        assert_eq!(entries.len(), 1);
        let detail: serde_json::Value = serde_json::from_str(entries[0].detail.as_deref().unwrap()).unwrap();
        assert_eq!(detail, json!({ "reason": "Lost \"phone\" and codes" }));
        assert_eq!(change(&root, &["alice"], &disable("again")).await.unwrap().changed, 0);
    }

    async fn sessions_of_several_end_at_once(portal) {
        let root = portal.administrator("root").await;
        let browsers = [portal.person("alice").await, portal.person("bob").await];
        portal.add("carol").await;
        let changed = change(&root, &["alice", "bob", "carol"], &PeopleChange::EndSessions).await.unwrap();
        assert_eq!(changed.changed, 2);
        for browser in &browsers {
            assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        }
        assert_eq!(portal.count(AuditEvent::SessionsEnded).await, 2);
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn administrators_are_made_and_unmade(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        change(&root, &["alice"], &PeopleChange::MakeAdministrator).await.unwrap();
        assert_eq!(people(&alice).await.len(), 2);
        change(&alice, &["root"], &PeopleChange::RemoveAdministrator).await.unwrap();
        let query = json!({ "query": PeopleQuery::default() });
        assert_eq!(root.call_json::<PeoplePage>("people", &query).await, Err(ApiError::AdministratorRequired));
        assert_eq!(portal.count(AuditEvent::AdministratorRevoked).await, 1);
    }

    async fn the_last_active_administrator_stays_also_within_a_selection(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.add_administrator("away").await;
        change(&root, &["away"], &PeopleChange::Deactivate).await.unwrap();
        for names in [&["root"][..], &["alice", "root"], &["away", "root", "alice"]] {
            for what in [PeopleChange::Deactivate, PeopleChange::RemoveAdministrator] {
                assert_eq!(change(&root, names, &what).await, Err(ApiError::LastAdministrator), "{names:?}");
            }
        }
        assert!(people(&root).await.iter().all(|person| person.active || person.name == "away"), "nobody was changed");
        change(&root, &["away"], &PeopleChange::RemoveAdministrator).await.unwrap();
        change(&root, &["alice"], &PeopleChange::Deactivate).await.unwrap();
    }

    async fn of_two_administrators_who_remove_each_other_one_stays(portal) {
        let node = portal.second_node().await;
        for round in 0..6 {
            let (one, other) = (format!("one-{round}"), format!("other-{round}"));
            let browsers = [portal.administrator(&one).await, portal.administrator(&other).await.visiting(&node)];
            let others: Vec<String> = people(&browsers[0]).await.into_iter()
                .filter(|person| person.administrator && person.name != one && person.name != other)
                .map(|person| person.id)
                .collect();
            if !others.is_empty() {
                change_ids(&browsers[0], &others, &PeopleChange::RemoveAdministrator).await.unwrap();
            }
            let (first, second) = (ids(&browsers[0], &[&one]).await, ids(&browsers[0], &[&other]).await);
            let outcomes = tokio::join!(
                change_ids(&browsers[0], &second, &PeopleChange::Deactivate),
                change_ids(&browsers[1], &first, &PeopleChange::RemoveAdministrator),
            );
            let gone = [outcomes.0, outcomes.1];
            assert_eq!(gone.iter().filter(|outcome| outcome.is_ok()).count(), 1, "round {round}: {gone:?}");
        }
    }

    async fn two_who_change_overlapping_people_at_once_both_succeed(portal) {
        let root = portal.administrator("root").await;
        let mut names = Vec::new();
        for number in 0..12 {
            let name = format!("user{number:02}");
            portal.add(&name).await;
            names.push(name);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let backwards: Vec<&str> = names.iter().rev().copied().collect();
        let (all, reversed) = (ids(&root, &names).await, ids(&root, &backwards).await);
        let (tab, disabled) = (root.tab(), disable("test"));
        for _ in 0..4 {
            let outcomes = tokio::join!(
                change_ids(&root, &all, &PeopleChange::Unlock),
                change_ids(&tab, &reversed, &PeopleChange::Deactivate),
                change_ids(&root, &reversed, &disabled),
                change_ids(&tab, &all, &PeopleChange::Reactivate),
                change_ids(&tab, &reversed, &PeopleChange::EndSessions),
            );
            outcomes.0.unwrap();
            outcomes.1.unwrap();
            outcomes.2.unwrap();
            outcomes.3.unwrap();
            outcomes.4.unwrap();
        }
    }

    async fn whoever_is_not_there_leaves_everybody_unchanged(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        let mut mixed = ids(&root, &["alice"]).await;
        mixed.push("nobody".to_owned());
        assert_eq!(change_ids(&root, &mixed, &PeopleChange::Deactivate).await, Err(ApiError::NoLongerThere));
        assert!(people(&root).await.iter().all(|person| person.active));
        assert_eq!(change_ids(&root, &[], &PeopleChange::Deactivate).await, Err(ApiError::Malformed));
        let many: Vec<String> = (0..=MOST_AT_ONCE).map(|number| number.to_string()).collect();
        assert_eq!(change_ids(&root, &many, &PeopleChange::Deactivate).await, Err(ApiError::Malformed));
        assert_eq!(change_ids(&root, &["\0".to_owned()], &PeopleChange::Unlock).await, Err(ApiError::Malformed));
    }

    async fn a_new_link_chooses_a_new_password_and_the_one_before_dies(portal) {
        let root = portal.administrator("root").await;
        for name in ["alice", "bob"] {
            portal.add(name).await;
        }
        let both = ids(&root, &["alice", "bob"]).await;
        let first: IssuedLinks = root.call_json("renew-links", &json!({ "ids": both })).await.unwrap();
        let second: IssuedLinks = root.call_json("renew-links", &json!({ "ids": both })).await.unwrap();
        let choose = async |links: &IssuedLinks, name: &str| {
            let link = links.links.iter().find(|link| link.name == name).unwrap();
            let token = link.url.rsplit('/').next().unwrap();
            let fields = [("token", token), ("user_name", ""), ("password", "Entirely-new-7")];
            portal.browser().call::<()>("accept-invitation", &fields).await
        };
        assert_eq!(choose(&first, "alice").await, Err(ApiError::InvitationInvalid));
        choose(&second, "alice").await.unwrap();
        portal.browser().sign_in("alice", "Entirely-new-7").await.unwrap();
        portal.browser().sign_in("bob", PASSWORD).await.unwrap();
        portal.clock.advance(72 * 3_600);
        assert_eq!(choose(&second, "bob").await, Err(ApiError::InvitationInvalid));
        assert_eq!(portal.count(AuditEvent::InvitationIssued).await, 4);
        assert!(second.file.starts_with("\u{FEFF}name,display name,link\nalice,,http"));
    }

    async fn an_old_proof_of_identity_changes_nobody(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        let alice = ids(&root, &["alice"]).await;
        portal.clock.advance(5 * 60);
        let refused = Err(ApiError::StepUpRequired { code: false });
        assert_eq!(change_ids(&root, &alice, &PeopleChange::Deactivate).await, refused);
        root.step_up(PASSWORD, "").await.unwrap();
        change_ids(&root, &alice, &PeopleChange::Deactivate).await.unwrap();
    }

    async fn the_command_line_does_the_same_in_the_name_of_the_operator(portal) {
        let alice = portal.enrolled("alice").await;
        assert!(portal.service.end_sessions(OPERATOR, "alice").await.unwrap());
        assert_eq!(alice.browser.who_am_i().await, Err(ApiError::SignedOut));
        let reason = portal.service.disable_second_factor_because(OPERATOR, "alice", Some("Lost it")).await;
        assert_eq!(reason, Ok(Some(true)));
        let again = portal.service.disable_second_factor_because(OPERATOR, "alice", Some("Lost it")).await;
        assert_eq!(again, Ok(Some(false)), "there is none any longer");
        let empty = portal.service.disable_second_factor_because(OPERATOR, "alice", Some(" ")).await;
        assert_eq!(empty, Err(ApiError::Reason(ReasonProblem::Empty)));
        let ended = entries(&portal, AuditEvent::SessionsEnded).await;
        assert_eq!((ended[0].actor_name.as_deref(), ended[0].actor_id.as_deref()), (Some(OPERATOR), None));
        let reset = entries(&portal, AuditEvent::SecondFactorReset).await;
        assert_eq!(reset[0].detail.as_deref(), Some(r#"{"reason":"Lost it"}"#));
    }

    async fn who_has_no_second_factor_keeps_everything_when_it_is_disabled(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| {
            policy.grace_days = 14;
            policy.require_second_factor = true;
            policy.sessions.idle_minutes = 1_440;
            policy.sessions.absolute_hours = 720;
        }).await;
        let alice = portal.person("alice").await;
        let grace = async || alice.call::<Viewer>("viewer", &[]).await.unwrap().grace.map(|grace| grace.until);
        let until = grace().await;
        assert!(until.is_some());
        portal.clock.advance(600);
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        let entries = portal.audit().await.len();
        assert_eq!(change(&root, &["alice"], &disable("They asked")).await.unwrap().changed, 0);
        assert_eq!((grace().await, portal.audit().await.len()), (until, entries));
    }

    async fn nobody_gives_up_their_own_second_factor_while_it_is_demanded(portal) {
        let root = portal.enrolled_administrator("root").await;
        root.browser.step_up(PASSWORD, &root.phone.code()).await.unwrap();
        portal.change_policy(&root.browser, |policy| policy.require_second_factor = true).await;
        let own = change(&root.browser, &["root"], &disable("New phone")).await;
        assert_eq!(own, Err(ApiError::SecondFactorEnforced));
        portal.change_policy(&root.browser, |policy| policy.require_second_factor = false).await;
        assert_eq!(change(&root.browser, &["root"], &disable("New phone")).await.unwrap().changed, 1);
    }

    async fn an_administrator_without_a_password_does_not_count_as_one(portal) {
        let root = portal.administrator("root").await;
        let person = json!({ "person": { "name": "ben", "display_name": "", "administrator": true } });
        let _link: IssuedLinks = root.call_json("add-person", &person).await.unwrap();
        for last in [PeopleChange::RemoveAdministrator, PeopleChange::Deactivate] {
            assert_eq!(change(&root, &["root"], &last).await, Err(ApiError::LastAdministrator));
            assert_eq!(change(&root, &["root", "ben"], &last).await, Err(ApiError::LastAdministrator));
        }
        assert_eq!(change(&root, &["ben"], &PeopleChange::RemoveAdministrator).await.unwrap().changed, 1);
    }

    async fn links_are_for_those_who_may_sign_in(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        change(&root, &["alice"], &PeopleChange::Deactivate).await.unwrap();
        let renewed = root.call_json::<IssuedLinks>("renew-links", &json!({ "ids": ids(&root, &["alice"]).await })).await;
        assert_eq!(renewed.unwrap_err(), ApiError::AccessCode(AccessCodeProblem::Deactivated));
    }

    /// Rights are those of the moment at which all of a request is there.
    async fn a_request_that_is_held_back_carries_no_rights_past_their_end(portal) {
        portal.add_administrator("root").await;
        portal.add("eve").await;
        let mallory = portal.administrator("mallory").await;
        let body = json!({ "ids": ids(&mallory, &["eve"]).await, "change": PeopleChange::MakeAdministrator }).to_string();
        let promote = || {
            let request = mallory.request(Method::POST, "/api/change-people");
            request.header(CONTENT_TYPE, "application/json").body(body.clone())
        };
        let clock = portal.clock.clone();
        let reply = promote().send_after(async move { clock.advance(301); }).await;
        let stale: Result<PeopleChanged, ApiError> = reply.answer();
        assert!(matches!(stale, Err(ApiError::StepUpRequired { .. })), "{stale:?}");
        let service = portal.service.clone();
        let deactivated = async move { assert!(service.set_active(OPERATOR, "mallory", false).await.unwrap()); };
        let refused: Result<PeopleChanged, ApiError> = promote().send_after(deactivated).await.answer();
        assert_eq!(refused, Err(ApiError::SignedOut));
        assert!(entries(&portal, AuditEvent::AdministratorGranted).await.is_empty());
    }
}
