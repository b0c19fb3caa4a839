//! "Users can only log in if they have configured two factor authentication."

use crate::support::{
    ApiError, PASSWORD, both_databases,
    portal::{OPERATOR, RENDERING},
};
use contract::{
    account::{Standing, Viewer},
    policy::{EnforcementImpact, PersonWithout},
};

const DEMAND: &str = "Two-factor authentication required";

/// Every page of the portal that is behind the sign-in, from the router itself.
async fn pages() -> Vec<String> {
    let _nothing_is_rendered = RENDERING.write().await;
    let pages = leptos_axum::generate_route_list(app::App).into_iter().map(|page| page.path().to_owned());
    let behind: Vec<String> = pages.filter(|path| !contract::routes::is_public(path)).collect();
    assert!(behind.len() >= 4, "{behind:?}");
    behind
}

both_databases! {
    async fn people_who_are_in_are_confined_at_their_next_request(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        let (alice, node) = (portal.person("alice").await, portal.second_node().await);
        assert!(!alice.open("/profile").await.text().contains(DEMAND));
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        assert!(alice.open("/profile").await.text().contains(DEMAND));
        assert!(alice.visiting(&node).open("/profile").await.text().contains(DEMAND), "on every node");
        let viewer: Viewer = alice.call("viewer", &[]).await.unwrap();
        assert_eq!(viewer.standing, Standing::EnrolmentRequired);
        assert!(!root.open("/profile").await.text().contains(DEMAND), "who has a second factor goes on");
    }

    async fn every_page_shows_the_demand_and_nothing_of_the_product(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        let pages = pages().await;
        let confined = [portal.person("alice").await, portal.administrator("ada").await];
        for browser in confined {
            for path in &pages {
                let page = browser.open(path).await;
                assert!(page.text().contains(DEMAND) && page.text().contains("Set up 2FA"), "{path}");
                assert!(page.text().contains("Sign out"), "{path}");
                for product in ["<nav", "Add method", "Account policy", "Recent", "Recovery codes"] {
                    assert!(!page.text().contains(product), "{path} shows {product}");
                }
                // Of the data that the page was rendered from, only who is looking.
                assert!(!page.text().contains("minimum_length") && !page.text().contains("recent_sign_ins"), "{path}");
            }
            let nowhere = browser.open("/nowhere").await;
            assert!(nowhere.status == 404 && !nowhere.text().contains("<nav"));
            for path in ["/sign-in", "/sign-in/code", "/sign-in/recovery-code"] {
                assert_eq!(browser.get(path).await.location().as_deref(), Some("/"), "{path}");
            }
        }
    }

    async fn a_new_sign_in_is_confined_too_and_then_goes_where_it_was_going(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        portal.add("alice").await;
        let browser = portal.browser();
        let fields = [("user_name", "alice"), ("password", PASSWORD), ("next", "/profile")];
        let reply = browser.post_form("/api/sign-in", &fields).await;
        assert_eq!(reply.location().as_deref(), Some("/profile"));
        assert!(browser.follow(reply).await.text().contains(DEMAND));
        assert_eq!(browser.call::<()>("two-factor-status", &[]).await, Err(ApiError::EnrolmentRequired));
        portal.set_up(&browser).await;
        let page = browser.open("/profile").await;
        assert!(!page.text().contains(DEMAND) && page.text().contains("Two factor authentication"));
        assert!(page.text().contains("Authenticator app"));
    }

    async fn signing_out_is_always_possible(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        let browser = portal.person("alice").await;
        let reply = browser.post_form("/api/sign-out", &[]).await;
        assert_eq!((reply.status.as_u16(), reply.location().as_deref()), (303, Some("/sign-in")));
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn an_administrator_who_switches_it_on_is_not_spared(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        assert!(root.open("/settings").await.text().contains(DEMAND));
        assert_eq!(root.call::<()>("account-policy", &[]).await, Err(ApiError::EnrolmentRequired));
        portal.set_up(&root).await;
        portal.change_policy(&root, |policy| policy.require_second_factor = false).await;
    }

    async fn switched_off_it_confines_nobody(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        let alice = portal.person("alice").await;
        assert!(alice.open("/").await.text().contains(DEMAND));
        portal.change_policy(&root, |policy| policy.require_second_factor = false).await;
        assert!(!alice.open("/").await.text().contains(DEMAND));
    }

    async fn losing_the_second_factor_confines_again(portal) {
        let root = portal.enrolled_administrator("root").await.browser;
        portal.change_policy(&root, |policy| policy.require_second_factor = true).await;
        let alice = portal.person("alice").await;
        portal.set_up(&alice).await;
        portal.service.disable_second_factor("ops", "alice").await.unwrap();
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut));
        alice.sign_in("alice", PASSWORD).await.unwrap();
        assert!(alice.open("/").await.text().contains(DEMAND));
    }

    async fn before_saving_one_sees_what_it_would_do(portal) {
        let root = portal.administrator("root").await;
        portal.enrolled("alice").await;
        portal.add("bob").await;
        portal.add_administrator("ada").await;
        root.sign_in("root", PASSWORD).await.unwrap();
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        let who = |name: &str, administrator| PersonWithout { name: name.to_owned(), administrator };
        let expected = EnforcementImpact {
            not_activated: 0,
            people: 4,
            people_without: 3,
            administrators_without: 2,
            includes_you: true,
            first: vec![who("ada", true), who("bob", false), who("root", true)],
            fewer_days: None,
            approvers: 1,
        };
        assert_eq!(impact, expected);
        portal.set_up(&root).await;
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        let expected = EnforcementImpact {
            not_activated: 0,
            people: 4,
            people_without: 2,
            administrators_without: 1,
            includes_you: false,
            first: vec![who("ada", true), who("bob", false)],
            fewer_days: None,
            approvers: 1,
        };
        assert_eq!(impact, expected);
        portal.service.set_active(OPERATOR, "bob", false).await.unwrap();
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        assert_eq!((impact.people, impact.people_without, impact.first), (3, 1, vec![who("ada", true)]));
    }

    async fn of_many_the_first_fifty_are_named(portal) {
        let root = portal.administrator("root").await;
        for number in 0..60 {
            portal.add(&format!("person-{number:02}")).await;
        }
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        assert_eq!((impact.people_without, impact.first.len()), (61, 50));
        assert_eq!((impact.first[0].name.as_str(), impact.first[49].name.as_str()), ("person-00", "person-49"));
    }
}
