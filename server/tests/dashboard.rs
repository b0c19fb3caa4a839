//! What administrators see about the portal as a whole.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{OPERATOR, begin, confirm},
};
use contract::{
    overview::{Adoption, Funnel, PortalOverview, SignInsOfDay},
    people::{PeopleFilter, PeoplePage, PeopleQuery, PeopleSort, PeopleView},
    policy::EnforcementImpact,
};
use serde_json::json;
use twofold::{clock::Clock as _, domain::audit::trail::AuditEvent, service::people::operator::FirstPassword, values};

const WRONG: &str = "Wrong-horse-7";
const DAY: i64 = 86_400;

async fn overview(browser: &Browser, days: u32) -> PortalOverview {
    browser.call("portal-overview", &[("days", &days.to_string())]).await.unwrap()
}

fn adoption(with_second_factor: u64, people: u64) -> Adoption {
    Adoption { people, with_second_factor }
}

/// Signed in anew: sessions do not last for days.
async fn back(portal: &TestPortal) -> Browser {
    let browser = portal.browser();
    browser.sign_in("root", PASSWORD).await.unwrap();
    browser
}

/// 45,000 of them today, as rows: nothing here looks at their hashes.
async fn many_sign_ins(portal: &TestPortal) {
    let now = portal.clock.now().0;
    portal.service.db.execute(
        "INSERT INTO audit_entries (sequence, at, event, outcome, hash)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 45000)
         SELECT (SELECT sequence FROM audit_head) + n, $1, 'signed_in', 'success', (SELECT hash FROM audit_head) FROM numbers",
        values![now],
    ).await.unwrap();
    portal.service.db.execute("UPDATE audit_head SET sequence = sequence + 45000", values![]).await.unwrap();
}

both_databases! {
    async fn what_is_recorded_as_one_counts_as_many(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        for n in 0..40 {
            let stranger = portal.browser().at(&format!("198.51.100.{}", 1 + n % 2));
            stranger.sign_in("alice", WRONG).await.unwrap_err();
        }
        portal.clock.advance(601);
        portal.service.record_folded().await.unwrap();
        let entries = portal.audit().await.len();
        assert!(entries < 40, "{entries}");
        let seen = overview(&back(&portal).await, 7).await;
        assert_eq!(seen.sign_ins.iter().map(|day| day.failed).sum::<u64>(), 40);
        drop(root);
    }

    async fn who_has_not_activated_their_account_counts_apart(portal) {
        let root = portal.administrator("root").await;
        portal.enrolled("alice").await;
        for name in ["new-one", "new-two"] {
            portal.service.add_user(OPERATOR, name, true, FirstPassword::ByLink).await.unwrap();
        }
        portal.service.add_user(OPERATOR, "gone", false, FirstPassword::ByLink).await.unwrap();
        portal.service.set_active(OPERATOR, "gone", false).await.unwrap();
        let seen = overview(&root, 7).await;
        assert_eq!((seen.adoption, seen.not_activated), (adoption(1, 2), 2));
        let page = root.open("/").await;
        assert!(page.text().contains("/settings/users?filter=not-activated"));
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        let counted = (impact.people, impact.people_without, impact.administrators_without, impact.not_activated);
        assert_eq!(counted, (2, 1, 1, 2));
        let view = PeopleView { filter: PeopleFilter::NotActivated, ..PeopleView::default() };
        let query = json!({ "query": PeopleQuery { view, ..PeopleQuery::default() } });
        let page: PeoplePage = root.call_json("people", &query).await.unwrap();
        let names: Vec<_> = page.people.iter().map(|person| (person.name.as_str(), person.awaits_activation())).collect();
        assert_eq!((names, page.total), (vec![("new-one", true), ("new-two", true)], Some(2)));
        let page = root.open("/settings/users").await;
        assert!(page.text().contains("Not activated yet") && page.text().contains("New link"));
    }

    async fn sign_ins_and_failures_are_counted_by_day(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.browser().sign_in("alice", WRONG).await.unwrap_err();
        portal.clock.advance(2 * DAY);
        let alice = portal.enrolled("bob").await;
        let browser = portal.awaiting_code("bob").await;
        browser.code(&alice.phone.wrong_code()).await.unwrap_err();
        browser.code(&alice.phone.code()).await.unwrap();
        portal.browser().sign_in("nobody", WRONG).await.unwrap_err();
        drop(root);
        let root = back(&portal).await;
        let seen = overview(&root, 7).await;
        assert_eq!((seen.days, seen.sign_ins.len(), seen.complete), (7, 7, true));
        let today = seen.today;
        assert_eq!(seen.sign_ins[4..], [
            SignInsOfDay { day: today - 2, signed_in: 1, failed: 1 },
            SignInsOfDay { day: today - 1, signed_in: 0, failed: 0 },
            SignInsOfDay { day: today, signed_in: 3, failed: 2 },
        ]);
        assert_eq!(overview(&root, 90).await.sign_ins.len(), 90);
        assert_eq!(overview(&root, 5_000).await.days, 30, "only the offered ranges");
    }

    async fn each_entry_is_counted_once_whoever_counts(portal) {
        let root = portal.administrator("root").await;
        let node = portal.second_node().await;
        for _ in 0..4 {
            portal.append(50, AuditEvent::SignedIn).await;
            let other = root.visiting(&node);
            let (one, two, _) = tokio::join!(overview(&root, 7), overview(&other, 7), node.service.clean_up());
            assert_eq!(one.days, two.days);
        }
        many_sign_ins(&portal).await;
        // More than one look at the dashboard counts: the rest follows.
        let first = overview(&root, 7).await;
        assert_eq!((first.complete, first.sign_ins[6].signed_in), (false, 40_201));
        portal.service.clean_up().await.unwrap();
        let seen = overview(&root, 7).await;
        assert_eq!((seen.complete, seen.sign_ins[6].signed_in), (true, 45_201));
        let (counted,): (i64,) = portal.service.db.one(
            "SELECT CAST(SUM(entries) AS BIGINT) FROM audit_days", values![]).await.unwrap();
        assert_eq!(counted, 45_202, "root was added, too");
    }

    async fn adoption_is_counted_now_and_noted_by_day(portal) {
        portal.add_administrator("root").await;
        portal.enrolled("alice").await;
        portal.add("bob").await;
        let seen = overview(&back(&portal).await, 7).await;
        assert_eq!((seen.adoption, seen.adoption.without()), (adoption(1, 3), 2));
        assert_eq!(seen.adoption_by_day, [(seen.today, adoption(1, 3))]);

        portal.clock.advance(3 * DAY);
        portal.enrolled("carol").await;
        portal.service.set_active(OPERATOR, "bob", false).await.unwrap();
        portal.service.clean_up().await.unwrap();
        portal.service.set_active(OPERATOR, "alice", false).await.unwrap();
        let seen = overview(&back(&portal).await, 7).await;
        assert_eq!(seen.adoption, adoption(1, 2), "whoever is deactivated does not count");
        assert_eq!(seen.adoption_by_day, [
            (seen.today - 3, adoption(1, 3)),
            (seen.today - 2, adoption(1, 3)),
            (seen.today - 1, adoption(1, 3)),
            (seen.today, adoption(1, 2)),
        ]);

        portal.clock.advance(20 * DAY);
        let seen = overview(&back(&portal).await, 7).await;
        assert_eq!(seen.adoption_by_day.len(), 7, "what was known before goes on");
    }

    async fn the_funnel_tells_where_set_ups_end(portal) {
        let root = portal.administrator("root").await;
        portal.enrolled("alice").await;
        let bob = portal.person("bob").await;
        let pending = begin(&bob).await;
        confirm(&bob, &pending.id, "000000").await.ok();
        confirm(&bob, &pending.id, "000001").await.ok();
        let carol = portal.person("carol").await;
        begin(&carol).await;
        portal.clock.advance(181);
        carol.call::<serde_json::Value>("renew-enrolment", &[]).await.unwrap();
        let seen = overview(&root, 7).await.funnel;
        assert_eq!((seen.started, seen.shown, seen.confirmed, seen.finished), (3, 4, 1, 1));
        assert!(seen.wrong_codes >= 1, "{seen:?}");
        assert_eq!(Funnel { wrong_codes: 0, expired: 0, ..seen }, Funnel {
            started: 3, shown: 4, wrong_codes: 0, expired: 0, confirmed: 1, finished: 1,
        });
    }

    async fn locked_accounts_are_those_that_exist_and_are_locked_now(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.add("bob").await;
        for name in ["alice", "bob", "nobody"] {
            for _ in 0..5 {
                portal.browser().sign_in(name, WRONG).await.unwrap_err();
            }
        }
        assert_eq!(overview(&root, 7).await.locked, 2);
        portal.service.unlock_user(OPERATOR, "bob").await.unwrap();
        assert_eq!(overview(&root, 7).await.locked, 1);
        portal.clock.advance(15 * 60);
        assert_eq!(overview(&root, 7).await.locked, 0, "it ends by itself");
        root.step_up(PASSWORD, "").await.unwrap();
        portal.change_policy(&root, |policy| policy.lockout.minutes = None).await;
        assert_eq!(overview(&root, 7).await.locked, 1, "or not");
    }

    async fn people_whose_codes_run_low_are_counted(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        for (number, code) in alice.recovery_codes.iter().take(7).enumerate() {
            assert_eq!(overview(&root, 7).await.running_low, 0, "{number} are spent");
            portal.clock.advance(60);
            portal.awaiting_code("alice").await.recovery_code(code).await.unwrap();
        }
        assert_eq!(overview(&root, 7).await.running_low, 1, "three are left");
        portal.enrolled("bob").await;
        for (search, sort) in [("", PeopleSort::Name), ("ali", PeopleSort::LastSignIn), ("bob", PeopleSort::Created)] {
            let view = PeopleView { filter: PeopleFilter::FewCodes, sort, descending: true };
            let query = json!({ "query": PeopleQuery { search: search.to_owned(), view, after: None } });
            let listed: PeoplePage = root.call_json("people", &query).await.unwrap();
            let names: Vec<_> = listed.people.iter().map(|person| person.name.as_str()).collect();
            assert_eq!((names, listed.next), (if search == "bob" { vec![] } else { vec!["alice"] }, None), "{search}");
        }
        portal.service.set_active(OPERATOR, "alice", false).await.unwrap();
        assert_eq!(overview(&root, 7).await.running_low, 0);
    }

    async fn others_see_their_own_security_only(portal) {
        portal.administrator("root").await;
        let alice = portal.person("alice").await;
        let refused: Result<PortalOverview, ApiError> = alice.call("portal-overview", &[("days", "7")]).await;
        assert_eq!(refused, Err(ApiError::AdministratorRequired));
        let page = alice.get("/").await;
        assert!(page.text().contains("Recent sign-ins") && !page.text().contains("Sign-ins and failures"));
    }

    async fn the_charts_are_part_of_the_document(portal) {
        let root = portal.administrator("root").await;
        for days in [7, 30, 90] {
            let page = root.get(&format!("/?days={days}")).await;
            for title in ["Adoption", "Sign-ins and failures", "Setting up", "Locked accounts", "Recent sign-ins"] {
                assert!(page.text().contains(title), "{title} in {days} days: {}", page.text());
            }
            assert!(page.text().contains("<svg") && page.text().contains("Show as table"));
            assert!(!page.text().contains("style="), "the content policy forbids it");
        }
    }
}
