//! The days within which people may put off the second factor that is demanded of them.

use crate::support::{ApiError, Browser, PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use contract::{
    account::{Grace, Standing, Viewer},
    policy::{EnforcementImpact, FewerDays},
    reminder::{Due, Missing},
};
use twofold::domain::audit::trail::AuditEvent;

const DEMAND: &str = "Two-factor authentication required";
const DAY: i64 = 86_400;

async fn viewer(browser: &Browser) -> Viewer {
    browser.call("viewer", &[]).await.unwrap()
}

/// Until when someone may go on without; `None` when nothing is demanded of them.
async fn until(browser: &Browser) -> Option<i64> {
    viewer(browser).await.grace.map(|grace| grace.until)
}

/// Demands a second factor, with so many days for it, and has sessions last for weeks.
async fn demand(portal: &TestPortal, days: u32) {
    change(portal, |policy| {
        policy.require_second_factor = true;
        policy.grace_days = days;
        policy.sessions.idle_minutes = 1_440;
        policy.sessions.absolute_hours = 720;
    })
    .await;
}

async fn change(portal: &TestPortal, change: impl FnOnce(&mut contract::policy::AccountPolicy)) {
    let mut current = portal.service.policy_in_force().await.unwrap();
    change(&mut current.policy);
    portal.service.set_policy(OPERATOR, current.policy, current.version).await.unwrap();
}

/// Moves on by days, during which the person uses their session.
async fn live_on(portal: &TestPortal, browser: &Browser, seconds: i64) {
    for step in std::iter::repeat_n(DAY / 2, usize::try_from(seconds / (DAY / 2)).unwrap()).chain([seconds % (DAY / 2)])
    {
        portal.clock.advance(step);
        browser.who_am_i().await.unwrap();
    }
}

both_databases! {
    async fn the_demand_comes_with_the_day_and_can_be_put_off(portal) {
        demand(&portal, 14).await;
        portal.add("alice").await;
        let browser = portal.browser();
        let fields = [("user_name", "alice"), ("password", PASSWORD), ("next", "/profile?tab=1")];
        let reply = browser.post_form("/api/sign-in", &fields).await;
        assert_eq!(reply.location().as_deref(), Some("/profile?tab=1"));
        let page = browser.follow(reply).await;
        // Two weeks after 1 March 2026, noon.
        for part in [DEMAND, "Set up 2FA", "Sign out", "Not now", "2026-03-15T12:00:00Z", "/profile?tab=1"] {
            assert!(page.text().contains(part), "{part}");
        }
        assert!(!page.text().contains("<nav"), "nothing of the product");
        assert_eq!(viewer(&browser).await.standing, Standing::Complete);

        let reply = browser.post_form("/api/postpone-set-up", &[("next", "/profile?tab=1")]).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/profile?tab=1")));
        let page = browser.follow(reply).await;
        assert!(!page.text().contains(DEMAND) && page.text().contains("Add method"));
        let dashboard = browser.open("/").await;
        assert!(!dashboard.text().contains(DEMAND));
        assert!(dashboard.text().contains("will be required of you") && dashboard.text().contains("2026-03-15T12:00:00Z"));
        assert_eq!(portal.count(AuditEvent::EnrolmentPostponed).await, 1);
        browser.call::<()>("postpone-set-up", &[]).await.unwrap();
        assert_eq!(portal.count(AuditEvent::EnrolmentPostponed).await, 1, "once in a session");

        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert!(browser.open("/").await.text().contains(DEMAND), "each sign-in reminds");
    }

    async fn where_it_leads_is_a_page_of_the_portal(portal) {
        demand(&portal, 14).await;
        let browser = portal.person("alice").await;
        for next in ["https://evil.example/", "//evil.example", "/sign-in", ""] {
            let reply = browser.post_form("/api/postpone-set-up", &[("next", next)]).await;
            assert_eq!(reply.location().as_deref(), Some("/"), "{next}");
        }
    }

    async fn from_the_day_on_they_are_confined_also_when_signed_in(portal) {
        demand(&portal, 2).await;
        let (alice, node) = (portal.person("alice").await, portal.second_node().await);
        alice.call::<()>("postpone-set-up", &[]).await.unwrap();
        live_on(&portal, &alice, 2 * DAY - 1).await;
        let last = viewer(&alice).await;
        assert_eq!((last.standing, last.grace.is_some()), (Standing::Complete, true));
        portal.clock.advance(1);
        for alice in [alice.clone(), alice.visiting(&node)] {
            let now = viewer(&alice).await;
            assert_eq!((now.standing, now.grace), (Standing::EnrolmentRequired, None));
            let page = alice.open("/profile").await;
            assert!(page.text().contains(DEMAND) && !page.text().contains("Not now"));
            assert_eq!(alice.call::<()>("sessions", &[]).await, Err(ApiError::EnrolmentRequired));
            assert_eq!(alice.call::<()>("postpone-set-up", &[]).await, Err(ApiError::EnrolmentRequired));
        }
        let reply = alice.post_form("/api/postpone-set-up", &[("next", "/profile")]).await;
        assert!(alice.follow(reply).await.text().contains(DEMAND), "the form leads to the page that says why");
        alice.step_up(PASSWORD, "").await.unwrap();
        portal.set_up(&alice).await;
        assert!(!alice.open("/profile").await.text().contains(DEMAND));
    }

    async fn people_who_are_in_learn_of_it_at_their_next_page(portal) {
        let alice = portal.person("alice").await;
        assert!(!alice.open("/").await.text().contains(DEMAND));
        demand(&portal, 14).await;
        alice.call::<serde_json::Value>("sessions", &[]).await.expect("what they were doing goes on");
        let page = alice.open("/").await;
        assert!(page.text().contains(DEMAND) && page.text().contains("Not now"));
    }

    async fn the_days_are_counted_for_each_person_from_when_it_reached_them(portal) {
        let start = twofold::clock::Clock::now(&portal.clock).0;
        let alice = portal.person("alice").await;
        portal.clock.advance(5 * DAY);
        demand(&portal, 14).await;
        alice.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(until(&alice).await, Some(start + 19 * DAY), "since it was demanded");

        portal.clock.advance(DAY);
        let bob = portal.person("bob").await;
        assert_eq!(until(&bob).await, Some(start + 20 * DAY), "since he was added");

        portal.clock.advance(DAY);
        portal.service.set_active(OPERATOR, "alice", false).await.unwrap();
        portal.clock.advance(DAY);
        portal.service.set_active(OPERATOR, "alice", true).await.unwrap();
        alice.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(until(&alice).await, Some(start + 22 * DAY), "since she was let in again");

        bob.sign_in("bob", PASSWORD).await.unwrap();
        portal.set_up(&bob).await;
        assert_eq!(until(&bob).await, None);
        portal.clock.advance(DAY);
        portal.service.disable_second_factor(OPERATOR, "bob").await.unwrap();
        bob.sign_in("bob", PASSWORD).await.unwrap();
        assert_eq!(until(&bob).await, Some(start + 23 * DAY), "since his was reset");
    }

    async fn more_or_fewer_days_count_at_once(portal) {
        demand(&portal, 14).await;
        let (alice, node) = (portal.person("alice").await, portal.second_node().await);
        let first = until(&alice).await.unwrap();
        live_on(&portal, &alice, 10 * DAY).await;
        change(&portal, |policy| policy.grace_days = 60).await;
        assert_eq!(until(&alice.visiting(&node)).await, Some(first + 46 * DAY));
        change(&portal, |policy| policy.grace_days = 10).await;
        assert_eq!(viewer(&alice.visiting(&node)).await.standing, Standing::EnrolmentRequired);
        change(&portal, |policy| policy.grace_days = 11).await;
        assert_eq!(until(&alice).await, Some(first - 3 * DAY));
        change(&portal, |policy| policy.grace_days = 0).await;
        assert_eq!(viewer(&alice).await.standing, Standing::EnrolmentRequired);
    }

    async fn changing_something_else_does_not_begin_the_days_anew(portal) {
        demand(&portal, 14).await;
        let alice = portal.person("alice").await;
        let first = until(&alice).await.unwrap();
        live_on(&portal, &alice, DAY).await;
        change(&portal, |policy| policy.password.minimum_length = 11).await;
        assert_eq!(until(&alice).await, Some(first));
        change(&portal, |policy| policy.require_second_factor = false).await;
        assert_eq!(viewer(&alice).await.grace, None);
        assert!(!alice.open("/").await.text().contains("will be required"));
        live_on(&portal, &alice, DAY).await;
        change(&portal, |policy| policy.require_second_factor = true).await;
        assert_eq!(until(&alice).await, Some(first + 2 * DAY), "switched on again, it reaches everyone anew");
    }

    async fn a_second_factor_can_not_be_given_up_for_new_days(portal) {
        demand(&portal, 14).await;
        let alice = portal.enrolled("alice").await.browser;
        assert_eq!(alice.call::<()>("disable-second-factor", &[]).await, Err(ApiError::SecondFactorEnforced));
        assert_eq!(viewer(&alice).await.grace, None);
    }

    async fn where_nothing_is_demanded_there_is_nothing_to_put_off(portal) {
        let alice = portal.person("alice").await;
        alice.call::<()>("postpone-set-up", &[]).await.unwrap();
        assert_eq!(portal.count(AuditEvent::EnrolmentPostponed).await, 0);
        demand(&portal, 14).await;
        let grace = viewer(&alice).await.grace;
        assert!(matches!(grace, Some(Grace { postponed: false, .. })), "{grace:?}");
    }

    async fn an_administrator_in_their_days_goes_on_administering(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| {
            policy.require_second_factor = true;
            policy.grace_days = 14;
        }).await;
        assert!(root.open("/settings").await.text().contains("Not now"));
        root.call::<()>("postpone-set-up", &[]).await.unwrap();
        assert!(root.open("/settings").await.text().contains("Account policy"));
        portal.change_policy(&root, |policy| policy.require_second_factor = false).await;
    }
}

both_databases! {
    async fn before_there_are_fewer_days_one_sees_whose_time_ends(portal) {
        let impact = async |root: &Browser, days: &str| -> EnforcementImpact {
            root.call("enforcement-impact", &[("grace_days", days)]).await.unwrap()
        };
        let names = |fewer: &FewerDays| -> Vec<String> { fewer.first.iter().map(|who| who.name.clone()).collect() };
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.add_administrator("ada").await;
        assert_eq!(impact(&root, "0").await.fewer_days, None, "while nothing is demanded no days can end");
        demand(&portal, 14).await;
        live_on(&portal, &root, 5 * DAY).await;
        portal.enrolled("carol").await;
        portal.add("Bob").await;

        assert_eq!(impact(&root, "14").await.fewer_days, None);
        assert_eq!(impact(&root, "60").await.fewer_days, None);
        let kept = impact(&root, "6").await.fewer_days.unwrap();
        assert_eq!((kept.ended, kept.shortened, kept.includes_you, names(&kept)), (0, 4, false, vec![]));
        let some = impact(&root, "5").await.fewer_days.unwrap();
        assert_eq!((some.ended, some.administrators, some.shortened, some.includes_you), (3, 2, 1, true));
        assert_eq!(names(&some), ["ada", "alice", "root"]);
        let all = impact(&root, "0").await.fewer_days.unwrap();
        assert_eq!((all.ended, all.administrators, all.shortened, all.includes_you), (4, 2, 0, true));

        // It is as it was foretold; whose time is over already, has none to lose.
        change(&portal, |policy| policy.grace_days = 5).await;
        assert_eq!(viewer(&root).await.standing, Standing::EnrolmentRequired);
        root.step_up(PASSWORD, "").await.unwrap();
        portal.set_up(&root).await;
        let rest = impact(&root, "0").await.fewer_days.unwrap();
        assert_eq!((rest.ended, rest.includes_you, names(&rest)), (1, false, vec!["Bob".to_owned()]));
    }

    async fn who_is_missing_is_listed_with_their_own_day(portal) {
        let root = portal.administrator("root").await;
        portal.enrolled("carol").await;
        portal.add("Bob").await;
        portal.add("gone").await;
        portal.service.set_active(OPERATOR, "gone", false).await.unwrap();
        let missing: Missing = root.call("missing-second-factors", &[]).await.unwrap();
        let listed: Vec<_> = missing.people.iter().map(|person| (person.name.as_str(), person.administrator, person.due)).collect();
        assert_eq!(listed, [("Bob", false, Due::Never), ("root", true, Due::Never)]);
        assert_eq!((missing.after, missing.address.as_str()), (None, "http://127.0.0.1:3000"));

        demand(&portal, 14).await;
        let first = until(&root).await.unwrap();
        portal.clock.advance(600);
        portal.add("dave").await;
        let missing: Missing = root.call("missing-second-factors", &[]).await.unwrap();
        let listed: Vec<_> = missing.people.iter().map(|person| (person.name.as_str(), person.due)).collect();
        assert_eq!(listed, [("Bob", Due::From(first)), ("dave", Due::From(first + 600)), ("root", Due::From(first))]);
    }

    async fn they_are_listed_page_by_page(portal) {
        let root = portal.administrator("root").await;
        for number in 0..60 {
            portal.add(&format!("Person-{number:02}")).await;
        }
        let page: Missing = root.call("missing-second-factors", &[]).await.unwrap();
        assert_eq!(page.people.len(), 50);
        let rest: Missing = root.call("missing-second-factors", &[("after", &page.after.unwrap())]).await.unwrap();
        assert_eq!((rest.people.len(), rest.after), (11, None));
        let all: Vec<_> = page.people.into_iter().chain(rest.people).map(|person| person.name).collect();
        let expected: Vec<_> = (0..60).map(|number| format!("Person-{number:02}")).chain(["root".to_owned()]).collect();
        assert_eq!(all, expected);
        let page = root.open("/settings/remind").await;
        assert!(page.text().contains("Copy message") && page.text().contains("Person-49") && !page.text().contains("Person-50"));
    }
}
