//! Recovery codes after set-up: the ledger, a new set, checking a code, and what
//! a session has to say about them.

use crate::{
    crypto::{
        password::{Salt, derive_code},
        secret_box::Purpose,
    },
    domain::{
        audit::trail::{AuditEvent, Outcome},
        credentials::client::origin,
        mail::message::Message,
        second_factor::recovery_code::RecoveryCode,
    },
    service::{
        Service,
        audit::record::{Actor, record},
        error::incident,
    },
    store::{
        Tx,
        account::accounts,
        second_factor::{
            methods,
            recovery::{self, CodeRow, NewSet},
        },
        session::sessions,
    },
};
use contract::{
    ApiError,
    error::RecoveryCodeProblem,
    portal::Bound,
    recovery::{FEW_CODES, RecoveryCodeEntry, RecoveryCodeSheet, RecoveryCodeUse, RecoveryLedger},
};
use rand::Rng as _;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What the portal's part of stored codes is bound to.
const CODE_SECRET_ROW: &str = "portal";

/// A code of someone's current set, found by its hash.
pub(crate) struct FoundCode {
    /// What became of it.
    pub row: CodeRow,
    /// How many codes of the set are unused.
    pub left: u32,
}

impl Service {
    /// The person's current set; `None` when there is none.
    pub(crate) async fn recovery_ledger(&self, user_id: &str) -> Result<Option<RecoveryLedger>, ApiError> {
        let codes = recovery::of_user(&self.db, user_id).await?;
        let created_at = codes.first().map(|code| code.created_at);
        let codes = codes.iter().map(entry).collect();
        Ok(created_at.map(|created_at| RecoveryLedger { created_at, codes }))
    }

    /// Has a session that someone with a second factor opened just now say so
    /// when few recovery codes are left. Touches the session's row only.
    pub(crate) async fn note_few_codes(&self, tx: &mut Tx, session_id: &str, user_id: &str) -> Result<(), ApiError> {
        let few = i64::try_from(FEW_CODES).unwrap_or(i64::MAX);
        Ok(sessions::note_few_codes(tx, session_id, user_id, few)?)
    }

    /// Looks a code up in the person's current set. Costs one hash, also when there is no set.
    pub(crate) async fn find_code(&self, user_id: &str, code: &RecoveryCode) -> Result<Option<FoundCode>, ApiError> {
        let codes = recovery::of_user(&self.db, user_id).await?;
        let (salt, quick) = codes.first().map_or((&[][..], true), |code| (code.salt.as_slice(), code.quick));
        let hash = self.hash_like(code, salt, quick).await?;
        let left = codes.iter().filter(|code| code.used_at.is_none()).count();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        Ok(matching(&codes, &hash).cloned().map(|row| FoundCode { row, left }))
    }

    /// Hashes a code as one was that is stored.
    pub(crate) async fn hash_like(&self, code: &RecoveryCode, salt: &[u8], quick: bool) -> Result<[u8; 32], ApiError> {
        let salt = Salt(salt.try_into().unwrap_or_default());
        Ok(match quick {
            true => derive_code(code.as_bytes(), salt, &self.code_secret().await?)?,
            false => self.hasher.derive_slowly(code.as_bytes(), salt).await?,
        })
    }

    /// The portal's part of what is stored for codes: random, sealed with the
    /// encryption key like every secret, and sealed anew when that is replaced,
    /// so that codes outlive the key. Made when it is needed first; of several
    /// nodes that make one, one wins.
    pub(crate) async fn code_secret(&self) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        let sealed = match recovery::code_secret(&self.db).await? {
            Some(sealed) => sealed,
            None => {
                let mut fresh = Zeroizing::new([0; 32]);
                self.rng().fill_bytes(&mut *fresh);
                let sealed = self.keyring.seal(&mut self.rng(), Purpose::CodeSecret, CODE_SECRET_ROW, &*fresh)?;
                recovery::set_code_secret(&self.db, &sealed).await?;
                let stored = recovery::code_secret(&self.db).await?;
                stored.ok_or_else(|| incident("the secret for codes was not kept"))?
            }
        };
        self.open_sealed(Purpose::CodeSecret, CODE_SECRET_ROW, &sealed, Actor::portal())
    }

    /// Seals it with the current key; answers whether it was sealed with another one.
    pub(crate) async fn reseal_code_secret(&self) -> Result<bool, ApiError> {
        let sealed = recovery::code_secret(&self.db).await?;
        let Some(sealed) = sealed.filter(|sealed| self.keyring.needs_resealing(sealed)) else { return Ok(false) };
        let plain = self.open_sealed(Purpose::CodeSecret, CODE_SECRET_ROW, &sealed, Actor::portal())?;
        let fresh = self.keyring.seal(&mut self.rng(), Purpose::CodeSecret, CODE_SECRET_ROW, &plain)?;
        Ok(recovery::replace_code_secret(&self.db, &sealed, &fresh).await?)
    }

    /// Uses a code up; `false` when another request was quicker. Holds the
    /// person's row, because what follows touches more than one browser.
    pub(crate) async fn spend(&self, tx: &mut Tx, caller: &Bound, found: &FoundCode) -> Result<bool, ApiError> {
        let (client, now) = (&caller.call().client, self.now());
        let address = client.address.to_string();
        let row = &found.row;
        accounts::lock(tx, &caller.session().user_id)?;
        let spent = recovery::consume(tx, &row.set_id, row.number, now.0, &address, &client.user_agent).await?;
        let left = found.left.saturating_sub(1);
        if spent && usize::try_from(left).is_ok_and(|left| left <= FEW_CODES) {
            self.notify(tx, &caller.session().user_id, &Message::RecoveryCodesLow { left })?;
        }
        Ok(spent)
    }

    /// Hashes codes under a fresh salt.
    pub(crate) async fn hash_set(&self, codes: &[RecoveryCode]) -> Result<(Salt, Vec<[u8; 32]>), ApiError> {
        let (salt, secret) = (Salt::generate(&mut self.rng()), self.code_secret().await?);
        let hashes: Result<Vec<_>, _> = codes.iter().map(|code| derive_code(code.as_bytes(), salt, &secret)).collect();
        Ok((salt, hashes?))
    }

    /// "Generate new recovery codes". The old set is dead when the new one is shown.
    pub(super) async fn replace_codes(
        &self,
        caller: &Bound,
        password: Zeroizing<String>,
    ) -> Result<RecoveryCodeSheet, ApiError> {
        let (session, now) = (caller.session(), self.now());
        if !session.has_second_factor {
            return Err(ApiError::NoLongerThere);
        }
        let mut charge = self.check_password(caller, password).await?;
        let codes = RecoveryCode::generate_set(&mut self.rng());
        let (salt, hashes) = self.hash_set(&codes).await?;

        let mut tx = self.db.begin().await?;
        charge.take_back(&mut tx)?;
        accounts::lock(&mut tx, &session.user_id)?;
        if methods::of_user_in(&mut tx, &session.user_id).await?.is_empty() {
            // Switched off meanwhile. The password was right all the same.
            charge.concluded(tx.commit().await)?;
            return Err(ApiError::NoLongerThere);
        }
        let set = NewSet { id: &self.new_id(), user_id: &session.user_id, salt: &salt.0, hashes: &hashes, now: now.0 };
        recovery::replace(&mut tx, &set).await?;
        if !sessions::lock(&mut tx, &session.id).await? {
            return Err(ApiError::SignedOut);
        }
        sessions::clear_recovery_notices(&mut tx, &session.user_id)?;
        self.notify(&mut tx, &session.user_id, &Message::RecoveryCodesGenerated)?;
        record(&mut tx, now, Actor::calling(caller), AuditEvent::RecoveryCodesReplaced, Outcome::Success).await?;
        charge.concluded(tx.commit().await)?;
        Ok(RecoveryCodeSheet {
            codes: codes.iter().map(|code| code.display().to_string()).collect(),
            portal_name: self.settings.portal_name.clone(),
            user_name: session.user_name.clone(),
            created_at: now.0,
        })
    }

    /// "Check a code". Counted like any other guess, but by a counter of its own:
    /// it asks for no fresh proof of identity, so it must not use up what the
    /// person signs in by.
    pub(super) async fn check_code(&self, caller: &Bound, code: &str) -> Result<RecoveryCodeEntry, ApiError> {
        let malformed = ApiError::RecoveryCode(RecoveryCodeProblem::Malformed);
        let code = RecoveryCode::normalise(code).ok_or(malformed)?;
        let mut charge = self.charge_check(caller).await?;
        let found = self.find_code(&caller.session().user_id, &code).await?;
        charge.judged(found.is_some());
        let mut tx = self.db.begin().await?;
        let outcome = match found {
            Some(_) => {
                charge.take_back(&mut tx)?;
                Outcome::Success
            }
            None => Outcome::Failure,
        };
        record(&mut tx, self.now(), Actor::calling(caller), AuditEvent::RecoveryCodeChecked, outcome).await?;
        charge.concluded(tx.commit().await)?;
        let wrong = RecoveryCodeProblem::Wrong { attempts_left: Some(charge.left) };
        found.map(|found| entry(&found.row)).ok_or(ApiError::RecoveryCode(wrong))
    }
}

/// A code as the ledger shows it.
fn entry(row: &CodeRow) -> RecoveryCodeEntry {
    let used_from = |text: &Option<String>| text.clone().unwrap_or_default();
    RecoveryCodeEntry {
        number: u32::try_from(row.number).unwrap_or(0),
        used: row.used_at.map(|at| RecoveryCodeUse {
            at,
            origin: origin(&used_from(&row.used_address), &used_from(&row.used_user_agent)),
        }),
    }
}

/// The code of the set that has this hash. Every one is compared, in constant time.
fn matching<'a>(codes: &'a [CodeRow], hash: &[u8; 32]) -> Option<&'a CodeRow> {
    codes.iter().fold(
        None,
        |found, code| {
            if bool::from(code.hash.as_slice().ct_eq(hash.as_slice())) { Some(code) } else { found }
        },
    )
}
