//! Why a confirming code may be wrong although it was read off correctly: the
//! app did not heed the settings in the QR code.
//!
//! Some apps ignore `algorithm`, `digits` or `period`, and some people type the
//! key in by hand and choose other settings. Their code is right for this very
//! secret, only not in the way the portal counts. To say so instead of "wrong
//! code" saves a person from scanning the same QR code again and again.
//!
//! This is asked only after a code was found wrong, and its answer is a
//! sentence: it accepts nothing.
//!
//! ```text
//!  six digits:   period 60 | SHA-256 | SHA-512 | both of them different
//!  seven, eight: SHA-1 and 30 s | the same list
//! ```

use crate::{
    clock::UnixTime,
    domain::second_factor::{
        code::{AppDigits, DIGITS},
        totp::{STEP_SECONDS, Secret, WINDOW},
    },
};
use contract::error::{AppAlgorithm, AppSettings};
use totp_rs::Algorithm;

/// What the portal asks of apps.
const OURS: (AppAlgorithm, u32) = (AppAlgorithm::Sha1, STEP_SECONDS as u32);

/// What apps do instead, the most likely first.
const KNOWN: [(AppAlgorithm, u32); 6] = [
    OURS,
    (AppAlgorithm::Sha1, 60),
    (AppAlgorithm::Sha256, 30),
    (AppAlgorithm::Sha512, 30),
    (AppAlgorithm::Sha256, 60),
    (AppAlgorithm::Sha512, 60),
];

/// The settings, other than the portal's, under which the code typed at `now`
/// is right for the secret, with one step of tolerance on either side. If there
/// are several, which happens by chance once in some hundred thousand codes,
/// the most likely ones.
pub fn other_settings(secret: &Secret, typed: &AppDigits, now: UnixTime) -> Option<AppSettings> {
    let digits = u32::try_from(typed.count()).ok()?;
    KNOWN
        .into_iter()
        .filter(|settings| typed.count() != DIGITS || *settings != OURS)
        .map(|(algorithm, period)| AppSettings { algorithm, digits, period })
        .find(|settings| is_right(secret, typed, *settings, now))
}

fn is_right(secret: &Secret, typed: &AppDigits, settings: AppSettings, now: UnixTime) -> bool {
    let algorithm = match settings.algorithm {
        AppAlgorithm::Sha1 => Algorithm::SHA1,
        AppAlgorithm::Sha256 => Algorithm::SHA256,
        AppAlgorithm::Sha512 => Algorithm::SHA512,
    };
    let Ok(digits) = u8::try_from(settings.digits) else { return false };
    let totp = secret.totp_with(algorithm, digits, settings.period.into());
    (-WINDOW..=WINDOW).any(|offset| {
        let time = now.plus(offset * i64::from(settings.period)).0;
        u64::try_from(time).is_ok_and(|time| totp.check(typed.as_str(), time).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::second_factor::{
        code::SixDigits,
        totp::{Verdict, verify},
    };
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const SHA_1: AppAlgorithm = AppAlgorithm::Sha1;

    fn app(algorithm: AppAlgorithm, digits: u32, period: u32) -> AppSettings {
        AppSettings { algorithm, digits, period }
    }

    fn told(secret: &[u8; 20], typed: &str, now: i64) -> Option<AppSettings> {
        other_settings(&Secret::from_bytes(*secret), &AppDigits::parse(typed).unwrap(), UnixTime(now))
    }

    /// What an app with these settings shows, so many of its steps later.
    fn shown(secret: &Secret, settings: AppSettings, now: UnixTime, offset: i64) -> AppDigits {
        let algorithm = match settings.algorithm {
            AppAlgorithm::Sha1 => Algorithm::SHA1,
            AppAlgorithm::Sha256 => Algorithm::SHA256,
            AppAlgorithm::Sha512 => Algorithm::SHA512,
        };
        let totp = secret.totp_with(algorithm, settings.digits as u8, settings.period.into());
        let time = now.plus(offset * i64::from(settings.period)).0;
        AppDigits::parse(&totp.generate(u64::try_from(time).unwrap()).to_string()).unwrap()
    }

    /// RFC 6238 appendix B, SHA-1: eight digits are what the RFC itself shows.
    #[test]
    fn an_app_that_shows_eight_digits_is_named() {
        let (secret, now) = (b"12345678901234567890", 1_111_111_109);
        assert_eq!(told(secret, "07081804", now), Some(app(SHA_1, 8, 30)));
        assert_eq!(told(secret, "0708 1804", now + 30), Some(app(SHA_1, 8, 30)), "a step later");
        assert_eq!(told(secret, "7081804", now), Some(app(SHA_1, 7, 30)));
        assert_eq!(told(secret, "07081804", now + 60), None, "but not two");
    }

    #[test]
    fn the_portals_own_code_is_nobody_elses() {
        assert_eq!(told(b"12345678901234567890", "081804", 1_111_111_109), None);
    }

    /// Its counter is the RFC's, at half the speed.
    #[test]
    fn an_app_with_a_period_of_a_minute_is_named() {
        // RFC 4226 appendix D: counts 1 and 2.
        let secret = b"12345678901234567890";
        assert_eq!(told(secret, "287082", 119), Some(app(SHA_1, 6, 60)));
        assert_eq!(told(secret, "359152", 179), Some(app(SHA_1, 6, 60)));
    }

    #[test]
    fn nobody_is_blamed_before_the_epoch_or_after_the_end_of_time() {
        for now in [i64::MIN, -1, 0, i64::MAX] {
            let _ = told(b"12345678901234567890", "123456", now);
            let _ = told(b"12345678901234567890", "12345678", now);
        }
    }

    fn other() -> impl Strategy<Value = AppSettings> {
        let algorithm = prop_oneof![Just(SHA_1), Just(AppAlgorithm::Sha256), Just(AppAlgorithm::Sha512)];
        (algorithm, 6..=8_u32, prop_oneof![Just(30_u32), Just(60)])
            .prop_map(|(algorithm, digits, period)| app(algorithm, digits, period))
            .prop_filter("not the portal's", |settings| *settings != app(SHA_1, 6, 30))
    }

    proptest! {
        #[test]
        fn an_app_with_other_settings_is_told_by_its_code(
            seed: u64, seconds in 1_000..4_000_000_000_i64, settings in other(), offset in -1..=1_i64,
        ) {
            let secret = Secret::generate(&mut StdRng::seed_from_u64(seed));
            let now = UnixTime(seconds);
            let typed = shown(&secret, settings, now, offset);
            let told = other_settings(&secret, &typed, now);
            // Another set may fit by chance, and then is as good an explanation.
            prop_assert!(told.is_some_and(|told| told == settings || is_right(&secret, &typed, told, now)));
        }

        #[test]
        fn whoever_is_blamed_has_other_settings_and_the_right_code(
            seed: u64, seconds in 1_000..4_000_000_000_i64, typed in "[0-9]{6,8}",
        ) {
            let secret = Secret::generate(&mut StdRng::seed_from_u64(seed));
            let typed = AppDigits::parse(&typed).unwrap();
            if let Some(told) = other_settings(&secret, &typed, UnixTime(seconds)) {
                prop_assert_ne!(told, app(SHA_1, 6, 30));
                prop_assert_eq!(told.digits as usize, typed.count());
                prop_assert!(is_right(&secret, &typed, told, UnixTime(seconds)));
            }
        }

        /// Nothing that is explained was accepted, save by chance.
        #[test]
        fn a_code_of_another_app_is_wrong(seed: u64, seconds in 1_000..4_000_000_000_i64, settings in other()) {
            let secret = Secret::generate(&mut StdRng::seed_from_u64(seed));
            let now = UnixTime(seconds);
            let typed = shown(&secret, settings, now, 0);
            if let Some(six) = typed.six()
                && let Verdict::Accepted(step) = verify(&secret, &six, now, None)
            {
                let own = SixDigits::parse(&secret.code_at(UnixTime(step.0 * 30))).unwrap();
                prop_assert!(bool::from(own.matches(&six)));
            }
        }
    }
}
