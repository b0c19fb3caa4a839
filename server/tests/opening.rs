//! Starting on data that is there, damaged, locked away or somebody else's; the
//! program itself, its messages and exit codes.

use crate::support::{
    ApiError, Database, PASSWORD, TestPortal,
    binary::{Serving, beside, run, run_with_input, system_user, twofold},
    both_databases,
};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};
use twofold::{
    clock::SystemClock,
    config::{DataArgs, PublicUrl},
    open::open,
    service::Settings,
    values,
};

/// Runs a command that fails, and answers what it says.
fn fails(command: &mut Command) -> String {
    let (code, said) = run(command);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("twofold: "), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A folder with a portal that was used.
async fn used() -> TestPortal {
    let portal = TestPortal::on(Database::Sqlite).await;
    portal.add("alice").await;
    portal
}

async fn open_again(data: DataArgs) -> Result<(), String> {
    let public_url = PublicUrl::parse("http://127.0.0.1:3000").unwrap();
    let settings = Settings { portal_name: "Twofold".to_owned(), qr_lifetime: 180, public_url, mail: None };
    let service = open(&data, settings, Arc::new(SystemClock)).await.map_err(|error| error.to_string())?;
    service.db.close().await;
    Ok(())
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let letter = "Dear Alice, this is a letter and no database. ".repeat(100);
    for content in [letter.as_bytes(), b"short", &[0xFF; 5_000]] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("twofold.db");
        fs::write(&file, content).unwrap();
        for arguments in [&["serve"][..], &["user", "list"], &["user", "add", "bob"]] {
            let said = fails(twofold(folder.path()).args(arguments));
            assert!(said.contains("is not an SQLite database") && said.contains("twofold.db"), "{said}");
            assert_eq!(fs::read(&file).unwrap(), content, "byte for byte");
        }
    }
}

#[tokio::test]
async fn a_read_only_database_is_named() {
    let portal = used().await;
    portal.service.db.close().await;
    let file = portal.folder().join("twofold.db");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    let said = fails(beside(&portal).arg("serve"));
    assert!(said.contains("read-only") && said.contains("twofold.db"), "{said}");
}

#[test]
fn a_data_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let said = fails(twofold(&folder.path().join("file/data")).arg("serve"));
    assert!(said.contains("data folder") && said.contains("file/data"), "{said}");
}

both_databases! {
    async fn a_database_of_a_newer_version_is_not_touched(portal) {
        portal.add("alice").await;
        let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9999, 'from the future', TRUE, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        portal.service.db.execute(sql, values![]).await.unwrap();
        let said = fails(beside(&portal).arg("serve"));
        assert!(said.contains("newer version of Twofold") && said.contains("9999"), "{said}");
        portal.service.db.execute("DELETE FROM _sqlx_migrations WHERE version = 9999", values![]).await.unwrap();
        assert!(Serving::start(&mut beside(&portal)).lets_in("alice", PASSWORD).await);
    }

    async fn a_missing_key_stops_the_start_and_never_the_second_factor(portal) {
        portal.enrolled("alice").await;
        let key = portal.folder().join("twofold.key");
        let kept = fs::read_to_string(&key).unwrap();
        fs::remove_file(&key).unwrap();
        let said = fails(beside(&portal).arg("serve"));
        assert!(said.contains("encryption key is missing") && said.contains("twofold.key"), "{said}");
        assert!(!key.exists(), "no new one is made in its place");
        fs::write(&key, kept).unwrap();
        let portal = portal.restarted().await;
        assert_eq!(portal.awaiting_code("alice").await.who_am_i().await, Err(ApiError::SecondFactorRequired));
    }

    async fn a_wrong_key_stops_the_start(portal) {
        let alice = portal.enrolled("alice").await;
        let key = portal.folder().join("twofold.key");
        let kept = fs::read_to_string(&key).unwrap();
        for (wrong, from) in [("ab".repeat(32), "twofold.key"), ("A".repeat(43) + "=", "TWOFOLD_KEY")] {
            let said = match from {
                "twofold.key" => {
                    fs::write(&key, &wrong).unwrap();
                    fails(beside(&portal).arg("serve"))
                }
                _ => fails(beside(&portal).arg("serve").env("TWOFOLD_KEY", &wrong)),
            };
            assert!(said.contains("is not the one that this database was set up with"), "{said}");
            assert!(said.contains(from) && !said.contains(&wrong), "{said}");
        }
        fs::write(&key, kept).unwrap();
        let portal = portal.restarted().await;
        portal.awaiting_code("alice").await.code(&alice.phone.code()).await.unwrap();
    }

    async fn what_is_no_key_is_told_apart_from_a_wrong_one(portal) {
        let bad = portal.folder().join("bad.key");
        for (text, problem) in [
            ("", "empty"), (" \n", "empty"), ("not a key!", "neither hexadecimal nor base64"),
            ("abcd", "2 bytes instead of 32"), (&"ab".repeat(33), "33 bytes instead of 32"),
        ] {
            fs::write(&bad, text).unwrap();
            let said = fails(beside(&portal).arg("serve").arg("--key-file").arg(&bad));
            assert!(said.contains(problem) && said.contains("bad.key"), "{text:?}: {said}");
            assert!(text.len() < 5 || !said.contains(text), "it is not repeated");
        }
        let said = fails(beside(&portal).arg("serve").args(["--key-file", "/nowhere/at.all"]));
        assert!(said.contains("/nowhere/at.all"), "{said}");
    }

    async fn the_key_can_be_given_and_changed(portal) {
        let alice = portal.enrolled("alice").await;
        let old = portal.folder().join("twofold.key");
        let new = portal.folder().join("new.key");
        fs::write(&new, "cd".repeat(32)).unwrap();
        let rotated = DataArgs {
            key_file: Some(new.clone()), previous_key_file: Some(old.clone()), ..portal.data_args()
        };
        open_again(rotated).await.unwrap();
        // From now on the old one alone is the wrong one.
        let wrong = open_again(portal.data_args()).await.unwrap_err();
        assert!(wrong.contains("is not the one"), "{wrong}");
        drop(alice);
    }

    async fn several_processes_may_start_on_a_fresh_database_at_once(portal) {
        for round in 0..4 {
            let fresh = match &portal.database {
                Database::Sqlite => Database::Sqlite,
                Database::Postgres { .. } => Database::postgres().await.unwrap(),
            };
            let folder = tempfile::tempdir().unwrap();
            let children: Vec<_> = (0..4).map(|number| {
                let mut command = twofold(folder.path());
                if let Some(url) = fresh.url() {
                    command.env("TWOFOLD_DATABASE_URL", url);
                }
                let name = format!("person-{number}");
                std::thread::spawn(move || run(command.args(["user", "add", &name])))
            }).collect();
            for child in children {
                let (code, said) = child.join().unwrap();
                assert_eq!(code, Some(0), "round {round}: {said}");
            }
        }
    }

    async fn many_opens_of_a_fresh_database_agree_on_one_key(portal) {
        for round in 0..10 {
            let fresh = match &portal.database {
                Database::Sqlite => Database::Sqlite,
                Database::Postgres { .. } => Database::postgres().await.unwrap(),
            };
            let folder = tempfile::tempdir().unwrap();
            let data = DataArgs {
                data_dir: folder.path().to_owned(), database_url: fresh.url().map(str::to_owned), ..portal.data_args()
            };
            let opens: Vec<_> = (0..6).map(|_| tokio::spawn(open_again(data.clone()))).collect();
            for open in opens {
                assert_eq!(open.await.unwrap(), Ok(()), "round {round}");
            }
        }
    }

    async fn the_command_line_works_beside_a_serving_portal(portal) {
        let serving = Serving::start(&mut beside(&portal));
        let (code, said) = run_with_input(
            beside(&portal).args(["user", "add", "Ada Lovelace", "--admin", "--password-stdin"]),
            &format!("{PASSWORD}\nnot this line\n"),
        );
        assert_eq!((code, said.contains("added Ada Lovelace as administrator")), (Some(0), true), "{said}");
        assert!(serving.lets_in("ada lovelace", PASSWORD).await);
        let (_, said) = run(beside(&portal).args(["user", "list"]));
        assert!(said.contains("Ada Lovelace") && said.contains("2FA off, administrator"), "{said}");

        let (code, said) = run_with_input(beside(&portal).args(["user", "add", "bob", "--password-stdin"]), "short");
        assert!(code == Some(1) && said.contains("At least 10 characters"), "{said}");
        assert!(!said.contains("short"), "{said}");
        let (code, said) = run(beside(&portal).args(["user", "add", "bob"]));
        assert!(code == Some(0) && said.contains("/welcome/"), "{said}");
        let (code, said) = run(beside(&portal).args(["user", "add", "BOB"]));
        assert!(code == Some(1) && said.contains("taken"), "{said}");

        let (code, said) = run(beside(&portal).args(["user", "add", "carol", "--mail", "carol@example.org"]));
        assert_eq!(code, Some(0), "{said}");
        let (_, said) = run(beside(&portal).args(["user", "list"]));
        assert!(said.contains("not activated yet, carol@example.org"), "{said}");
        for (address, words) in [("carol", "is no mail address"), ("c@example.org\nBcc: x@example.org", "line breaks")] {
            let said = fails(beside(&portal).args(["user", "set-mail", "carol", address]));
            assert!(said.contains(words), "{said}");
            let said = fails(beside(&portal).args(["user", "add", "dave", "--mail", address]));
            assert!(said.contains(words), "{said}");
        }
        let (code, said) = run(beside(&portal).args(["user", "set-mail", "CAROL", " carol@example.com "]));
        assert!(code == Some(0) && said.contains("CAROL is reached at carol@example.com now"), "{said}");
        for wrong in [&["user", "set-mail", "carol"][..], &["user", "set-mail", "carol", "--none", "c@example.org"]] {
            assert_eq!(run(beside(&portal).args(wrong)).0, Some(2), "an address or --none");
        }
        assert!(fails(beside(&portal).args(["user", "set-mail", "carol", " "])).contains("--none"));
        let (_, said) = run(beside(&portal).args(["user", "list"]));
        assert!(said.contains(", carol@example.com") && !said.contains("dave"), "{said}");
        let (code, said) = run(beside(&portal).args(["user", "set-mail", "carol", "--none"]));
        assert_eq!(code, Some(0), "{said}");
        let (_, said) = run(beside(&portal).args(["user", "list"]));
        assert!(said.contains("carol") && !said.contains('@'), "{said}");

        for _ in 0..5 {
            assert!(!serving.lets_in("ada lovelace", "Wrong-horse-7").await);
        }
        assert!(!serving.lets_in("ada lovelace", PASSWORD).await, "locked");
        let (code, said) = run(beside(&portal).args(["user", "unlock", "ADA lovelace"]));
        assert_eq!(code, Some(0), "{said}");
        assert!(serving.lets_in("ada lovelace", PASSWORD).await);
        for arguments in [
            &["user", "unlock", "nobody"][..], &["user", "invite", "nobody"], &["user", "disable-2fa", "nobody"],
            &["user", "set-mail", "nobody", "a@example.org"],
        ] {
            assert!(fails(beside(&portal).args(arguments)).contains("nobody called nobody"));
        }
        assert_eq!(serving.stop(), Some(0), "told to stop, it stops well");
    }

    async fn the_first_start_prints_a_link_until_there_is_an_administrator(portal) {
        let serving = Serving::start(&mut beside(&portal));
        let link = serving.printed.lines().find_map(|line| line.trim().strip_prefix("http://")).expect("a link");
        let (host, path) = link.split_once('/').unwrap();
        assert_eq!(host, serving.address.to_string());
        assert!(serving.ask("GET", &format!("/{path}"), "").await.contains("Create administrator"));
        let token = path.strip_prefix("welcome/").unwrap();
        let body = format!("token={token}&user_name=root&password={PASSWORD}");
        let answer = serving.ask("POST", "/api/accept-invitation", &body).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("set-cookie"), "{answer}");
        drop(serving);
        assert_eq!(Serving::start(&mut beside(&portal)).printed, "", "the next start has nothing to print");
    }
}

#[test]
fn a_database_url_that_is_none_is_explained_without_repeating_its_password() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "mysql://root:sesame@localhost/x",
        "sqlite://twofold.db",
        "localhost",
        "postgres",
        "postgres://user:sesame@host:port/db",
        "postgres://user:sesame@[::1/db",
    ] {
        let said = fails(twofold(folder.path()).arg("serve").env("TWOFOLD_DATABASE_URL", url));
        assert!(said.contains("database URL is not valid") && said.contains("postgres://USER"), "{url}: {said}");
        assert!(!said.contains("sesame"), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named() {
    let Some(Database::Postgres { url, name }) = Database::postgres().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = url.replace(&name, "no_such_database");
    let said = fails(twofold(folder.path()).arg("serve").env("TWOFOLD_DATABASE_URL", url));
    assert!(said.contains("no_such_database"), "{said}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let said = fails(twofold(&data).args(["serve", "--listen", &address]));
    assert!(said.contains(&address) && said.contains("in use") && said.contains("--listen"), "{said}");
    assert!(!data.exists(), "nothing was set up");
}

#[test]
fn what_would_be_open_to_the_network_by_mistake_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--demo", "--listen", "0.0.0.0:0"][..], "loopback only"),
        (&["--listen", "0.0.0.0:0"], "--public-url"),
        (&["--demo", "--database-url", "postgres://x/y"], "throw-away database"),
    ] {
        let said = fails(twofold(folder.path()).arg("serve").args(arguments));
        assert!(said.contains(words), "{said}");
    }
    for (arguments, words) in [
        (["--public-url", "http://login.example.org"], "loopback only"),
        (["--public-url", "https://login.example.org/path"], "without path"),
        (["--qr-lifetime", "0s"], "1s to 1h"),
        (["--qr-lifetime", "2h"], "1s to 1h"),
        (["--qr-lifetime", "soon"], "1s to 1h"),
        (["--trusted-proxies", "everyone"], "10.0.0.0/8"),
        (["--issuer", " "], "1 to 64"),
    ] {
        let (code, said) = run(twofold(folder.path()).arg("serve").args(arguments));
        assert_eq!((code, said.contains(words)), (Some(2), true), "{arguments:?}: {said}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was set up");
}

#[tokio::test]
async fn the_demo_prints_accounts_that_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(twofold(folder.path()).env("TWOFOLD_DEMO", "true"));
    let accounts: Vec<(&str, &str)> = serving
        .printed
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.trim().split_once("  password ")?;
            Some((name, rest.split_whitespace().next()?))
        })
        .collect();
    assert!(accounts.len() >= 4, "{}", serving.printed);
    for (name, password) in accounts {
        assert!(serving.lets_in(name, password).await, "{name}");
    }
    assert!(is_empty(folder.path()), "it leaves the real data folder alone");
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Who works at the command line is told apart from people who are signed in.
#[tokio::test]
async fn the_operator_is_named_in_the_audit_trail() {
    let portal = used().await;
    let (code, said) =
        run(beside(&portal).args(["user", "invite", "alice"]).env("USER", "forged").env_remove("SUDO_USER"));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(portal.audit().await.pop().unwrap().actor_name, Some(format!("{} (command line)", system_user())));
}

#[test]
fn a_command_in_the_wrong_folder_begins_no_portal() {
    let folder = tempfile::tempdir().unwrap();
    for command in [vec!["user", "list"], vec!["user", "unlock", "alice"], vec!["user", "invite", "alice"]] {
        let said = fails(twofold(folder.path()).args(&command));
        assert!(said.contains("there is no portal in the folder"), "{said}");
        assert!(is_empty(folder.path()), "{command:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_database_is_closed_to_other_users_of_the_machine() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let serving = Serving::start(&mut twofold(folder.path()));
    for name in ["twofold.db", "twofold.db-wal", "twofold.db-shm", "twofold.key"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(serving);
}

/// `twofold user list | head -1`
#[test]
fn who_stops_reading_early_causes_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _) = run_with_input(twofold(folder.path()).args(["user", "add", "alice", "--password-stdin"]), PASSWORD);
    assert_eq!(code, Some(0));
    let mut list = twofold(folder.path());
    let mut child = list.args(["user", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
