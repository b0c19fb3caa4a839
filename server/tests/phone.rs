//! "Continue on my phone": a link, once, to a pending set-up and nothing else.

use crate::support::{
    ApiError, Browser, PASSWORD, Phone, TestPortal, both_databases,
    portal::{begin, confirm, finish},
};
use contract::{
    enrolment::{Enrolment, EnrolmentProblem, EnrolmentProgress, PendingEnrolment, PhoneLink, PhoneSetUp},
    error::{AppAlgorithm, AppSettings, CodeProblem},
    profile::TwoFactorStatus,
};
use twofold::{domain::audit::trail::AuditEvent, service::Use};

const INVALID: ApiError = ApiError::Enrolment(EnrolmentProblem::PhoneLinkInvalid);
const GONE: ApiError = ApiError::Enrolment(EnrolmentProblem::Gone);

async fn link(browser: &Browser, id: &str) -> Result<String, ApiError> {
    let link: PhoneLink = browser.call("continue-on-phone", &[("id", id)]).await?;
    assert!(link.qr.size > 20 && link.qr.path.starts_with('M'));
    Ok(link.url)
}

/// The secret of a link.
fn token(url: &str) -> String {
    url.split_once('#').expect("a fragment").1.to_owned()
}

async fn open(phone: &Browser, token: &str) -> Result<PhoneSetUp, ApiError> {
    phone.call("phone-set-up", &[("token", token)]).await
}

async fn confirm_there(phone: &Browser, grant: &str, code: &str) -> Result<(), ApiError> {
    phone.call("confirm-on-phone", &[("grant", grant), ("code", code)]).await
}

async fn progress(browser: &Browser, id: &str) -> EnrolmentProgress {
    browser.call("enrolment-progress", &[("id", id)]).await.unwrap()
}

async fn renew(browser: &Browser) -> PendingEnrolment {
    match browser.call("renew-enrolment", &[]).await.unwrap() {
        Enrolment::Pending(pending) => pending,
        _ => panic!("a fresh QR code"),
    }
}

/// A phone that took her set-up over.
struct TakenOver {
    computer: Browser,
    pending: PendingEnrolment,
    phone: Browser,
    grant: String,
    app: Phone,
}

async fn taken_over(portal: &TestPortal) -> TakenOver {
    let computer = portal.person("alice").await;
    let pending = begin(&computer).await;
    let phone = portal.browser().at("198.51.100.7");
    let set_up = open(&phone, &token(&link(&computer, &pending.id).await.unwrap())).await.expect("the link is new");
    let app = Phone::with_key(&set_up.key, &portal.clock);
    TakenOver { computer, pending, phone, grant: set_up.grant, app }
}

both_databases! {
    async fn the_phone_shows_the_secret_and_the_computer_goes_on(portal) {
        let computer = portal.person("alice").await;
        let pending = begin(&computer).await;
        portal.clock.advance(60);
        let url = link(&computer, &pending.id).await.unwrap();
        assert!(url.starts_with("http://127.0.0.1:3000/phone#"), "{url}");
        assert_eq!(token(&url).len(), 43, "256 bits");
        assert_eq!(portal.count(AuditEvent::EnrolmentPhoneLinkMade).await, 1);
        let phone = portal.browser().at("198.51.100.7");
        let set_up = open(&phone, &token(&url)).await.unwrap();
        assert_eq!((set_up.key.as_str(), set_up.uri.as_str()), (pending.key.as_str(), pending.uri.as_str()));
        assert_eq!((set_up.milliseconds_left, set_up.lifetime_milliseconds), (120_000, 180_000));
        assert_eq!(set_up.user_name, "alice");
        assert_eq!(phone.who_am_i().await, Err(ApiError::SignedOut), "the phone is not signed in");
        assert_eq!(phone.session_token(), None);

        assert_eq!(progress(&computer, &pending.id).await, EnrolmentProgress::Pending);
        let app = Phone::with_key(&set_up.key, &portal.clock);
        let reply = phone.call_raw("confirm-on-phone", &[("grant", &set_up.grant), ("code", &app.code())]).await;
        assert_eq!(reply.text(), r#"{"Ok":null}"#, "no recovery code is sent to the phone");
        assert_eq!(progress(&computer, &pending.id).await, EnrolmentProgress::Confirmed);
        let Enrolment::Confirmed(confirmed) = computer.call("resume-enrolment", &[]).await.unwrap() else {
            panic!("the computer shows the codes")
        };
        finish(&computer, &confirmed.id).await.unwrap();
        assert_eq!(progress(&computer, &pending.id).await, EnrolmentProgress::Over);
        portal.clock.advance(60);
        portal.awaiting_code("alice").await.code(&app.code()).await.unwrap();

        let audit = portal.audit().await;
        for event in ["enrolment_continued_on_phone", "enrolment_confirmed"] {
            let entry = audit.iter().find(|entry| entry.event == event).unwrap();
            assert_eq!(entry.actor_name.as_deref(), Some("alice"));
            assert_eq!(entry.address.as_deref(), Some("198.51.100.7"), "{event}");
        }
    }

    async fn it_works_behind_the_public_address(portal) {
        let portal = portal.reached_at("https://login.example.org").await;
        let computer = portal.person("alice").await;
        let url = link(&computer, &begin(&computer).await.id).await.unwrap();
        assert!(url.starts_with("https://login.example.org/phone#"), "{url}");
    }

    async fn a_link_works_once(portal) {
        let computer = portal.person("alice").await;
        let pending = begin(&computer).await;
        let token = token(&link(&computer, &pending.id).await.unwrap());
        open(&portal.browser(), &token).await.unwrap();
        for _ in 0..2 {
            assert_eq!(open(&portal.browser(), &token).await.err(), Some(INVALID));
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentContinuedOnPhone).await, 1);
    }

    async fn of_two_phones_at_once_one_gets_in(portal) {
        let node = portal.second_node().await;
        for round in 0..6 {
            let computer = portal.person(&format!("alice-{round}")).await;
            let token = token(&link(&computer, &begin(&computer).await.id).await.unwrap());
            let (one, other) = (portal.browser(), node.browser());
            let outcomes = tokio::join!(open(&one, &token), open(&other, &token));
            let outcomes = [outcomes.0.err(), outcomes.1.err()];
            assert!(outcomes.contains(&None) && outcomes.contains(&Some(INVALID)), "round {round}: {outcomes:?}");
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentContinuedOnPhone).await, 6);
    }

    async fn a_new_link_ends_the_one_before(portal) {
        let computer = portal.person("alice").await;
        let pending = begin(&computer).await;
        let first = token(&link(&computer, &pending.id).await.unwrap());
        let second = token(&link(&computer, &pending.id).await.unwrap());
        assert_eq!(open(&portal.browser(), &first).await.err(), Some(INVALID));
        let phone = portal.browser();
        let set_up = open(&phone, &second).await.unwrap();
        let third = token(&link(&computer, &pending.id).await.unwrap());
        let app = Phone::with_key(&set_up.key, &portal.clock);
        assert_eq!(confirm_there(&phone, &set_up.grant, &app.code()).await, Err(INVALID), "the phone that had it, too");
        let set_up = open(&phone, &third).await.unwrap();
        confirm_there(&phone, &set_up.grant, &app.code()).await.unwrap();
    }

    async fn only_the_current_secret_of_ones_own_session_goes_to_a_phone(portal) {
        let computer = portal.person("alice").await;
        assert_eq!(link(&computer, "none").await, Err(GONE));
        let old = begin(&computer).await;
        let new = renew(&computer).await;
        assert_eq!(link(&computer, &old.id).await, Err(ApiError::Enrolment(EnrolmentProblem::QrReplaced)));
        let eve = portal.person("eve").await;
        begin(&eve).await;
        assert_eq!(link(&eve, &new.id).await, Err(GONE));
        assert_eq!(link(&portal.awaiting_code("alice").await, &new.id).await, Err(GONE), "nor another session's");
        assert_eq!(progress(&eve, &new.id).await, EnrolmentProgress::Over);
        portal.clock.advance(180);
        assert_eq!(link(&computer, &new.id).await, Err(ApiError::Enrolment(EnrolmentProblem::QrExpired)));
        let newest = renew(&computer).await;
        let app = Phone::with_key(&newest.key, &portal.clock);
        confirm(&computer, &newest.id, &app.code()).await.unwrap();
        assert_eq!(link(&computer, &newest.id).await, Err(GONE), "there is nothing left to do");
    }

    async fn a_phone_learns_that_the_set_up_has_ended(portal) {
        async fn goes_on(taken: &TakenOver) -> Result<i64, ApiError> {
            taken.phone.call("phone-set-up-goes-on", &[("grant", &taken.grant)]).await
        }
        let taken = taken_over(&portal).await;
        assert_eq!(goes_on(&taken).await, Ok(180_000));
        renew(&taken.computer).await;
        assert_eq!(goes_on(&taken).await, Err(ApiError::Enrolment(EnrolmentProblem::QrReplaced)));
        taken.computer.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(goes_on(&taken).await, Err(GONE));
        let bob = portal.person("bob").await;
        let pending = begin(&bob).await;
        let phone = portal.browser();
        let set_up = open(&phone, &token(&link(&bob, &pending.id).await.unwrap())).await.unwrap();
        let expired = Err(ApiError::Enrolment(EnrolmentProblem::QrExpired));
        portal.clock.advance(180);
        assert_eq!(phone.call::<i64>("phone-set-up-goes-on", &[("grant", &set_up.grant)]).await, expired);
        assert_eq!(phone.call::<i64>("phone-set-up-goes-on", &[("grant", "none")]).await, Err(INVALID));
    }

    async fn an_unused_link_dies_with_its_set_up(portal) {
        enum End { Expired, Replaced, Cancelled, SignedOut, Confirmed, Deactivated }
        for (number, end) in
            [End::Expired, End::Replaced, End::Cancelled, End::SignedOut, End::Confirmed, End::Deactivated].into_iter().enumerate()
        {
            let name = format!("alice-{number}");
            let computer = portal.person(&name).await;
            let pending = begin(&computer).await;
            let token = token(&link(&computer, &pending.id).await.unwrap());
            match end {
                End::Expired => portal.clock.advance(180),
                End::Replaced => drop(renew(&computer).await),
                End::Cancelled => computer.call::<()>("cancel-enrolment", &[]).await.unwrap(),
                End::SignedOut => computer.sign_out().await,
                End::Confirmed => {
                    let code = Phone::with_key(&pending.key, &portal.clock).code();
                    confirm(&computer, &pending.id, &code).await.unwrap();
                }
                End::Deactivated => drop(portal.service.set_active("ops", &name, false).await.unwrap()),
            }
            assert_eq!(open(&portal.browser(), &token).await.err(), Some(INVALID), "end {number}");
        }
        assert_eq!(portal.count(AuditEvent::EnrolmentContinuedOnPhone).await, 0);
    }

    async fn it_dies_with_a_session_that_was_left_alone(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.sessions.idle_minutes = 1).await;
        let TakenOver { computer, pending, phone, grant, app } = taken_over(&portal).await;
        let unused = token(&link(&computer, &pending.id).await.unwrap());
        portal.clock.advance(60);
        assert_eq!(open(&portal.browser(), &unused).await.err(), Some(INVALID));
        assert_eq!(confirm_there(&phone, &grant, &app.code()).await, Err(INVALID));
        let session = portal.service.find_session(&computer.session_token().unwrap(), Use::None).await;
        assert_eq!(session.err(), Some(ApiError::SignedOut));
    }

    async fn the_phone_is_told_what_became_of_its_secret(portal) {
        let TakenOver { computer, pending, phone, grant, app } = taken_over(&portal).await;
        let refused = async |code: String| confirm_there(&phone, &grant, &code).await.unwrap_err();
        assert_eq!(refused("12345".to_owned()).await, ApiError::Code(CodeProblem::Malformed));
        assert_eq!(refused(app.code_of_step(-10)).await, ApiError::Code(CodeProblem::Clock { seconds: -300 }));
        let settings = AppSettings { algorithm: AppAlgorithm::Sha512, digits: 8, period: 30 };
        assert_eq!(refused(app.code_of_app(settings, 0)).await, ApiError::Code(CodeProblem::OtherSettings(settings)));
        let wrong = refused(app.wrong_code()).await;
        assert!(matches!(wrong, ApiError::Code(CodeProblem::Wrong { .. } | CodeProblem::OtherSettings(_))), "{wrong:?}");
        assert_eq!(progress(&computer, &pending.id).await, EnrolmentProgress::Pending);
        portal.clock.advance(180);
        assert_eq!(refused(app.code()).await, ApiError::Enrolment(EnrolmentProblem::QrExpired));
        assert_eq!(progress(&computer, &pending.id).await, EnrolmentProgress::Over);
        let new = renew(&computer).await;
        assert_eq!(refused(app.code()).await, ApiError::Enrolment(EnrolmentProblem::QrReplaced));
        renew(&computer).await;
        assert_eq!(refused(app.code()).await, INVALID, "two QR codes later nobody knows it");
        assert_eq!(progress(&computer, &new.id).await, EnrolmentProgress::Over);
        assert_eq!(portal.count(AuditEvent::EnrolmentConfirmed).await, 0);
    }

    async fn a_phone_whose_set_up_has_ended_confirms_nothing(portal) {
        let TakenOver { computer, phone, grant, app, .. } = taken_over(&portal).await;
        computer.call::<()>("cancel-enrolment", &[]).await.unwrap();
        assert_eq!(confirm_there(&phone, &grant, &app.code()).await, Err(INVALID));
        begin(&computer).await;
        assert_eq!(confirm_there(&phone, &grant, &app.code()).await, Err(INVALID), "a new set-up is none of its business");
    }

    async fn both_at_once_confirm_once(portal) {
        for round in 0..5 {
            let computer = portal.person(&format!("alice-{round}")).await;
            let pending = begin(&computer).await;
            let phone = portal.browser();
            let set_up = open(&phone, &token(&link(&computer, &pending.id).await.unwrap())).await.unwrap();
            let code = Phone::with_key(&set_up.key, &portal.clock).code();
            let (here, there) =
                tokio::join!(confirm(&computer, &pending.id, &code), confirm_there(&phone, &set_up.grant, &code));
            let shown = here.unwrap();
            there.unwrap();
            assert_eq!(portal.count(AuditEvent::EnrolmentConfirmed).await, round + 1);
            finish(&computer, &shown.id).await.unwrap();
            let status: TwoFactorStatus = computer.call("two-factor-status", &[]).await.unwrap();
            assert_eq!((status.methods.len(), status.recovery_codes_left()), (1, 10));
            assert_eq!(confirm_there(&phone, &set_up.grant, &code).await, Err(INVALID), "finished");
        }
    }

    async fn made_up_tokens_and_grants_open_nothing_and_say_nothing(portal) {
        let TakenOver { pending, grant, app, computer, .. } = taken_over(&portal).await;
        let unused = token(&link(&computer, &pending.id).await.unwrap());
        let before = portal.audit().await.len();
        let stranger = portal.browser();
        let code = app.code();
        for made_up in ["", "none", &"A".repeat(43), &"A".repeat(10_000), &unused[1..], &grant.to_lowercase()] {
            assert_eq!(open(&stranger, made_up).await.err(), Some(INVALID), "{made_up:.50}");
            assert_eq!(confirm_there(&stranger, made_up, &code).await, Err(INVALID), "{made_up:.50}");
        }
        assert_eq!(confirm_there(&stranger, &unused, &code).await, Err(INVALID), "a token is no grant");
        assert_eq!(open(&stranger, &grant).await.err(), Some(INVALID), "nor a grant a token");
        assert_eq!(portal.audit().await.len(), before);
        open(&stranger, &unused).await.expect("none of that used it up");
        assert!(portal.browser().sign_in("alice", PASSWORD).await.is_ok());
    }
}
