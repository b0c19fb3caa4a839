//! "Users": finding people by name, filter and order, however many there are.

use crate::support::{
    ApiError, Browser, Database, PASSWORD, TestPortal, both_databases,
    portal::{OPERATOR, begin, confirm, finish},
};
use contract::people::{
    COUNTED, NewPerson, PeopleChange, PeopleChanged, PeopleFilter, PeoplePage, PeopleQuery, PeopleSort, PeopleView,
    Person,
};
use serde_json::json;
use twofold::{service::people::operator::FirstPassword, store::account::accounts, values};

const WRONG: &str = "Wrong-horse-7";

async fn page(browser: &Browser, query: &PeopleQuery) -> PeoplePage {
    browser.call_json("people", &json!({ "query": query })).await.unwrap()
}

fn view(filter: PeopleFilter, sort: PeopleSort, descending: bool) -> PeopleView {
    PeopleView { filter, sort, descending }
}

fn query(search: &str, filter: PeopleFilter) -> PeopleQuery {
    PeopleQuery { search: search.to_owned(), view: view(filter, PeopleSort::Name, false), after: None }
}

/// Everybody on all pages, in order.
async fn all(browser: &Browser, mut query: PeopleQuery) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..100 {
        let page = page(browser, &query).await;
        people.extend(page.people);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return people,
        }
    }
    panic!("the pages have no end");
}

async fn names(browser: &Browser, query: PeopleQuery) -> Vec<String> {
    all(browser, query).await.into_iter().map(|person| person.name).collect()
}

async fn named(browser: &Browser, name: &str) -> Person {
    let mut found = all(browser, query(name, PeopleFilter::Everyone)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.pop().unwrap()
}

async fn add(portal: &TestPortal, name: &str, display_name: &str) {
    let person = NewPerson { name: name.to_owned(), display_name: display_name.to_owned(), ..NewPerson::default() };
    portal.service.add_named_user(OPERATOR, &person, FirstPassword::ByLink).await.unwrap();
}

/// Tries a wrong password until the account is locked.
async fn lock_out(portal: &TestPortal, name: &str) {
    for _ in 0..5 {
        assert!(portal.browser().sign_in(name, WRONG).await.is_err());
    }
}

both_databases! {
    async fn a_list_says_how_many_it_has_where_that_is_soon_counted(portal) {
        let root = portal.administrator("root").await;
        for number in 0..60 {
            add(&portal, &format!("person-{number:02}"), "").await;
        }
        portal.service.set_active(OPERATOR, "person-07", false).await.unwrap();
        for (filter, expected) in [
            (PeopleFilter::Everyone, Some(61)),
            (PeopleFilter::NoSecondFactor, Some(1)),
            (PeopleFilter::NotActivated, Some(59)),
            (PeopleFilter::Administrators, Some(1)),
            (PeopleFilter::Deactivated, Some(1)),
            (PeopleFilter::Locked, None),
        ] {
            let first = page(&root, &query("", filter)).await;
            assert_eq!(first.total, expected, "{filter:?}");
        }
        let first = page(&root, &query("", PeopleFilter::Everyone)).await;
        let second = page(&root, &PeopleQuery { after: first.next, ..PeopleQuery::default() }).await;
        assert_eq!((second.people.len(), second.total), (11, None));
        assert_eq!(page(&root, &query("person", PeopleFilter::Everyone)).await.total, None);
        let many = "INSERT INTO users (id, name, name_key, administrator, active, created_at)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
             SELECT 'id-' || n, 'many-' || n, 'many-' || n, FALSE, TRUE, 0 FROM numbers";
        portal.service.db.execute(many, values![]).await.unwrap();
        assert_eq!(page(&root, &query("", PeopleFilter::Everyone)).await.total, Some(COUNTED + 1), "and more");
    }

    async fn people_are_found_by_the_beginnings_of_their_names(portal) {
        let root = portal.administrator("root").await;
        for (name, display_name) in
            [("jsmith", "Jörg Smith-Müller"), ("asmith", "Anna Smith"), ("bob", ""), ("李雷", "Li Lei")]
        {
            add(&portal, name, display_name).await;
        }
        let nobody: [&str; 0] = [];
        for (typed, expected) in [
            ("smith", &["asmith", "jsmith"][..]),
            ("SMI", &["asmith", "jsmith"]),
            ("smi jo", &["jsmith"]),
            ("muller", &["jsmith"]),
            ("ann smi", &["asmith"]),
            ("b", &["bob"]),
            ("李", &["李雷"]),
            ("  ", &["asmith", "bob", "jsmith", "root", "李雷"]),
            ("mith", &nobody),
            ("smith bob", &nobody),
            ("%", &nobody),
            ("'; --", &nobody),
        ] {
            assert_eq!(names(&root, query(typed, PeopleFilter::Everyone)).await, expected, "{typed:?}");
        }
        assert_eq!(named(&root, "jsmith").await.display_name, "Jörg Smith-Müller");
    }

    async fn each_filter_lists_those_it_names_and_follows_changes(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        let alice = portal.person("alice").await;
        portal.add("bob").await;
        portal.add_administrator("carol").await;
        portal.add("dave").await;
        portal.service.set_active(OPERATOR, "dave", false).await.unwrap();
        let list = async |filter| names(&root, query("", filter)).await;
        assert_eq!(list(PeopleFilter::Everyone).await, ["alice", "bob", "carol", "dave", "root"]);
        assert_eq!(list(PeopleFilter::NoSecondFactor).await, ["alice", "bob", "carol"], "active ones");
        assert_eq!(list(PeopleFilter::Administrators).await, ["carol", "root"]);
        assert_eq!(list(PeopleFilter::Deactivated).await, ["dave"]);
        assert!(list(PeopleFilter::Locked).await.is_empty());
        assert_eq!(names(&root, query("car", PeopleFilter::NoSecondFactor)).await, ["carol"]);
        assert!(names(&root, query("alice", PeopleFilter::Administrators)).await.is_empty());

        portal.set_up(&alice).await;
        assert_eq!(list(PeopleFilter::NoSecondFactor).await, ["bob", "carol"]);
        assert!(named(&root, "alice").await.second_factor);
        portal.service.disable_second_factor(OPERATOR, "alice").await.unwrap();
        assert_eq!(list(PeopleFilter::NoSecondFactor).await, ["alice", "bob", "carol"]);
        portal.service.set_active(OPERATOR, "dave", true).await.unwrap();
        portal.service.set_administrator(OPERATOR, "carol", false).await.unwrap();
        assert_eq!(list(PeopleFilter::NoSecondFactor).await, ["alice", "bob", "carol", "dave"]);
        assert_eq!(list(PeopleFilter::Administrators).await, ["root"]);
        assert!(list(PeopleFilter::Deactivated).await.is_empty());
    }

    async fn removing_the_last_app_is_having_no_second_factor(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        let pending = begin(&alice).await;
        let phone = crate::support::Phone::with_key(&pending.key, &portal.clock);
        assert!(!named(&root, "alice").await.second_factor, "set up is not finished");
        let confirmed = confirm(&alice, &pending.id, &phone.code()).await.unwrap();
        let method = finish(&alice, &confirmed.id).await.unwrap();
        assert!(named(&root, "alice").await.second_factor);
        alice.call::<()>("remove-method", &[("id", &method.id)]).await.unwrap();
        assert!(!named(&root, "alice").await.second_factor);
    }

    async fn a_lock_shows_until_it_is_over_by_the_policy_of_the_moment(portal) {
        let root = portal.administrator("root").await;
        for name in ["alice", "bob"] {
            portal.add(name).await;
        }
        assert!(portal.browser().sign_in("bob", WRONG).await.is_err());
        lock_out(&portal, "alice").await;
        lock_out(&portal, "nobody").await;
        let locked = async || names(&root, query("", PeopleFilter::Locked)).await;
        assert_eq!(locked().await, ["alice"]);
        let until = named(&root, "alice").await.lock.unwrap().until.unwrap();
        assert_eq!(names(&root, query("al", PeopleFilter::Locked)).await, ["alice"]);
        assert!(named(&root, "bob").await.lock.is_none());

        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 6).await;
        assert!(locked().await.is_empty());
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 1).await;
        assert_eq!(locked().await, ["alice", "bob"]);
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 5).await;
        let now = portal.service.clock.now().0;
        portal.clock.advance(until - now - 1);
        assert_eq!(locked().await, ["alice"]);
        portal.clock.advance(1);
        assert!(locked().await.is_empty());
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        portal.change_policy(&root, |policy| policy.lockout.minutes = None).await;
        lock_out(&portal, "alice").await;
        assert_eq!(named(&root, "alice").await.lock.unwrap().until, None);
    }

    async fn too_many_wrong_codes_show_until_they_are_forgotten_or_taken_back(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        for attempt in 0..10 {
            let shows = named(&root, "alice").await.codes_locked;
            assert!(!shows, "after {attempt}");
            assert!(portal.awaiting_code("alice").await.code(&alice.phone.wrong_code()).await.is_err());
        }
        assert!(named(&root, "alice").await.codes_locked);
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        assert!(!named(&root, "alice").await.codes_locked);
        for _ in 0..10 {
            let wrong = portal.awaiting_code("alice").await.recovery_code("0000-0000-0000-0000").await;
            assert!(wrong.is_err());
        }
        assert!(named(&root, "alice").await.codes_locked, "recovery codes are codes, too");
        portal.clock.advance(86_400);
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        assert!(!named(&root, "alice").await.codes_locked);
    }

    async fn too_many_wrong_codes_in_a_browser_of_their_own_show_as_well(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let known = portal.awaiting_code("alice").await;
        known.code(&alice.phone.code()).await.unwrap();
        for attempt in 0..10 {
            assert!(!named(&root, "alice").await.codes_locked, "after {attempt}");
            known.sign_out().await;
            known.sign_in("alice", PASSWORD).await.unwrap();
            assert!(known.code(&alice.phone.wrong_code()).await.is_err());
        }
        let alice = named(&root, "alice").await;
        assert!(alice.codes_locked);
        let unlock = json!({ "ids": [alice.id], "change": PeopleChange::Unlock });
        let unlocked: PeopleChanged = root.call_json("change-people", &unlock).await.unwrap();
        assert!(!unlocked.people[0].codes_locked);
        assert!(!named(&root, "alice").await.codes_locked);
    }

    async fn a_name_that_was_guessed_before_anybody_had_it_shows_as_locked(portal) {
        let root = portal.administrator("root").await;
        lock_out(&portal, "Late").await;
        portal.add("late").await;
        assert_eq!(names(&root, query("", PeopleFilter::Locked)).await, ["late"]);
    }

    async fn a_person_who_locked_their_own_browser_shows_as_locked(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let browser = portal.awaiting_code("alice").await;
        browser.code(&alice.phone.code()).await.unwrap();
        for _ in 0..5 {
            assert!(browser.sign_in("alice", WRONG).await.is_err());
        }
        assert_eq!(names(&root, query("", PeopleFilter::Locked)).await, ["alice"]);
        portal.service.unlock_user(OPERATOR, "alice").await.unwrap();
        assert!(names(&root, query("", PeopleFilter::Locked)).await.is_empty());
    }

    async fn an_entry_says_when_they_came_and_who_is_still_invited(portal) {
        let root = portal.administrator("root").await;
        add(&portal, "alice", "Alice Lee").await;
        let invited = named(&root, "alice").await;
        let now = portal.service.clock.now().0;
        assert_eq!((invited.last_sign_in_at, invited.has_password), (None, false));
        assert_eq!((invited.created_at, invited.invited_until), (now, Some(now + 72 * 3_600)));
        assert!(!invited.you && named(&root, "root").await.you);

        let alice = portal.enrolled("bob").await;
        portal.clock.advance(600);
        let browser = portal.awaiting_code("bob").await;
        let before = named(&root, "bob").await.last_sign_in_at.unwrap();
        portal.clock.advance(60);
        browser.code(&alice.phone.code()).await.unwrap();
        let after = named(&root, "bob").await.last_sign_in_at.unwrap();
        assert_eq!(after, portal.service.clock.now().0);
        assert!(before < after - 60, "a password alone is no sign-in where a code is owed");
        portal.clock.advance(72 * 3_600);
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        assert_eq!(named(&root, "alice").await.invited_until, None);
    }

    async fn every_order_of_every_list_leaves_nobody_out(portal) {
        let root = portal.administrator("root").await;
        let node = portal.second_node().await;
        let mut tx = node.service.db.begin().await.unwrap();
        for number in 0..130_i64 {
            let name = format!("user{number:03}");
            let user = accounts::NewUser {
                id: &format!("id-{:03}", (number * 37) % 130),
                name: &name,
                name_key: &name,
                password_hash: (number % 7 != 0).then_some("hash"),
                administrator: number % 2 == 0,
                now: number / 20,
                ..accounts::NewUser::default()
            };
            accounts::insert(&mut tx, &user).unwrap();
            twofold::store::account::words::insert(&mut tx, user.id, &name).unwrap();
            accounts::note_sign_in(&mut tx, user.id, number % 7).unwrap();
            if number % 3 == 0 {
                tx.execute("UPDATE users SET active = FALSE WHERE id = $1", values![user.id]).await.unwrap();
            }
            if number % 5 == 0 {
                let sql = "INSERT INTO attempt_counters (key, failures, last_failure_at, user_id) VALUES ($1, 9, $2, $3)";
                tx.execute(sql, values![&format!("password:{number}"), i64::MAX / 2, user.id]).await.unwrap();
            }
            // Of ten codes six are spent, or seven.
            let spent = if number % 4 == 0 { 7 } else { 6 };
            let set = "INSERT INTO recovery_sets (id, user_id, salt, created_at) VALUES ($1, $1, $2, 0)";
            tx.execute(set, values![user.id, &b"salt"[..]]).await.unwrap();
            let codes = "INSERT INTO recovery_codes (set_id, number, hash, used_at)
                 WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10)
                 SELECT $1, n, $2, CASE WHEN n <= $3 THEN 1 END FROM numbers";
            tx.execute(codes, values![user.id, &b"hash"[..], i64::from(spent)]).await.unwrap();
        }
        tx.commit().await.unwrap();
        for search in ["", "user", "user1", "u user0"] {
            for filter in PeopleFilter::ALL {
                let mut expected = names(&root, query(search, filter)).await;
                let mut sorted = expected.clone();
                sorted.sort();
                assert_eq!(expected, sorted);
                let counted = (0..130_i64).filter(|number| {
                    let matches = match search {
                        "user1" => *number >= 100,
                        "u user0" => *number < 100,
                        _ => true,
                    };
                    matches && match filter {
                        PeopleFilter::Everyone => true,
                        PeopleFilter::NoSecondFactor => number % 3 != 0 && number % 7 != 0,
                        PeopleFilter::NotActivated => number % 3 != 0 && number % 7 == 0,
                        PeopleFilter::Locked => number % 5 == 0,
                        PeopleFilter::Administrators => number % 2 == 0,
                        PeopleFilter::Deactivated => number % 3 == 0,
                        PeopleFilter::FewCodes => number % 4 == 0 && number % 3 != 0,
                    }
                }).count();
                let with_root = search.is_empty()
                    && matches!(filter, PeopleFilter::Everyone | PeopleFilter::NoSecondFactor | PeopleFilter::Administrators);
                assert_eq!(expected.len(), counted + usize::from(with_root), "{search:?} {filter:?}");
                for sort in PeopleSort::ALL {
                    let mut previous = None;
                    for descending in [false, true] {
                        let order = PeopleQuery { view: view(filter, sort, descending), ..query(search, filter) };
                        let people = all(&root, order).await;
                        let key = |person: &Person| match sort {
                            PeopleSort::Name => (0, person.name.clone()),
                            PeopleSort::Created => (person.created_at, person.id.clone()),
                            PeopleSort::LastSignIn => (person.last_sign_in_at.unwrap_or(0), person.id.clone()),
                        };
                        assert!(people.is_sorted_by(|a, b| if descending { key(a) > key(b) } else { key(a) < key(b) }));
                        let mut found: Vec<String> = people.iter().map(|person| person.name.clone()).collect();
                        if let Some(previous) = previous.replace(found.clone()) {
                            let backwards: Vec<String> = previous.into_iter().rev().collect();
                            assert_eq!(found, backwards);
                        }
                        found.sort();
                        expected.sort();
                        assert_eq!(found, expected, "{search:?} {filter:?} {sort:?}");
                    }
                }
            }
        }
    }

    async fn people_who_were_there_before_words_were_stored_are_found(portal) {
        let root = portal.administrator("root").await;
        for number in 0..3 {
            add(&portal, &format!("user{number}"), "Ältere Person").await;
        }
        portal.service.db.execute("DELETE FROM user_words", values![]).await.unwrap();
        portal.service.db.execute("UPDATE portal SET words_stored = FALSE", values![]).await.unwrap();
        assert!(names(&root, query("altere", PeopleFilter::Everyone)).await.is_empty());
        let node = portal.second_node().await;
        let found = names(&root.visiting(&node), query("altere", PeopleFilter::Everyone)).await;
        assert_eq!(found, ["user0", "user1", "user2"]);
    }

    async fn nonsense_from_a_browser_is_no_trouble(portal) {
        let root = portal.administrator("root").await;
        let after = json!({ "at": i64::MIN, "text": "\u{10FFFF}\u{1F600}'\"" });
        for sort in PeopleSort::ALL {
            let query = json!({ "query": {
                "search": "x".repeat(20_000), "view": view(PeopleFilter::Locked, sort, true), "after": after,
            } });
            assert!(root.call_json::<PeoplePage>("people", &query).await.unwrap().people.is_empty());
        }
        let zero = json!({ "query": { "search": "", "view": PeopleView::default(), "after": { "at": 0, "text": "\0" } } });
        assert_eq!(root.call_json::<PeoplePage>("people", &zero).await, Err(ApiError::Malformed));
        let zero = json!({ "query": { "search": "\0", "view": PeopleView::default(), "after": null } });
        assert!(root.call_json::<PeoplePage>("people", &zero).await.unwrap().people.is_empty());
    }
}

/// Statements that would look at everybody are found here rather than on a large portal.
#[tokio::test]
async fn no_statement_looks_at_everybody() {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    for statement in twofold::store::account::people::statements() {
        let twofold::store::Db::Sqlite { readers, .. } = &portal.service.db else { unreachable!() };
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let mut reader = readers.take().await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(reader.connection().unwrap()).await.unwrap();
        for (.., step) in plan {
            // The page, and what there is of somebody's browsers, which are few.
            let few = ["SCAN p", "SCAN passed", "SCAN CONSTANT ROW", "SCAN counted"];
            let scan = step.starts_with("SCAN") && !few.iter().any(|few| step.starts_with(few));
            // Whose codes run low is found from the codes that are spent, which have an index of their own.
            let spent = step == "SCAN recovery_codes USING COVERING INDEX recovery_codes_used";
            assert!(!scan || spent, "{step} in {statement}");
        }
    }
}
