//! Changing one's password.

use crate::support::{ApiError, Browser, PASSWORD, both_databases, portal::OPERATOR};
use contract::password::{PasswordPolicy, PasswordRule};
use twofold::{domain::audit::trail::AuditEvent, values};

const NEXT: &str = "Another-zebra-8";

async fn change(browser: &Browser, current: &str, new: &str) -> Result<(), ApiError> {
    browser.call("change-password", &[("current", current), ("new", new)]).await
}

fn broken(rule: PasswordRule) -> Result<(), ApiError> {
    Err(ApiError::Password(vec![rule]))
}

both_databases! {
    async fn the_new_one_counts_and_everything_else_has_ended(portal) {
        let alice = portal.person("alice").await;
        let other = portal.awaiting_code("alice").await;
        let stolen = alice.copy();
        change(&alice, PASSWORD, NEXT).await.unwrap();
        alice.who_am_i().await.expect("this session goes on");
        assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut));
        assert_eq!(stolen.who_am_i().await, Err(ApiError::SignedOut), "under a new token");
        assert_eq!(portal.browser().sign_in("alice", PASSWORD).await, Err(ApiError::Credentials));
        portal.browser().sign_in("alice", NEXT).await.unwrap();
        assert_eq!(portal.count(AuditEvent::PasswordChanged).await, 1);
    }

    async fn it_takes_a_fresh_proof_of_identity(portal) {
        let alice = portal.enrolled("alice").await;
        portal.clock.advance(5 * 60);
        assert_eq!(change(&alice.browser, PASSWORD, NEXT).await, Err(ApiError::StepUpRequired { code: true }));
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        change(&alice.browser, PASSWORD, NEXT).await.unwrap();
    }

    async fn it_does_not_matter_how_a_keyboard_spells_it(portal) {
        let alice = portal.person("alice").await;
        change(&alice, PASSWORD, "Gro\u{308}ßere Zebra\u{A0}8!").await.unwrap();
        for typed in ["Größere Zebra 8!", "Gro\u{308}ßere Zebra\u{2009}8!"] {
            portal.browser().sign_in("alice", typed).await.unwrap();
            assert_eq!(change(&alice, typed, typed).await, broken(PasswordRule::NotRecent));
        }
        for other in ["größere Zebra 8!", "Grossere Zebra 8!", "Größere Zebra 8!  "] {
            assert_eq!(portal.browser().sign_in("alice", other).await, Err(ApiError::Credentials), "{other}");
        }
        let long = |letters: usize| format!("Zq-8{}", "o\u{308}".repeat(letters));
        change(&alice, "Größere Zebra 8!", &long(252)).await.unwrap();
        assert_eq!(change(&alice, &long(252), &long(253)).await, broken(PasswordRule::MaximumLength));
        portal.browser().sign_in("alice", &long(252)).await.unwrap();
        assert_eq!(portal.browser().sign_in("alice", &long(2_000)).await, Err(ApiError::Credentials));
    }

    async fn one_that_was_hashed_as_it_was_typed_still_opens_and_is_renewed(portal) {
        let typed = "Gro\u{308}ßere Zebra 8!";
        portal.add("alice").await;
        let params = argon2::Params::new(8, 1, 1, Some(32)).unwrap();
        let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let hash = argon2::PasswordHasher::hash_password_with_salt(&argon2, typed.as_bytes(), b"a salt, 16 bytes").unwrap();
        let (sql, hash) = ("UPDATE users SET password_hash = $1", hash.to_string());
        portal.service.db.execute(sql, values![hash.as_str()]).await.unwrap();
        let stored = async || portal.service.db.one::<(String,)>("SELECT password_hash FROM users", values![]).await.unwrap().0;
        assert_eq!(portal.browser().sign_in("alice", "Größere Zebra 8!").await, Err(ApiError::Credentials));
        assert_eq!(stored().await, hash);
        portal.browser().sign_in("alice", typed).await.unwrap();
        assert_ne!(stored().await, hash, "the next sign-in may spell it in any way");
        portal.browser().sign_in("alice", "Größere Zebra 8!").await.unwrap();
        portal.browser().sign_in("alice", typed).await.unwrap();
    }

    async fn the_current_one_is_checked_and_guesses_are_charged(portal) {
        let alice = portal.person("alice").await;
        for _ in 0..4 {
            assert_eq!(change(&alice, "Wrong-horse-7", NEXT).await, Err(ApiError::WrongPassword));
        }
        for _ in 0..3 {
            assert_eq!(change(&alice, PASSWORD, "Short-1").await, broken(PasswordRule::MinimumLength(10)), "which charges nothing");
        }
        for _ in 0..4 {
            assert_eq!(change(&alice, "Wrong-horse-7", NEXT).await, Err(ApiError::WrongPassword), "a right one starts anew");
        }
        assert_eq!(change(&alice, "Wrong-horse-7", NEXT).await, Err(ApiError::Locked { retry_after: Some(900) }));
        assert_eq!(change(&alice, PASSWORD, NEXT).await, Err(ApiError::Locked { retry_after: Some(900) }));
        portal.browser().sign_in("alice", PASSWORD).await.expect("what was guessed in her browser counts there");
        assert_eq!(portal.count(AuditEvent::PasswordChanged).await, 0);
    }

    async fn the_rules_of_the_policy_are_told_and_kept(portal) {
        let root = portal.administrator("root").await;
        let alice = portal.person("alice").await;
        portal.change_policy(&root, |policy| policy.password.minimum_length = 20).await;
        let policy: PasswordPolicy = alice.call("password-policy", &[]).await.unwrap();
        assert_eq!(policy.minimum_length, 20);
        assert_eq!(change(&alice, PASSWORD, NEXT).await, broken(PasswordRule::MinimumLength(20)));
        assert_eq!(change(&alice, PASSWORD, "Alice-and-more-zebras-8").await, broken(PasswordRule::NotUserName));
        assert_eq!(change(&alice, PASSWORD, &format!("Zq-8{}", "x".repeat(253))).await, broken(PasswordRule::MaximumLength));
    }

    async fn what_everybody_uses_is_refused(portal) {
        let alice = portal.person("alice").await;
        for common in ["Password-1", "P@ssw0rd123!", "Qwertyuiop-1", "Iloveyou-123"] {
            assert_eq!(change(&alice, PASSWORD, common).await, broken(PasswordRule::NotCommon), "{common}");
        }
        let token = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        let fields = [("token", token.as_str()), ("user_name", ""), ("password", "Password-1")];
        assert_eq!(portal.browser().call::<()>("accept-invitation", &fields).await, broken(PasswordRule::NotCommon));
    }

    async fn none_of_the_last_ten_comes_back(portal) {
        let alice = portal.person("alice").await;
        let nth = |n: usize| if n == 0 { PASSWORD.to_owned() } else { format!("Zebra-umbrella-{n}") };
        for n in 0..10 {
            for earlier in 0..=n {
                if n < 3 || earlier == 0 {
                    assert_eq!(change(&alice, &nth(n), &nth(earlier)).await, broken(PasswordRule::NotRecent), "{n} {earlier}");
                }
            }
            if n < 9 {
                change(&alice, &nth(n), &nth(n + 1)).await.unwrap();
                portal.clock.advance(1);
            }
        }
        // More than ten an hour there may not be.
        portal.clock.advance(3_600);
        alice.sign_in("alice", &nth(9)).await.unwrap();
        change(&alice, &nth(9), &nth(10)).await.unwrap();
        assert_eq!(change(&alice, &nth(10), &nth(1)).await, broken(PasswordRule::NotRecent));
        change(&alice, &nth(10), &nth(0)).await.expect("eleven ago");
    }

    async fn nor_by_a_link(portal) {
        portal.add("alice").await;
        let token = portal.service.invite_user(OPERATOR, "alice").await.unwrap().unwrap().text().to_string();
        let choose = async |password: &str| {
            let fields = [("token", token.as_str()), ("user_name", ""), ("password", password)];
            portal.browser().call::<()>("accept-invitation", &fields).await
        };
        assert_eq!(choose(PASSWORD).await, broken(PasswordRule::NotRecent));
        choose(NEXT).await.expect("the link is still good");
    }

    async fn of_two_changes_at_once_one_counts(portal) {
        let alice = portal.person("alice").await;
        let other = portal.awaiting_code("alice").await;
        let node = portal.second_node().await;
        let one = change(&alice, PASSWORD, "Zebra-umbrella-1");
        let elsewhere = other.visiting(&node);
        let two = change(&elsewhere, PASSWORD, "Zebra-umbrella-2");
        let outcomes = tokio::join!(one, two);
        assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
        let good = if outcomes.0.is_ok() { "Zebra-umbrella-1" } else { "Zebra-umbrella-2" };
        portal.browser().sign_in("alice", good).await.expect("the one that was acknowledged");
    }
}
