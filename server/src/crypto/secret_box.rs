//! Encryption at rest for what must be read back, such as TOTP secrets.
//!
//! XChaCha20-Poly1305: its nonce is long enough to be drawn at random for every
//! sealing. The envelope names the key, so keys can be rotated while serving:
//!
//! ```text
//!  | version 1 | key id 4 | nonce 24 | ciphertext n | tag 16 |
//! ```
//!
//! The header, the purpose and the row's id are authenticated with it. An
//! envelope copied to another row or used for another purpose doesn't open.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::{ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Length of an envelope's beginning, which names its key.
pub const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;

/// An encryption key of 256 bits.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

/// The name of a key: the first bytes of its SHA-256. It tells keys apart and
/// says nothing useful about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// The text is no key. The message never repeats any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the encryption key is empty")]
    Empty,
    #[error("the encryption key is neither hexadecimal nor base64")]
    Encoding,
    #[error("the encryption key has {0} bytes instead of 32")]
    Length(usize),
}

impl Key {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; KEY_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits, or base64 of either alphabet with or
    /// without padding. White space around is dropped.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        let bytes = Zeroizing::new(decode(text).ok_or(KeyError::Encoding)?);
        bytes.as_slice().try_into().map(Self).map_err(|_| KeyError::Length(bytes.len()))
    }

    /// The key as 64 hexadecimal digits, to be written to its file.
    pub fn hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0))
    }

    /// The key's name in envelopes.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.0);
        KeyId(std::array::from_fn(|index| digest[index]))
    }
}

/// Hexadecimal digits are base64 too: a text of nothing else is taken for what
/// it looks like.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return hex::decode(text).ok();
    }
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// What a sealed value is for. An envelope only opens for its own purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The secret of an authenticator app; the row is the method.
    TotpSecret,
    /// The recovery codes of an enrolment that is not finished.
    RecoveryCodes,
    /// A known value that shows at the start whether the key is the right one.
    KeyCheck,
    /// The portal's part of what is stored for recovery and access codes.
    CodeSecret,
    /// What a refused form carries to the next page, in a cookie.
    Flash,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::TotpSecret => "totp secret",
            Self::RecoveryCodes => "recovery codes",
            Self::CodeSecret => "code secret",
            Self::Flash => "flash",
            Self::KeyCheck => "key check",
        }
    }
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    #[error("sealed with the key {0}, which is not at hand")]
    UnknownKey(KeyId),
    #[error("changed, or moved from another row or purpose")]
    Tampered,
    #[error("not an envelope of this version")]
    Malformed,
}

/// The plaintext is too long to be sealed (beyond 256 GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too long to be sealed")]
pub struct SealError;

/// The key that seals, and those that open besides: the ones before it, and the
/// one that comes after it, with which another node may seal already.
#[derive(Clone, Debug)]
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
    next: Option<Key>,
}

impl Keyring {
    /// `current` seals; all of them open.
    pub const fn new(current: Key, older: Vec<Key>) -> Self {
        Self { current, older, next: None }
    }

    /// The same, which also opens what the coming key has sealed.
    #[must_use]
    pub fn before(self, next: Option<Key>) -> Self {
        Self { next, ..self }
    }

    /// Whether there are keys whose secrets are to be sealed anew.
    pub const fn has_older(&self) -> bool {
        !self.older.is_empty()
    }

    /// How envelopes begin that were sealed with a key before the current one.
    pub fn older_prefixes(&self) -> Vec<[u8; HEADER_BYTES]> {
        let older = self.older.iter().map(Key::id).filter(|id| *id != self.current.id());
        older.map(header).collect()
    }

    /// Whether the key is at hand that an envelope with this beginning names.
    /// What names none is no matter of keys.
    pub fn knows(&self, prefix: &[u8]) -> bool {
        match *prefix {
            [VERSION, a, b, c, d] => self.key(KeyId([a, b, c, d])).is_some(),
            _ => true,
        }
    }

    /// The same for a whole envelope.
    pub fn knows_the_key_of(&self, envelope: &[u8]) -> bool {
        envelope.get(..HEADER_BYTES).is_none_or(|prefix| self.knows(prefix))
    }

    /// The name of the key that seals.
    pub fn current_id(&self) -> KeyId {
        self.current.id()
    }

    /// Seals `plaintext` for the row `row_id`.
    ///
    /// # Errors
    /// [`SealError`], for a plaintext larger than any memory.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        purpose: Purpose,
        row_id: &str,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let header = header(self.current.id());
        let sealed = cipher(&self.current)
            .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: &associated_data(header, purpose, row_id) })
            .map_err(|_| SealError)?;
        Ok([&header[..], &nonce, &sealed].concat())
    }

    /// Opens an envelope sealed for the same purpose and row.
    ///
    /// # Errors
    /// [`OpenError`] says whether the key is missing, the envelope was altered,
    /// or it is none at all.
    pub fn open(&self, purpose: Purpose, row_id: &str, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key_id = key_id_of(envelope)?;
        let key = self.key(key_id).ok_or(OpenError::UnknownKey(key_id))?;
        let (nonce, sealed) =
            envelope[HEADER_BYTES..].split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Malformed)?;
        cipher(key)
            .decrypt(
                &XNonce::from(*nonce),
                Payload { msg: sealed, aad: &associated_data(header(key_id), purpose, row_id) },
            )
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Tampered)
    }

    /// Whether an envelope was sealed with an older key, or can't be read.
    pub fn needs_resealing(&self, envelope: &[u8]) -> bool {
        let id = key_id_of(envelope);
        id != Ok(self.current.id()) && self.next.as_ref().is_none_or(|next| id != Ok(next.id()))
    }

    fn key(&self, id: KeyId) -> Option<&Key> {
        std::iter::once(&self.current).chain(&self.older).chain(&self.next).find(|key| key.id() == id)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&key.0).into())
}

fn header(key_id: KeyId) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = key_id.0;
    [VERSION, a, b, c, d]
}

/// The key that an envelope names, once its size and version are right.
fn key_id_of(envelope: &[u8]) -> Result<KeyId, OpenError> {
    match *envelope {
        [VERSION, a, b, c, d, ref rest @ ..] if rest.len() >= NONCE_BYTES + TAG_BYTES => Ok(KeyId([a, b, c, d])),
        _ => Err(OpenError::Malformed),
    }
}

/// Each part with its length, so that no two contexts read the same.
fn associated_data(header: [u8; HEADER_BYTES], purpose: Purpose, row_id: &str) -> Vec<u8> {
    let mut data = Vec::with_capacity(64 + row_id.len());
    for part in [&header[..], purpose.name().as_bytes(), row_id.as_bytes()] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn key(seed: u64) -> Key {
        Key::generate(&mut StdRng::seed_from_u64(seed))
    }

    fn ring() -> Keyring {
        Keyring::new(key(1), vec![])
    }

    fn seal(ring: &Keyring, row: &str, plaintext: &[u8]) -> Vec<u8> {
        ring.seal(&mut StdRng::seed_from_u64(9), Purpose::TotpSecret, row, plaintext).unwrap()
    }

    #[test]
    fn an_envelope_opens_only_for_its_row_and_purpose() {
        let envelope = seal(&ring(), "row", b"secret");
        let open = |purpose, row: &str| ring().open(purpose, row, &envelope);
        assert_eq!(open(Purpose::TotpSecret, "row").unwrap().as_slice(), b"secret");
        assert_eq!(open(Purpose::TotpSecret, "other"), Err(OpenError::Tampered));
        assert_eq!(open(Purpose::KeyCheck, "row"), Err(OpenError::Tampered));
    }

    #[test]
    fn keys_are_rotated_while_old_envelopes_still_open() {
        let old = seal(&ring(), "row", b"secret");
        let rotated = Keyring::new(key(2), vec![key(1)]);
        let opened = rotated.open(Purpose::TotpSecret, "row", &old).unwrap();
        assert!(rotated.needs_resealing(&old));
        let resealed = seal(&rotated, "row", &opened);
        assert!(!rotated.needs_resealing(&resealed));
        let retired = Keyring::new(key(2), vec![]);
        assert_eq!(retired.open(Purpose::TotpSecret, "row", &old), Err(OpenError::UnknownKey(key(1).id())));
        assert!(retired.open(Purpose::TotpSecret, "row", &resealed).is_ok());
    }

    #[test]
    fn the_coming_key_opens_and_does_not_seal() {
        let ahead = seal(&Keyring::new(key(2), vec![key(1)]), "row", b"secret");
        let behind = ring().before(Some(key(2)));
        assert_eq!(behind.open(Purpose::TotpSecret, "row", &ahead).unwrap().as_slice(), b"secret");
        assert!(!behind.needs_resealing(&ahead), "it would only have to be done again");
        assert_eq!(seal(&behind, "row", b"x")[..HEADER_BYTES], seal(&ring(), "row", b"x")[..HEADER_BYTES]);
        assert!(behind.knows(&ahead[..HEADER_BYTES]) && !ring().knows(&ahead[..HEADER_BYTES]));
        assert!(ring().knows(b"other"), "what is no envelope names no key");
    }

    #[test]
    fn what_is_no_envelope_is_malformed() {
        let envelope = seal(&ring(), "row", b"");
        for broken in [&[][..], &envelope[..envelope.len() - 1], &[&[2], &envelope[1..]].concat()] {
            assert_eq!(ring().open(Purpose::TotpSecret, "row", broken), Err(OpenError::Malformed));
            assert!(ring().needs_resealing(broken));
        }
    }

    #[test]
    fn a_key_is_read_in_every_usual_spelling() {
        let key = Key([0xFB; KEY_BYTES]);
        for text in [
            "fb".repeat(32),
            "FB".repeat(32),
            format!("  {}\n", "fb".repeat(32)),
            STANDARD.encode(key.0),
            STANDARD_NO_PAD.encode(key.0),
            URL_SAFE.encode(key.0),
            URL_SAFE_NO_PAD.encode(key.0),
        ] {
            assert_eq!(Key::parse(&text).unwrap(), key, "{text}");
        }
        assert_eq!(Key::parse(&key.hex()).unwrap(), key);
    }

    #[test]
    fn a_text_that_is_no_key_is_told_why() {
        assert_eq!(Key::parse(" \n").unwrap_err(), KeyError::Empty);
        assert_eq!(Key::parse("not a key!").unwrap_err(), KeyError::Encoding);
        assert_eq!(Key::parse(&STANDARD.encode([1; 16])).unwrap_err(), KeyError::Length(16));
        assert_eq!(Key::parse(&"fb".repeat(16)).unwrap_err(), KeyError::Length(16));
    }

    #[test]
    fn debug_output_names_the_key_without_showing_it() {
        let shown = format!("{:?}", ring());
        assert!(shown.contains(&key(1).id().to_string()));
        assert!(!shown.contains(&key(1).hex()[..8]));
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_opened(
            seed: u64, row in any::<String>(), plaintext in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let ring = Keyring::new(key(seed), vec![key(seed.wrapping_add(1))]);
            let envelope = seal(&ring, &row, &plaintext);
            let opened = ring.open(Purpose::TotpSecret, &row, &envelope).unwrap();
            prop_assert_eq!(&*opened, &plaintext);
        }

        #[test]
        fn any_changed_bit_keeps_it_shut(at: prop::sample::Index, bit in 0..8_u32) {
            let mut envelope = seal(&ring(), "row", b"a secret of 20 bytes");
            let at = at.index(envelope.len());
            envelope[at] ^= 1 << bit;
            prop_assert!(ring().open(Purpose::TotpSecret, "row", &envelope).is_err());
        }

        #[test]
        fn parsing_any_text_as_a_key_does_not_panic(text in any::<String>()) {
            let _ = Key::parse(&text);
        }
    }
}
