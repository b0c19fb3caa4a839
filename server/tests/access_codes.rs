//! Temporary access codes: for someone who has lost the phone and the recovery codes.

use crate::support::{
    ApiError, Browser, PASSWORD, TestPortal, both_databases,
    portal::{Enrolled, OPERATOR, begin},
};
use contract::{
    account::{Standing, Viewer},
    error::RecoveryCodeProblem,
    overview::PortalOverview,
    people::{
        AccessCodeProblem, IssuedAccessCode, PeopleChange, PeopleChanged, PeoplePage, PeopleQuery, Person, WaitingCode,
    },
    policy::EnforcementImpact,
    profile::TwoFactorStatus,
};
use serde_json::json;
use twofold::domain::audit::trail::AuditEvent;

async fn person(browser: &Browser, name: &str) -> Person {
    let query = json!({ "query": PeopleQuery { search: name.to_owned(), ..PeopleQuery::default() } });
    let page: PeoplePage = browser.call_json("people", &query).await.unwrap();
    page.people.into_iter().find(|person| person.name == name).unwrap()
}

async fn issue(browser: &Browser, name: &str) -> Result<IssuedAccessCode, ApiError> {
    let id = person(browser, name).await.id;
    browser.call("issue-access-code", &[("person_id", &id)]).await
}

async fn waiting(browser: &Browser) -> Vec<WaitingCode> {
    let query = json!({ "query": PeopleQuery::default() });
    browser.call_json::<PeoplePage>("people", &query).await.unwrap().waiting
}

async fn approve(browser: &Browser, id: &str) -> Result<(), ApiError> {
    browser.call("approve-access-code", &[("id", id)]).await
}

/// Whether the session is good for what signed-in people do.
async fn is_in(browser: &Browser) -> Result<(), ApiError> {
    browser.call::<serde_json::Value>("sessions", &[]).await.map(drop)
}

async fn demand_approval(portal: &TestPortal, root: &Browser) {
    portal.change_policy(root, |policy| policy.approve_access_codes = true).await;
}

fn refused(problem: RecoveryCodeProblem) -> Result<(), ApiError> {
    Err(ApiError::RecoveryCode(problem))
}

/// An administrator, freshly signed in, and someone with a second factor.
async fn two(portal: &TestPortal) -> (Browser, Enrolled) {
    let alice = portal.enrolled("alice").await;
    (portal.administrator("root").await, alice)
}

both_databases! {
    async fn a_code_signs_in_once_and_leads_to_a_new_second_factor(portal) {
        let (root, alice) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        assert!(!issued.awaits_approval);
        assert_eq!(issued.expires_at, portal.service.clock.now().0 + 3_600);
        assert_eq!(issued.person.access_code.unwrap().expires_at, issued.expires_at);

        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&issued.code.to_lowercase().replace('-', " ")).await.unwrap();
        let viewer: Viewer = browser.call("viewer", &[]).await.unwrap();
        assert_eq!((viewer.standing, viewer.sets_up_anew), (Standing::EnrolmentRequired, true));
        for function in ["sessions", "two-factor-status", "activity", "password-policy", "disable-second-factor"] {
            let reply = browser.call::<serde_json::Value>(function, &[]).await;
            assert_eq!(reply, Err(ApiError::EnrolmentRequired), "{function}");
        }
        assert!(person(&root, "alice").await.access_code.is_none(), "it is spent");
        assert_eq!(
            portal.awaiting_code("alice").await.recovery_code(&issued.code).await,
            refused(RecoveryCodeProblem::Wrong { attempts_left: Some(4) })
        );

        // Until the new one is finished, the old one counts: it may turn up.
        portal.clock.advance(60);
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.unwrap();
        let (phone, codes) = portal.set_up(&browser).await;
        assert_eq!(is_in(&browser).await, Ok(()));
        let status: TwoFactorStatus = browser.call("two-factor-status", &[]).await.unwrap();
        assert_eq!(status.methods.len(), 1);
        assert_eq!(status.methods[0].name, "Authenticator app");
        assert_eq!(alice.browser.who_am_i().await, Err(ApiError::SignedOut), "sessions of before");
        portal.clock.advance(60);
        assert!(portal.awaiting_code("alice").await.code(&alice.phone.code()).await.is_err(), "the lost phone");
        assert!(portal.awaiting_code("alice").await.recovery_code(&alice.recovery_codes[0]).await.is_err());
        portal.awaiting_code("alice").await.code(&phone.code()).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&codes[0]).await.unwrap();

        let trail = portal.audit().await;
        let of = |event: AuditEvent| trail.iter().filter(move |entry| entry.event == event.as_str());
        let issued = of(AuditEvent::AccessCodeIssued).next().unwrap();
        assert_eq!((issued.actor_name.as_deref(), issued.subject_name.as_deref()), (Some("root"), Some("alice")));
        assert_eq!(of(AuditEvent::AccessCodeUsed).count(), 1);
        assert_eq!(of(AuditEvent::MethodReplaced).count(), 1);
    }

    async fn the_confined_session_proves_itself_with_the_password_alone(portal) {
        let (root, _) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&issued.code).await.unwrap();
        portal.clock.advance(5 * 60);
        let stale = browser.call::<serde_json::Value>("begin-enrolment", &[]).await;
        assert_eq!(stale, Err(ApiError::StepUpRequired { code: false }));
        browser.step_up(PASSWORD, "").await.unwrap();
        let viewer: Viewer = browser.call("viewer", &[]).await.unwrap();
        assert_eq!(viewer.standing, Standing::EnrolmentRequired, "still confined");
        portal.set_up(&browser).await;
        assert_eq!(is_in(&browser).await, Ok(()));
    }

    async fn a_code_lasts_an_hour_and_a_new_one_ends_it(portal) {
        let (root, _) = two(&portal).await;
        let first = issue(&root, "alice").await.unwrap();
        let second = issue(&root, "alice").await.unwrap();
        assert_ne!(first.code, second.code);
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&first.code).await, refused(RecoveryCodeProblem::Wrong { attempts_left: Some(4) }));
        portal.clock.advance(3_600);
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&second.code).await, refused(RecoveryCodeProblem::Expired));
        root.sign_in("root", PASSWORD).await.unwrap();
        assert!(person(&root, "alice").await.access_code.is_none());
        let third = issue(&root, "alice").await.unwrap();
        portal.clock.advance(3_599);
        portal.awaiting_code("alice").await.recovery_code(&third.code).await.unwrap();
    }

    async fn used_twice_at_once_it_opens_one_session(portal) {
        let (root, _) = two(&portal).await;
        let node = portal.second_node().await;
        for _ in 0..5 {
            let issued = issue(&root, "alice").await.unwrap();
            let (one, other) = (portal.awaiting_code("alice").await, portal.awaiting_code("alice").await.visiting(&node));
            let outcomes = tokio::join!(one.recovery_code(&issued.code), other.recovery_code(&issued.code));
            let outcomes = [outcomes.0, outcomes.1];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        }
    }

    async fn guesses_are_counted_as_recovery_codes_are(portal) {
        let (root, _) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        for _ in 0..2 {
            let browser = portal.awaiting_code("alice").await;
            for _ in 0..5 {
                assert!(browser.recovery_code("0000-0000-0000-0000").await.is_err());
            }
        }
        let locked = portal.awaiting_code("alice").await.recovery_code(&issued.code).await;
        assert!(matches!(locked, Err(ApiError::Locked { .. })), "{locked:?}");
        let id = person(&root, "alice").await.id;
        root.call_json::<serde_json::Value>("change-people", &json!({ "ids": [id], "change": PeopleChange::Unlock })).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&issued.code).await.unwrap();
    }

    async fn a_code_is_good_for_signing_in_and_nothing_else(portal) {
        let (root, alice) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        let wrong = Err(ApiError::RecoveryCode(RecoveryCodeProblem::Wrong { attempts_left: None }));
        let browser = portal.awaiting_code("alice").await;
        browser.code(&alice.phone.code()).await.unwrap();
        assert_eq!(browser.step_up_with_recovery_code(PASSWORD, &issued.code).await, wrong);
        let checked = browser.call::<serde_json::Value>("check-recovery-code", &[("code", &issued.code)]).await;
        let none_of_hers = RecoveryCodeProblem::Wrong { attempts_left: Some(9) };
        assert_eq!(checked.map(drop), refused(none_of_hers));
        let other = portal.enrolled("bob").await;
        drop(other);
        assert!(portal.awaiting_code("bob").await.recovery_code(&issued.code).await.is_err(), "somebody else's");
    }

    async fn what_leaves_nothing_to_stand_in_for_ends_the_code(portal) {
        let (root, _) = two(&portal).await;
        for change in [
            PeopleChange::Deactivate,
            PeopleChange::DisableSecondFactor { reason: "Lost".to_owned() },
        ] {
            let issued = issue(&root, "alice").await.unwrap();
            let id = issued.person.id.clone();
            root.call_json::<serde_json::Value>("change-people", &json!({ "ids": [id], "change": change })).await.unwrap();
            assert!(person(&root, "alice").await.access_code.is_none(), "{change:?}");
            if change == PeopleChange::Deactivate {
                assert_eq!(issue(&root, "alice").await, Err(ApiError::AccessCode(AccessCodeProblem::Deactivated)));
                let change = PeopleChange::Reactivate;
                root.call_json::<serde_json::Value>("change-people", &json!({ "ids": [id], "change": change })).await.unwrap();
                assert!(portal.awaiting_code("alice").await.recovery_code(&issued.code).await.is_err());
            }
        }
        assert_eq!(issue(&root, "alice").await, Err(ApiError::AccessCode(AccessCodeProblem::NoSecondFactor)));
        assert_eq!(issue(&root, "root").await, Err(ApiError::AccessCode(AccessCodeProblem::Yourself)));
    }

    async fn where_the_policy_demands_it_a_second_administrator_approves(portal) {
        let (root, _) = two(&portal).await;
        let ada = portal.administrator("ada").await;
        demand_approval(&portal, &root).await;
        let issued = issue(&root, "alice").await.unwrap();
        assert!(issued.awaits_approval && person(&ada, "alice").await.access_code.unwrap().awaits_approval);
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&issued.code).await, refused(RecoveryCodeProblem::AwaitsApproval));

        let code = waiting(&root).await.pop().unwrap();
        assert_eq!((code.person.as_str(), code.issuer.as_deref()), ("alice", Some("root")));
        assert!(!code.yours_to_approve);
        assert_eq!(approve(&root, &code.id).await, Err(ApiError::AccessCode(AccessCodeProblem::SecondPerson)));
        assert_eq!(browser.recovery_code(&issued.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
        assert!(waiting(&ada).await[0].yours_to_approve);
        approve(&ada, &code.id).await.unwrap();
        assert_eq!(approve(&ada, &code.id).await, Err(ApiError::AccessCode(AccessCodeProblem::Gone)));
        assert!(waiting(&ada).await.is_empty());
        browser.recovery_code(&issued.code).await.unwrap();
        let entry = portal.audit().await.into_iter().find(|entry| entry.event == "access_code_approved").unwrap();
        assert_eq!((entry.actor_name.as_deref(), entry.subject_name.as_deref()), (Some("ada"), Some("alice")));
    }

    async fn who_could_approve_is_known_before_a_code_is_issued(portal) {
        let (root, _) = two(&portal).await;
        let first = async || -> PeoplePage {
            root.call_json("people", &json!({ "query": PeopleQuery::default() })).await.unwrap()
        };
        let waiting = async || -> u64 {
            root.call::<PortalOverview>("portal-overview", &[("days", "7")]).await.unwrap().codes_awaiting_approval
        };
        assert_eq!(first().await.approvers, None, "nobody needs to");
        demand_approval(&portal, &root).await;
        assert_eq!((first().await.approvers, waiting().await), (Some(0), 0));
        let impact: EnforcementImpact = root.call("enforcement-impact", &[]).await.unwrap();
        assert_eq!(impact.approvers, 0);
        issue(&root, "alice").await.unwrap();
        portal.add_administrator("ada").await;
        assert_eq!((first().await.approvers, waiting().await), (Some(1), 1));
        portal.service.set_active(OPERATOR, "ada", false).await.unwrap();
        assert_eq!(first().await.approvers, Some(0), "who can't sign in can't approve");
    }

    async fn waiting_for_approval_is_no_guess(portal) {
        let (root, _) = two(&portal).await;
        let ada = portal.administrator("ada").await;
        demand_approval(&portal, &root).await;
        let issued = issue(&root, "alice").await.unwrap();
        for _ in 0..3 {
            let browser = portal.awaiting_code("alice").await;
            for _ in 0..4 {
                assert_eq!(browser.recovery_code(&issued.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
            }
        }
        approve(&ada, &waiting(&ada).await[0].id).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&issued.code).await.unwrap();
    }

    async fn an_approval_counts_for_that_very_code(portal) {
        let (root, _) = two(&portal).await;
        let ada = portal.administrator("ada").await;
        demand_approval(&portal, &root).await;
        issue(&root, "alice").await.unwrap();
        let seen = waiting(&ada).await.pop().unwrap();
        let second = issue(&root, "alice").await.unwrap();
        assert_eq!(approve(&ada, &seen.id).await, Err(ApiError::AccessCode(AccessCodeProblem::Gone)));
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&second.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
        // An approved code that is replaced leaves no approval behind.
        approve(&ada, &waiting(&ada).await[0].id).await.unwrap();
        let third = issue(&root, "alice").await.unwrap();
        assert_eq!(browser.recovery_code(&third.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
        portal.clock.advance(3_600);
        ada.sign_in("ada", PASSWORD).await.unwrap();
        assert!(waiting(&ada).await.is_empty(), "expired");
    }

    async fn the_demand_reaches_codes_that_are_out_already(portal) {
        let (root, _) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        demand_approval(&portal, &root).await;
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&issued.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
        portal.change_policy(&root, |policy| policy.approve_access_codes = false).await;
        browser.recovery_code(&issued.code).await.unwrap();
    }

    async fn what_was_demanded_of_a_code_stays_demanded(portal) {
        let (root, _) = two(&portal).await;
        demand_approval(&portal, &root).await;
        let issued = issue(&root, "alice").await.unwrap();
        portal.change_policy(&root, |policy| policy.approve_access_codes = false).await;
        assert!(person(&root, "alice").await.access_code.unwrap().awaits_approval);
        let browser = portal.awaiting_code("alice").await;
        assert_eq!(browser.recovery_code(&issued.code).await, refused(RecoveryCodeProblem::AwaitsApproval));
        let code = waiting(&root).await.pop().unwrap();
        approve(&portal.administrator("ben").await, &code.id).await.unwrap();
        browser.recovery_code(&issued.code).await.unwrap();
    }

    async fn a_code_can_be_withdrawn(portal) {
        let (root, _) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        let body = json!({ "ids": [issued.person.id], "change": PeopleChange::WithdrawAccessCode });
        let changed: PeopleChanged = root.call_json("change-people", &body).await.unwrap();
        assert!(changed.changed == 1 && changed.people[0].access_code.is_none());
        let wrong = refused(RecoveryCodeProblem::Wrong { attempts_left: Some(4) });
        assert_eq!(portal.awaiting_code("alice").await.recovery_code(&issued.code).await, wrong);
        let changed: PeopleChanged = root.call_json("change-people", &body).await.unwrap();
        assert_eq!((changed.changed, portal.count(AuditEvent::AccessCodeWithdrawn).await), (0, 1));

        issue(&root, "alice").await.unwrap();
        assert!(portal.service.withdraw_access_code(OPERATOR, "Alice").await.unwrap());
        assert!(person(&root, "alice").await.access_code.is_none());
        assert!(!portal.service.withdraw_access_code(OPERATOR, "nobody").await.unwrap());
    }

    async fn codes_go_with_the_right_to_issue_them(portal) {
        let (root, _) = two(&portal).await;
        for end in [PeopleChange::RemoveAdministrator, PeopleChange::Deactivate] {
            let name = if end == PeopleChange::Deactivate { "ben" } else { "bob" };
            let issuer = portal.administrator(name).await;
            issue(&issuer, "alice").await.unwrap();
            let body = json!({ "ids": [person(&root, name).await.id], "change": end });
            let changed: PeopleChanged = root.call_json("change-people", &body).await.unwrap();
            assert_eq!(changed.changed, 1);
            assert!(person(&root, "alice").await.access_code.is_none(), "{name}");
        }
    }

    async fn what_a_code_opened_ends_within_an_hour(portal) {
        let (root, _) = two(&portal).await;
        portal.change_policy(&root, |policy| policy.sessions.idle_minutes = 1_440).await;
        let code = issue(&root, "alice").await.unwrap().code;
        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&code).await.unwrap();
        portal.clock.advance(3_599);
        assert_eq!(browser.who_am_i().await.unwrap(), "alice");
        portal.clock.advance(1);
        assert_eq!(browser.who_am_i().await, Err(ApiError::SignedOut));
    }

    async fn nobody_approves_a_code_for_themselves(portal) {
        let alice = portal.enrolled_administrator("alice").await;
        let root = portal.administrator("root").await;
        demand_approval(&portal, &root).await;
        issue(&root, "alice").await.unwrap();
        let code = waiting(&root).await.pop().unwrap();
        alice.browser.step_up(PASSWORD, &alice.phone.code()).await.unwrap();
        assert!(!waiting(&alice.browser).await[0].yours_to_approve);
        assert_eq!(approve(&alice.browser, &code.id).await, Err(ApiError::AccessCode(AccessCodeProblem::SecondPerson)));
    }

    async fn an_operators_code_waits_for_any_administrator(portal) {
        let (root, _) = two(&portal).await;
        demand_approval(&portal, &root).await;
        let issued = portal.service.issue_access_code_to(OPERATOR, "alice").await.unwrap().unwrap();
        assert!(issued.awaits_approval);
        approve(&root, &waiting(&root).await[0].id).await.unwrap();
        portal.awaiting_code("alice").await.recovery_code(&issued.code).await.unwrap();
        assert!(portal.service.issue_access_code_to(OPERATOR, "nobody").await.unwrap().is_none());
    }

    async fn an_abandoned_set_up_leaves_what_was_there(portal) {
        let (root, alice) = two(&portal).await;
        let issued = issue(&root, "alice").await.unwrap();
        let browser = portal.awaiting_code("alice").await;
        browser.recovery_code(&issued.code).await.unwrap();
        begin(&browser).await;
        browser.sign_out().await;
        portal.clock.advance(60);
        let browser = portal.awaiting_code("alice").await;
        browser.code(&alice.phone.code()).await.unwrap();
        assert_eq!(browser.who_am_i().await.unwrap(), "alice", "the phone turned up");
    }
}
