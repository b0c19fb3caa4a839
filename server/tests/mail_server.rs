//! What the portal makes of what a mail server says, step by step, and how it introduces itself there.
//! The mail server is a real one, on loopback.

use crate::{
    mail_page::state,
    support::{
        ApiError, Browser, MailServer, PASSWORD, TestPortal, binary, both_databases,
        mail::{Encryption, Letter},
        portal::OPERATOR,
    },
};
use contract::{
    mail::{MailProgress, Mend},
    mail_address::MailAddressProblem,
    overview::PortalOverview,
    people::{ImportProblem, LineProblem, NewPerson},
};
use serde_json::json;
use twofold::{clock::Clock as _, service::people::operator::FirstPassword};

/// An administrator, and people with addresses to whom a reminder is written.
pub async fn reminded(portal: &TestPortal, addresses: &[&str]) -> Browser {
    let root = portal.administrator("root").await;
    for (number, address) in addresses.iter().enumerate() {
        let name = format!("person-{number}");
        portal.add(&name).await;
        portal.give_address(&name, address).await;
    }
    root.call::<serde_json::Value>("send-all-reminders", &[]).await.unwrap();
    root
}

pub fn mended(state: &contract::mail::MailState) -> Vec<Mend> {
    state.to_mend.iter().map(|to_mend| to_mend.what).collect()
}

async fn needs_a_look(root: &Browser) -> bool {
    root.call::<PortalOverview>("portal-overview", &[("days", "30")]).await.unwrap().mail_needs_a_look
}

fn only(server: &MailServer) -> Letter {
    let mut letters = server.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

both_databases! {
    async fn what_concerns_the_portal_waits_and_the_page_says_what_to_mend(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["ann@example.org", "ben@example.org"]).await;
        for (refusal, mend) in [
            ("EHLO 504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Mend::Hello),
            ("EHLO 550 5.7.1 Your host is blocked", Mend::Hello),
            ("MAIL 550 5.7.1 Sender address rejected: not owned by user", Mend::Sender),
            ("MAIL 530 5.7.0 Must issue a STARTTLS command first", Mend::SignIn),
            ("RCPT 504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Mend::Hello),
            ("RCPT 554 5.7.1 Relay access denied", Mend::Client),
            ("RCPT 550 5.7.25 Client host rejected: cannot find your reverse hostname", Mend::Client),
            ("DATA 550 5.7.26 Unauthenticated mail is not accepted", Mend::Sender),
        ] {
            server.refuses = vec![refusal.to_owned()];
            server.start().await;
            let round = portal.post().await;
            assert_eq!((round.sent, round.failed), (0, 2), "{refusal}");
            let state = state(&root).await;
            assert_eq!((state.waiting, state.given_up), (2, 0), "{refusal}");
            assert_eq!(mended(&state), [mend], "{refusal}");
            let words = refusal.split_once(' ').unwrap().1.split_once(' ').unwrap().1;
            assert!(state.to_mend[0].said.as_ref().unwrap().contains(words), "{:?}", state.to_mend);
            assert!(needs_a_look(&root).await, "at once");
            server.stop();
            root.call::<()>("try-mail-again", &[]).await.unwrap();
        }
        let page = root.open("/settings/mail").await;
        assert!(page.text().contains("Set --mail-from to an address that mail may come from here."));
        server.refuses.clear();
        server.start().await;
        assert_eq!(portal.post().await.sent, 2);
        let state = state(&root).await;
        assert_eq!((state.to_mend, state.waiting), (vec![], 0));
        assert!(!needs_a_look(&root).await);
    }

    async fn one_message_that_is_taken_lets_go_what_waited_for_the_server(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["ann@example.org", "ben@example.org"]).await;
        portal.give_address("root", "root@example.org").await;
        for _ in 0..9 {
            assert_eq!(portal.post().await.failed, 2);
            let due = crate::mail_page::state_in(&portal).await[0].0;
            portal.clock.advance(due - portal.clock.now().0);
        }
        assert_eq!(portal.post().await.failed, 2);
        root.sign_in("root", PASSWORD).await.unwrap();
        assert_eq!(mended(&state(&root).await), [Mend::Server]);
        server.start().await;
        assert_eq!(portal.post().await.sent, 0, "the next try is hours away");
        root.call::<serde_json::Value>("send-test-mail", &[]).await.unwrap();
        assert_eq!(mended(&state(&root).await), []);
        assert_eq!(portal.post().await.sent, 2);
    }

    async fn so_it_does_for_three_days(portal) {
        let mut server = MailServer::stopped();
        server.refuses = vec!["RCPT 504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname".to_owned()];
        server.start().await;
        let portal = portal.with_mail(&server).await;
        reminded(&portal, &["ann@example.org"]).await;
        let began = portal.clock.now();
        while let [(due, false)] = crate::mail_page::state_in(&portal).await[..] {
            portal.clock.advance((due - portal.clock.now().0).max(0));
            assert_eq!(portal.post().await.failed, 1);
        }
        let took = portal.clock.now().seconds_since(began);
        assert!((72 * 3_600..73 * 3_600).contains(&took), "{took}");
    }

    async fn what_is_said_of_one_person_keeps_nothing_from_the_others(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["relay@example.org", "refused@example.org", "busy@example.org", "dan@example.org"]).await;
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed, round.away), (1, 3, false));
        assert_eq!(only(&server).to, ["dan@example.org"]);
        let state = state(&root).await;
        assert_eq!(mended(&state), [Mend::Client]);
        let of = |name: &str| state.entries.iter().find(|entry| entry.person == name).unwrap().progress;
        assert_eq!(of("person-1"), MailProgress::GivenUp);
        for waiting in ["person-0", "person-2"] {
            assert_eq!(of(waiting), MailProgress::TriedAt(portal.clock.now().0 + 60));
        }
    }

    async fn a_message_that_is_refused_for_what_it_says_is_given_up(portal) {
        let mut server = MailServer::stopped();
        server.refuses = vec!["DATA 554 5.7.1 Spam message rejected".to_owned()];
        server.start().await;
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["ann@example.org"]).await;
        portal.post().await;
        let state = state(&root).await;
        assert_eq!((state.given_up, state.to_mend), (1, vec![]));
    }

    async fn the_portal_introduces_itself_by_a_qualified_name(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        reminded(&portal, &["ann@example.org"]).await;
        portal.post().await;
        let letter = only(&server);
        assert_eq!((letter.hello.as_str(), letter.from.as_str()), ("portal.acme.example", "login@acme.example"));
    }

    async fn encrypted_mail_goes_to_whom_an_authority_certifies(portal) {
        let mut portal = portal;
        for encryption in [Encryption::StartTls, Encryption::Implicit] {
            let mut server = MailServer::stopped();
            server.encryption = encryption;
            server.start().await;
            server.trusted = false;
            portal = portal.with_mail(&server).await;
            let name = if encryption == Encryption::Implicit { "implicit" } else { "starttls" };
            let root = portal.administrator(name).await;
            portal.give_address(name, "root@example.org").await;
            let refused: serde_json::Value = root.call("send-test-mail", &[]).await.unwrap();
            assert_eq!(refused["Failed"]["mend"], "encryption", "{refused}");
            assert_eq!(mended(&state(&root).await), [Mend::Encryption]);
            server.trusted = true;
            portal = portal.with_mail(&server).await;
            let root = root.visiting(&portal);
            root.call::<()>("try-mail-again", &[]).await.unwrap();
            assert_eq!(portal.post().await.sent, 1);
            assert!(only(&server).encrypted);
            assert_eq!(mended(&state(&root).await), []);
        }
    }

    async fn a_server_that_does_not_know_the_password_is_to_be_mended(portal) {
        let mut server = MailServer::stopped();
        server.encryption = Encryption::StartTls;
        server.credentials = "portal:s3cret@";
        server.start().await;
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["ann@example.org"]).await;
        assert!(portal.service.send_waiting().await.unwrap().away);
        let state = state(&root).await;
        assert_eq!((mended(&state), state.given_up), (vec![Mend::SignIn], 0));
        let shown = serde_json::to_string(&state).unwrap();
        assert!(shown.contains("535") && !shown.contains("s3cret"), "{shown}");
    }

    async fn domains_in_any_script_are_reached(portal) {
        let server = MailServer::started().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let person = NewPerson { name: "anna".to_owned(), mail_address: "Anna@Müller.example".to_owned(), ..NewPerson::default() };
        portal.service.add_named_user(OPERATOR, &person, FirstPassword::Given(PASSWORD.to_owned().into())).await.unwrap();
        root.call::<serde_json::Value>("send-all-reminders", &[]).await.unwrap();
        assert_eq!(portal.post().await.sent, 1);
        let letter = only(&server);
        assert_eq!((letter.to, letter.options), (vec!["Anna@xn--mller-kva.example".to_owned()], vec![]));
        assert_eq!(letter.headers["to"], "Anna@xn--mller-kva.example");
    }

    async fn letters_beyond_ascii_before_the_at_depend_on_the_server(portal) {
        let mut server = MailServer::stopped();
        server.start().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let address = "анна@почта.example";
        let set = async |address: &str| root.call::<()>("change-mail-address", &[("address", address)]).await;
        let list = "name,mail\nanna,анна@почта.example\nbo,bo@example.org\n";
        let check = async || root.call_json::<serde_json::Value>("check-list", &json!({ "list": list })).await;
        let refused = ApiError::MailAddress(MailAddressProblem::NotAscii);
        assert_eq!(set(address).await, Err(refused.clone()));
        let problem = ImportProblem::MailAddress(MailAddressProblem::NotAscii);
        assert_eq!(check().await, Err(ApiError::Import(vec![LineProblem { line: 2, problem }])));
        // One that was entered where the server was another: only this person gets nothing.
        portal.give_address("root", address).await;
        portal.add("ben").await;
        portal.give_address("ben", "ben@example.org").await;
        root.call::<serde_json::Value>("send-all-reminders", &[]).await.unwrap();
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed), (1, 1));
        assert_eq!(state(&root).await.given_up, 1);

        server.stop();
        server.utf8 = true;
        server.start().await;
        root.call::<()>("try-mail-again", &[]).await.unwrap();
        assert_eq!(portal.post().await.sent, 1);
        let letters = server.letters();
        let letter = letters.iter().find(|letter| letter.to == ["анна@xn--80a1acny.example"]).unwrap();
        assert!(letter.options.contains(&"SMTPUTF8".to_owned()), "{:?}", letter.options);
        set("ольга@почта.example").await.expect("the server was met");
        check().await.unwrap();
    }

    async fn a_server_is_met_before_there_is_mail(portal) {
        let mut server = MailServer::stopped();
        server.utf8 = true;
        server.start().await;
        let portal = portal.with_mail(&server).await;
        let root = portal.administrator("root").await;
        let sending = tokio::spawn(portal.service.clone().keep_sending());
        let address = [("address", "анна@почта.example")];
        for _ in 0..400 {
            if root.call::<()>("change-mail-address", &address).await.is_ok() {
                sending.abort();
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the portal does not learn what the server takes");
    }
}

#[test]
fn a_url_that_can_not_be_read_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for bad in [
        "smtps://portal:s3cr#t@mail.example.org",
        "smtps://portal:s3cr/t@mail.example.org",
        "smtps//portal:s3cret@mail.example.org",
        "smtp://portal:s3cret@mail.example.org",
        "smtp://portal:s3cret=tls=required@mail.example.org",
    ] {
        let by_flag = binary::run(binary::twofold(folder.path()).args(["serve", "--smtp-url", bad]));
        let by_variable = binary::run(binary::twofold(folder.path()).arg("serve").env("TWOFOLD_SMTP_URL", bad));
        for (code, said) in [by_flag, by_variable] {
            assert_ne!(code, Some(0));
            assert!(said.contains("--smtp-url") && !said.contains("s3cr"), "{said}");
        }
    }
}

#[test]
fn an_authority_that_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let no_pem = folder.path().join("authority.pem");
    std::fs::write(&no_pem, "not a certificate").unwrap();
    for (file, problem) in
        [(no_pem, "there is no certificate in PEM in it"), (folder.path().join("none.pem"), "No such file")]
    {
        let mut command = binary::twofold(folder.path());
        command
            .args(["serve", "--smtp-url", "smtps://mail.example.org", "--mail-from", "a@example.org", "--smtp-ca"])
            .arg(&file);
        let (code, said) = binary::run(&mut command);
        assert_ne!(code, Some(0));
        assert!(said.contains("--smtp-ca") && said.contains(problem), "{said}");
    }
    // The file is as the tests' server has it.
    let server = MailServer::stopped();
    let mut command = binary::twofold(folder.path());
    command.env("TWOFOLD_SMTP_CA", server.authority_file()).env("TWOFOLD_SMTP_URL", "smtps://127.0.0.1:9");
    command.env("TWOFOLD_MAIL_FROM", "a@example.org").env("TWOFOLD_SMTP_HELLO", "portal.example.org");
    drop(binary::Serving::start(&mut command));
}
