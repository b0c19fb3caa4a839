//! "Users": adding one person by a one-time link, or many from a list.

use crate::support::{ApiError, Browser, PASSWORD, both_databases, portal::OPERATOR};
use axum::http::{Method, header::CONTENT_TYPE};
use contract::{
    error::UserNameProblem,
    mail_address::MailAddressProblem,
    people::{
        DisplayNameProblem, ImportProblem, ImportReport, IssuedLinks, LineProblem, NewPerson, PeoplePage, PeopleQuery,
        Wrong,
    },
};
use serde_json::json;
use twofold::domain::audit::trail::AuditEvent;

async fn add(browser: &Browser, name: &str, display_name: &str, administrator: bool) -> Result<IssuedLinks, ApiError> {
    let (name, display_name) = (name.to_owned(), display_name.to_owned());
    let person = NewPerson { name, display_name, administrator, ..NewPerson::default() };
    browser.call_json("add-person", &json!({ "person": person })).await
}

async fn check(browser: &Browser, list: &str) -> Result<ImportReport, ApiError> {
    browser.call_json("check-list", &json!({ "list": list })).await
}

async fn import(browser: &Browser, list: &str) -> Result<IssuedLinks, ApiError> {
    browser.call_json("add-people", &json!({ "list": list })).await
}

async fn names(browser: &Browser) -> Vec<String> {
    let query = json!({ "query": PeopleQuery::default() });
    let page: PeoplePage = browser.call_json("people", &query).await.unwrap();
    page.people.into_iter().map(|person| person.name).collect()
}

/// Where everybody gets mail, by name.
async fn addresses(browser: &Browser) -> Vec<String> {
    let query = json!({ "query": PeopleQuery::default() });
    let page: PeoplePage = browser.call_json("people", &query).await.unwrap();
    page.people.into_iter().map(|person| person.mail_address).collect()
}

fn token(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

async fn choose(browser: &Browser, url: &str) -> Result<(), ApiError> {
    let fields = [("token", token(url)), ("user_name", ""), ("password", PASSWORD)];
    browser.call("accept-invitation", &fields).await
}

both_databases! {
    async fn a_new_person_chooses_a_password_on_their_link(portal) {
        let root = portal.administrator("root").await;
        let added = add(&root, " Alice ", "Alice Lee", false).await.unwrap();
        assert_eq!((added.links[0].name.as_str(), added.links[0].display_name.as_str()), ("Alice", "Alice Lee"));
        assert!(added.links[0].url.starts_with(&format!("{}/welcome/", portal.origin)));
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        let alice = portal.browser();
        choose(&alice, &added.links[0].url).await.unwrap();
        assert_eq!(alice.who_am_i().await.unwrap(), "Alice");
        assert_eq!(choose(&portal.browser(), &added.links[0].url).await, Err(ApiError::InvitationInvalid));
        assert_eq!(alice.call_json::<serde_json::Value>("people", &json!({ "query": PeopleQuery::default() })).await,
            Err(ApiError::AdministratorRequired));
        let boss = add(&root, "boss", "", true).await.unwrap();
        let browser = portal.browser();
        choose(&browser, &boss.links[0].url).await.unwrap();
        assert_eq!(names(&browser).await, ["Alice", "boss", "root"]);
        let entries: Vec<_> = portal.audit().await.into_iter().filter(|entry| entry.event == "user_added").collect();
        assert_eq!(entries[1].actor_name.as_deref(), Some("root"));
        assert_eq!(entries[1].subject_name.as_deref(), Some("Alice"));
        assert_eq!(entries[2].detail.as_deref(), Some(r#"{"administrator":true}"#));
    }

    async fn a_link_waits_for_three_days(portal) {
        let root = portal.administrator("root").await;
        let added = add(&root, "alice", "", false).await.unwrap();
        assert_eq!(added.expires_at, portal.service.clock.now().0 + 72 * 3_600);
        portal.clock.advance(72 * 3_600 - 1);
        let page = portal.browser().open(&format!("/welcome/{}", token(&added.links[0].url))).await;
        assert!(page.text().contains("alice"), "{}", page.text());
        portal.clock.advance(1);
        assert_eq!(choose(&portal.browser(), &added.links[0].url).await, Err(ApiError::InvitationInvalid));
    }

    async fn a_display_name_has_what_its_language_needs(portal) {
        let root = portal.administrator("root").await;
        for (name, typed, kept) in [
            ("ali", "علی\u{200C}رضا", "علی\u{200C}رضا"),
            ("ada", "\u{FEFF}Ada 👩🏽\u{200D}💻\u{200B}", "Ada 👩🏽\u{200D}💻"),
            ("ka", "葛\u{E0100}城", "葛\u{E0100}城"),
        ] {
            let added = add(&root, name, typed, false).await.unwrap();
            assert_eq!(added.links[0].display_name, kept);
        }
        let hidden = Err(ApiError::DisplayName(DisplayNameProblem::Unprintable));
        assert_eq!(add(&root, "eve", "E\u{200C}ve", false).await, hidden);
        assert_eq!(add(&root, "e\u{200D}ve", "", false).await, Err(ApiError::UserName(UserNameProblem::Invisible)));
    }

    async fn what_can_be_no_name_is_refused_at_its_field(portal) {
        let root = portal.administrator("root").await;
        for (name, problem) in [
            ("", UserNameProblem::Empty), (&"x".repeat(65), UserNameProblem::TooLong),
            ("a\nb", UserNameProblem::Control), ("a\u{202E}b", UserNameProblem::Invisible), ("ROOT", UserNameProblem::Taken),
        ] {
            assert_eq!(add(&root, name, "", false).await, Err(ApiError::UserName(problem)), "{name:?}");
        }
        for (display_name, problem) in
            [("x".repeat(129), DisplayNameProblem::TooLong), ("a\0b".to_owned(), DisplayNameProblem::Unprintable)]
        {
            assert_eq!(add(&root, "alice", &display_name, false).await, Err(ApiError::DisplayName(problem)));
        }
        assert_eq!(names(&root).await, ["root"]);
        assert_eq!(portal.count(AuditEvent::UserAdded).await, 1, "the administrator");
    }

    async fn a_list_is_checked_then_added_whole(portal) {
        let root = portal.administrator("root").await;
        let list = "name;display name;administrator\nalice;Alice Lee;yes\nbob;\"Smith; Bob\";\n=cmd;;no\n";
        assert_eq!(check(&root, list).await.unwrap(), ImportReport { people: 3, administrators: 1 });
        assert_eq!(names(&root).await, ["root"], "checking adds nobody");
        let added = import(&root, list).await.unwrap();
        assert_eq!(added.links.len(), 3);
        assert!(added.file.contains("\n'=cmd,,http"), "{}", added.file);
        assert_eq!(names(&root).await, ["=cmd", "alice", "bob", "root"]);
        for link in &added.links {
            choose(&portal.browser(), &link.url).await.unwrap();
        }
        assert_eq!(portal.count(AuditEvent::UserAdded).await, 4);
    }

    async fn a_list_may_say_where_people_get_mail(portal) {
        let root = portal.administrator("root").await;
        let list = "Name;Mail address;Administrator\nalice; alice@example.org ;\nbob;;\ncarol;alice@example.org;yes\n";
        assert_eq!(check(&root, list).await.unwrap(), ImportReport { people: 3, administrators: 1 });
        let added = import(&root, list).await.unwrap();
        assert!(!added.file.contains("example.org"), "the links go to whoever hands them over: {}", added.file);
        assert_eq!(addresses(&root).await, ["alice@example.org", "", "alice@example.org", ""]);

        let problem = |line, problem| LineProblem { line, problem: ImportProblem::MailAddress(problem) };
        let list = "name,mail address\ndave,dave@example.org\nerin,erin\nfrank,\"frank@example.org\nBcc: x@example.org\"\n\
            grace,grace@grace@example.org\nheidi,hei\u{200F}di@example.org\n";
        let refused = Err(ApiError::Import(vec![
            problem(3, MailAddressProblem::Malformed), problem(4, MailAddressProblem::Unprintable),
            problem(6, MailAddressProblem::Malformed), problem(7, MailAddressProblem::Unprintable),
        ]));
        assert_eq!(check(&root, list).await, refused.clone());
        assert_eq!(import(&root, list).await, refused.map(|_: ImportReport| unreachable!()));
        let twice = Err(ApiError::Import(vec![LineProblem { line: 1, problem: ImportProblem::UnknownColumn }]));
        assert_eq!(check(&root, "name,mail,mail address\ndave,a@example.org,b@example.org\n").await, twice);
        assert_eq!(names(&root).await.len(), 4, "nobody was added");
    }

    async fn one_bad_line_and_nobody_is_added(portal) {
        let root = portal.administrator("root").await;
        portal.add("taken").await;
        let problem = |line, problem| LineProblem { line, problem };
        let refused = Err(ApiError::Import(vec![
            problem(3, ImportProblem::Name(UserNameProblem::Taken)),
            problem(5, ImportProblem::Name(UserNameProblem::Taken)),
        ]));
        let list = "name\nalice\nTAKEN\nbob\nRoot\n";
        assert_eq!(check(&root, list).await, refused.clone());
        assert_eq!(import(&root, list).await, refused.map(|_: ImportReport| unreachable!()));
        let everything = Err(ApiError::Import(vec![
            problem(2, ImportProblem::Administrator),
            problem(3, ImportProblem::Name(UserNameProblem::Empty)),
            problem(4, ImportProblem::Administrator),
            problem(4, ImportProblem::Name(UserNameProblem::Taken)),
            problem(5, ImportProblem::Name(UserNameProblem::Taken)),
            problem(6, ImportProblem::Repeated { line: 2 }),
        ]));
        let list = "name,administrator\nalice,perhaps\n,yes\nroot,perhaps\ntaken,no\nalice,no\n";
        assert_eq!(check(&root, list).await, everything);
        let refused = Err(ApiError::Import(vec![problem(3, ImportProblem::Name(UserNameProblem::Empty))]));
        assert_eq!(import(&root, "name,administrator\nalice,no\n,yes\n").await, refused);
        assert_eq!(names(&root).await, ["root", "taken"]);
        assert_eq!(portal.count(AuditEvent::UserAdded).await, 2);
    }

    async fn those_whose_lines_are_right_can_be_added_without_the_others(portal) {
        let root = portal.administrator("root").await;
        portal.add("taken").await;
        let list = "name,administrator\nalice,no\n,yes\nroot,no\nbob,perhaps\ntaken,no\ncarol,yes\nalice,no\n";
        let leaving_out = |list: &str| json!({ "list": list, "wrong": Wrong::LeftOut });
        let report: ImportReport = root.call_json("check-list", &leaving_out(list)).await.unwrap();
        assert_eq!(report, ImportReport { people: 2, administrators: 1 });
        assert_eq!(names(&root).await.len(), 2, "nobody yet");
        let added: IssuedLinks = root.call_json("add-people", &leaving_out(list)).await.unwrap();
        let links: Vec<_> = added.links.iter().map(|link| link.name.as_str()).collect();
        assert_eq!(links, ["alice", "carol"]);
        assert_eq!(names(&root).await, ["alice", "carol", "root", "taken"]);
        let nobody: Result<IssuedLinks, _> = root.call_json("add-people", &leaving_out("name\ntaken\n")).await;
        assert!(matches!(nobody, Err(ApiError::Import(lines)) if lines.len() == 1));
    }

    async fn a_thousand_people_are_added_in_one_sitting(portal) {
        let root = portal.administrator("root").await;
        let people: String = (0..1_000).map(|number| format!("user{number},Person Number {number},no\n")).collect();
        let list = format!("name,display name,administrator\n{people}");
        assert_eq!(check(&root, &list).await.unwrap().people, 1_000);
        let added = import(&root, &list).await.unwrap();
        assert_eq!(added.links.len(), 1_000);
        choose(&portal.browser(), &added.links[999].url).await.unwrap();
        assert_eq!(import(&root, &list).await.map_err(|problem| match problem {
            ApiError::Import(lines) => lines.len(),
            other => panic!("{other:?}"),
        }), Err(1_000));
    }

    async fn of_two_lists_with_the_same_people_one_is_added(portal) {
        let (root, node) = (portal.administrator("root").await, portal.second_node().await);
        let other = root.visiting(&node);
        for round in 0..3 {
            let list = format!("name\na-{round}\nb-{round}\nc-{round}\n");
            let backwards = format!("name\nc-{round}\nb-{round}\na-{round}\n");
            let outcomes = tokio::join!(import(&root, &list), import(&other, &backwards));
            let outcomes = [outcomes.0, outcomes.1];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        }
        assert_eq!(names(&root).await.len(), 10);
    }

    async fn an_operator_imports_the_same_lists(portal) {
        let list = "name,administrator,e-mail\nalice,,alice@example.org\nroot,yes,\n";
        let file = portal.service.import_users(OPERATOR, list).await.unwrap();
        assert!(file.starts_with("\u{FEFF}name,display name,link\nalice,,http"));
        let refused = portal.service.import_users(OPERATOR, "name\nbob\nalice\n").await;
        assert!(matches!(refused, Err(ApiError::Import(lines)) if lines.len() == 1));
        let addresses: Vec<_> = portal.service.list_users().await.unwrap().into_iter().map(|user| user.mail_address).collect();
        assert_eq!(addresses, ["alice@example.org", ""]);
        assert!(portal.service.invite_first_administrator().await.unwrap().is_none(), "there is one now");
        let entry = portal.audit().await.pop().unwrap();
        assert_eq!(entry.actor_name.as_deref(), Some(OPERATOR));
    }

    async fn lists_may_be_longer_than_forms_but_not_endless(portal) {
        let root = portal.administrator("root").await;
        let list = format!("name\n{}", "x".repeat(2 * 1024 * 1024));
        let body = json!({ "list": list }).to_string();
        let request = root.request(Method::POST, "/api/check-list");
        let reply = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        assert!(reply.status.is_client_error(), "{}", reply.status);
        assert_eq!(root.who_am_i().await.unwrap(), "root");
    }
}
