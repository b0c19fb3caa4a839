//! An authenticator app, written after RFC 6238 and not after the server.

use contract::error::{AppAlgorithm, AppSettings};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use twofold::clock::{Clock as _, SettableClock};

/// Someone's phone with one entry in its app.
#[derive(Clone)]
pub struct Phone {
    secret: Vec<u8>,
    clock: SettableClock,
}

impl Phone {
    /// Types the setup key in.
    pub fn with_key(key: &str, clock: &SettableClock) -> Self {
        Self { secret: base32(key), clock: clock.clone() }
    }

    /// The code on the screen.
    pub fn code(&self) -> String {
        self.code_of_step(0)
    }

    /// The code that the screen shows so many steps later, or earlier.
    pub fn code_of_step(&self, offset: i64) -> String {
        let step = self.clock.now().0.div_euclid(30) + offset;
        hotp(&self.secret, u64::try_from(step).unwrap())
    }

    /// The code of an app that makes its own: this algorithm, so many digits, a
    /// new one every `period` seconds; so many of its steps later, or earlier.
    pub fn code_of_app(&self, settings: AppSettings, offset: i64) -> String {
        let step = self.clock.now().0.div_euclid(i64::from(settings.period)) + offset;
        let counter = u64::try_from(step).unwrap();
        match settings.algorithm {
            AppAlgorithm::Sha1 => truncated(&mac::<Hmac<Sha1>>(&self.secret, counter), settings.digits),
            AppAlgorithm::Sha256 => truncated(&mac::<Hmac<Sha256>>(&self.secret, counter), settings.digits),
            AppAlgorithm::Sha512 => truncated(&mac::<Hmac<Sha512>>(&self.secret, counter), settings.digits),
        }
    }

    /// A code that is right at no time nearby.
    pub fn wrong_code(&self) -> String {
        let near: Vec<String> = (-45..=45).map(|offset| self.code_of_step(offset)).collect();
        (0..1_000_000).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

/// RFC 4648 §6, spaces between groups, no padding.
pub fn base32(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.bytes().filter(|c| *c != b' ') {
        let value = ALPHABET.iter().position(|letter| *letter == c).expect("a base32 character");
        buffer = buffer << 5 | u32::try_from(value).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xFF).unwrap());
        }
    }
    bytes
}

/// RFC 4226 §5.3.
fn hotp(secret: &[u8], counter: u64) -> String {
    truncated(&mac::<Hmac<Sha1>>(secret, counter), 6)
}

fn mac<M: KeyInit + Mac>(secret: &[u8], counter: u64) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
    mac.update(&counter.to_be_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn truncated(hash: &[u8], digits: u32) -> String {
    let offset = usize::from(hash[hash.len() - 1] & 0xF);
    let number = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap()) & 0x7FFF_FFFF;
    format!("{:0digits$}", number % 10_u32.pow(digits), digits = digits as usize)
}

#[test]
fn the_phone_agrees_with_the_test_vectors_of_the_rfcs() {
    // RFC 4226, appendix D.
    for (counter, code) in (0..).zip(["755224", "287082", "359152", "969429", "338314"]) {
        assert_eq!(hotp(b"12345678901234567890", counter), code);
    }
    // RFC 4648 §10.
    assert_eq!(base32("MZXW 6YTB OI"), b"foobar");
}
