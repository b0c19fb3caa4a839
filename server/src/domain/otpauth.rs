//! The `otpauth://` address that a QR code or a link carries to an
//! authenticator app.
//!
//! `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30`
//!
//! Everything a person or an administrator chose is percent-encoded down to the
//! unreserved characters of RFC 3986 §2.3, so that no name can add a parameter,
//! end the label early or move the colon. Apps take what stands before the first
//! colon of the decoded label for the issuer, so the issuer goes without any.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::code::DIGITS;
use super::totp::{STEP_SECONDS, Secret};

/// All but `ALPHA / DIGIT / "-" / "." / "_" / "~"`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address for `account` (the user name as shown) at `issuer` (the name of
/// the portal as the app shows it). It holds the secret and is treated as one.
pub fn uri(secret: &Secret, issuer: &str, account: &str) -> Zeroizing<String> {
    let issuer = without_colons(issuer);
    let issuer = utf8_percent_encode(&issuer, RESERVED);
    let account = utf8_percent_encode(account, RESERVED);
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

#[cfg(test)]
mod tests {
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

    proptest! {
        #[test]
        fn every_name_comes_back_and_adds_nothing(
            issuer in "\\PC{0,32}[:&%#\"'?/+]?", account in "[:&%#\"'?/+]?\\PC{0,64}",
        ) {
            // A path segment that is only dots is removed by URL parsers; the
            // colon keeps the label from ever being one.
            let uri = uri(&secret(), &issuer, &account);
            let (read_issuer, read_account, parameters) = read(&uri);
            let issuer = without_colons(&issuer);
            prop_assert_eq!(&read_issuer, &issuer);
            prop_assert_eq!(&read_account, &account);
            let expected = [
                ("secret", secret().base32().to_string()),
                ("issuer", issuer),
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
