//! Charging attempts before they are evaluated.
//!
//! Every charge commits on its own before the password or code is looked at;
//! only a right one takes it back.

use super::{
    Service,
    audit::{Actor, record},
    trust::browser_hash,
};
use crate::{
    clock::UnixTime,
    domain::{
        audit::{AuditEvent, Outcome},
        client::ClientAddress,
        lockout::{Allowance, Counter, Refused},
        session::MAX_WRONG_CODES,
    },
    store::{
        Tx,
        accounts::UserRow,
        attempts, sessions,
        sign_in::{self, Claim},
    },
};
use app::{
    contract::{ApiError, error::CodeProblem},
    portal::{Bound, Client},
};
use sha2::{Digest, Sha256};

/// The counters that one password attempt was charged to.
#[derive(Debug)]
pub struct PasswordCharge {
    account: String,
    address: String,
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

    /// Takes the charge back: the password was right.
    pub async fn take_back(&self, tx: &mut Tx) -> Result<(), ApiError> {
        attempts::refund(tx, &self.address)?;
        attempts::reset(tx, &self.account)?;
        Ok(())
    }
}

fn locked(refused: Refused) -> ApiError {
    ApiError::Locked { retry_after: refused.retry_after }
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
pub fn browser_keys_prefix(user_id: &str) -> String {
    format!("browser:{user_id}:")
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

impl Service {
    /// Charges a password attempt for the account called `name_key`, whether or
    /// not there is one; answers whose it is. `event` records that it is locked.
    ///
    /// # Errors
    /// Says why the password is not evaluated.
    pub(super) async fn charge_password(
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
        let account = match (browser_id, &user) {
            (Some(browser), Some(user)) => browser_key(&browser, &user.id),
            _ => account_key(name_key),
        };
        let address = format!("address:{}", ClientAddress::from(client.address).throttle_key());
        let counters = [(address.as_str(), Allowance::CLIENT_ADDRESS), (account.as_str(), allowance)];
        let [by_address, by_account] = attempts::charge_both(&mut tx, counters, now).await?;
        if let Err(refused) = by_address {
            // What was charged to the account goes with the transaction. Nothing is recorded: a
            // flood would fill the trail.
            return Err(ApiError::TooManyAttempts { retry_after: refused.retry_after.unwrap_or(1) });
        }
        if let Some(user) = &user {
            attempts::note_owner(&mut tx, &account, &user.id)?;
        }
        if by_account.is_err() {
            record(&mut tx, now, Actor::claiming(user.as_ref(), client), event, Outcome::Failure).await?;
        }
        tx.commit().await?;
        let counter = by_account.map_err(locked)?;
        Ok((user, PasswordCharge { account, address, allowance, counter }))
    }

    /// Charges a code to the person and, while it signs in, to the sign-in;
    /// answers how many attempts this sign-in has left.
    ///
    /// # Errors
    /// Says why the code is not evaluated.
    pub(super) async fn charge_code(&self, caller: &Bound, signing_in: bool) -> Result<u32, ApiError> {
        let (session, now) = (caller.session(), self.now());
        let mut tx = self.db.begin().await?;
        let left = if signing_in { self.charge_sign_in_code(&mut tx, caller).await? } else { MAX_WRONG_CODES };
        let in_a_row = codes_in_a_row_key(&session.user_id);
        let a_day = codes_a_day_key(&session.user_id);
        let counters =
            [(in_a_row.as_str(), Allowance::SECOND_FACTOR_IN_A_ROW), (a_day.as_str(), Allowance::SECOND_FACTOR_A_DAY)];
        // What is not evaluated is charged to neither.
        let refused = match attempts::charge_both(&mut tx, counters, now).await? {
            [Ok(_), Ok(_)] => None,
            [Err(_), by_day] => {
                if by_day.is_ok() {
                    attempts::refund(&mut tx, &a_day)?;
                }
                Some((AuditEvent::SecondFactorSuspended, CodeProblem::Suspended))
            }
            [Ok(_), Err(refused)] => {
                attempts::refund(&mut tx, &in_a_row)?;
                let retry_after = refused.retry_after.unwrap_or(1);
                Some((AuditEvent::SecondFactorExhausted, CodeProblem::Exhausted { retry_after }))
            }
        };
        if let Some((event, _)) = refused {
            let actor = Actor::of(session, &caller.call().client);
            record(&mut tx, now, actor, event, Outcome::Failure).await?;
        }
        tx.commit().await?;
        refused.map_or(Ok(left), |(_, problem)| Err(ApiError::Code(problem)))
    }

    /// Charges a recovery code to the person and, while it signs in, to the
    /// sign-in; answers how many attempts the sign-in, or else the day, has left.
    ///
    /// # Errors
    /// Says why the code is not evaluated.
    pub(super) async fn charge_recovery_code(&self, caller: &Bound, signing_in: bool) -> Result<u32, ApiError> {
        let session = caller.session();
        let mut tx = self.db.begin().await?;
        let in_sign_in = if signing_in { Some(self.charge_sign_in_code(&mut tx, caller).await?) } else { None };
        let key = recovery_key(&session.user_id);
        let outcome = attempts::charge(&mut tx, &key, Allowance::SECOND_FACTOR_A_DAY, self.now()).await?;
        if outcome.is_err() {
            let actor = Actor::of(session, &caller.call().client);
            record(&mut tx, self.now(), actor, AuditEvent::SecondFactorExhausted, Outcome::Failure).await?;
        }
        tx.commit().await?;
        match outcome {
            Ok(counter) => {
                let today = Allowance::SECOND_FACTOR_A_DAY.most.saturating_sub(counter.failures);
                Ok(in_sign_in.unwrap_or_else(|| u32::try_from(today).unwrap_or(0)))
            }
            Err(refused) => Err(ApiError::Locked { retry_after: refused.retry_after }),
        }
    }

    /// Charges a code of either kind to a sign-in; answers how many it has left.
    async fn charge_sign_in_code(&self, tx: &mut Tx, caller: &Bound) -> Result<u32, ApiError> {
        let charged = sessions::charge_code(tx, &caller.session().id, i64::from(MAX_WRONG_CODES)).await?;
        let charged = charged.ok_or(ApiError::SignInExpired)?;
        Ok(MAX_WRONG_CODES.saturating_sub(u32::try_from(charged).unwrap_or(MAX_WRONG_CODES)))
    }

    /// Takes back what was charged to a person's codes: one was right.
    pub(super) async fn take_back_codes(&self, tx: &mut Tx, user_id: &str) -> Result<(), ApiError> {
        // In the order in which they are charged: see the order of locks in `second_factor`.
        for key in [codes_in_a_row_key(user_id), codes_a_day_key(user_id), recovery_key(user_id)] {
            attempts::reset(tx, &key)?;
        }
        Ok(())
    }
}
