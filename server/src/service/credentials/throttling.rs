//! Charging attempts before anybody learns what came of them.
//!
//! ```text
//!  password, recovery code:  charge | look | conclude     two transactions: looking takes a while
//!  code of the app:          charge, look, conclude       one; answered only after its commit
//! ```
//!
//! A right one takes back what it was charged, and nothing else: failures made
//! elsewhere stand. A browser in which the person signed in, with both factors
//! once they have two, has counters of its own, which a success there starts anew. A charge that
//! nobody concludes, because the database went away, the portal was too busy or
//! the request was given up, is no failure: it stays until somebody is found who
//! can take it back (`owed`).

use crate::{
    clock::UnixTime,
    crypto::{
        password::{HashError, Verified},
        token::Token,
    },
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::{
            client::ClientAddress,
            lockout::{Allowance, Counter, Refused},
        },
        identity::user_name::lookup_key,
        session::{trusted_browser::browser_hash, worth::MAX_WRONG_CODES},
    },
    service::{
        Service,
        audit::record::{Actor, record},
        credentials::{
            owed::{Debt, Owed},
            undecided::Open,
        },
    },
    store::{
        Tx,
        account::accounts::UserRow,
        credentials::attempts,
        policy,
        session::{
            sessions::{self, ChargedSession},
            sign_in::{self, Claim},
        },
    },
};
use contract::{
    ApiError,
    error::CodeProblem,
    portal::{Bound, Client},
};
use sha2::{Digest, Sha256};

/// One charge that committed. Dropped before it was concluded, it is taken back
/// unless what was tried was wrong.
#[derive(Debug)]
pub(crate) struct Charge {
    /// The counter of the account, the browser or the link.
    key: String,
    /// The counter of the network address, if that was charged, too.
    address: Option<String>,
    at: UnixTime,
    stands: Stands,
    /// Until it is known whether it stands.
    open: Option<Open>,
    owed: Owed,
}

/// Whether a charge stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Nobody has looked yet. Whoever gives up now has learnt nothing, but may
    /// have cost a hash: that stays with the address.
    Open,
    /// It goes back: right, or nothing was looked at.
    Owed,
    /// It stays, or went back with what followed.
    Settled,
}

impl Charge {
    const fn new(key: String, address: Option<String>, at: UnixTime, owed: Owed) -> Self {
        Self { key, address, at, stands: Stands::Open, open: None, owed }
    }

    fn settle(&mut self) {
        self.stands = Stands::Settled;
        self.open = None;
    }

    /// Notes what came of it: right, or at least not wrong.
    pub fn judged(&mut self, right: bool) {
        if right {
            self.stands = Stands::Owed;
        } else {
            self.settle();
        }
    }

    /// Hands on what came of the transaction that took it back. Where that is not known, it is not taken back again.
    pub fn concluded<T, E: Into<ApiError>>(&mut self, outcome: Result<T, E>) -> Result<T, ApiError> {
        let outcome = outcome.map_err(Into::into);
        if matches!(outcome, Ok(_) | Err(ApiError::OutcomeUnknown)) {
            self.settle();
        }
        outcome
    }

    /// Takes it back in a transaction, whose commit settles it.
    pub fn take_back(&self, tx: &mut Tx) -> Result<(), ApiError> {
        // In the order in which they are charged.
        for key in self.address.iter().chain([&self.key]) {
            attempts::refund(tx, key, 1, self.at)?;
        }
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let keys = match self.stands {
            Stands::Open => vec![self.key.clone()],
            Stands::Owed => self.address.iter().chain([&self.key]).cloned().collect(),
            Stands::Settled => return,
        };
        self.owed.add(Debt::Charge { keys, at: self.at });
    }
}

/// The counters that one password attempt was charged to.
#[derive(Debug)]
pub(crate) struct PasswordCharge {
    charge: Charge,
    /// The counter is that of the person's own browser.
    own: bool,
    allowance: Allowance,
    counter: Counter,
}

impl PasswordCharge {
    /// Whether this was the last attempt before the account locks.
    pub fn locks(&self) -> bool {
        self.counter.failures >= self.allowance.most
    }

    /// What the person is told when the attempt was wrong.
    pub fn refusal(&self, otherwise: ApiError, now: UnixTime) -> ApiError {
        if self.locks() { locked(self.allowance.refusal(self.counter, now)) } else { otherwise }
    }

    /// Takes the charge back: the password was right. [`PasswordCharge::concluded`] follows the commit.
    pub fn take_back(&self, tx: &mut Tx) -> Result<(), ApiError> {
        self.charge.take_back(tx)?;
        if self.own {
            attempts::reset(tx, &self.charge.key)?;
        }
        Ok(())
    }

    /// See [`Charge::concluded`].
    pub fn concluded<T, E: Into<ApiError>>(&mut self, outcome: Result<T, E>) -> Result<T, ApiError> {
        self.charge.concluded(outcome)
    }

    /// What was tried can't be right.
    pub fn judged_wrong(&mut self) {
        self.charge.judged(false);
    }
}

/// A code of the app that is charged in the transaction that judges it.
pub(crate) struct CodeCharge {
    counters: CodeCounters,
    at: UnixTime,
    /// Charges of this sign-in to them, this one included; a step-up is one by itself.
    here: i64,
    /// How many attempts this sign-in has left.
    pub left: u32,
}

impl CodeCharge {
    /// Takes back what was charged here: the code was right.
    pub fn take_back(&self, tx: &mut Tx) -> Result<(), ApiError> {
        if self.counters.own {
            return self.counters.reset(tx);
        }
        attempts::refund(tx, &self.counters.in_a_row, self.here, self.at)?;
        attempts::refund(tx, &self.counters.a_day, self.here, self.at)?;
        Ok(())
    }
}

/// A recovery code, or a temporary access code in its place.
pub(crate) struct RecoveryCharge {
    charge: Charge,
    counters: CodeCounters,
    /// How many attempts this sign-in has left, or else the day.
    pub left: u32,
}

impl RecoveryCharge {
    /// See [`Charge::judged`].
    pub fn judged(&mut self, right: bool) {
        self.charge.judged(right);
    }

    /// See [`Charge::concluded`].
    pub fn concluded<T, E: Into<ApiError>>(&mut self, outcome: Result<T, E>) -> Result<T, ApiError> {
        self.charge.concluded(outcome)
    }

    /// Takes the charge back and nothing else.
    pub fn take_back(&self, tx: &mut Tx) -> Result<(), ApiError> {
        self.charge.take_back(tx)
    }

    /// The same for one that was right and is spent: it brings back an app that
    /// was suspended after too many wrong codes.
    pub fn take_back_and_bring_back(&self, tx: &mut Tx, user_id: &str) -> Result<(), ApiError> {
        self.charge.take_back(tx)?;
        if self.counters.own {
            self.counters.reset(tx)?;
        }
        attempts::reset_full(tx, &codes_in_a_row_key(user_id), Allowance::SECOND_FACTOR_IN_A_ROW.most)?;
        Ok(())
    }
}

/// What a person's codes are counted by.
struct CodeCounters {
    in_a_row: String,
    a_day: String,
    recovery: String,
    /// They are those of one known browser.
    own: bool,
}

impl CodeCounters {
    fn of(user_id: &str, browser_id: Option<&str>) -> Self {
        let keys = [codes_in_a_row_key(user_id), codes_a_day_key(user_id), recovery_key(user_id)];
        let [in_a_row, a_day, recovery] = match browser_id {
            Some(browser) => keys.map(|key| format!("{key}:{browser}")),
            None => keys,
        };
        Self { in_a_row, a_day, recovery, own: browser_id.is_some() }
    }

    fn reset(&self, tx: &mut Tx) -> Result<(), ApiError> {
        for key in [&self.in_a_row, &self.a_day, &self.recovery] {
            attempts::reset(tx, key)?;
        }
        Ok(())
    }
}

fn locked(refused: Refused) -> ApiError {
    ApiError::Locked { retry_after: refused.retry_after }
}

fn too_many(refused: Refused) -> ApiError {
    ApiError::TooManyAttempts { retry_after: refused.retry_after.unwrap_or(1) }
}

/// The counter of an account's passwords. Names are hashed: people type passwords into that field.
pub fn account_key(name_key: &str) -> String {
    format!("password:{}", hex::encode(Sha256::digest(name_key)))
}

/// The counter of a known browser, which other people's guessing does not touch.
fn browser_key(browser_id: &str, user_id: &str) -> String {
    format!("{}{browser_id}", browser_keys_prefix(user_id))
}

/// What the counters of all known browsers of a person begin with.
fn browser_keys_prefix(user_id: &str) -> String {
    format!("browser:{user_id}:")
}

/// The counter of a network address.
fn address_key(client: &Client) -> String {
    format!("address:{}", ClientAddress::from(client.address).throttle_key())
}

/// The counter of passwords that are compared at a one-time link.
fn link_key(token: &Token) -> String {
    format!("link:{}", hex::encode(token.digest()))
}

/// Counter of wrong codes of a person in a day.
pub fn codes_a_day_key(user_id: &str) -> String {
    format!("codes-a-day:{user_id}")
}

/// Counter of wrong codes of a person in a row.
pub fn codes_in_a_row_key(user_id: &str) -> String {
    format!("codes-in-a-row:{user_id}")
}

/// Counter of wrong recovery codes of a person in a day.
pub fn recovery_key(user_id: &str) -> String {
    format!("recovery:{user_id}")
}

/// Counter of recovery codes that a person looks up and does not have. It is
/// none of those by which they sign in.
fn checking_key(user_id: &str) -> String {
    format!("recovery-check:{user_id}")
}

impl Service {
    /// Charges a password attempt for the account called `name_key`, whether or
    /// not there is one; answers whose it is. `event` records that it is locked.
    ///
    /// # Errors
    /// Says why the password is not evaluated.
    pub(crate) async fn charge_password(
        &self,
        client: &Client,
        name_key: &str,
        event: AuditEvent,
    ) -> Result<(Option<UserRow>, PasswordCharge), ApiError> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let Claim { user, browser_id, maximum_failures, lock_minutes } =
            sign_in::claim(&mut tx, name_key, browser_hash(client).as_ref()).await?;
        let allowance = Allowance::password(maximum_failures, lock_minutes);
        let own = browser_id.zip(user.as_ref()).map(|(browser, user)| browser_key(&browser, &user.id));
        let (key, address, outcome) = match own.clone() {
            // What floods in from the same address is none of its business.
            Some(key) => {
                let outcome = attempts::charge(&mut tx, &key, allowance, now).await?;
                (key, None, outcome)
            }
            None => {
                let (key, address) = (account_key(name_key), address_key(client));
                let counters = [(address.as_str(), Allowance::CLIENT_ADDRESS), (key.as_str(), allowance)];
                let [by_address, by_account] = attempts::charge_both(&mut tx, counters, now).await?;
                if let Err(refused) = by_address {
                    // What was charged to the account goes with the transaction. Nothing is recorded: a
                    // flood would fill the trail.
                    return Err(too_many(refused));
                }
                (key, Some(address), by_account)
            }
        };
        if let Some(user) = &user {
            attempts::note_owner(&mut tx, &key, &user.id)?;
        }
        // While this transaction holds the counter, none of those that are undecided can be taken back.
        let may_be_free_soon = outcome.is_err() && self.undecided.any(&key);
        let open = outcome.is_ok().then(|| self.undecided.open(&key));
        if outcome.is_err() {
            record(&mut tx, now, Actor::claiming(user.as_ref(), client), event, Outcome::Failure).await?;
        }
        tx.commit().await?;
        let refusal = |refused| if may_be_free_soon { ApiError::Unavailable } else { locked(refused) };
        let counter = outcome.map_err(refusal)?;
        let mut charge = Charge::new(key, address, now, self.owed.clone());
        charge.open = open;
        Ok((user, PasswordCharge { charge, own: own.is_some(), allowance, counter }))
    }

    /// Compares a password that was charged with what is stored.
    pub(crate) async fn verify_charged(
        &self,
        charge: &mut PasswordCharge,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verified, ApiError> {
        match self.hasher.verify(password, stored).await {
            Ok(verified) => {
                charge.charge.judged(verified.matches);
                Ok(verified)
            }
            // Whoever gave up has taken a place in the queue all the same.
            Err(HashError::GivenUp) => Err(ApiError::Unavailable),
            Err(error) => {
                // It was not looked at.
                charge.charge.judged(true);
                Err(error.into())
            }
        }
    }

    /// Charges a password that is about to be compared with former ones of
    /// whoever has this one-time link: the answer says whether it is one.
    ///
    /// # Errors
    /// Says why it is not compared.
    pub(crate) async fn charge_link(&self, token: &Token) -> Result<Charge, ApiError> {
        let mut tx = self.db.begin().await?;
        let policy = policy::load_in(&mut tx).await?;
        let key = link_key(token);
        let allowance = Allowance::password(policy.maximum_failures, policy.lock_minutes);
        let now = self.now();
        let outcome = attempts::charge(&mut tx, &key, allowance, now).await?;
        tx.commit().await?;
        outcome.map_err(locked)?;
        Ok(Charge::new(key, None, now, self.owed.clone()))
    }

    /// Charges somebody's address for a one-time link that is none.
    ///
    /// # Errors
    /// The address has tried too often.
    pub(crate) async fn charge_unknown_link(&self, client: &Client) -> Result<(), ApiError> {
        let mut tx = self.db.begin().await?;
        let outcome = attempts::charge(&mut tx, &address_key(client), Allowance::CLIENT_ADDRESS, self.now()).await?;
        tx.commit().await?;
        outcome.map(drop).map_err(too_many)
    }

    /// Charges a code of the app, in the transaction that judges it and holds
    /// the person's row: to the person, or to their browser, and while it signs
    /// in to the sign-in. The inner error says why it is not evaluated; the
    /// transaction is to be committed then, too.
    pub(crate) async fn charge_code(
        &self,
        tx: &mut Tx,
        caller: &Bound,
        signing_in: bool,
    ) -> Result<Result<CodeCharge, ApiError>, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let charged = self.charge_session(tx, caller, signing_in).await?;
        let counters = CodeCounters::of(&session.user_id, charged.browser_id.as_deref());
        let (in_a_row, a_day) = (counters.in_a_row.as_str(), counters.a_day.as_str());
        let pair = [(in_a_row, Allowance::SECOND_FACTOR_IN_A_ROW), (a_day, Allowance::SECOND_FACTOR_A_DAY)];
        // What is not evaluated is charged to neither.
        let refused = match attempts::charge_both(tx, pair, now).await? {
            [Ok(_), Ok(_)] => None,
            [Err(_), by_day] => {
                if by_day.is_ok() {
                    attempts::refund(tx, a_day, 1, now)?;
                }
                Some((AuditEvent::SecondFactorSuspended, CodeProblem::Suspended))
            }
            [Ok(_), Err(refused)] => {
                attempts::refund(tx, in_a_row, 1, now)?;
                let retry_after = refused.retry_after.unwrap_or(1);
                Some((AuditEvent::SecondFactorExhausted, CodeProblem::Exhausted { retry_after }))
            }
        };
        if let Some((event, problem)) = refused {
            let actor = Actor::of(session, &caller.call().client);
            record(tx, now, actor, event, Outcome::Failure).await?;
            return Ok(Err(ApiError::Code(problem)));
        }
        let here = if signing_in { charged.code_charges.saturating_add(1) } else { 1 };
        if signing_in && !counters.own {
            sessions::note_code_charge(tx, &session.id)?;
        }
        Ok(Ok(CodeCharge { counters, at: now, here, left: left(&charged) }))
    }

    /// Charges a recovery code to the person, or to their browser, and while it
    /// signs in to the sign-in.
    ///
    /// # Errors
    /// Says why the code is not evaluated.
    pub(crate) async fn charge_recovery_code(
        &self,
        caller: &Bound,
        signing_in: bool,
    ) -> Result<RecoveryCharge, ApiError> {
        let user_id = &caller.session().user_id;
        let mut tx = self.db.begin().await?;
        let charged = self.charge_session(&mut tx, caller, signing_in).await?;
        let counters = CodeCounters::of(user_id, charged.browser_id.as_deref());
        let charge = self.charge_a_day(tx, caller, &counters.recovery).await?;
        let left = if signing_in { left(&charged) } else { charge.1 };
        Ok(RecoveryCharge { charge: charge.0, counters, left })
    }

    /// Charges a recovery code that is only looked up.
    ///
    /// # Errors
    /// Says why the code is not evaluated.
    pub(crate) async fn charge_check(&self, caller: &Bound) -> Result<RecoveryCharge, ApiError> {
        let user_id = &caller.session().user_id;
        let tx = self.db.begin().await?;
        let (charge, left) = self.charge_a_day(tx, caller, &checking_key(user_id)).await?;
        Ok(RecoveryCharge { charge, counters: CodeCounters::of(user_id, None), left })
    }

    /// Charges a code to a counter of a day, commits, and answers how many the day has left.
    async fn charge_a_day(&self, mut tx: Tx, caller: &Bound, key: &str) -> Result<(Charge, u32), ApiError> {
        let now = self.now();
        let outcome = attempts::charge(&mut tx, key, Allowance::SECOND_FACTOR_A_DAY, now).await?;
        if outcome.is_err() {
            let actor = Actor::calling(caller);
            record(&mut tx, now, actor, AuditEvent::SecondFactorExhausted, Outcome::Failure).await?;
        }
        tx.commit().await?;
        let counter = outcome.map_err(locked)?;
        let left = Allowance::SECOND_FACTOR_A_DAY.most.saturating_sub(counter.failures);
        Ok((Charge::new(key.to_owned(), None, now, self.owed.clone()), u32::try_from(left).unwrap_or(0)))
    }

    /// Charges a code of either kind to a sign-in, and finds what else it counts against.
    async fn charge_session(&self, tx: &mut Tx, caller: &Bound, signing_in: bool) -> Result<ChargedSession, ApiError> {
        let browser = browser_hash(&caller.call().client);
        let (id, by) = (&caller.session().id, i64::from(signing_in));
        let charged = sessions::charge_code(tx, id, by, i64::from(MAX_WRONG_CODES), browser.as_ref()).await?;
        charged.ok_or(if signing_in { ApiError::SignInExpired } else { ApiError::SignedOut })
    }

    /// Starts everything anew that counts a person's passwords, in all browsers: an
    /// administrator decided so. Answers whether that makes a difference.
    pub(crate) async fn reset_passwords(&self, tx: &mut Tx, user: &UserRow) -> Result<bool, ApiError> {
        let policy = policy::load_in(tx).await?;
        let allowance = Allowance::password(policy.maximum_failures, policy.lock_minutes);
        let key = account_key(&lookup_key(&user.name));
        let counters = attempts::reset_all(tx, &key, &browser_keys_prefix(&user.id)).await?;
        Ok(counters.into_iter().any(|counter| allowance.counts(counter, self.now())))
    }

    /// The same for everything that counts their codes.
    pub(crate) async fn reset_codes(&self, tx: &mut Tx, user_id: &str) -> Result<bool, ApiError> {
        let a_day = Allowance::SECOND_FACTOR_A_DAY;
        let mut counted = false;
        // In the order in which they are charged: see the order of locks in `second_factor`.
        for (key, allowance) in [
            (codes_in_a_row_key(user_id), Allowance::SECOND_FACTOR_IN_A_ROW),
            (codes_a_day_key(user_id), a_day),
            (recovery_key(user_id), a_day),
            (checking_key(user_id), a_day),
        ] {
            let counters = attempts::reset_codes(tx, user_id, &key).await?;
            counted |= counters.into_iter().any(|counter| allowance.counts(counter, self.now()));
        }
        Ok(counted)
    }
}

/// How many codes a sign-in has left.
fn left(charged: &ChargedSession) -> u32 {
    MAX_WRONG_CODES.saturating_sub(u32::try_from(charged.wrong_codes).unwrap_or(MAX_WRONG_CODES))
}
