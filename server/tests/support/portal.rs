//! A portal of one's own.

use super::{Browser, Database, Phone};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use contract::{
    enrolment::{ConfirmedEnrolment, Enrolment, PendingEnrolment},
    policy::{AccountPolicy, VersionedPolicy},
    profile::Method,
};
use lettre::transport::smtp::extension::ClientId;
use std::{
    ops::Deref,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::sync::RwLock;
use twofold::{
    clock::{Clock as _, SettableClock, UnixTime},
    config::{DataArgs, MailSettings, PublicUrl, SmtpUrl},
    crypto::{
        password::{Params, PasswordHasher},
        secret_box::{Key, Keyring},
    },
    domain::audit::trail::{AuditEvent, Outcome},
    http::{Web, router_around},
    open::open,
    service::{Round, Service, Settings, people::operator::FirstPassword},
    store::{
        self,
        audit::trail::{EntryRow, NewEntry},
    },
    values,
};

/// Everybody's password; it keeps the rules of the default policy.
pub const PASSWORD: &str = "Correct-horse-7";

/// Who works at the command line.
pub const OPERATOR: &str = "ops (command line)";

/// 2026-03-01T12:00:00Z, the beginning of a time step.
const START: UnixTime = UnixTime(1_772_366_400);

/// While Leptos collects the routes for a test, it keeps resources from loading,
/// in the whole process: a page that another test renders in that moment would
/// never be finished. Requests hold this to read, who collects to write.
pub static RENDERING: RwLock<()> = RwLock::const_new(());

/// Where people reach the portal unless a test says otherwise.
pub const ORIGIN: &str = "http://127.0.0.1:3000";

/// What a portal is started with; other nodes get the same.
#[derive(Clone)]
pub struct Given {
    pub database: Database,
    pub clock: SettableClock,
    pub origin: String,
    trusted_proxies: Vec<ipnet::IpNet>,
    mail: Option<MailSettings>,
    folder: Arc<TempDir>,
}

/// A portal that nobody else uses, with a clock that is turned by hand.
pub struct TestPortal {
    pub service: Service,
    given: Given,
    router: Router,
    meanwhile: Meanwhile,
}

impl Given {
    fn new(database: Database, folder: TempDir) -> Self {
        Self {
            database,
            clock: SettableClock::new(START),
            origin: ORIGIN.to_owned(),
            trusted_proxies: Vec::new(),
            mail: None,
            folder: Arc::new(folder),
        }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How the command line finds the same data.
    pub fn data_args(&self) -> DataArgs {
        DataArgs {
            data_dir: self.folder().to_owned(),
            database_url: self.database.url().map(str::to_owned),
            key_file: None,
            key: None,
            previous_key_file: None,
            next_key_file: None,
        }
    }

    fn web(&self) -> Web {
        let public_url = PublicUrl::parse(&self.origin).unwrap();
        Web { public_url, trusted_proxies: self.trusted_proxies.clone(), listening: None }
    }
}

impl Deref for TestPortal {
    type Target = Given;
    fn deref(&self) -> &Given {
        &self.given
    }
}

/// What happens once, between the look at the next request's session and its use-case.
type Meanwhile = Arc<Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>>;

async fn first(State(meanwhile): State<Meanwhile>, request: Request, next: Next) -> Response {
    let due = meanwhile.lock().unwrap().take();
    if let Some(due) = due {
        due.await;
    }
    next.run(request).await
}

impl TestPortal {
    pub async fn on_postgres() -> Option<Self> {
        Some(Self::on(Database::postgres().await?).await)
    }

    pub async fn on(database: Database) -> Self {
        Self::start(Given::new(database, tempfile::tempdir().unwrap())).await
    }

    /// With its files below this folder.
    pub async fn in_folder(database: Database, folder: &Path) -> Self {
        Self::start(Given::new(database, tempfile::tempdir_in(folder).unwrap())).await
    }

    async fn start(given: Given) -> Self {
        Self::start_with(given.data_args(), given).await
    }

    async fn start_with(data: DataArgs, given: Given) -> Self {
        let settings = Settings {
            portal_name: "Acme & Söhne".to_owned(),
            qr_lifetime: 180,
            public_url: PublicUrl::parse(&given.origin).unwrap(),
            mail: given.mail.clone(),
        };
        let mut service = open(&data, settings, Arc::new(given.clock.clone())).await.expect("the portal opens");
        service.hasher = quick_hasher(2, 1_000);
        let meanwhile = Meanwhile::default();
        let router = router_around(service.clone(), given.web(), |use_cases| {
            use_cases.layer(from_fn_with_state(meanwhile.clone(), first))
        });
        Self { service, given, router, meanwhile }
    }

    /// Another node on the same database: other connections, nothing shared in memory.
    pub async fn second_node(&self) -> Self {
        Self::start(self.given.clone()).await
    }

    /// Another node that is given these keys.
    pub async fn second_node_with(&self, data: DataArgs) -> Self {
        Self::start_with(data, self.given.clone()).await
    }

    /// The same portal after its process was stopped and started.
    pub async fn restarted(self) -> Self {
        let after = self.second_node().await;
        self.service.db.close().await;
        after
    }

    /// The same portal reached under another address.
    pub async fn reached_at(self, origin: &str) -> Self {
        Self::start(Given { origin: origin.to_owned(), ..self.given }).await
    }

    /// The same portal behind proxies of these networks.
    pub async fn behind(self, networks: &[&str]) -> Self {
        let trusted_proxies = networks.iter().map(|network| network.parse().unwrap()).collect();
        Self::start(Given { trusted_proxies, ..self.given }).await
    }

    /// The same portal with another encryption key, which has sealed everything
    /// anew; the one before is gone.
    pub async fn rekeyed(mut self) -> Self {
        let before = Key::parse(&std::fs::read_to_string(self.folder().join("twofold.key")).unwrap()).unwrap();
        let key = Key::parse(&"cd".repeat(32)).unwrap();
        self.service.keyring = Arc::new(Keyring::new(key.clone(), vec![before]));
        self.service.reseal().await.unwrap();
        self.service.keyring = Arc::new(Keyring::new(key, Vec::new()));
        self.with_service().await
    }

    /// The router anew, after the service was changed.
    async fn with_service(mut self) -> Self {
        self.router = twofold::http::router(self.service.clone(), self.web());
        self
    }

    /// The same portal, in whose queue nobody may wait for a hash.
    pub async fn too_busy(self) -> Self {
        self.hashing(quick_hasher(1, 0)).await
    }

    /// The same portal, which hashes one password after the other.
    pub async fn with_one_place_to_hash(self) -> Self {
        self.hashing(quick_hasher(1, 1_000)).await
    }

    /// The same portal, which hashes passwords so.
    pub async fn hashing(mut self, hasher: PasswordHasher) -> Self {
        self.service.hasher = hasher;
        self.with_service().await
    }

    /// The same portal with a mail server.
    pub async fn with_mail(self, server: &super::MailServer) -> Self {
        let sender = "\"Acme & Söhne\" <login@acme.example>".parse().unwrap();
        let hello = ClientId::Domain("portal.acme.example".to_owned());
        let mut mail =
            MailSettings::new(SmtpUrl::parse(&server.url()).unwrap(), sender, hello, server.authority()).unwrap();
        mail.patience = server.patience;
        let portal = Self::start(Given { mail: Some(mail), ..self.given }).await;
        portal.service.note_sending().await.unwrap();
        portal
    }

    /// Gives someone a mail address.
    pub async fn give_address(&self, name: &str, address: &str) {
        let sql = "UPDATE users SET mail_address = $2 WHERE name = $1";
        assert_eq!(self.service.db.execute(sql, values![name, address]).await.unwrap(), 1);
    }

    /// Sends what is due, until nothing is.
    pub async fn post(&self) -> Round {
        let mut all = Round::default();
        loop {
            let round = self.service.send_waiting().await.unwrap();
            all = Round { sent: all.sent + round.sent, failed: all.failed + round.failed, ..round };
            if round.sent + round.failed == 0 {
                return all;
            }
        }
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), &self.origin)
    }

    /// Has something happen when the next request has been let in, and has done nothing yet.
    pub fn meanwhile(&self, happens: impl Future<Output = ()> + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::pin(happens));
    }

    /// Adds someone who may sign in with [`PASSWORD`].
    pub async fn add(&self, name: &str) {
        self.add_with(name, false).await;
    }

    /// Adds an administrator who may sign in with [`PASSWORD`].
    pub async fn add_administrator(&self, name: &str) {
        self.add_with(name, true).await;
    }

    async fn add_with(&self, name: &str, administrator: bool) {
        let password = FirstPassword::Given(PASSWORD.to_owned().into());
        self.service.add_user(OPERATOR, name, administrator, password).await.expect("the person is added");
    }

    /// Someone new, signed in.
    pub async fn person(&self, name: &str) -> Browser {
        self.add(name).await;
        let browser = self.browser();
        browser.sign_in(name, PASSWORD).await.expect("signs in");
        browser
    }

    /// A new administrator, signed in.
    pub async fn administrator(&self, name: &str) -> Browser {
        self.add_administrator(name).await;
        let browser = self.browser();
        browser.sign_in(name, PASSWORD).await.expect("signs in");
        browser
    }

    /// Someone new with a second factor, still signed in where they set it up.
    /// The clock is moved on, so that their phone shows a fresh code.
    pub async fn enrolled(&self, name: &str) -> Enrolled {
        let browser = self.person(name).await;
        self.enrol(browser).await
    }

    /// The same for a new administrator.
    pub async fn enrolled_administrator(&self, name: &str) -> Enrolled {
        let browser = self.administrator(name).await;
        self.enrol(browser).await
    }

    async fn enrol(&self, browser: Browser) -> Enrolled {
        let (phone, recovery_codes) = self.set_up(&browser).await;
        self.clock.advance(60);
        Enrolled { browser, phone, recovery_codes }
    }

    /// Goes through the whole set-up.
    pub async fn set_up(&self, browser: &Browser) -> (Phone, Vec<String>) {
        let pending = begin(browser).await;
        let phone = Phone::with_key(&pending.key, &self.clock);
        let confirmed = confirm(browser, &pending.id, &phone.code()).await.expect("the code is right");
        finish(browser, &confirmed.id).await.expect("the set-up is finished");
        (phone, confirmed.sheet.codes)
    }

    /// A browser of this person whose password was right and whose code is awaited.
    pub async fn awaiting_code(&self, name: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(name, PASSWORD).await.expect("the password is right");
        browser
    }

    /// Changes the policy as an administrator does; `browser` is signed in as one.
    pub async fn change_policy(&self, browser: &Browser, change: impl FnOnce(&mut AccountPolicy)) {
        let VersionedPolicy { mut policy, version, .. } =
            browser.call("account-policy", &[]).await.expect("an administrator");
        change(&mut policy);
        save_policy(browser, &policy, version).await.expect("the policy is saved");
    }

    /// The audit trail, oldest first.
    pub async fn audit(&self) -> Vec<EntryRow> {
        store::audit::trail::after(&self.service.db, 0, 100_000).await.unwrap()
    }

    /// Adds entries about something that concerns nobody.
    pub async fn append(&self, count: usize, event: AuditEvent) {
        let entry = NewEntry {
            at: self.clock.now().0,
            event,
            outcome: Outcome::Success,
            actor: None,
            subject: None,
            address: Some("198.51.100.9"),
            user_agent: None,
            detail: None,
        };
        let mut tx = self.service.db.begin().await.unwrap();
        for _ in 0..count {
            store::audit::trail::append(&mut tx, &entry).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// How often something happened.
    pub async fn count(&self, event: AuditEvent) -> usize {
        self.audit().await.iter().filter(|entry| entry.event == event.as_str()).count()
    }
}

/// Sets up one more method.
pub async fn finish_another(portal: &TestPortal, browser: &Browser) -> Phone {
    let (phone, _) = portal.set_up(browser).await;
    portal.clock.advance(60);
    phone
}

/// Someone with a second factor.
pub struct Enrolled {
    pub browser: Browser,
    pub phone: Phone,
    pub recovery_codes: Vec<String>,
}

/// What a hash costs is measured elsewhere.
fn quick_hasher(places: usize, waiting: usize) -> PasswordHasher {
    PasswordHasher::with_places(Params { m_kib: 8, t: 1, p: 1 }, places, waiting).unwrap()
}

/// Opens the set-up dialog, which shows a QR code.
pub async fn begin(browser: &Browser) -> PendingEnrolment {
    match browser.call("begin-enrolment", &[]).await.expect("the set-up begins") {
        Enrolment::Pending(pending) => pending,
        Enrolment::Expired { .. } => panic!("the QR code has expired"),
        Enrolment::Confirmed(_) => panic!("the code was entered already"),
    }
}

pub async fn confirm(browser: &Browser, id: &str, code: &str) -> Result<ConfirmedEnrolment, super::ApiError> {
    browser.call("confirm-enrolment", &[("id", id), ("code", code)]).await
}

pub async fn finish(browser: &Browser, id: &str) -> Result<Method, super::ApiError> {
    browser.call("finish-enrolment", &[("id", id)]).await
}

pub async fn save_policy(
    browser: &Browser,
    policy: &AccountPolicy,
    version: i64,
) -> Result<VersionedPolicy, super::ApiError> {
    let body = serde_json::json!({ "policy": policy, "version": version });
    browser.call_json("save-account-policy", &body).await
}
