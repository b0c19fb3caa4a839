//! A right that ends between the look at the session and what it allows, for
//! every function of administrators.

use crate::{
    access::{FUNCTIONS, For},
    support::{ApiError, Browser, MailServer, PASSWORD, TestPortal, both_databases, browser::SITE, portal::OPERATOR},
};
use axum::http::{Method, header::CONTENT_TYPE};
use contract::{
    people::{NewPerson, PeopleChange, PeopleQuery},
    policy::AccountPolicy,
    portal::{Administrator, Call, Caller as _, Client},
};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};
use twofold::{
    domain::audit::{export::Format, trail::AuditEvent},
    service::{Authority, Use},
    values,
};

/// What becomes of an administrator meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Demoted,
    Deactivated,
    SignedOut,
    Confined,
    ProofTooOld,
}

const ENDINGS: [Ending; 5] =
    [Ending::Demoted, Ending::Deactivated, Ending::SignedOut, Ending::Confined, Ending::ProofTooOld];

impl Ending {
    async fn happens(self, portal: &Scene, name: &str) {
        let service = portal.service.clone();
        match self {
            Self::Demoted => drop(service.set_administrator(OPERATOR, name, false).await.unwrap()),
            Self::Deactivated => drop(service.set_active(OPERATOR, name, false).await.unwrap()),
            Self::SignedOut => drop(service.end_sessions(OPERATOR, name).await.unwrap()),
            Self::Confined => portal.demand_second_factors(true).await,
            Self::ProofTooOld => portal.clock.advance(301),
        }
    }

    fn refusal(self) -> ApiError {
        match self {
            Self::Demoted => ApiError::AdministratorRequired,
            Self::Deactivated | Self::SignedOut => ApiError::SignedOut,
            Self::Confined => ApiError::EnrolmentRequired,
            Self::ProofTooOld => ApiError::StepUpRequired { code: false },
        }
    }
}

/// What happens to the portal by other ways than a browser.
#[derive(Clone)]
struct Scene {
    service: twofold::service::Service,
    clock: twofold::clock::SettableClock,
}

impl Scene {
    fn of(portal: &TestPortal) -> Self {
        Self { service: portal.service.clone(), clock: portal.clock.clone() }
    }

    async fn demand_second_factors(&self, demanded: bool) {
        let sql = "UPDATE account_policy SET require_second_factor = $1, required_since = CASE WHEN $1 THEN 0 END";
        self.service.db.execute(sql, values![demanded]).await.unwrap();
    }

    async fn id_of(&self, name: &str) -> String {
        let (id,): (String,) =
            self.service.db.one("SELECT id FROM users WHERE name = $1", values![name]).await.unwrap();
        id
    }

    /// Mail that waits, for anybody.
    async fn write_mail(&self, name: &str, id: &str) {
        let sql = "INSERT INTO outbox (id, user_id, address, message, written_at, due_at)
            SELECT $2, id, 'x@example.org', '\"Test\"', 0, $3 FROM users WHERE name = $1";
        assert_eq!(self.service.db.execute(sql, values![name, id, i64::MAX]).await.unwrap(), 1);
    }
}

/// Input with which a function does something, each time anew: JSON, or the fields of a form.
async fn input(scene: &Scene, function: &str, round: &str) -> Result<Value, Vec<(&'static str, String)>> {
    match function {
        "save-account-policy" => {
            let version = scene.service.policy_in_force().await.unwrap().version;
            let policy = AccountPolicy { approve_access_codes: true, ..AccountPolicy::default() };
            Ok(json!({ "policy": policy, "version": version }))
        }
        "change-people" => Ok(json!({ "ids": [scene.id_of("victim").await], "change": PeopleChange::Unlock })),
        "add-person" => Ok(json!({ "person": NewPerson { name: format!("new-{round}"), ..NewPerson::default() } })),
        "add-people" => Ok(json!({ "list": format!("name\nlisted-{round}\n") })),
        "renew-links" => Ok(json!({ "ids": [scene.id_of("victim").await] })),
        "set-mail-address" => {
            Err(vec![("person_id", scene.id_of("victim").await), ("address", format!("v-{round}@example.org"))])
        }
        "issue-access-code" => Err(vec![("person_id", scene.id_of("lost").await)]),
        "approve-access-code" => {
            scene.service.issue_access_code_to(OPERATOR, "lost").await.unwrap().unwrap();
            let sql = "SELECT id FROM access_codes WHERE approved_at IS NULL";
            let (id,): (String,) = scene.service.db.one(sql, values![]).await.unwrap();
            Err(vec![("id", id)])
        }
        "send-test-mail" | "send-all-reminders" => Err(vec![]),
        "try-mail-again" => Err(vec![]),
        "discard-mail" => {
            scene.write_mail("victim", round).await;
            Err(vec![("id", round.to_owned())])
        }
        "send-reminder" => Err(vec![("person_id", scene.id_of("victim").await)]),
        // What only reads.
        "account-policy" | "enforcement-impact" | "missing-second-factors" | "verify-audit" | "reminder-plan" => {
            Err(vec![])
        }
        "portal-overview" => Err(vec![("days", "30".to_owned())]),
        "audit-page" => Ok(json!({ "filter": {} })),
        "people" => Ok(json!({ "query": PeopleQuery::default() })),
        "check-list" => Ok(json!({ "list": format!("name\nlisted-{round}\n") })),
        "mail-state" => Ok(json!({})),
        other => panic!("say with what input {other} does something"),
    }
}

async fn call(
    browser: &Browser,
    function: &str,
    input: Result<Value, Vec<(&'static str, String)>>,
) -> Result<Value, ApiError> {
    match input {
        Ok(json) => browser.call_json(function, &json).await,
        Err(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.call(function, &fields).await
        }
    }
}

/// A portal on which every function of administrators has something to do.
async fn busy(portal: TestPortal) -> (TestPortal, Scene) {
    let portal = portal.with_mail(&MailServer::stopped()).await;
    portal.add("victim").await;
    portal.give_address("victim", "victim@example.org").await;
    portal.enrolled("lost").await;
    portal.add_administrator("stays").await;
    let sql = "UPDATE account_policy SET approve_access_codes = TRUE";
    portal.service.db.execute(sql, values![]).await.unwrap();
    let scene = Scene::of(&portal);
    (portal, scene)
}

async fn someone(portal: &TestPortal, name: &str) -> Browser {
    let browser = portal.administrator(name).await;
    portal.give_address(name, &format!("{name}@example.org")).await;
    browser
}

/// What this administrator did to others or to the portal.
async fn deeds(portal: &TestPortal, name: &str) -> Vec<String> {
    let by_them = |entry: &twofold::store::audit::trail::EntryRow| entry.actor_name.as_deref() == Some(name);
    let signed_in = AuditEvent::SignedIn.as_str();
    portal
        .audit()
        .await
        .into_iter()
        .filter(|entry| by_them(entry) && entry.event != signed_in)
        .map(|entry| entry.event)
        .collect()
}

both_databases! {
    async fn what_administrators_do_is_not_done_once_their_right_has_ended(portal) {
        let (portal, scene) = busy(portal).await;
        for (function, _, _) in FUNCTIONS.iter().filter(|(_, class, _)| *class == For::AdministratorSteppedUp) {
            let name = format!("intact-{function}");
            let root = someone(&portal, &name).await;
            let done = call(&root, function, input(&scene, function, &name).await).await;
            assert!(done.is_ok(), "{function} does something with this input: {done:?}");
            for ending in ENDINGS {
                let name = format!("{function}-{ending:?}").to_lowercase();
                let root = someone(&portal, &name).await;
                let input = input(&scene, function, &name).await;
                let (happens, meanwhile) = (scene.clone(), name.clone());
                portal.meanwhile(async move { ending.happens(&happens, &meanwhile).await });
                let refused = call(&root, function, input).await;
                scene.demand_second_factors(false).await;
                assert_eq!(refused, Err(ending.refusal()), "{function}, {ending:?}");
                assert_eq!(deeds(&portal, &name).await, [""; 0], "{function}, {ending:?}");
            }
        }
        let sql = "SELECT COUNT(*) FROM users WHERE name LIKE 'new-%' OR name LIKE 'listed-%'";
        let (added,): (i64,) = scene.service.db.one(sql, values![]).await.unwrap();
        assert_eq!(added, 2, "those whom the intact ones added");
    }

    async fn what_else_administrators_may_call_changes_nothing(portal) {
        let (portal, scene) = busy(portal).await;
        let root = someone(&portal, "root").await;
        let before = portal.audit().await.len();
        for (function, _, _) in FUNCTIONS.iter().filter(|(_, class, _)| *class == For::Administrator) {
            let read = call(&root, function, input(&scene, function, "root").await).await;
            assert!(read.is_ok(), "{function}: {read:?}");
        }
        assert_eq!(portal.audit().await.len(), before);
        let (waiting,): (i64,) = scene.service.db.one("SELECT COUNT(*) FROM outbox", values![]).await.unwrap();
        assert_eq!(waiting, 0);
    }

    async fn an_access_code_is_not_issued_by_someone_demoted_while_it_was_hashed(portal) {
        let (portal, scene) = busy(portal).await;
        let root = someone(&portal, "root").await;
        portal.meanwhile(async move { Ending::Demoted.happens(&scene, "root").await });
        let lost = Scene::of(&portal).id_of("lost").await;
        let refused = root.call::<Value>("issue-access-code", &[("person_id", &lost)]).await;
        assert_eq!(refused, Err(ApiError::AdministratorRequired));
        let (codes,): (i64,) = portal.service.db.one("SELECT COUNT(*) FROM access_codes", values![]).await.unwrap();
        assert_eq!(codes, 0);
    }

    async fn an_export_begins_and_goes_on_only_for_an_administrator(portal) {
        let root = portal.administrator("root").await;
        portal.add_administrator("stays").await;
        let scene = Scene::of(&portal);
        portal.append(3_000, AuditEvent::SignedOut).await;
        let session = portal.service.find_session(&root.session_token().unwrap(), Use::None).await.unwrap();
        let client = Client { address: IpAddr::from([192, 0, 2, 1]), user_agent: String::new(), browser_token: None };
        let administrator = Administrator::prove(&Arc::new(Call::new(client, Ok(session), None))).unwrap();
        let filter = contract::audit_trail::AuditFilter::default();
        let mut export =
            portal.service.export_audit(Authority::of(&administrator), &filter, Format::Csv).await.unwrap();
        for _ in 0..2 {
            assert!(export.next().await.unwrap().is_some(), "the head, then a portion");
        }
        Ending::Demoted.happens(&scene, "root").await;
        assert_eq!(export.next().await.unwrap_err(), ApiError::AdministratorRequired);

        let next = portal.administrator("next").await;
        let before = portal.count(AuditEvent::AuditExported).await;
        portal.meanwhile(async move { Ending::Demoted.happens(&scene, "next").await });
        let reply = next.request(Method::GET, "/api/audit-export/csv").header(SITE, "same-origin").send().await;
        assert_eq!(reply.status.as_u16(), ApiError::AdministratorRequired.status());
        assert_eq!(portal.count(AuditEvent::AuditExported).await, before);
    }

    async fn two_administrators_who_change_each_other_do_not_wait_in_a_circle(portal) {
        let [one, other] = [portal.administrator("one").await, portal.administrator("other").await];
        portal.add_administrator("stays").await;
        let scene = Scene::of(&portal);
        let (first, second) = (scene.id_of("one").await, scene.id_of("other").await);
        for _ in 0..10 {
            let unlock = |ids: [&str; 2]| json!({ "ids": ids, "change": PeopleChange::Unlock });
            let (there, back) = (unlock([&second, &first]), unlock([&first, &second]));
            let (there, back) = tokio::join!(
                one.call_json::<Value>("change-people", &there),
                other.call_json::<Value>("change-people", &back)
            );
            assert!(there.is_ok() && back.is_ok(), "{there:?} {back:?}");
        }
        // Of two who take the right from each other one is first, and the other has none any more.
        let demote = |id: &str| json!({ "ids": [id], "change": PeopleChange::RemoveAdministrator });
        let (there, back) = (demote(&second), demote(&first));
        let (there, back) = tokio::join!(
            one.call_json::<Value>("change-people", &there),
            other.call_json::<Value>("change-people", &back)
        );
        let refused = [there, back].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert_eq!(refused, [ApiError::AdministratorRequired]);
    }

    async fn the_caller_is_looked_at_also_where_they_change_themselves(portal) {
        let root = portal.administrator("root").await;
        portal.add_administrator("stays").await;
        let id = Scene::of(&portal).id_of("root").await;
        let deactivate = json!({ "ids": [id], "change": PeopleChange::Deactivate }).to_string();
        let request = root.request(Method::POST, "/api/change-people").header(CONTENT_TYPE, "application/json");
        let reply = request.body(deactivate).send().await;
        assert!(reply.answer::<Value>().is_ok(), "{}", reply.text());
        assert_eq!(portal.browser().sign_in("root", PASSWORD).await, Err(ApiError::Credentials));
    }
}
