//! Secrets, codes, tokens and passwords stay where they belong: in no log, no
//! page, no URL, no audit entry, and in the database only sealed or hashed.

use crate::support::{
    Browser, Database, PASSWORD, Phone, Reply, TestPortal, both_databases,
    portal::{OPERATOR, begin, confirm, finish},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    enrolment::{Enrolment, PhoneLink, PhoneSetUp},
    recovery::{RecoveryCodeEntry, RecoveryCodeSheet},
};
use std::{
    io::Write,
    sync::{Mutex, Once},
};
use twofold::{service::people::operator::FirstPassword, values};

/// Everything that this process logged, also for tests that run beside.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Listener;

impl Write for Listener {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// From here on, whatever anything says at any level is kept.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Listener)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    });
}

/// What nobody may read, with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, Vec<u8>)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: &str) {
        self.0.push((what, text.as_bytes().to_vec()));
    }

    /// A token's text, its bytes, and those as PostgreSQL writes them.
    fn add_token(&mut self, what: &'static str, text: &str) {
        self.add(what, text);
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
        self.add(what, &hex::encode(&bytes));
        self.0.push((what, bytes));
    }

    fn add_cookies(&mut self, browser: &Browser) {
        self.add_token("session token", &browser.session_token().expect("a session"));
        if let Some(token) = browser.cookie("twofold-dev-browser") {
            self.add_token("browser token", &token);
        }
    }

    fn add_key(&mut self, key: &str) {
        let text = key.replace(' ', "");
        let bytes = crate::support::phone::base32(key);
        self.add("setup key in groups", key);
        self.add("setup key", &text);
        self.add("setup key in hexadecimal", &hex::encode(&bytes));
        self.0.push(("setup key in bytes", bytes));
    }

    fn add_recovery_codes(&mut self, codes: &[String]) {
        for code in codes {
            self.add("recovery code", code);
            self.add("recovery code", &code.replace('-', ""));
        }
    }

    fn assert_absent(&self, place: &str, content: &[u8]) {
        for (what, secret) in &self.0 {
            assert!(secret.len() >= 6);
            let found = content.windows(secret.len()).enumerate().find(|(at, window)| {
                let alone = |neighbour: Option<&u8>| neighbour.is_none_or(|byte| !byte.is_ascii_alphanumeric());
                // Six digits are part of many a number.
                let before = at.checked_sub(1).and_then(|before| content.get(before));
                window == secret && (*what != "code" || (alone(before) && alone(content.get(at + secret.len()))))
            });
            assert!(found.is_none(), "a {what} stands in {place}");
        }
    }

    fn assert_absent_in_page(&self, path: &str, page: &Reply) {
        self.assert_absent(path, &page.body);
        for (name, value) in &page.headers {
            if name != "set-cookie" {
                self.assert_absent(&format!("{name} of {path}"), value.as_bytes());
            }
        }
    }
}

/// All pages, as this browser sees them now.
async fn assert_pages_are_clean(secrets: &Secrets, browser: &Browser) {
    for path in [
        "/",
        "/profile",
        "/settings",
        "/settings/account-policy",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/recovery-code",
        "/nowhere",
        "/api/who-am-i",
    ] {
        secrets.assert_absent_in_page(path, &browser.get(path).await);
    }
}

macro_rules! rows {
    ($db:expr, $($table:literal),* $(,)?) => {{
        let mut text = String::new();
        $(
            let rows: Vec<(String,)> =
                $db.all(concat!("SELECT CAST(t AS TEXT) FROM ", $table, " t"), values![]).await.unwrap();
            text += &rows.into_iter().map(|(row,)| row).collect::<Vec<_>>().join("\n");
        )*
        text.into_bytes()
    }};
}

/// The database as whoever steals it sees it.
async fn stolen_database(portal: &TestPortal) -> Vec<u8> {
    match portal.database {
        Database::Sqlite => {
            let files = ["twofold.db", "twofold.db-wal"].map(|name| portal.folder().join(name));
            files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
        }
        Database::Postgres { .. } => rows!(
            portal.service.db,
            "portal",
            "account_policy",
            "users",
            "sessions",
            "browsers",
            "former_passwords",
            "attempt_counters",
            "methods",
            "enrolments",
            "phone_links",
            "recovery_sets",
            "recovery_codes",
            "access_codes",
            "refused_steps",
            "invitations",
            "audit_entries",
            "audit_head",
        ),
    }
}

both_databases! {
    async fn nothing_secret_leaves_its_place(portal) {
        listen();
        let mut secrets = Secrets::default();
        let typed_wrong = "Wrong-horse-7-typed-by-mistake";
        secrets.add("password", PASSWORD);
        secrets.add("wrong password", typed_wrong);

        // Someone comes in by a link, after a mistake or two.
        let link = portal.service.add_user(OPERATOR, "secretive-alice", true, FirstPassword::ByLink).await.unwrap().unwrap();
        secrets.add_token("one-time link", link.text().as_str());
        let browser = portal.browser();
        let link = link.text().to_string();
        browser.call::<()>("accept-invitation", &[("token", &link), ("user_name", ""), ("password", PASSWORD)]).await.unwrap();
        secrets.add_cookies(&browser);
        assert!(portal.browser().sign_in(typed_wrong, typed_wrong).await.is_err());
        let form = portal.browser();
        let reply = form.post_form("/api/sign-in", &[("user_name", "secretive-alice"), ("password", typed_wrong)]).await;
        secrets.assert_absent_in_page("a refused form", &reply);
        assert_pages_are_clean(&secrets, &form).await;

        // A set-up, with a QR code that is replaced.
        secrets.add_key(&begin(&browser).await.key);
        assert_pages_are_clean(&secrets, &browser).await;
        browser.call::<serde_json::Value>("renew-enrolment", &[]).await.unwrap();
        let pending = begin(&browser).await;
        secrets.add_key(&pending.key);
        let phone = Phone::with_key(&pending.key, &portal.clock);
        let codes = [phone.wrong_code(), phone.code()];
        codes.iter().for_each(|code| secrets.add("code", code));
        assert!(confirm(&browser, &pending.id, &codes[0]).await.is_err());
        let confirmed = confirm(&browser, &pending.id, &codes[1]).await.unwrap();
        secrets.add_recovery_codes(&confirmed.sheet.codes);
        assert_pages_are_clean(&secrets, &browser).await;
        secrets.assert_absent("the database before Finish", &stolen_database(&portal).await);
        finish(&browser, &confirmed.id).await.unwrap();
        secrets.add_cookies(&browser);

        // Signing in with both, and losing the phone.
        portal.clock.advance(60);
        let second = portal.awaiting_code("secretive-alice").await;
        secrets.add_cookies(&second);
        assert_pages_are_clean(&secrets, &second).await;
        let codes = [phone.wrong_code(), phone.code()];
        codes.iter().for_each(|code| secrets.add("code", code));
        assert!(second.code(&codes[0]).await.is_err());
        second.code(&codes[1]).await.unwrap();
        secrets.add_cookies(&second);
        portal.clock.advance(60);
        let code = phone.code();
        secrets.add("code", &code);
        second.step_up(PASSWORD, &code).await.unwrap();
        secrets.add_cookies(&second);
        let third = portal.awaiting_code("secretive-alice").await;
        secrets.add_cookies(&third);
        third.recovery_code(&confirmed.sheet.codes[0]).await.unwrap();
        secrets.add_cookies(&third);

        // A new app, set up on the phone itself, and new recovery codes.
        let unknown = begin(&third).await;
        secrets.add_key(&unknown.key);
        let link: PhoneLink = third.call("continue-on-phone", &[("id", &unknown.id)]).await.unwrap();
        let token = link.url.split_once('#').unwrap().1;
        secrets.add_token("link to a phone", token);
        let there = portal.browser();
        let set_up: PhoneSetUp = there.call("phone-set-up", &[("token", token)]).await.unwrap();
        secrets.add_token("grant of a phone", &set_up.grant);
        let phone = Phone::with_key(&set_up.key, &portal.clock);
        let codes = [phone.wrong_code(), phone.code()];
        codes.iter().for_each(|code| secrets.add("code", code));
        for code in &codes {
            let _ = there.call::<()>("confirm-on-phone", &[("grant", &set_up.grant), ("code", code)]).await;
        }
        let Enrolment::Confirmed(shown) = third.call("resume-enrolment", &[]).await.unwrap() else { panic!("the codes") };
        secrets.add_recovery_codes(&shown.sheet.codes);
        secrets.assert_absent("the database before Finish", &stolen_database(&portal).await);
        finish(&third, &shown.id).await.unwrap();
        secrets.add_cookies(&third);
        let check = [("code", shown.sheet.codes[1].as_str())];
        third.call::<RecoveryCodeEntry>("check-recovery-code", &check).await.unwrap();
        third.step_up_with_recovery_code(PASSWORD, &shown.sheet.codes[2]).await.unwrap();
        secrets.add_cookies(&third);
        let status = third.call_raw("two-factor-status", &[]).await;
        secrets.assert_absent_in_page("the profile's ledger", &status);
        let fields = [("password", PASSWORD)];
        let sheet: RecoveryCodeSheet = third.call("generate-recovery-codes", &fields).await.unwrap();
        secrets.add_recovery_codes(&sheet.codes);
        for browser in [&browser, &second, &third, &there] {
            assert_pages_are_clean(&secrets, browser).await;
        }

        let database = stolen_database(&portal).await;
        assert!(database.windows(15).any(|window| window == b"secretive-alice"), "what is not secret is found");
        secrets.assert_absent("the database", &database);
        let audit: String = portal.audit().await.iter().map(|entry| format!("{entry:?}\n")).collect();
        for event in ["recovery_code_used", "enrolment_continued_on_phone", "recovery_codes_replaced"] {
            assert!(audit.contains(event), "{event}");
        }
        secrets.assert_absent("the audit trail", audit.as_bytes());
        // Other tests use the same password, and log it as little.
        let log = LOG.lock().unwrap().clone();
        assert!(String::from_utf8_lossy(&log).contains("INSERT INTO audit_entries"), "the log is listened to");
        secrets.assert_absent("the log", &log);
    }

    async fn hashes_are_argon2id_with_salts_of_their_own(portal) {
        portal.add("alice").await;
        portal.add("bob").await;
        let hashes: Vec<(String,)> =
            portal.service.db.all("SELECT password_hash FROM users ORDER BY name_key", values![]).await.unwrap();
        assert!(hashes.iter().all(|(hash,)| hash.starts_with("$argon2id$v=19$")), "{hashes:?}");
        assert_ne!(hashes[0], hashes[1], "the same password, hashed differently");
    }
}

#[test]
#[should_panic(expected = "a code stands in a page")]
fn a_secret_that_is_somewhere_is_found() {
    let mut secrets = Secrets::default();
    secrets.add("code", "123456");
    secrets.assert_absent("a number", b"x=91234567");
    secrets.assert_absent("a page", b"<b>123456</b>");
}

/// The key of a new portal is its owner's alone.
#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let portal = TestPortal::on(Database::Sqlite).await;
    let mode = std::fs::metadata(portal.folder().join("twofold.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
