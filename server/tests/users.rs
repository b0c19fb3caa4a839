//! What `twofold user` does, beside a portal that serves.

use crate::support::{
    ApiError, PASSWORD, TestPortal, both_databases,
    portal::{OPERATOR, begin},
};
use contract::{
    account::{Invitation, InvitationKind},
    error::UserNameProblem,
    password::PasswordRule,
};
use twofold::{domain::audit::trail::AuditEvent, service::people::operator::FirstPassword};

async fn add(portal: &TestPortal, name: &str, password: &str) -> Result<(), ApiError> {
    let password = FirstPassword::Given(password.to_owned().into());
    portal.service.add_user(OPERATOR, name, false, password).await.map(|token| assert!(token.is_none()))
}

async fn choose(portal: &TestPortal, token: &str, password: &str) -> Result<(), ApiError> {
    let fields = [("token", token), ("user_name", "ignored"), ("password", password)];
    portal.browser().call("accept-invitation", &fields).await
}

both_databases! {
    async fn someone_added_can_sign_in_at_once(portal) {
        let node = portal.second_node().await;
        add(&node, "alice", PASSWORD).await.unwrap();
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    }

    async fn names_and_passwords_keep_the_rules(portal) {
        let name = |problem| Err(ApiError::UserName(problem));
        assert_eq!(add(&portal, "", PASSWORD).await, name(UserNameProblem::Empty));
        assert_eq!(add(&portal, &"x".repeat(300), PASSWORD).await, name(UserNameProblem::TooLong));
        assert_eq!(add(&portal, "a\u{202E}b", PASSWORD).await, name(UserNameProblem::Invisible));
        let weak = Err(ApiError::Password(vec![PasswordRule::MinimumLength(10), PasswordRule::Number]));
        assert_eq!(add(&portal, "alice", "Short-one").await, weak);
        assert!(portal.service.list_users().await.unwrap().is_empty());
        add(&portal, "alice", PASSWORD).await.unwrap();
        assert_eq!(add(&portal, "ALICE", PASSWORD).await, name(UserNameProblem::Taken));
    }

    async fn the_same_name_added_twice_at_once_is_one_person(portal) {
        let node = portal.second_node().await;
        for round in 0..5 {
            let name = format!("alice-{round}");
            let outcomes = tokio::join!(add(&portal, &name, PASSWORD), add(&node, &name, PASSWORD));
            let mut outcomes = [outcomes.0, outcomes.1];
            outcomes.sort_by_key(Result::is_err);
            assert_eq!(outcomes, [Ok(()), Err(ApiError::UserName(UserNameProblem::Taken))]);
        }
    }

    async fn without_a_password_they_choose_one_by_a_link(portal) {
        let token = portal.service.add_user(OPERATOR, "Alice", true, FirstPassword::ByLink).await.unwrap().unwrap();
        let token = token.text().to_string();
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        assert_eq!(portal.browser().sign_in("alice", "").await, Err(ApiError::Credentials));
        let invitation: Invitation = portal.browser().call("invitation", &[("token", &token)]).await.unwrap();
        assert_eq!(invitation.kind, InvitationKind::ChoosePassword { user_name: "Alice".to_owned() });
        let page = portal.browser().open(&format!("/welcome/{token}")).await;
        assert!(page.text().contains("Save password") && page.text().contains("Alice"));
        let fields = page.text().split("<input").filter_map(|rest| rest.split('>').next());
        let owner = |field: &str| field.contains(r#"autocomplete="username""#) && field.contains(r#"value="Alice""#);
        assert!(fields.into_iter().any(owner), "password managers are told whose password it is");
        assert!(choose(&portal, &token, "Short-1").await.is_err());
        choose(&portal, &token, PASSWORD).await.unwrap();
        portal.browser().sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(choose(&portal, &token, "Another-horse-8").await, Err(ApiError::InvitationInvalid), "once");
        assert!(portal.browser().sign_in("ignored", PASSWORD).await.is_err());
    }

    async fn a_new_link_replaces_the_old_and_the_password(portal) {
        let alice = portal.person("alice").await;
        let first = portal.service.invite_user(OPERATOR, "ALICE").await.unwrap().unwrap().text().to_string();
        let second = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        assert_eq!(choose(&portal, &first, "Another-horse-8").await, Err(ApiError::InvitationInvalid));
        portal.browser().sign_in("alice", PASSWORD).await.expect("until a new one is chosen");
        choose(&portal, &second, "Another-horse-8").await.unwrap();
        assert_eq!(alice.who_am_i().await, Err(ApiError::SignedOut), "her sessions have ended");
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        portal.browser().sign_in("alice", "Another-horse-8").await.unwrap();
    }

    async fn a_link_expires_after_72_hours(portal) {
        let token = portal.service.add_user(OPERATOR, "alice", false, FirstPassword::ByLink).await.unwrap().unwrap();
        portal.clock.advance(72 * 3_600);
        assert_eq!(choose(&portal, token.text().as_str(), PASSWORD).await, Err(ApiError::InvitationInvalid));
    }

    async fn a_link_does_not_get_around_the_second_factor(portal) {
        let alice = portal.enrolled("alice").await;
        let token = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        let browser = portal.browser();
        let fields = [("token", token.as_str()), ("user_name", ""), ("password", "Another-horse-8")];
        browser.call::<()>("accept-invitation", &fields).await.unwrap();
        assert_eq!(browser.who_am_i().await, Err(ApiError::SecondFactorRequired));
        browser.code(&alice.phone.code()).await.unwrap();
    }

    async fn the_list_says_who_has_what(portal) {
        portal.add_administrator("root").await;
        portal.enrolled("Zoë").await;
        portal.service.add_user(OPERATOR, "bob", false, FirstPassword::ByLink).await.unwrap();
        let people = portal.service.list_users().await.unwrap();
        let people: Vec<_> = people.iter()
            .map(|user| (user.name.as_str(), user.administrator, user.has_password, user.methods, user.active))
            .collect();
        assert_eq!(people, [
            ("bob", false, false, 0, true), ("root", true, true, 0, true), ("Zoë", false, true, 1, true),
        ]);
    }

    async fn disabling_a_second_factor_removes_all_that_belongs_to_it(portal) {
        let alice = portal.enrolled("alice").await;
        let known = portal.awaiting_code("alice").await;
        known.code(&alice.phone.code()).await.unwrap();
        let setting_up = begin(&known).await;
        assert!(portal.service.disable_second_factor(OPERATOR, " Alice ").await.unwrap());
        for browser in [&alice.browser, &known] {
            assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        }
        let browser = portal.browser();
        browser.sign_in("alice", PASSWORD).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice", "the password alone signs in again");
        assert!(crate::support::portal::confirm(&browser, &setting_up.id, "000000").await.is_err());
        let (phone, codes) = portal.set_up(&browser).await;
        portal.clock.advance(60);
        assert!(portal.awaiting_code("alice").await.code(&alice.phone.code()).await.is_err(), "the old app");
        assert!(portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.is_err());
        portal.awaiting_code("alice").await.code(&phone.code()).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&codes[0]).await.unwrap();
    }

    async fn nobody_by_that_name_is_an_answer(portal) {
        assert!(portal.service.invite_user(OPERATOR, "nobody").await.unwrap().is_none());
        assert_eq!(portal.service.unlock_user(OPERATOR, "nobody").await, Ok(None));
        assert!(!portal.service.disable_second_factor(OPERATOR, "nobody").await.unwrap());
        assert!(portal.audit().await.is_empty());
    }

    async fn housekeeping_removes_what_has_expired_and_nothing_else(portal) {
        let (gone, alice) = (portal.person("gone").await, portal.person("alice").await);
        portal.service.invite_first_administrator().await.unwrap();
        portal.clock.advance(29 * 60);
        alice.who_am_i().await.unwrap();
        portal.clock.advance(2 * 60);
        portal.service.clean_up().await.unwrap();
        let count = async |sql: &'static str| {
            let (count,): (i64,) = portal.service.db.one(sql, twofold::values![]).await.unwrap();
            count
        };
        assert_eq!(count("SELECT COUNT(*) FROM sessions").await, 1);
        alice.who_am_i().await.unwrap();
        assert_eq!(gone.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(count("SELECT COUNT(*) FROM invitations").await, 1);
        portal.clock.advance(72 * 3_600);
        portal.service.clean_up().await.unwrap();
        assert_eq!(count("SELECT COUNT(*) FROM sessions").await, 0);
        assert_eq!(count("SELECT COUNT(*) FROM invitations").await, 0);
        assert_eq!(count("SELECT COUNT(*) FROM attempt_counters WHERE key LIKE 'address:%'").await, 0);
        assert_eq!(count("SELECT COUNT(*) FROM users").await, 2);
    }

    async fn a_deactivated_person_is_out_at_once_and_loses_nothing(portal) {
        portal.add_administrator("root").await;
        let alice = portal.enrolled("alice").await;
        let link = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        assert_eq!(portal.service.set_active(OPERATOR, "ALICE", false).await, Ok(true));
        assert_eq!(alice.browser.visiting(&portal.second_node().await).who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        assert_eq!(choose(&portal, &link, "Another-horse-8").await, Err(ApiError::InvitationInvalid));
        assert_eq!(portal.service.set_active(OPERATOR, "alice", true).await, Ok(true));
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.expect("with the same app");
        assert_eq!(portal.service.set_active(OPERATOR, "nobody", true).await, Ok(false));
        assert_eq!(portal.count(AuditEvent::UserDeactivated).await, 1);
        assert_eq!(portal.count(AuditEvent::UserReactivated).await, 1);
    }

    async fn the_last_active_administrator_stays(portal) {
        portal.add_administrator("root").await;
        portal.add_administrator("ada").await;
        portal.add("bob").await;
        let service = &portal.service;
        assert_eq!(service.set_active(OPERATOR, "ada", false).await, Ok(true));
        assert_eq!(service.set_active(OPERATOR, "root", false).await, Err(ApiError::LastAdministrator));
        assert_eq!(service.set_administrator(OPERATOR, "root", false).await, Err(ApiError::LastAdministrator));
        assert_eq!(service.set_administrator(OPERATOR, "ada", false).await, Ok(true), "she is none that counts");
        assert_eq!(service.set_administrator(OPERATOR, "bob", true).await, Ok(true));
        assert_eq!(service.set_administrator(OPERATOR, "root", false).await, Ok(true));
        let root = portal.browser();
        root.sign_in("root", PASSWORD).await.unwrap();
        assert_eq!(root.call::<serde_json::Value>("account-policy", &[]).await, Err(ApiError::AdministratorRequired));
    }

    async fn of_the_last_two_administrators_only_one_can_go(portal) {
        let node = portal.second_node().await;
        let mut left: Option<String> = None;
        for round in 0..6 {
            let (one, other) = (format!("one-{round}"), format!("other-{round}"));
            portal.add_administrator(&one).await;
            portal.add_administrator(&other).await;
            if let Some(before) = left.take() {
                assert_eq!(portal.service.set_administrator(OPERATOR, &before, false).await, Ok(true));
            }
            let outcomes = tokio::join!(
                portal.service.set_active(OPERATOR, &one, false),
                node.service.set_administrator(OPERATOR, &other, false),
            );
            left = Some(match outcomes {
                (Ok(true), Err(ApiError::LastAdministrator)) => other,
                (Err(ApiError::LastAdministrator), Ok(true)) => one,
                both => panic!("round {round}: {both:?}"),
            });
        }
    }
}
