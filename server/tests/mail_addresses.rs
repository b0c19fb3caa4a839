//! Where people get mail: set by administrators, by themselves and by the
//! operator, and what is no address.

use crate::support::{ApiError, Browser, PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use clap::{Args as _, Command, FromArgMatches as _};
use contract::{
    activity::ActivityPage,
    audit::AuditEvent,
    mail_address::{MailAddressProblem, OwnMail},
    people::{NewPerson, PeoplePage, PeopleQuery, Person},
};
use serde_json::json;
use std::sync::Arc;
use twofold::{
    config::{PublicUrl, ServeArgs},
    http::{Web, router},
    service::{Settings, people::operator::FirstPassword},
    store::mail::outbox,
};

async fn person(browser: &Browser, name: &str) -> Person {
    let query = PeopleQuery { search: name.to_owned(), ..PeopleQuery::default() };
    let page: PeoplePage = browser.call_json("people", &json!({ "query": query })).await.unwrap();
    page.people.into_iter().find(|person| person.name == name).unwrap()
}

async fn set(browser: &Browser, name: &str, address: &str) -> Result<Person, ApiError> {
    let id = person(browser, name).await.id;
    browser.call("set-mail-address", &[("person_id", &id), ("address", address)]).await
}

async fn own(browser: &Browser) -> OwnMail {
    browser.call("own-mail", &[]).await.unwrap()
}

async fn change_own(browser: &Browser, address: &str) -> Result<(), ApiError> {
    browser.call("change-mail-address", &[("address", address)]).await
}

/// What the trail says of changed addresses: who, whose, and what was done.
async fn changes(portal: &TestPortal) -> Vec<(String, String, String)> {
    let entries = portal.audit().await.into_iter().filter(|entry| entry.event == "mail_address_changed");
    let said = entries.map(|entry| {
        assert_eq!(entry.outcome, "success");
        let detail: serde_json::Value = serde_json::from_str(&entry.detail.unwrap()).unwrap();
        assert_eq!(detail.as_object().unwrap().len(), 1);
        let what = detail["mail_address"].as_str().unwrap().to_owned();
        (entry.actor_name.unwrap(), entry.subject_name.unwrap(), what)
    });
    said.collect()
}

fn said(actor: &str, subject: &str, what: &str) -> (String, String, String) {
    (actor.to_owned(), subject.to_owned(), what.to_owned())
}

/// What is no mail address, and why.
fn bad_ones() -> Vec<(String, MailAddressProblem)> {
    use MailAddressProblem::{Malformed, NotSentTo, TooLong, Unprintable};
    let bad = [
        ("alice", Malformed),
        ("@", Malformed),
        ("alice@", Malformed),
        ("@example.org", Malformed),
        ("alice@home@example.org", Malformed),
        ("al ice@example.org", Malformed),
        ("alice@example.org bob@example.org", Malformed),
        ("Alice <alice@example.org>", Malformed),
        ("al\u{A0}ice@example.org", Malformed),
        ("\"al ice\"@example.org", NotSentTo),
        ("alice@[192.0.2.1]", NotSentTo),
        ("alice@example.org\r\nBcc: eve@example.org", Unprintable),
        ("alice@example.org\nSubject: hello", Unprintable),
        ("al\0ice@example.org", Unprintable),
        ("al\u{1B}ice@example.org", Unprintable),
        ("al\u{202E}ice@example.org", Unprintable),
        ("alice@example\u{200F}.org", Unprintable),
        ("alice@exam\u{200B}ple.org", Unprintable),
    ];
    let long = format!("alice@{}.example", ["a".repeat(60).as_str(); 5].join("."));
    assert!(long.len() > 300);
    let mut bad: Vec<_> = bad.into_iter().map(|(text, problem)| (text.to_owned(), problem)).collect();
    bad.push((long, TooLong));
    bad.push((format!("{}@example.org", "x".repeat(300)), TooLong));
    bad
}

/// The same portal, as it is when it sends mail.
async fn that_sends_mail(portal: &TestPortal) -> axum::Router {
    let args = ["serve", "--smtp-url", "smtp://127.0.0.1:2525", "--mail-from", "login@example.org"];
    let matches = ServeArgs::augment_args(Command::new("serve")).get_matches_from(args);
    let public_url = PublicUrl::parse(&portal.origin).unwrap();
    let mail = ServeArgs::from_arg_matches(&matches).unwrap().mail(&public_url).unwrap();
    assert!(mail.is_some());
    let mut service = portal.service.clone();
    service.settings = Arc::new(Settings { mail, ..(*service.settings).clone() });
    router(service, Web { public_url, trusted_proxies: Vec::new(), listening: None })
}

both_databases! {
    async fn an_administrator_sets_changes_and_removes_an_address(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        assert_eq!(person(&root, "alice").await.mail_address, "");
        let now = set(&root, "alice", "  alice@example.org\n").await.unwrap();
        assert_eq!((now.name.as_str(), now.mail_address.as_str()), ("alice", "alice@example.org"));
        assert_eq!(person(&root, "alice").await, now);
        assert_eq!(own(&alice).await, OwnMail { address: "alice@example.org".to_owned(), sent: false });
        set(&root, "alice", "alice@example.org").await.unwrap();
        set(&root, "alice", "Alice@example.org").await.unwrap();
        assert_eq!(set(&root, "alice", " ").await.unwrap().mail_address, "");
        set(&root, "alice", "").await.unwrap();
        let by_root = |what| said("root", "alice", what);
        assert_eq!(changes(&portal).await, [by_root("set"), by_root("changed"), by_root("removed")], "what changed nothing is no news");
        let gone = root.call::<Person>("set-mail-address", &[("person_id", "none"), ("address", "a@example.org")]).await;
        assert_eq!(gone, Err(ApiError::NoLongerThere));
        let nonsense = root.call::<Person>("set-mail-address", &[("person_id", "a\0"), ("address", "a@example.org")]).await;
        assert_eq!(nonsense, Err(ApiError::Malformed));
        assert_eq!(root.call::<Person>("set-mail-address", &[("person_id", &now.id)]).await, Err(ApiError::Malformed),
            "an address that was left out is not an empty one");
    }

    async fn people_change_their_own_and_no_one_elses(portal) {
        let root = portal.administrator("root").await;
        let (alice, bob) = (portal.person("alice").await, portal.person("bob").await);
        change_own(&alice, "alice@example.org").await.unwrap();
        assert_eq!(own(&alice).await.address, "alice@example.org");
        assert_eq!(own(&bob).await.address, "");
        assert_eq!(person(&root, "alice").await.mail_address, "alice@example.org");
        let id = person(&root, "alice").await.id;
        let fields = [("person_id", id.as_str()), ("address", "bob@example.org")];
        assert_eq!(bob.call::<Person>("set-mail-address", &fields).await, Err(ApiError::AdministratorRequired));
        assert_eq!(portal.browser().call::<Person>("set-mail-address", &fields).await, Err(ApiError::SignedOut));
        // They share one, and that is all right.
        change_own(&bob, "alice@example.org").await.unwrap();
        change_own(&alice, "").await.unwrap();
        assert_eq!((own(&alice).await.address.as_str(), own(&bob).await.address.as_str()), ("", "alice@example.org"));
        assert_eq!(changes(&portal).await,
            [said("alice", "alice", "set"), said("bob", "bob", "set"), said("alice", "alice", "removed")]);
        portal.clock.advance(5 * 60);
        assert_eq!(change_own(&bob, "").await, Err(ApiError::StepUpRequired { code: false }));
        assert_eq!(own(&bob).await.address, "alice@example.org");
    }

    async fn what_is_no_address_is_refused_at_its_field_and_changes_nothing(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        change_own(&alice, "alice@example.org").await.unwrap();
        for (typed, problem) in bad_ones() {
            let problem = ApiError::MailAddress(problem);
            assert_eq!(change_own(&alice, &typed).await, Err(problem.clone()), "{typed:?}");
            assert_eq!(set(&root, "alice", &typed).await, Err(problem.clone()), "{typed:?}");
            let new = NewPerson { name: "new".to_owned(), mail_address: typed.clone(), ..NewPerson::default() };
            let added = root.call_json::<serde_json::Value>("add-person", &json!({ "person": new })).await;
            assert_eq!(added, Err(problem.clone()), "{typed:?}");
            let added = portal.service.add_named_user(OPERATOR, &new, FirstPassword::ByLink).await;
            assert_eq!(added.err(), Some(problem.clone()));
            assert_eq!(portal.service.set_mail_address_of(OPERATOR, "alice", &typed).await, Err(problem));
        }
        assert_eq!(own(&alice).await.address, "alice@example.org");
        assert_eq!(changes(&portal).await.len(), 1);
        assert_eq!(portal.service.list_users().await.unwrap().len(), 2, "nobody was added");
    }

    async fn addresses_of_any_script_are_kept_as_they_are(portal) {
        let alice = portal.person("alice").await;
        outbox::note_utf8(&portal.service.db, true).await.unwrap();
        for address in [
            "用户@例子.广告", "анна@почта.example", "δοκιμή@παράδειγμα.example", "alice@müller.example", "o'neil+x@example.org",
            "root@localhost", "<script>@example.org",
        ] {
            let outcome = change_own(&alice, &format!("\u{3000} {address}\t")).await;
            if address.starts_with('<') {
                assert_eq!(outcome, Err(ApiError::MailAddress(MailAddressProblem::Malformed)));
            } else {
                outcome.unwrap();
                assert_eq!(own(&alice).await.address, address);
            }
        }
    }

    async fn a_person_is_added_with_an_address(portal) {
        let root = portal.administrator("root").await;
        let new = |name: &str, address: &str| NewPerson {
            name: name.to_owned(), mail_address: address.to_owned(), ..NewPerson::default()
        };
        for name in ["alice", "bob"] {
            let body = json!({ "person": new(name, " both@example.org ") });
            root.call_json::<serde_json::Value>("add-person", &body).await.unwrap();
            assert_eq!(person(&root, name).await.mail_address, "both@example.org");
        }
        // As a page asks that was opened before there were addresses.
        let body = json!({ "person": { "name": "carol", "display_name": "", "administrator": false } });
        root.call_json::<serde_json::Value>("add-person", &body).await.unwrap();
        assert_eq!(person(&root, "carol").await.mail_address, "");
        portal.service.add_named_user(OPERATOR, &new("dave", "dave@example.org"), FirstPassword::ByLink).await.unwrap();
        assert_eq!(person(&root, "dave").await.mail_address, "dave@example.org");
        assert_eq!(changes(&portal).await, [], "being added is news enough");
    }

    async fn an_address_is_no_way_in(portal) {
        let alice = portal.person("alice").await;
        change_own(&alice, "alice@example.org").await.unwrap();
        assert_eq!(portal.browser().sign_in("alice@example.org", PASSWORD).await, Err(ApiError::Credentials));
        assert!(portal.service.invite_user(OPERATOR, "alice@example.org").await.unwrap().is_none());
        portal.add("alice@example.org").await;
        portal.browser().sign_in("alice@example.org", PASSWORD).await.expect("a name of its own");
    }

    async fn the_trail_tells_of_the_change_and_not_the_address(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        change_own(&alice, "first.secret@example.org").await.unwrap();
        set(&root, "alice", "second.secret@example.com").await.unwrap();
        assert_eq!(portal.service.set_mail_address_of(OPERATOR, " ALICE ", "third@example.net").await, Ok(true));
        assert_eq!(portal.service.set_mail_address_of(OPERATOR, "alice", "").await, Ok(true));
        assert_eq!(portal.service.set_mail_address_of(OPERATOR, "nobody", "a@example.org").await, Ok(false));
        assert_eq!(changes(&portal).await, [
            said("alice", "alice", "set"), said("root", "alice", "changed"), said(OPERATOR, "alice", "changed"),
            said(OPERATOR, "alice", "removed"),
        ]);
        for entry in portal.audit().await {
            let entry = format!("{entry:?}");
            assert!(!entry.contains("example."), "{entry}");
        }
        let activity: ActivityPage = alice.call("activity", &[]).await.unwrap();
        let changed: Vec<_> = activity.entries.iter()
            .filter(|entry| entry.event == AuditEvent::MailAddressChanged)
            .map(|entry| (entry.by.as_deref(), entry.origin.is_some()))
            .collect();
        assert_eq!(changed, [(Some(OPERATOR), false), (Some(OPERATOR), false), (Some("root"), true), (None, true)]);
    }

    async fn of_two_changes_at_once_each_knows_the_address_before(portal) {
        let (alice, node) = (portal.person("alice").await, portal.second_node().await);
        let other = alice.visiting(&node);
        for round in 0..5 {
            let addresses = [format!("a{round}@example.org"), format!("b{round}@example.org")];
            let outcomes = tokio::join!(change_own(&alice, &addresses[0]), change_own(&other, &addresses[1]));
            assert_eq!([outcomes.0, outcomes.1], [Ok(()), Ok(())]);
            assert!(addresses.contains(&own(&alice).await.address));
        }
        let changes = changes(&portal).await;
        assert_eq!(changes.len(), 10);
        assert_eq!(changes.iter().filter(|(_, _, what)| what == "set").count(), 1, "{changes:?}");
    }

    async fn the_profile_shows_it_where_it_is_of_use(portal) {
        let alice = portal.person("alice").await;
        const HEADING: &str = "id=\"mail-section\"";
        let page = alice.open("/profile").await;
        assert!(page.text().contains("Recent activity") && !page.text().contains(HEADING));
        change_own(&alice, "alice@example.org").await.unwrap();
        let page = alice.open("/profile").await;
        assert!(page.text().contains(HEADING) && page.text().contains("alice@example.org"));
        change_own(&alice, "").await.unwrap();

        let sending = Browser::new(that_sends_mail(&portal).await, &portal.origin);
        sending.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(own(&sending).await, OwnMail { address: String::new(), sent: true });
        let page = sending.open("/profile").await;
        assert!(page.text().contains(HEADING) && page.text().contains("Add mail address"));
    }
}
