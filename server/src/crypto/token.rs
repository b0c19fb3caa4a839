//! Opaque tokens: session ids, trusted browsers and one-time links.
//!
//! A token is 256 bits from the operating system's generator. Its owner keeps
//! the text; the database keeps only the SHA-256, so a stolen database signs
//! nobody in. A fast hash is enough, because there is nothing to guess.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Length of a token, in bytes.
pub const TOKEN_BYTES: usize = 32;

/// Length of a token's text.
pub const TEXT_CHARS: usize = 43;

/// A secret that proves who holds it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Token([u8; TOKEN_BYTES]);

impl Token {
    /// A fresh token.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads the text of a cookie or link; `None` unless it is exactly what
    /// [`Token::text`] writes for some token.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_CHARS {
            return None;
        }
        // The decoder asks for room for the estimate, which may be a byte more.
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES + 1]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut()).ok()?;
        bytes.get(..length)?.try_into().ok().map(Self)
    }

    /// The token as base64url without padding (RFC 4648 §5).
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is stored and looked up: SHA-256 of the bytes. Looking it up by an
    /// index leaks nothing useful by its timing, as no one can choose a digest.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn debug_output_shows_no_token() {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn the_operating_system_gives_different_tokens() {
        let rng = &mut crate::crypto::os_rng();
        assert_ne!(Token::generate(rng).digest(), Token::generate(rng).digest());
    }

    #[test]
    fn other_texts_are_no_token() {
        let text = Token::generate(&mut StdRng::seed_from_u64(1)).text();
        for wrong in [
            String::new(),
            text[1..].to_owned(),
            format!("{}=", *text),
            format!("{}+", &text[..42]),
            format!("{}é", &text[..41]),
        ] {
            assert!(Token::parse(&wrong).is_none(), "{wrong}");
        }
        // The last character carries four bits: the other two must be zero.
        assert!(Token::parse(&format!("{}B", "A".repeat(42))).is_none());
    }

    proptest! {
        #[test]
        fn a_token_survives_its_text(seed: u64) {
            let token = Token::generate(&mut StdRng::seed_from_u64(seed));
            let text = token.text();
            prop_assert_eq!(text.len(), TEXT_CHARS);
            prop_assert_eq!(Token::parse(&text).unwrap().digest(), token.digest());
        }

        #[test]
        fn a_text_that_is_a_token_is_its_only_text(text in "[A-Za-z0-9_-]{43}") {
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(&*token.text(), &text);
            }
        }
    }
}
