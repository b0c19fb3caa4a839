//! Time-based one-time passwords: RFC 6238 with SHA-1, six digits and steps of
//! 30 seconds, the one profile that every authenticator app supports.
//!
//! A code is accepted for the current step and one on either side. Each step
//! counts once, for good: the caller stores the accepted [`Step`] and hands the
//! last one back, and a code of that step or an earlier one is refused as
//! [`Verdict::Reused`]. A step whose code somebody was told about, because they
//! typed it at another time, counts never: the caller stores those, too
//! ([`steps_of`]), or the answer would be a guess that can be used later.
//!
//! ```text
//!        SkewedClock            Accepted            SkewedClock
//!  |<-- 2 to 20 steps -->| -1 | current | +1 |<-- 2 to 20 steps -->|
//!  ...... refused .......|....... window ....|...... refused .......
//! ```
//!
//! All candidates of a window are computed and compared, in constant time, even
//! when the first one matches. The wide search only runs after a miss, to be
//! able to say that the phone's clock is off; it never lets anyone in.

use crate::{
    clock::UnixTime,
    domain::second_factor::code::{DIGITS, SixDigits},
};
use rand::CryptoRng;
use std::fmt;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of a shared secret: 160 bits (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;

/// Length of a time step (RFC 6238 §5.2).
pub const STEP_SECONDS: i64 = 30;

/// Steps accepted on either side of the current one (RFC 6238 §5.2).
pub const WINDOW: i64 = 1;

/// Steps searched on either side to tell that a clock is off: ten minutes.
pub const SKEW_SEARCH: i64 = 20;

/// The secret shared with one authenticator app.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A fresh secret.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A secret that was stored before.
    pub const fn from_bytes(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// A secret that was stored before; `None` unless there are 20 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to be encrypted and stored.
    pub const fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The key as an app takes it: 32 characters of base32, no padding.
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(totp_rs::Secret::new_stack(self.0).to_base32())
    }

    /// The key for reading aloud: eight groups of four, spaces between.
    pub fn groups(&self) -> Zeroizing<String> {
        let base32 = self.base32();
        let mut grouped = Zeroizing::new(String::with_capacity(base32.len() * 5 / 4));
        for (index, c) in base32.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(c);
        }
        grouped
    }

    /// The code an app with this secret shows at `time`.
    pub fn code_at(&self, time: UnixTime) -> Zeroizing<String> {
        let seconds = u64::try_from(time.0).unwrap_or(0);
        Zeroizing::new(self.totp().generate(seconds).to_string())
    }

    /// The generator with the portal's settings.
    fn totp(&self) -> Totp {
        self.totp_with(Algorithm::SHA1, DIGITS as u8, STEP_SECONDS as u64)
    }

    /// A generator, on the stack. A skew of zero: the window is ours, so that
    /// every step in it is compared.
    pub(crate) fn totp_with(&self, algorithm: Algorithm, digits: u8, step_seconds: u64) -> Totp {
        Builder::new()
            .with_algorithm(algorithm)
            .with_digits(digits)
            .with_skew(0)
            .with_step_duration(step_seconds)
            .with_secret(self.0)
            .build_noncompliant()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The number of a time step: whole 30 s since the epoch (T of RFC 6238 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub i64);

/// The step that `time` lies in.
pub const fn step_at(time: UnixTime) -> Step {
    Step(time.0.div_euclid(STEP_SECONDS))
}

/// The last step that can have been accepted at `now` by a clock that is about
/// right. A stored one that lies after it comes from a clock that was not.
pub const fn last_credible(now: UnixTime) -> Step {
    Step(step_at(now).0.saturating_add(SKEW_SEARCH))
}

/// What a code turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right, for a step never accepted before: store it before believing it.
    Accepted(Step),
    /// Right, but for a step that was accepted already or lies before one.
    Reused,
    /// It would have been right at another time. Positive: the phone is ahead.
    SkewedClock { seconds: i64 },
    /// Right at no time nearby.
    Wrong,
}

/// Judges a code typed at `now` for a secret whose last accepted step is
/// `last_used`.
///
/// If the code fits several steps of the window the latest counts, so that
/// accepting it uses up all of them.
pub fn verify(secret: &Secret, code: &SixDigits, now: UnixTime, last_used: Option<Step>) -> Verdict {
    let totp = secret.totp();
    let current = step_at(now);
    let is_used = |step: Step| last_used.is_some_and(|used| step <= used);

    if let Some(step) = matching(&totp, code, current, -WINDOW..=WINDOW).last() {
        return if is_used(step) { Verdict::Reused } else { Verdict::Accepted(step) };
    }

    let behind = matching(&totp, code, current, -SKEW_SEARCH..=-WINDOW - 1).last();
    let ahead = matching(&totp, code, current, WINDOW + 1..=SKEW_SEARCH).next();
    let nearest = [behind, ahead].into_iter().flatten().min_by_key(|step| (step.0 - current.0).abs());
    match nearest {
        Some(step) if is_used(step) => Verdict::Reused,
        Some(step) => Verdict::SkewedClock { seconds: (step.0 - current.0) * STEP_SECONDS },
        None => Verdict::Wrong,
    }
}

/// The steps about which an answer to this code, typed at `now`, says something:
/// all nearby that have it, with the window beyond the last that is searched.
pub fn steps_of(secret: &Secret, code: &SixDigits, now: UnixTime) -> impl Iterator<Item = Step> + use<> {
    let reach = SKEW_SEARCH + 2 * WINDOW;
    matching(&secret.totp(), code, step_at(now), -reach..=reach)
}

/// The steps, ascending, whose code is `code`. Every offset is computed,
/// whatever matched before. Steps before the epoch have no code.
fn matching(
    totp: &Totp,
    code: &SixDigits,
    current: Step,
    offsets: std::ops::RangeInclusive<i64>,
) -> impl DoubleEndedIterator<Item = Step> + use<> {
    let mut found = 0_u64;
    let first = *offsets.start();
    for offset in offsets {
        let step = current.0.saturating_add(offset);
        let is_match =
            u64::try_from(step).is_ok_and(|step| totp.check(code.as_str(), step * STEP_SECONDS as u64).is_some());
        found |= u64::from(is_match) << (offset - first);
    }
    (0..u64::BITS).filter(move |bit| found >> bit & 1 == 1).map(move |bit| Step(current.0 + first + i64::from(bit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const NOW: UnixTime = UnixTime(1_700_000_010);

    fn secret() -> Secret {
        Secret::generate(&mut StdRng::seed_from_u64(1))
    }

    fn code_of(secret: &Secret, step: Step) -> SixDigits {
        SixDigits::parse(&secret.code_at(UnixTime(step.0 * STEP_SECONDS))).unwrap()
    }

    fn judge(offset: i64, last_used: Option<i64>) -> Verdict {
        let secret = secret();
        let current = step_at(NOW).0;
        let code = code_of(&secret, Step(current + offset));
        verify(&secret, &code, NOW, last_used.map(|offset| Step(current + offset)))
    }

    /// RFC 6238 appendix B, SHA-1: the last six of the eight digits.
    #[test]
    fn rfc_6238_vectors() {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        for (seconds, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let time = UnixTime(seconds);
            assert_eq!(secret.code_at(time).as_str(), &eight_digits[2..]);
            let code = SixDigits::parse(&eight_digits[2..]).unwrap();
            assert_eq!(verify(&secret, &code, time, None), Verdict::Accepted(step_at(time)));
        }
    }

    #[test]
    fn the_step_before_and_after_are_accepted_too() {
        for offset in -1..=1 {
            let step = Step(step_at(NOW).0 + offset);
            assert_eq!(judge(offset, None), Verdict::Accepted(step));
        }
    }

    #[test]
    fn beyond_the_window_the_clock_is_blamed_for_ten_minutes() {
        for offset in (-20..=-2).chain(2..=20) {
            let seconds = offset * 30;
            assert_eq!(judge(offset, None), Verdict::SkewedClock { seconds });
        }
        for offset in [-21, 21] {
            assert_eq!(judge(offset, None), Verdict::Wrong);
        }
    }

    #[test]
    fn a_step_counts_once_and_closes_those_before_it() {
        let step = step_at(NOW).0;
        assert_eq!(judge(0, Some(0)), Verdict::Reused);
        assert_eq!(judge(-1, Some(0)), Verdict::Reused);
        assert_eq!(judge(1, Some(0)), Verdict::Accepted(Step(step + 1)));
        assert_eq!(judge(0, Some(1)), Verdict::Reused);
        assert_eq!(judge(-5, Some(-5)), Verdict::Reused);
        assert_eq!(judge(5, Some(0)), Verdict::SkewedClock { seconds: 150 }, "a later step was never used");
    }

    #[test]
    fn a_code_of_two_steps_uses_up_both() {
        // Found by search: steps 117 and 118 of this secret share a code.
        let mut bytes = [0; SECRET_BYTES];
        bytes[..8].copy_from_slice(&14_171_u64.to_be_bytes());
        let secret = Secret::from_bytes(bytes);
        let step = Step(117);
        assert_eq!(*secret.code_at(UnixTime(3_510)), *secret.code_at(UnixTime(3_540)));
        let now = UnixTime(step.0 * 30);
        let code = code_of(&secret, step);
        let later = Step(step.0 + 1);
        assert_eq!(verify(&secret, &code, now, None), Verdict::Accepted(later));
        assert_eq!(
            verify(&secret, &code, now, Some(step)),
            Verdict::Accepted(later),
            "the later step wins over the used one"
        );
        assert_eq!(verify(&secret, &code, now, Some(later)), Verdict::Reused);
    }

    #[test]
    fn an_answer_about_a_code_is_one_about_each_step_that_has_it() {
        let secret = secret();
        for offset in -22..=22 {
            let step = Step(step_at(NOW).0 + offset);
            assert!(steps_of(&secret, &code_of(&secret, step), NOW).any(|found| found == step), "{offset}");
        }
        let far = Step(step_at(NOW).0 + 23);
        assert!(!steps_of(&secret, &code_of(&secret, far), NOW).any(|found| found == far));
    }

    #[test]
    fn a_step_beyond_ten_minutes_was_accepted_by_a_wrong_clock() {
        assert_eq!(last_credible(NOW), Step(step_at(NOW).0 + 20));
        assert_eq!(last_credible(UnixTime(i64::MAX)).0, i64::MAX / 30 + 20);
    }

    #[test]
    fn the_key_is_shown_in_groups_of_four_without_padding() {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        assert_eq!(secret.base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(secret.groups().as_str(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert_eq!(format!("{:?}", secret()), "Secret(…)");
    }

    proptest! {
        #[test]
        fn no_time_is_too_strange(seconds in any::<i64>(), used in any::<Option<i64>>()) {
            let code = SixDigits::parse("123456").unwrap();
            verify(&secret(), &code, UnixTime(seconds), used.map(Step));
        }

        #[test]
        fn an_accepted_step_is_in_the_window_and_after_the_last_used(
            seconds in 0..4_000_000_000_i64, offset in -25..=25_i64, used in -3..=3_i64, seed: u64,
        ) {
            let secret = Secret::generate(&mut StdRng::seed_from_u64(seed));
            let now = UnixTime(seconds + 1_000);
            let current = step_at(now).0;
            let code = code_of(&secret, Step(current + offset));
            let last_used = Step(current + used);
            match verify(&secret, &code, now, Some(last_used)) {
                Verdict::Accepted(step) => {
                    prop_assert!((step.0 - current).abs() <= WINDOW);
                    prop_assert!(step > last_used);
                }
                Verdict::Reused => prop_assert!(offset <= used || offset.abs() > 1),
                Verdict::SkewedClock { seconds } => prop_assert!(seconds.abs() <= 600),
                Verdict::Wrong => prop_assert!(offset.abs() > SKEW_SEARCH),
            }
        }
    }
}
