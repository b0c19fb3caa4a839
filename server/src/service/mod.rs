//! The use-cases, one file each. They read rows, ask the rules in
//! [`crate::domain`], and write rows with their audit entry in one transaction.
//!
//! [`Service`] implements the traits through which the interface reaches them.

pub mod account;
pub mod audit;
pub mod credentials;
mod error;
pub mod mail;
pub mod people;
pub mod policy;
mod proxies;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod upkeep;

pub use audit::record::Actor;
pub use credentials::{owed::Owed, undecided::Undecided};
pub use error::incident;
pub use mail::write::Round;
pub use proxies::Proxies;
pub use session::{administration::Authority, opening::Use};

use crate::{
    clock::{Clock, UnixTime},
    config::{MailSettings, PublicUrl},
    crypto::{OsRng, os_rng, password::PasswordHasher, secret_box::Keyring, token::Token},
    store::Db,
};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::{NoContext, Timestamp, Uuid};

/// What an operator decides about the portal.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The portal's name, shown on every page and in the authenticator app.
    pub portal_name: String,
    /// Seconds that a QR code can be used.
    pub qr_lifetime: i64,
    /// Where people reach the portal, for links.
    pub public_url: PublicUrl,
    /// How mail is sent; `None` where it is not.
    pub mail: Option<MailSettings>,
}

/// Everything the use-cases work with. Cheap to share.
#[derive(Clone)]
pub struct Service {
    /// The rows.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bounded pool that hashes passwords.
    pub hasher: PasswordHasher,
    /// The keys that seal secrets at rest.
    pub keyring: Arc<Keyring>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    /// Whether people are told by mail what concerns them, by this process or another.
    pub writes_mail: bool,
    /// Wakes whoever sends mail.
    pub mail_waits: Arc<Notify>,
    /// What requests could not write themselves.
    pub owed: Owed,
    /// Passwords that are being looked at.
    pub undecided: Undecided,
    /// Requests that are carried out, also when nobody waits for the answer any more.
    pub under_way: TaskTracker,
    /// Proxies that were seen.
    pub proxies: Arc<Proxies>,
}

impl contract::portal::Portal for Service {}

impl Service {
    /// The same for one request, which has so much patience with the database in
    /// all, and waits for no place to hash a password once it is `given_up`.
    #[must_use]
    pub fn for_request(&self, given_up: CancellationToken) -> Self {
        Self { db: self.db.for_request(), hasher: self.hasher.until(given_up), ..self.clone() }
    }

    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn rng(&self) -> OsRng {
        os_rng()
    }

    /// A new id, sortable by time (UUID v7).
    fn new_id(&self) -> String {
        let now = self.clock.now_millis();
        let (seconds, milliseconds) = (now.div_euclid(1_000), now.rem_euclid(1_000));
        let seconds = u64::try_from(seconds).unwrap_or(0);
        let nanoseconds = u32::try_from(milliseconds).unwrap_or(0) * 1_000_000;
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanoseconds)).to_string()
    }

    fn new_token(&self) -> Token {
        Token::generate(&mut self.rng())
    }

    /// Milliseconds that are left until then, 0 when it is over.
    pub(crate) fn milliseconds_until(&self, end: UnixTime) -> i64 {
        end.0.saturating_mul(1_000).saturating_sub(self.clock.now_millis()).max(0)
    }
}
