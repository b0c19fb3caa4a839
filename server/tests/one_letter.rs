//! What befalls one message, in a conversation with a mail server that goes on with the others.

use crate::{
    mail_page::state,
    mail_server::{mended, reminded},
    support::{MailServer, PASSWORD, TestPortal, both_databases},
};
use contract::mail::{MailProgress, MailState, Mend, TestOutcome};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use twofold::{clock::Clock as _, values};

/// A server that is started, and waited for no longer than a second at each step but the last.
async fn server() -> MailServer {
    let mut server = MailServer::started().await;
    server.patience.recipient = Duration::from_secs(1);
    server
}

/// Tries of each.
async fn tries(portal: &TestPortal) -> Vec<i64> {
    let sql = "SELECT tries FROM outbox ORDER BY id";
    let rows: Vec<(i64,)> = portal.service.db.all(sql, values![]).await.unwrap();
    rows.into_iter().map(|(tries,)| tries).collect()
}

fn progress(state: &MailState, name: &str) -> (u32, MailProgress) {
    let entry = state.entries.iter().find(|entry| entry.person == name).unwrap();
    (entry.tries, entry.progress)
}

both_databases! {
    async fn whatever_befalls_it_keeps_nothing_from_the_others(portal) {
        let server = server().await;
        let portal = portal.with_mail(&server).await;
        let troubles = ["closing", "breaking", "strange", "long", "silent"].map(|name| format!("{name}@example.org"));
        let mut addresses: Vec<&str> = troubles.iter().map(String::as_str).collect();
        addresses.push("dan@example.org");
        let root = reminded(&portal, &addresses).await;
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed), (1, 5));
        assert_eq!(server.letters()[0].to, ["dan@example.org"]);
        let state = state(&root).await;
        assert_eq!(mended(&state), []);
        for number in 0..5 {
            let later = MailProgress::TriedAt(portal.clock.now().0 + 60);
            assert_eq!(progress(&state, &format!("person-{number}")), (1, later), "{:?}", state.entries);
        }
    }

    async fn a_round_ends_when_connections_break_again_and_again_and_costs_the_others_no_try(portal) {
        let server = server().await;
        let portal = portal.with_mail(&server).await;
        reminded(&portal, &["closing-1@a.example", "closing-2@a.example", "closing-3@a.example", "closing-4@a.example"]).await;
        let round = portal.service.send_waiting().await.unwrap();
        assert_eq!((round.sent, round.failed, round.away), (0, 3, true));
        assert_eq!(tries(&portal).await.iter().sum::<i64>(), 3);
        assert_eq!(portal.post().await.failed, 1);
        assert_eq!(tries(&portal).await, [1; 4]);
    }

    async fn a_server_that_lets_nobody_in_again_costs_the_others_no_try(portal) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer::on(listener.local_addr().unwrap().port());
        let portal = portal.with_mail(&server).await;
        reminded(&portal, &["ann@example.org", "ben@example.org", "cleo@example.org"]).await;
        let once = tokio::spawn(async move {
            let (connection, _) = listener.accept().await.unwrap();
            let (reader, mut writer) = connection.into_split();
            let mut lines = tokio::io::BufReader::new(reader).lines();
            writer.write_all(b"220 ready\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let refused = line.starts_with("RCPT");
                writer.write_all(if refused { b"421 4.7.0 Closing\r\n" } else { b"250 fine\r\n" }).await.unwrap();
                if refused {
                    break;
                }
            }
        });
        let round = portal.service.send_waiting().await.unwrap();
        assert_eq!((round.sent, round.failed, round.away), (0, 1, true));
        assert_eq!(tries(&portal).await.iter().sum::<i64>(), 1);
        once.await.unwrap();
    }

    async fn what_waited_for_the_server_has_all_its_tries_again(portal) {
        let mut server = MailServer::stopped();
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["ann@example.org", "ben@example.org"]).await;
        portal.give_address("root", "root@example.org").await;
        for tried in 1..4 {
            portal.post().await;
            assert_eq!(tries(&portal).await, [tried, tried]);
            portal.clock.advance(60 << tried);
        }
        server.start().await;
        root.sign_in("root", PASSWORD).await.unwrap();
        root.call::<TestOutcome>("send-test-mail", &[]).await.unwrap();
        server.stop();
        assert_eq!(tries(&portal).await, [0, 0]);
        portal.post().await;
        assert_eq!(tries(&portal).await, [1, 1]);
        assert_eq!(mended(&state(&root).await), [Mend::Server]);
    }

    async fn so_it_is_with_what_the_server_refuses_for_its_letters(portal) {
        let mut server = MailServer::stopped();
        server.utf8 = true;
        server.refuses = vec!["SMTPUTF8 555 5.6.7 Not supported".to_owned()];
        server.start().await;
        let portal = portal.with_mail(&server).await;
        reminded(&portal, &["\u{430}\u{43d}\u{43d}\u{430}@example.org", "ben@example.org"]).await;
        let round = portal.post().await;
        assert_eq!((round.sent, round.failed, round.away), (1, 1, false));
    }

    async fn what_is_taken_slowly_is_sent_once(portal) {
        let mut server = server().await;
        server.patience.test = Duration::from_secs(1);
        let portal = portal.with_mail(&server).await;
        let root = reminded(&portal, &["slow@example.org"]).await;
        assert_eq!(portal.post().await.sent, 1);
        portal.give_address("root", "slow@example.org").await;
        let told: TestOutcome = root.call("send-test-mail", &[]).await.unwrap();
        assert!(matches!(&told, TestOutcome::Failed { problem, mend: None } if problem.contains("goes on waiting")), "{told:?}");
        let on_its_way = state(&root).await;
        assert!(matches!(on_its_way.entries[0].progress, MailProgress::BeingSent), "{on_its_way:?}");
        for _ in 0..400 {
            if tries(&portal).await.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!((state(&root).await.entries, server.letters().len()), (vec![], 2));
    }
}
