//! Argon2id for what people know: passwords, recovery codes and access codes.
//!
//! One hash of a password takes 19 MiB and some milliseconds of a core: all of
//! them go through one bounded pool (`hashing_pool`). A name that nobody has
//! costs the same hash as one that someone has.
//!
//! Codes are not chosen by people: they have 80 random bits, which no hash makes
//! any slower to guess than they are. So theirs is small ([`CODE_PARAMS`]), and
//! takes in a secret of the portal: whoever has the database alone can't even
//! begin to guess.

use super::hashing_pool::{HashingPool, Memory};
use crate::domain::text::typed;
use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt as PhcSalt},
};
use rand::CryptoRng;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Length of a hash and of a derived recovery code.
pub const HASH_BYTES: usize = 32;

/// Length of a salt.
pub const SALT_BYTES: usize = 16;

/// The longest password that is hashed, in Unicode scalar values once it is normalised.
pub const MAX_PASSWORD_CHARS: usize = 256;

/// How many hashes may wait before further ones are refused.
const MAX_WAITING: usize = 1_000;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Memory in KiB.
    pub m_kib: u32,
    /// Passes over it.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

impl Default for Params {
    /// 19 MiB, two passes, one lane: a minimum that OWASP's password storage
    /// recommendations name.
    fn default() -> Self {
        Self { m_kib: 19_456, t: 2, p: 1 }
    }
}

impl Params {
    /// Whether any cost of these is lower than that of `wanted`.
    const fn is_below(self, wanted: Self) -> bool {
        self.m_kib < wanted.m_kib || self.t < wanted.t || self.p < wanted.p
    }

    fn argon2(self) -> Result<Argon2<'static>, HashError> {
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params()?))
    }

    fn params(self) -> Result<argon2::Params, HashError> {
        argon2::Params::new(self.m_kib, self.t, self.p, Some(HASH_BYTES)).map_err(HashError::Params)
    }
}

/// What hashing a code of 80 random bits costs.
pub const CODE_PARAMS: Params = Params { m_kib: 64, t: 1, p: 1 };

/// Derives what is stored and compared for a code of 80 random bits: Argon2id
/// (RFC 9106) with a salt and, as its secret value K, `secret`. One salt serves a
/// whole set, so that one guess costs one hash; compare in constant time. It
/// takes some 50 µs and is done where it is asked for.
///
/// # Errors
/// A failure inside.
pub fn derive_code(code: &[u8], salt: Salt, secret: &[u8]) -> Result<[u8; HASH_BYTES], HashError> {
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, CODE_PARAMS.params()?)
        .map_err(HashError::Params)?;
    let mut hash = [0; HASH_BYTES];
    argon2.hash_password_into(code, &salt.0, &mut hash).map_err(HashError::Hashing)?;
    Ok(hash)
}

/// A salt, drawn by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; SALT_BYTES]);

impl Salt {
    /// A fresh salt.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; SALT_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// Why nothing was hashed.
#[derive(Debug, Error)]
pub enum HashError {
    /// Answer 503: the queue is full.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// Nothing was hashed.
    #[error("whoever asked is gone")]
    GivenUp,
    #[error("the password is too long")]
    TooLong,
    #[error("the stored hash can't be read")]
    StoredHash,
    #[error("Argon2 allows no such setting: {0}")]
    Params(argon2::Error),
    #[error("hashing failed: {0}")]
    Hashing(argon2::Error),
    /// The process is shutting down.
    #[error("hashing was interrupted")]
    Interrupted,
}

/// The answer to a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub matches: bool,
    /// The password matches, but its hash is cheaper than the present setting, or
    /// is that of another spelling of it: hash it again and store that.
    pub needs_rehash: bool,
}

/// Hashes and verifies through one bounded pool, which clones share.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    params: Params,
    pool: Arc<HashingPool>,
    /// Nobody waits for the answer any more.
    given_up: CancellationToken,
}

impl PasswordHasher {
    /// A hasher that works on every core at once and lets 1,000 requests wait.
    ///
    /// # Errors
    /// [`HashError::Params`] if Argon2 doesn't allow `params`.
    pub fn new(params: Params) -> Result<Self, HashError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_places(params, cores, MAX_WAITING)
    }

    /// A hasher that works on `places` hashes at once while `max_waiting` wait.
    ///
    /// # Errors
    /// [`HashError::Params`] if Argon2 doesn't allow `params`.
    pub fn with_places(params: Params, places: usize, max_waiting: usize) -> Result<Self, HashError> {
        params.argon2()?;
        let pool = Arc::new(HashingPool::new(places, max_waiting));
        Ok(Self { params, pool, given_up: CancellationToken::new() })
    }

    /// The same for a request that waits for no place any more once it is `given_up`.
    #[must_use]
    pub fn until(&self, given_up: CancellationToken) -> Self {
        Self { given_up, ..self.clone() }
    }

    /// Hashes a password. The answer is a PHC string that holds all it takes to
    /// verify: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    ///
    /// # Errors
    /// [`HashError::Busy`], [`HashError::TooLong`], or a failure inside.
    pub async fn hash(&self, password: &str, salt: Salt) -> Result<String, HashError> {
        let argon2 = self.params.argon2()?;
        // Written out before the hash exists, so that only the hash can fail.
        let phc = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params()).map_err(|_| HashError::StoredHash)?,
            salt: Some(PhcSalt::new(&salt.0).map_err(|_| HashError::StoredHash)?),
            hash: None,
        };
        let password = normalised(password)?;
        let hash = self.pool.run(&self.given_up, move |memory| memory.hash(&argon2, &password, &salt.0)).await??;
        let output = Output::new(&hash[..]).map_err(|_| HashError::StoredHash)?;
        Ok(PasswordHash { hash: Some(output), ..phc }.to_string())
    }

    /// Verifies a password against a stored PHC string. With none stored,
    /// because there is no such user, the same work is done and nothing
    /// matches.
    ///
    /// Hashes that were made before passwords were normalised are of what was
    /// typed then. So what is typed in another spelling than the normal one is
    /// tried as it is, too, whether or not anybody has such a hash.
    ///
    /// # Errors
    /// As [`PasswordHasher::hash`], and [`HashError::StoredHash`].
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verified, HashError> {
        let target = match stored {
            Some(phc) => StoredHash::parse(phc)?,
            None => StoredHash { params: self.params, salt: [0; SALT_BYTES], hash: [0; HASH_BYTES] },
        };
        let (attempt, wanted) = (Attempt::read(password)?, self.params);
        let verified = self.pool.run(&self.given_up, move |memory| target.verify(&attempt, wanted, memory)).await??;
        Ok(if stored.is_some() { verified } else { Verified { matches: false, needs_rehash: false } })
    }

    /// Whether a password matches one of these PHC strings, each tried as by [`PasswordHasher::verify`].
    ///
    /// # Errors
    /// As [`PasswordHasher::verify`].
    pub async fn matches_any(&self, password: &str, stored: &[String]) -> Result<bool, HashError> {
        let targets = stored.iter().map(|phc| StoredHash::parse(phc)).collect::<Result<Vec<_>, _>>()?;
        let (attempt, wanted) = (Attempt::read(password)?, self.params);
        let work = move |memory: &mut Memory| {
            for target in targets {
                if target.verify(&attempt, wanted, memory)?.matches {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        self.pool.run(&self.given_up, work).await?
    }

    /// How many more could be hashed at once.
    pub fn places(&self) -> usize {
        self.pool.places()
    }

    /// What was stored for a code by versions that hashed codes as they do
    /// passwords; compare in constant time.
    ///
    /// # Errors
    /// [`HashError::Busy`], or a failure inside.
    pub async fn derive_slowly(&self, code: &[u8], salt: Salt) -> Result<[u8; HASH_BYTES], HashError> {
        let input = Zeroizing::new(code.to_vec());
        let argon2 = self.params.argon2()?;
        let derived = self.pool.run(&self.given_up, move |memory| memory.hash(&argon2, &input, &salt.0)).await??;
        Ok(*derived)
    }
}

/// A password that is tried.
struct Attempt {
    normalised: Zeroizing<Vec<u8>>,
    /// Where that is another spelling.
    as_typed: Option<Zeroizing<Vec<u8>>>,
}

impl Attempt {
    fn read(password: &str) -> Result<Self, HashError> {
        let as_typed = (!typed::is_opaque(password)).then(|| Zeroizing::new(password.as_bytes().to_vec()));
        Ok(Self { normalised: normalised(password)?, as_typed })
    }
}

/// What a PHC string of ours says.
struct StoredHash {
    params: Params,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl StoredHash {
    /// Compares; what is typed in another spelling is tried as it is, too.
    fn verify(&self, attempt: &Attempt, wanted: Params, memory: &mut Memory) -> Result<Verified, HashError> {
        let argon2 = self.params.argon2()?;
        let hash = memory.hash(&argon2, &attempt.normalised, &self.salt)?;
        let matches = bool::from(self.hash.ct_eq(&hash[..]));
        match &attempt.as_typed {
            Some(as_typed) if !matches => {
                let hash = memory.hash(&argon2, as_typed, &self.salt)?;
                let matches = bool::from(self.hash.ct_eq(&hash[..]));
                Ok(Verified { matches, needs_rehash: matches })
            }
            _ => Ok(Verified { matches, needs_rehash: matches && self.params.is_below(wanted) }),
        }
    }

    fn parse(phc: &str) -> Result<Self, HashError> {
        let read = || {
            let phc = PasswordHash::new(phc).ok()?;
            let params = argon2::Params::try_from(&phc).ok()?;
            let is_ours = phc.algorithm == ARGON2ID_IDENT
                && phc.version == Some(Version::V0x13.into())
                && params.keyid().is_empty()
                && params.data().is_empty();
            is_ours.then_some(())?;
            Some(Self {
                params: Params { m_kib: params.m_cost(), t: params.t_cost(), p: params.p_cost() },
                salt: phc.salt?.as_ref().try_into().ok()?,
                hash: phc.hash?.as_bytes().try_into().ok()?,
            })
        };
        read().ok_or(HashError::StoredHash)
    }
}

/// Whether a password has more characters than any that is hashed.
pub fn is_too_long(password: &str) -> bool {
    typed::opaque(password, MAX_PASSWORD_CHARS).is_none()
}

/// A copy for the hashing thread, wiped when it is done.
fn normalised(password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
    let normalised = typed::opaque(password, MAX_PASSWORD_CHARS).ok_or(HashError::TooLong)?;
    Ok(Zeroizing::new(normalised.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::hashing_pool::KEPT_FOR;
    use super::*;

    const CHEAP: Params = Params { m_kib: 64, t: 1, p: 1 };
    const SALT: Salt = Salt(*b"a salt, 16 bytes");

    fn hasher() -> PasswordHasher {
        PasswordHasher::with_places(CHEAP, 2, 1_000).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let hasher = hasher();
        let stored = hasher.hash("correct horse", SALT).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        for (password, matches) in
            [("correct horse", true), ("Correct horse", false), ("correct horse ", false), ("", false)]
        {
            let verified = hasher.verify(password, Some(&stored)).await.unwrap();
            assert_eq!(verified.matches, matches, "{password:?}");
            assert!(!verified.needs_rehash);
        }
    }

    #[tokio::test]
    async fn the_text_is_the_one_that_the_argon2_crate_writes() {
        let argon2 = Params::default().argon2().unwrap();
        let phc: PasswordHash = argon2::PasswordHasher::hash_password_with_salt(&argon2, b"password", &SALT.0).unwrap();
        let ours = PasswordHasher::with_places(Params::default(), 1, 1).unwrap().hash("password", SALT).await.unwrap();
        assert_eq!(ours, phc.to_string());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let verified = hasher().verify("anything", None).await.unwrap();
        assert!(!verified.matches && !verified.needs_rehash);
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_renewed_once_its_password_is_known() {
        let stored = hasher().hash("password", SALT).await.unwrap();
        let dearer = Params { t: 2, ..CHEAP };
        let hasher = PasswordHasher::with_places(dearer, 1, 10).unwrap();
        let right = hasher.verify("password", Some(&stored)).await.unwrap();
        assert!(right.matches && right.needs_rehash);
        let wrong = hasher.verify("wrong", Some(&stored)).await.unwrap();
        assert!(!wrong.matches && !wrong.needs_rehash);
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_it_is_spelled() {
        let hasher = hasher();
        let stored = hasher.hash("größe 1", SALT).await.unwrap();
        for typed in ["größe 1", "gro\u{308}ße 1", "größe\u{A0}1"] {
            assert_eq!(hasher.hash(typed, SALT).await.unwrap(), stored);
            let verified = hasher.verify(typed, Some(&stored)).await.unwrap();
            assert!(verified.matches && !verified.needs_rehash, "{typed:?}");
        }
        assert!(!hasher.verify("Größe 1", Some(&stored)).await.unwrap().matches);
    }

    #[tokio::test]
    async fn a_hash_of_what_was_typed_before_is_right_and_renewed() {
        let argon2 = CHEAP.argon2().unwrap();
        let before: PasswordHash =
            argon2::PasswordHasher::hash_password_with_salt(&argon2, "gro\u{308}ße".as_bytes(), &SALT.0).unwrap();
        let (hasher, before) = (hasher(), before.to_string());
        let same = hasher.verify("gro\u{308}ße", Some(&before)).await.unwrap();
        assert!(same.matches && same.needs_rehash);
        for other in ["größe", "gro\u{308}ss", "große"] {
            assert!(!hasher.verify(other, Some(&before)).await.unwrap().matches, "{other}");
        }
        assert!(!hasher.verify("gro\u{308}ße", None).await.unwrap().matches);
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_an_error_and_never_a_match() {
        for stored in [
            "",
            "password",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
            "$argon2i$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlIHNh$AAAA",
        ] {
            let result = hasher().verify("password", Some(stored)).await;
            assert!(matches!(result, Err(HashError::StoredHash)), "{stored}");
        }
    }

    #[tokio::test]
    async fn a_password_beyond_256_characters_is_refused_unhashed() {
        assert!(hasher().hash(&"é".repeat(256), SALT).await.is_ok());
        assert!(hasher().hash(&"e\u{301}".repeat(256), SALT).await.is_ok());
        for long in ["é".repeat(257), "e\u{301}".repeat(257), "e".repeat(1_000_000)] {
            assert!(is_too_long(&long));
            assert!(matches!(hasher().hash(&long, SALT).await, Err(HashError::TooLong)));
        }
    }

    #[test]
    fn what_is_stored_for_a_code_takes_code_salt_and_secret() {
        let derived = derive_code(b"A", SALT, b"secret").unwrap();
        assert_eq!(derived, derive_code(b"A", SALT, b"secret").unwrap());
        assert_ne!(derived, derive_code(b"B", SALT, b"secret").unwrap());
        assert_ne!(derived, derive_code(b"A", Salt([1; SALT_BYTES]), b"secret").unwrap());
        assert_ne!(derived, derive_code(b"A", SALT, b"another secret").unwrap());
        assert_ne!(derived, derive_code(b"A", SALT, b"").unwrap());
    }

    /// RFC 9106 §5.3: the same primitive, with its secret value, as everybody's.
    #[test]
    fn the_secret_is_the_one_of_the_standard() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(hex::encode(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_waits_and_beyond_the_queue_is_refused() {
        let hasher = PasswordHasher::with_places(CHEAP, 1, 5).unwrap();
        let mut flood = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let hasher = hasher.clone();
            flood.spawn(async move { hasher.hash("password", SALT).await });
        }
        let mut served = 0;
        for result in flood.join_all().await {
            match result {
                Ok(_) => served += 1,
                Err(refused) => assert!(matches!(refused, HashError::Busy)),
            }
        }
        assert!(served >= 5);
        assert!(hasher.hash("password", SALT).await.is_ok());
        assert_eq!(hasher.pool.kept(), 1, "one place, one piece of memory");
    }

    #[tokio::test]
    async fn requests_that_go_away_leave_nothing_behind() {
        let hasher = PasswordHasher::with_places(CHEAP, 1, 3).unwrap();
        for _ in 0..20 {
            let request = hasher.hash("password", SALT);
            let _ = tokio::time::timeout(std::time::Duration::ZERO, request).await;
        }
        assert!(hasher.hash("password", SALT).await.is_ok());
        assert_eq!(hasher.pool.kept(), 1);
    }

    #[tokio::test]
    async fn one_of_several_is_found_in_any_spelling() {
        let hasher = hasher();
        let mut stored = Vec::new();
        for password in ["first 1", "second 2", "third 3"] {
            stored.push(hasher.hash(password, SALT).await.unwrap());
        }
        for typed in ["first 1", "second\u{A0}2", "third 3"] {
            assert!(hasher.matches_any(typed, &stored).await.unwrap(), "{typed}");
        }
        assert!(!hasher.matches_any("fourth 4", &stored).await.unwrap());
        assert!(!hasher.matches_any("first 1", &[]).await.unwrap());
    }

    #[tokio::test]
    async fn who_is_gone_waits_no_longer() {
        let hasher = PasswordHasher::with_places(CHEAP, 1, 3).unwrap();
        let given_up = CancellationToken::new();
        given_up.cancel();
        let stored = hasher.hash("password", SALT).await.unwrap();
        let place = hasher.pool.take_place().await;
        let gone = hasher.until(given_up).verify("password", Some(&stored)).await;
        assert!(matches!(gone, Err(HashError::GivenUp)));
        drop(place);
        assert!(hasher.verify("password", Some(&stored)).await.unwrap().matches);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_kept_while_in_use_and_let_go_when_idle() {
        let hasher = hasher();
        for _ in 0..5 {
            hasher.hash("password", SALT).await.unwrap();
            tokio::time::sleep(KEPT_FOR / 2).await;
            assert_eq!(hasher.pool.kept(), 1);
        }
        tokio::time::sleep(KEPT_FOR * 2).await;
        assert_eq!(hasher.pool.kept(), 0);
        assert!(hasher.hash("password", SALT).await.is_ok());
    }

    #[test]
    fn impossible_settings_are_refused() {
        let none = Params { m_kib: 0, t: 0, p: 0 };
        assert!(PasswordHasher::new(none).is_err());
    }
}
