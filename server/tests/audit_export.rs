//! Audit entries as a file.

use crate::support::{
    Browser, Database, PASSWORD, Reply, TestPortal,
    binary::{run, twofold},
    both_databases,
    browser::SITE,
};
use axum::http::{Method, StatusCode, header::ACCEPT_ENCODING};
use serde_json::Value;
use twofold::domain::audit::trail::AuditEvent;

const WRONG: &str = "Wrong-horse-7";

/// Follows a link on one of our pages.
async fn export(browser: &Browser, path: &str) -> Reply {
    browser.request(Method::GET, &format!("/api/audit-export/{path}")).header(SITE, "same-origin").send().await
}

fn rows(reply: &Reply) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(reply.body.as_slice()).records().map(Result::unwrap).collect()
}

both_databases! {
    async fn csv_holds_every_entry_that_was_filtered(portal) {
        let root = portal.administrator("root").await;
        portal.add("alice").await;
        portal.browser().at("203.0.113.5").sign_in("alice", WRONG).await.unwrap_err();
        let before = portal.audit().await;
        let reply = export(&root, "csv").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(reply.header("content-disposition"), "attachment; filename=\"audit-2026-03-01.csv\"");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.text().starts_with("\u{FEFF}sequence,time,event,outcome,actor_id,actor,subject_id,subject,address,user_agent,detail,hash\r\n"));
        let rows = rows(&reply);
        assert_eq!(rows.len(), before.len(), "and not the entry about this export");
        for (row, entry) in rows.iter().rev().zip(&before) {
            assert_eq!((&row[0], &row[2], &row[11]), (entry.sequence.to_string().as_str(), entry.event.as_str(), hex::encode(&entry.hash).as_str()));
            assert_eq!((&row[5], &row[8]), (entry.actor_name.as_deref().unwrap_or(""), entry.address.as_deref().unwrap_or("")));
        }
        let failed = rows.first().unwrap();
        assert_eq!((&failed[1], &failed[3], &failed[8]), ("2026-03-01T12:00:00Z", "failure", "203.0.113.5"));

        let recorded = portal.audit().await.pop().unwrap();
        assert_eq!((recorded.event.as_str(), recorded.actor_name.as_deref()), ("audit_exported", Some("root")));
        assert_eq!(recorded.detail.as_deref(), Some(r#"{"filter":{},"format":"csv"}"#));
    }

    async fn json_lines_hold_what_the_filter_lets_pass(portal) {
        let root = portal.administrator("root").await;
        portal.change_policy(&root, |policy| policy.lockout.maximum_failures = 7).await;
        portal.add("alice").await;
        let reply = export(&root, "jsonl?user=root&event=policy_changed&event=signed_in&order=oldest").await;
        assert_eq!(reply.header("content-disposition"), "attachment; filename=\"audit-2026-03-01.jsonl\"");
        let lines: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [signed_in, changed] = lines.as_slice() else { panic!("two lines: {lines:?}") };
        assert_eq!((&signed_in["event"], &signed_in["actor"]), (&"signed_in".into(), &"root".into()));
        assert_eq!(changed["detail"]["after"]["lockout"]["maximum_failures"], 7, "a value, not text in text");
        let recorded = portal.audit().await.pop().unwrap();
        let detail: Value = serde_json::from_str(recorded.detail.as_deref().unwrap()).unwrap();
        assert_eq!(detail["filter"], serde_json::json!({
            "user": "root", "event": ["policy_changed", "signed_in"], "order": "oldest",
        }));
    }

    async fn more_than_one_portion_comes_whole(portal) {
        let root = portal.administrator("root").await;
        portal.append(2_500, AuditEvent::SessionExpired).await;
        let before = portal.audit().await.len();
        let rows = rows(&export(&root, "csv").await);
        let sequences: Vec<i64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
        assert_eq!(sequences.len(), before);
        assert!(sequences.windows(2).all(|pair| pair[0] == pair[1] + 1));
    }

    async fn it_may_be_compressed_on_its_way(portal) {
        let root = portal.administrator("root").await;
        portal.append(2_500, AuditEvent::SessionExpired).await;
        let plain = export(&root, "csv").await.body.len();
        for encoding in ["gzip", "br"] {
            let visit = root.request(Method::GET, "/api/audit-export/csv").header(SITE, "same-origin");
            let reply = visit.header(ACCEPT_ENCODING, encoding).send().await;
            assert_eq!((reply.status, reply.header("content-encoding")), (StatusCode::OK, encoding));
            assert!(reply.body.len() > 1_000 && reply.body.len() < plain, "{} of {plain}", reply.body.len());
        }
    }

    async fn no_name_becomes_a_formula(portal) {
        let root = portal.administrator("root").await;
        let bad = ["=HYPERLINK(\"http://evil.example\")", "+1", "-2+3", "@SUM(1)", "=1,\"2\""];
        for name in bad {
            portal.add(name).await;
        }
        let reply = export(&root, "csv?event=user_added").await;
        let names: Vec<String> = rows(&reply).iter().map(|row| row[7].to_owned()).collect();
        let mut expected: Vec<String> = bad.iter().map(|name| format!("'{name}")).collect();
        expected.insert(0, "root".to_owned());
        expected.reverse();
        assert_eq!(names, expected);
        for row in rows(&reply) {
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        }
    }

    async fn only_administrators_get_a_file(portal) {
        let half = portal.enrolled_administrator("half").await;
        drop(half);
        let visitors = [
            (portal.browser(), StatusCode::UNAUTHORIZED),
            (portal.awaiting_code("half").await, StatusCode::FORBIDDEN),
            (portal.person("alice").await, StatusCode::FORBIDDEN),
        ];
        for (browser, status) in visitors {
            for format in ["csv", "jsonl"] {
                let reply = export(&browser, format).await;
                assert_eq!(reply.status, status);
                assert!(!reply.text().contains("signed_in"));
            }
        }
        assert_eq!(portal.count(AuditEvent::AuditExported).await, 0);
    }

    async fn no_other_site_can_have_a_file_made(portal) {
        let root = portal.administrator("root").await;
        let visit = |method| root.request(method, "/api/audit-export/csv");
        for site in ["cross-site", "same-site", "nonsense"] {
            assert_eq!(visit(Method::GET).header(SITE, site).send().await.status, StatusCode::FORBIDDEN, "{site}");
        }
        assert_eq!(visit(Method::GET).send().await.status, StatusCode::FORBIDDEN);
        assert_eq!(visit(Method::HEAD).header(SITE, "same-origin").send().await.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(portal.count(AuditEvent::AuditExported).await, 0);
        // By typing the address.
        assert_eq!(visit(Method::GET).header(SITE, "none").send().await.status, StatusCode::OK);
        assert_eq!(portal.count(AuditEvent::AuditExported).await, 1);
    }

    async fn a_bad_filter_makes_no_file(portal) {
        let root = portal.administrator("root").await;
        let refused = export(&root, "csv?from=yesterday").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let way = r#"<a class="button button-primary button-wide" href="/settings/audit?from=yesterday">Back to Audit</a>"#;
        assert!(refused.text().contains(way), "{}", refused.text());
        assert_eq!(export(&root, "xml").await.status, StatusCode::NOT_FOUND);
        assert_eq!(portal.count(AuditEvent::AuditExported).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_exports_too() {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    portal.browser().sign_in("alice", WRONG).await.unwrap_err();
    portal.browser().sign_in("alice", PASSWORD).await.unwrap();
    let export =
        |flags: &[&str]| run(twofold(portal.folder()).args(["audit", "export"]).args(flags).env("USER", "forged"));
    let (code, said) = export(&["--user", "Alice", "--outcome", "failure"]);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 2 && lines[1].contains(",sign_in_failed,failure,"), "{said}");
    let recorded = portal.audit().await.pop().unwrap();
    assert_eq!((recorded.event.as_str(), recorded.address), ("audit_exported", None));
    let actor = recorded.actor_name.unwrap();
    assert!(actor.ends_with("(command line)") && !actor.contains("forged"), "{actor}");

    let (code, said) =
        export(&["--format", "jsonl", "--from", "2026-03-01", "--to", "2026-03-01", "--event", "signed_in"]);
    assert_eq!(code, Some(0), "{said}");
    let line: Value = serde_json::from_str(said.trim()).expect("one line");
    assert_eq!(line["actor"], "alice");
    for bad in [["--event", "nonsense"], ["--from", "yesterday"], ["--format", "xml"], ["--outcome", "maybe"]] {
        let (code, said) = export(&bad);
        assert_ne!(code, Some(0), "{said}");
        assert!(said.contains("expected"), "{said}");
    }
    let (code, said) = export(&["--from", "2026-03-02", "--to", "2026-03-01"]);
    assert_eq!(code, Some(1), "{said}");
}
