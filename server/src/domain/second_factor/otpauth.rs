//! The `otpauth://` address that a QR code or a link carries to an
//! authenticator app.
//!
//! `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30`
//!
//! Everything a person or an administrator chose is percent-encoded down to the
//! unreserved characters of RFC 3986 §2.3, so that no name can add a parameter,
//! end the label early or move the colon. Apps take what stands before the first
//! colon of the decoded label for the issuer, so the issuer goes without any.
//!
//! A letter beyond ASCII takes six to twelve characters of an address, and every
//! character makes the QR code denser. Names that would make it too dense for a
//! camera are cut: the app shows what they begin with, and an ellipsis.

use crate::domain::second_factor::{
    code::DIGITS,
    totp::{STEP_SECONDS, Secret},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;
use zeroize::Zeroizing;

/// All but `ALPHA / DIGIT / "-" / "." / "_" / "~"`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest address, in bytes: what a QR code of 77 modules holds (version 15-L). With three pixels
/// for each of them and its quiet zone it is 255 pixels wide, for which there is room in a window of 320.
const LONGEST: usize = 520;

/// What the address consists of besides the names.
const BESIDES_NAMES: usize = 98;

/// Room for the encoded issuer, which the address has twice. A user name of 64 ASCII characters fits
/// beside the longest, whatever they are.
const LONGEST_ISSUER: usize = 108;

/// What stands for the rest of a name.
const ELLIPSIS: &str = "…";

/// The address for `account` (the user name as shown) at `issuer` (the name of
/// the portal as the app shows it). It holds the secret and is treated as one.
pub fn uri(secret: &Secret, issuer: &str, account: &str) -> Zeroizing<String> {
    let issuer = without_colons(issuer);
    let issuer = cut(&issuer, LONGEST_ISSUER);
    let account = cut(account, LONGEST - BESIDES_NAMES - 2 * encoded_length(&issuer));
    let issuer = utf8_percent_encode(&issuer, RESERVED);
    let account = utf8_percent_encode(&account, RESERVED);
    let secret = secret.base32();
    Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}\
         &algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        secret.as_str()
    ))
}

/// The name of the portal as apps can show it.
pub fn without_colons(issuer: &str) -> String {
    issuer.replace(':', "")
}

/// A name, or as much of its beginning as takes no more than `room` bytes when it is encoded. What is
/// read as one character stays whole.
fn cut(name: &str, room: usize) -> Cow<'_, str> {
    if encoded_length(name) <= room {
        return Cow::Borrowed(name);
    }
    let mut left = room.saturating_sub(encoded_length(ELLIPSIS));
    let fits = |character: &&str| {
        let rest = left.checked_sub(encoded_length(character));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    let kept: String = name.graphemes(true).take_while(fits).collect();
    Cow::Owned(format!("{}{ELLIPSIS}", kept.trim_end()))
}

fn encoded_length(name: &str) -> usize {
    utf8_percent_encode(name, RESERVED).map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use super::super::qr;
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    fn secret() -> Secret {
        Secret::from_bytes(*b"12345678901234567890")
    }

    /// What an app reads: label halves and parameters in order.
    fn read(uri: &str) -> (String, String, Vec<(String, String)>) {
        let url = Url::parse(uri).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        assert_eq!(url.fragment(), None);
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let label = decode(url.path().strip_prefix('/').unwrap());
        let (issuer, account) = label.split_once(':').unwrap();
        let parameters = url
            .query()
            .unwrap()
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        (issuer.to_owned(), account.to_owned(), parameters)
    }

    #[test]
    fn a_plain_name_reads_as_it_is() {
        assert_eq!(
            uri(&secret(), "Twofold", "anna").as_str(),
            "otpauth://totp/Twofold:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Twofold&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn reserved_characters_are_inert() {
        assert_eq!(
            uri(&secret(), "A & B", "x:y&z%20#\"'/?=+é").as_str(),
            "otpauth://totp/A%20%26%20B:x%3Ay%26z%2520%23%22%27%2F%3F%3D%2B%C3%A9\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%26%20B\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_colon_in_the_name_of_the_portal_moves_nothing_to_the_account() {
        let (issuer, account, parameters) = read(&uri(&secret(), "Acme: IT & more", "anna:b"));
        assert_eq!((issuer.as_str(), account.as_str()), ("Acme IT & more", "anna:b"));
        assert_eq!(parameters[1], ("issuer".to_owned(), issuer));
    }

    #[test]
    fn a_name_that_is_too_long_for_a_camera_ends_with_an_ellipsis() {
        let (_, account, _) = read(&uri(&secret(), "Twofold", &"田".repeat(64)));
        assert_eq!(account, format!("{}…", "田".repeat(44)));
        let (issuer, account, parameters) = read(&uri(&secret(), &"Ж".repeat(64), "anna"));
        assert_eq!((issuer.as_str(), account.as_str()), (&*format!("{}…", "Ж".repeat(16)), "anna"));
        assert_eq!(parameters[1].1, issuer);
    }

    #[test]
    fn what_is_read_as_one_character_is_not_cut() {
        let (_, account, _) = read(&uri(&secret(), "Twofold", &"👩🏽".repeat(32)));
        assert_eq!(account, format!("{}…", "👩🏽".repeat(16)));
        assert_eq!(cut("ab cdefghijklm", 14), "ab…", "without the space before the ellipsis");
    }

    #[test]
    fn a_user_name_in_ascii_is_never_cut() {
        for (issuer, account) in [("Ж", "&"), ("田", "W"), ("&", "%")].map(|(a, b)| (a.repeat(64), b.repeat(64))) {
            assert_eq!(read(&uri(&secret(), &issuer, &account)).1, account);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_name_makes_the_qr_code_too_dense(
            issuer in prop_oneof!["\\PC{0,128}", "[Ж田😀&]{0,128}"],
            account in prop_oneof!["\\PC{0,64}", "[Ж田😀&\u{301}]{0,64}"],
        ) {
            let uri = uri(&secret(), &issuer, &account);
            prop_assert!(uri.len() <= LONGEST);
            prop_assert!(qr::draw(&uri).unwrap().size <= 77 + 2 * qr::QUIET_ZONE);
        }

        #[test]
        fn every_name_comes_back_and_adds_nothing(
            issuer in "\\PC{0,32}[:&%#\"'?/+]?", account in "[:&%#\"'?/+]?\\PC{0,64}",
        ) {
            // A path segment that is only dots is removed by URL parsers; the
            // colon keeps the label from ever being one.
            let uri = uri(&secret(), &issuer, &account);
            let (read_issuer, read_account, parameters) = read(&uri);
            let comes_back = |read: &str, name: &str| {
                let beginning = read.strip_suffix(ELLIPSIS);
                read == name || beginning.is_some_and(|beginning| name.starts_with(beginning))
            };
            prop_assert!(comes_back(&read_issuer, &without_colons(&issuer)), "{}", read_issuer);
            prop_assert!(comes_back(&read_account, &account), "{}", read_account);
            let expected = [
                ("secret", secret().base32().to_string()),
                ("issuer", read_issuer),
                ("algorithm", "SHA1".into()),
                ("digits", "6".into()),
                ("period", "30".into()),
            ]
            .map(|(name, value)| (name.to_owned(), value));
            prop_assert_eq!(parameters, expected);
            prop_assert!(uri.is_ascii());
        }
    }
}
