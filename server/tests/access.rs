//! Who may call what. Every server function has a line in [`FUNCTIONS`]; one
//! that has none fails the test, so nothing is ever open by oversight.

use crate::support::{ApiError, Browser, Reply, TestPortal, both_databases, browser::SITE};
use axum::http::{
    Method, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
};
use contract::{
    people::{NewPerson, PeopleChange, PeopleQuery},
    policy::AccountPolicy,
};
use serde_json::json;
use std::collections::BTreeSet;

/// Whom a server function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Anyone,
    SecondFactorPending,
    SignedIn,
    SignedInSteppedUp,
    Person,
    PersonSteppedUp,
    Administrator,
    AdministratorSteppedUp,
}

/// Name of a function, whom it is for, and input that changes nothing.
pub type Classified = (&'static str, For, &'static [(&'static str, &'static str)]);

/// Every server function. The one that ends the session comes last.
pub const FUNCTIONS: &[Classified] = &[
    ("invitation", For::Anyone, &[("token", "none")]),
    ("accept-invitation", For::Anyone, &[("token", "none"), ("user_name", "x"), ("password", "y")]),
    ("sign-in", For::Anyone, &[("user_name", "nobody"), ("password", "nothing")]),
    ("code-request", For::SecondFactorPending, &[]),
    ("sign-in-with-code", For::SecondFactorPending, &[("code", "nonsense")]),
    ("sign-in-with-recovery-code", For::SecondFactorPending, &[("code", "nonsense")]),
    ("viewer", For::SignedIn, &[]),
    ("session-state", For::SignedIn, &[]),
    ("stay-signed-in", For::SignedIn, &[]),
    ("step-up", For::SignedIn, &[("password", "wrong")]),
    ("renew-enrolment", For::SignedInSteppedUp, &[]),
    ("extend-enrolment", For::SignedIn, &[("id", "none")]),
    ("confirm-enrolment", For::SignedIn, &[("id", "none"), ("code", "000000")]),
    ("finish-enrolment", For::SignedIn, &[("id", "none")]),
    ("resume-enrolment", For::SignedInSteppedUp, &[]),
    ("begin-enrolment", For::SignedInSteppedUp, &[]),
    ("continue-on-phone", For::SignedInSteppedUp, &[("id", "none")]),
    ("enrolment-progress", For::SignedIn, &[("id", "none")]),
    ("phone-set-up", For::Anyone, &[("token", "none")]),
    ("phone-set-up-goes-on", For::Anyone, &[("grant", "none")]),
    ("confirm-on-phone", For::Anyone, &[("grant", "none"), ("code", "000000")]),
    ("cancel-enrolment", For::SignedIn, &[]),
    ("security-overview", For::Person, &[]),
    ("two-factor-status", For::Person, &[]),
    ("postpone-set-up", For::Person, &[]),
    ("rename-method", For::Person, &[("id", "none"), ("name", "Phone")]),
    ("check-recovery-code", For::Person, &[("code", "nonsense")]),
    ("dismiss-recovery-notice", For::Person, &[]),
    ("sessions", For::Person, &[]),
    ("end-session", For::Person, &[("id", "none")]),
    ("end-other-sessions", For::Person, &[]),
    ("trusted-browsers", For::Person, &[]),
    ("revoke-trusted-browser", For::Person, &[("id", "none")]),
    ("revoke-trusted-browsers", For::Person, &[]),
    ("password-policy", For::Person, &[]),
    ("activity", For::Person, &[]),
    ("own-mail", For::Person, &[]),
    ("remove-method", For::PersonSteppedUp, &[("id", "none")]),
    ("disable-second-factor", For::PersonSteppedUp, &[]),
    ("generate-recovery-codes", For::PersonSteppedUp, &[("password", "wrong")]),
    ("change-password", For::PersonSteppedUp, &[("current", "wrong"), ("new", "short")]),
    ("change-mail-address", For::PersonSteppedUp, &[("address", "none")]),
    ("account-policy", For::Administrator, &[]),
    ("enforcement-impact", For::Administrator, &[]),
    ("missing-second-factors", For::Administrator, &[]),
    ("audit-page", For::Administrator, &[]),
    ("verify-audit", For::Administrator, &[]),
    ("portal-overview", For::Administrator, &[("days", "30")]),
    ("save-account-policy", For::AdministratorSteppedUp, &[]),
    ("people", For::Administrator, &[]),
    ("check-list", For::Administrator, &[]),
    ("change-people", For::AdministratorSteppedUp, &[]),
    ("set-mail-address", For::AdministratorSteppedUp, &[("person_id", "none"), ("address", "none")]),
    ("add-person", For::AdministratorSteppedUp, &[]),
    ("add-people", For::AdministratorSteppedUp, &[]),
    ("renew-links", For::AdministratorSteppedUp, &[]),
    ("issue-access-code", For::AdministratorSteppedUp, &[("person_id", "none")]),
    ("approve-access-code", For::AdministratorSteppedUp, &[("id", "none")]),
    ("mail-state", For::Administrator, &[]),
    ("reminder-plan", For::Administrator, &[]),
    ("send-test-mail", For::AdministratorSteppedUp, &[]),
    ("try-mail-again", For::AdministratorSteppedUp, &[("id", "none")]),
    ("discard-mail", For::AdministratorSteppedUp, &[("id", "none")]),
    ("send-reminder", For::AdministratorSteppedUp, &[("person_id", "none")]),
    ("send-all-reminders", For::AdministratorSteppedUp, &[]),
    ("sign-out", For::Anyone, &[]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Visitor,
    HalfSignedIn,
    Confined,
    ConfinedAdministrator,
    Person,
    StalePerson,
    Administrator,
    StaleAdministrator,
}

/// What this caller lacks; `None` when the use-case is reached.
fn lacks(function: For, who: Who) -> Option<ApiError> {
    use Who::{
        Administrator, Confined, ConfinedAdministrator, HalfSignedIn, Person, StaleAdministrator, StalePerson, Visitor,
    };
    match (function, who) {
        (For::Anyone, _) | (For::SecondFactorPending, HalfSignedIn) => None,
        (_, Visitor) => Some(ApiError::SignedOut),
        (For::SecondFactorPending, _) => Some(ApiError::SignInExpired),
        (_, HalfSignedIn) => Some(ApiError::SecondFactorRequired),
        (For::SignedIn, _) => None,
        (For::SignedInSteppedUp, StalePerson | StaleAdministrator) => Some(ApiError::StepUpRequired { code: true }),
        (For::SignedInSteppedUp, _) => None,
        (_, Confined | ConfinedAdministrator) => Some(ApiError::EnrolmentRequired),
        (For::PersonSteppedUp, StalePerson | StaleAdministrator) => Some(ApiError::StepUpRequired { code: true }),
        (For::Person | For::PersonSteppedUp, _) => None,
        (_, Person | StalePerson) => Some(ApiError::AdministratorRequired),
        (For::AdministratorSteppedUp, StaleAdministrator) => Some(ApiError::StepUpRequired { code: true }),
        (For::Administrator | For::AdministratorSteppedUp, Administrator | StaleAdministrator) => None,
    }
}

/// A call that is well-formed and changes nothing.
async fn call(browser: &Browser, function: &str, fields: &[(&str, &str)]) -> Reply {
    let body = match function {
        "save-account-policy" => json!({ "policy": AccountPolicy::default(), "version": -1 }),
        "audit-page" => json!({ "filter": {} }),
        "people" => json!({ "query": PeopleQuery::default() }),
        "check-list" | "add-people" => json!({ "list": "" }),
        "change-people" => json!({ "ids": ["none"], "change": PeopleChange::Unlock }),
        "add-person" => json!({ "person": NewPerson::default() }),
        "mail-state" => json!({}),
        "renew-links" => json!({ "ids": ["none"] }),
        _ => return browser.call_raw(function, fields).await,
    };
    let request = browser.request(Method::POST, &format!("/api/{function}"));
    request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await
}

/// What stood in the way before the use-case was reached.
fn obstacle(reply: &Reply) -> Option<ApiError> {
    let problem = reply.answer::<serde_json::Value>().err()?;
    let access = matches!(
        problem,
        ApiError::SignedOut
            | ApiError::SecondFactorRequired
            | ApiError::EnrolmentRequired
            | ApiError::AdministratorRequired
            | ApiError::StepUpRequired { .. }
            | ApiError::SignInExpired
    );
    assert!(!matches!(problem, ApiError::Malformed | ApiError::Internal { .. }), "a well-formed call: {problem:?}");
    access.then_some(problem)
}

/// One browser of each kind, on a portal that demands a second factor.
async fn everybody(portal: &TestPortal) -> Vec<(Who, Browser)> {
    let stale = [portal.administrator("stale-administrator").await, portal.person("stale-person").await];
    for browser in &stale {
        portal.set_up(browser).await;
    }
    portal.clock.advance(5 * 60);
    let administrator = portal.administrator("administrator").await;
    let person = portal.person("person").await;
    for browser in [&administrator, &person] {
        portal.set_up(browser).await;
    }
    let half = portal.awaiting_code("person").await;
    portal.change_policy(&administrator, |policy| policy.require_second_factor = true).await;
    let [stale_administrator, stale_person] = stale;
    vec![
        (Who::Visitor, portal.browser()),
        (Who::HalfSignedIn, half),
        (Who::Confined, portal.person("confined").await),
        (Who::ConfinedAdministrator, portal.administrator("confined-administrator").await),
        (Who::Person, person),
        (Who::StalePerson, stale_person),
        (Who::Administrator, administrator),
        (Who::StaleAdministrator, stale_administrator),
    ]
}

#[test]
fn every_server_function_is_classified() {
    let registered: BTreeSet<(String, Method)> =
        server_fn::axum::server_fn_paths().map(|(path, method)| (path.to_owned(), method)).collect();
    let classified: BTreeSet<(String, Method)> =
        FUNCTIONS.iter().map(|(name, _, _)| (format!("/api/{name}"), Method::POST)).collect();
    let missing: Vec<_> = registered.symmetric_difference(&classified).collect();
    assert!(missing.is_empty(), "say in FUNCTIONS for whom this is, or remove it: {missing:?}");
}

both_databases! {
    async fn each_function_answers_those_it_is_for_and_nobody_else(portal) {
        for (who, browser) in everybody(&portal).await {
            for (function, class, fields) in FUNCTIONS {
                let reply = call(&browser, function, fields).await;
                assert_eq!(obstacle(&reply), lacks(*class, who), "{function} called by {who:?}: {}", reply.text());
            }
        }
    }

    async fn what_is_missing_shows_in_the_status(portal) {
        for (who, browser) in everybody(&portal).await {
            let status = call(&browser, "account-policy", &[]).await.status;
            let expected = match lacks(For::Administrator, who) {
                None => StatusCode::OK,
                Some(ApiError::SignedOut) => StatusCode::UNAUTHORIZED,
                Some(_) => StatusCode::FORBIDDEN,
            };
            assert_eq!(status, expected, "{who:?}");
        }
    }

    async fn nothing_is_changed_by_a_page_of_another_site(portal) {
        let browser = portal.administrator("root").await;
        let audit = portal.audit().await.len();
        let origin = portal.origin.clone();
        let foreign: [(Option<&str>, Option<&str>); 10] = [
            (None, None),
            (Some("null"), None),
            (Some("https://evil.example"), None),
            (Some("http://127.0.0.1:3001"), None),
            (Some("https://127.0.0.1:3000"), None),
            (Some("http://127.0.0.1:3000.evil.example"), None),
            (Some(&origin), Some("cross-site")),
            (Some(&origin), Some("same-site")),
            (Some(&origin), Some("none")),
            (None, Some("cross-site")),
        ];
        for (function, _, fields) in FUNCTIONS {
            for (from, site) in foreign {
                let body = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
                let mut request = browser.request(Method::POST, &format!("/api/{function}")).without(ORIGIN).without(SITE);
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
                if let Some(from) = from {
                    request = request.header(ORIGIN, from);
                }
                if let Some(site) = site {
                    request = request.header(SITE, site);
                }
                let reply = request.send().await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function} from {from:?}, {site:?}");
                assert!(reply.headers.get("set-cookie").is_none());
            }
        }
        assert_eq!(browser.who_am_i().await.unwrap(), "root", "sign-out above all");
        assert_eq!(portal.audit().await.len(), audit);
    }

    async fn either_header_of_our_own_pages_is_enough(portal) {
        let browser = portal.person("alice").await;
        for missing in [ORIGIN, SITE] {
            let request = browser.request(Method::POST, "/api/viewer").without(missing.clone());
            let reply = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").send().await;
            assert_eq!(reply.status, StatusCode::OK, "without {missing}");
        }
    }

    async fn only_post_reaches_a_server_function(portal) {
        let browser = portal.administrator("root").await;
        let audit = portal.audit().await.len();
        for (function, _, fields) in FUNCTIONS {
            let query = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
                let reply = browser.request(method.clone(), &format!("/api/{function}?{query}")).send().await;
                let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
                assert!(refused.contains(&reply.status), "{method} {function}: {}", reply.status);
            }
        }
        assert_eq!(browser.who_am_i().await.unwrap(), "root");
        assert_eq!(portal.audit().await.len(), audit);
    }

    async fn a_made_up_token_is_no_session(portal) {
        let browser = portal.person("alice").await;
        let good = browser.session_token().unwrap();
        for token in ["", "x", &good[1..], &format!("{good}A"), &good.to_lowercase(), &"A".repeat(43), &"A".repeat(10_000)] {
            let other = portal.browser();
            other.set_cookie("twofold-dev-session", token);
            assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut), "{token:.50}");
        }
        // A cookie of the other kind of portal does not count here.
        let other = portal.browser();
        other.set_cookie("__Host-twofold-session", &good);
        assert_eq!(other.who_am_i().await, Err(ApiError::SignedOut));
    }
}
