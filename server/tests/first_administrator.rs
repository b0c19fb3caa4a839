//! The one-time link on which a new portal's first administrator is created.

use crate::support::{ApiError, Browser, PASSWORD, TestPortal, both_databases, portal::OPERATOR};
use contract::{
    account::{Invitation, InvitationKind},
    error::UserNameProblem,
    password::PasswordRule,
};
use twofold::{domain::audit::trail::AuditEvent, service::people::operator::FirstPassword};

/// The token of a fresh link, as `twofold serve` prints it.
async fn link(portal: &TestPortal) -> String {
    let token = portal.service.invite_first_administrator().await.unwrap();
    token.expect("the portal waits for its first administrator").text().to_string()
}

async fn accept(browser: &Browser, token: &str, name: &str, password: &str) -> Result<(), ApiError> {
    browser.call("accept-invitation", &[("token", token), ("user_name", name), ("password", password)]).await
}

async fn look_up(browser: &Browser, token: &str) -> Result<Invitation, ApiError> {
    browser.call("invitation", &[("token", token)]).await
}

async fn is_administrator(browser: &Browser) -> bool {
    browser.call::<serde_json::Value>("account-policy", &[]).await.is_ok()
}

both_databases! {
    async fn the_link_creates_an_administrator_and_signs_them_in(portal) {
        let (token, browser) = (link(&portal).await, portal.browser());
        assert!(browser.open(&format!("/welcome/{token}")).await.text().contains("Create administrator"));
        assert_eq!(look_up(&browser, &token).await.unwrap().kind, InvitationKind::FirstAdministrator);
        accept(&browser, &token, "Ada", PASSWORD).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "Ada");
        assert!(is_administrator(&browser).await);
        portal.browser().sign_in("ada", PASSWORD).await.unwrap();
    }

    async fn it_works_once(portal) {
        let token = link(&portal).await;
        accept(&portal.browser(), &token, "Ada", PASSWORD).await.unwrap();
        let browser = portal.browser();
        assert_eq!(look_up(&browser, &token).await, Err(ApiError::InvitationInvalid));
        assert_eq!(accept(&browser, &token, "Eve", PASSWORD).await, Err(ApiError::InvitationInvalid));
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
        let page = browser.open(&format!("/welcome/{token}")).await;
        assert!(page.text().contains("be used") && page.text().contains("Go to the sign-in page"));
        assert!(portal.service.invite_first_administrator().await.unwrap().is_none(), "no further link is made");
    }

    async fn it_lives_for_72_hours(portal) {
        let token = link(&portal).await;
        portal.clock.advance(72 * 3_600 - 1);
        look_up(&portal.browser(), &token).await.expect("still good");
        portal.clock.advance(1);
        assert_eq!(look_up(&portal.browser(), &token).await, Err(ApiError::InvitationInvalid));
        assert_eq!(accept(&portal.browser(), &token, "Ada", PASSWORD).await, Err(ApiError::InvitationInvalid));
        // The next start prints a new one.
        accept(&portal.browser(), &link(&portal).await, "Ada", PASSWORD).await.unwrap();
    }

    async fn it_dies_when_the_command_line_adds_an_administrator(portal) {
        let token = link(&portal).await;
        portal.add("somebody").await;
        look_up(&portal.browser(), &token).await.expect("someone who is no administrator changes nothing");
        let password = FirstPassword::Given(PASSWORD.to_owned().into());
        portal.service.add_user(OPERATOR, "root", true, password).await.unwrap();
        assert_eq!(look_up(&portal.browser(), &token).await, Err(ApiError::InvitationInvalid));
        assert_eq!(accept(&portal.browser(), &token, "Ada", PASSWORD).await, Err(ApiError::InvitationInvalid));
    }

    async fn of_two_links_racing_one_creates_an_administrator(portal) {
        for round in 0..5 {
            let node = TestPortal::on(match portal.database {
                crate::support::Database::Sqlite => crate::support::Database::Sqlite,
                crate::support::Database::Postgres { .. } => crate::support::Database::postgres().await.unwrap(),
            }).await;
            let (one, other) = (link(&node).await, link(&node).await);
            let (first, second) = (node.browser(), node.browser());
            let outcomes = tokio::join!(
                accept(&first, &one, "Ada", PASSWORD),
                accept(&second, &other, "Grace", PASSWORD),
            );
            let outcomes = [outcomes.0, outcomes.1];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "round {round}: {outcomes:?}");
            assert!(outcomes.contains(&Err(ApiError::InvitationInvalid)), "round {round}: {outcomes:?}");
            let people = node.service.list_users().await.unwrap();
            assert_eq!(people.len(), 1, "{people:?}");
            assert_eq!(node.count(AuditEvent::FirstAdministratorCreated).await, 1);
        }
    }

    async fn the_same_link_posted_twice_at_once_creates_one(portal) {
        let (token, browser) = (link(&portal).await, portal.browser());
        let tab = browser.tab();
        let outcomes = tokio::join!(
            accept(&browser, &token, "Ada", PASSWORD),
            accept(&tab, &token, "Ada", PASSWORD),
        );
        assert_eq!([outcomes.0, outcomes.1].iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(portal.service.list_users().await.unwrap().len(), 1);
    }

    async fn names_that_can_not_be_used_are_refused_and_the_link_stays(portal) {
        let (token, browser) = (link(&portal).await, portal.browser());
        for (name, problem) in [
            ("", UserNameProblem::Empty),
            (" \t\u{3000}", UserNameProblem::Empty),
            (&"a".repeat(65), UserNameProblem::TooLong),
            (&"ж".repeat(300), UserNameProblem::TooLong),
            ("two\nlines", UserNameProblem::Control),
            ("bell\u{7}", UserNameProblem::Control),
            ("nul\0", UserNameProblem::Control),
            ("n\u{202E}imda", UserNameProblem::Invisible),
            ("ad\u{2066}a\u{2069}", UserNameProblem::Invisible),
            ("ada\u{200F}x", UserNameProblem::Invisible),
            ("a\u{200B}da", UserNameProblem::Invisible),
        ] {
            let refused = accept(&browser, &token, name, PASSWORD).await;
            assert_eq!(refused, Err(ApiError::UserName(problem)), "{name:?}");
        }
        assert!(portal.service.list_users().await.unwrap().is_empty());
        accept(&browser, &token, &"a".repeat(64), PASSWORD).await.unwrap();
    }

    async fn names_of_any_script_and_punctuation_are_kept_as_typed(portal) {
        for (index, name) in ["Łukasz Żółw", "山田太郎", "محمد", r#"a:b&c%d#e"f'g<h>"#, "O'Brien & Söhne, #1 100%"].into_iter().enumerate() {
            let browser = if index == 0 {
                let browser = portal.browser();
                accept(&browser, &link(&portal).await, name, PASSWORD).await.unwrap();
                browser
            } else {
                portal.person(name).await
            };
            assert_eq!(browser.who_am_i().await.unwrap(), name);
            let page = browser.open("/profile").await;
            assert_eq!(page.status, 200);
            assert!(!page.text().contains("<h>"), "the name is inert in the page");
        }
    }

    async fn passwords_keep_the_rules_of_the_policy(portal) {
        let (token, browser) = (link(&portal).await, portal.browser());
        for (password, broken) in [
            ("Sh0rt-one", vec![PasswordRule::MinimumLength(10)]),
            ("no-capital-1", vec![PasswordRule::Capital]),
            ("No-number-at-all", vec![PasswordRule::Number]),
            ("NothingSpecial1", vec![PasswordRule::Special]),
            ("Grace-Hopper-1906", vec![PasswordRule::NotUserName]),
            (&format!("{}-A1", "x".repeat(254)), vec![PasswordRule::MaximumLength]),
            ("", vec![
                PasswordRule::MinimumLength(10), PasswordRule::Number, PasswordRule::Special, PasswordRule::Capital,
            ]),
        ] {
            let refused = accept(&browser, &token, "hopper", password).await;
            assert_eq!(refused, Err(ApiError::Password(broken)), "{} characters", password.chars().count());
        }
        let longest = format!("{}-A1", "ä".repeat(253));
        accept(&browser, &token, "hopper", &longest).await.unwrap();
        portal.browser().sign_in("hopper", &longest).await.unwrap();
    }

    async fn a_name_that_someone_has_is_taken_however_it_is_written(portal) {
        portal.add("Zoë").await;
        let (token, browser) = (link(&portal).await, portal.browser());
        for name in ["Zoë", " zOË ", "Zoe\u{308}", "Ｚｏë"] {
            let refused = accept(&browser, &token, name, PASSWORD).await;
            assert_eq!(refused, Err(ApiError::UserName(UserNameProblem::Taken)), "{name}");
        }
        accept(&browser, &token, "Zoe", PASSWORD).await.unwrap();
    }
}
