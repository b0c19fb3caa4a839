//! What a session is worth, and for how long.
//!
//! ```text
//!  password right, method active            code right
//! -------------------------------> FirstFactor --------> Full
//!  password right, no method                               ^
//! ---------------------------------------------------------'
//! ```
//!
//! A session stores only its [`Assurance`]; what it may do is derived at each
//! request by [`standing`] from the policy of that moment, so that
//! switching enforcement on reaches people at their next request.

use crate::clock::UnixTime;
use contract::account::Standing;

/// How long a right password waits for its code, in seconds.
pub const PENDING_SIGN_IN: i64 = 10 * 60;

/// Wrong codes after which a pending sign-in is dropped.
pub const MAX_WRONG_CODES: u32 = 5;

/// How long a step-up counts, in seconds.
pub const STEP_UP_VALID: i64 = 5 * 60;

/// What was proven when the session was made or last renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// The password alone, of an account whose second factor is still awaited.
    FirstFactor,
    /// All that the account had to prove.
    Full,
}

impl Assurance {
    /// The name it is stored under.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::Full => "full",
        }
    }

    /// The reverse of [`Assurance::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        [Self::FirstFactor, Self::Full].into_iter().find(|assurance| assurance.as_str() == name)
    }
}

/// How long a session lasts, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Since the last request.
    pub idle: i64,
    /// Since it was made, whatever happens.
    pub absolute: i64,
}

impl Default for Lifetime {
    /// 30 minutes idle, 24 hours in all.
    fn default() -> Self {
        Self { idle: 30 * 60, absolute: 24 * 60 * 60 }
    }
}

impl Lifetime {
    /// A sign-in that awaits its code: ten minutes, however busy.
    pub const PENDING: Self = Self { idle: PENDING_SIGN_IN, absolute: PENDING_SIGN_IN };

    /// What an account policy sets.
    pub const fn limited(idle_minutes: i64, absolute_hours: i64) -> Self {
        Self { idle: idle_minutes.saturating_mul(60), absolute: absolute_hours.saturating_mul(3_600) }
    }

    /// The same, but over after so many seconds in any case.
    pub fn at_most(self, seconds: i64) -> Self {
        Self { idle: self.idle.min(seconds), absolute: self.absolute.min(seconds) }
    }

    /// The first second at which a session no longer lives.
    pub fn ends_at(&self, created: UnixTime, last_seen: UnixTime) -> UnixTime {
        created.plus(self.absolute).min(last_seen.plus(self.idle))
    }
}

/// Whether a session still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    Live,
    /// Nothing was asked of it for too long.
    IdleOut,
    /// It reached its absolute end.
    TooOld,
}

/// Whether a session made at `created` and last used at `last_seen` still lives.
pub fn liveness(created: UnixTime, last_seen: UnixTime, now: UnixTime, lifetime: Lifetime) -> Liveness {
    if now.seconds_since(created) >= lifetime.absolute {
        Liveness::TooOld
    } else if now.seconds_since(last_seen) >= lifetime.idle {
        Liveness::IdleOut
    } else {
        Liveness::Live
    }
}

/// Whether a step-up at `stepped_up_at` still allows a sensitive change. A time
/// in the future does not: it can't have happened.
pub fn is_step_up_fresh(stepped_up_at: Option<UnixTime>, now: UnixTime) -> bool {
    stepped_up_at.is_some_and(|then| (0..STEP_UP_VALID).contains(&now.seconds_since(then)))
}

/// How far a live session has come, by the policy of this moment.
///
/// A session that awaits a code does so even if the method has gone away
/// meanwhile: it has to end and start again with the password.
pub const fn standing(assurance: Assurance, has_active_method: bool, enforced: bool) -> Standing {
    match assurance {
        Assurance::FirstFactor => Standing::SecondFactorRequired,
        Assurance::Full if enforced && !has_active_method => Standing::EnrolmentRequired,
        Assurance::Full => Standing::Complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: UnixTime = UnixTime(1_000_000);

    #[test]
    fn a_session_ends_at_the_earlier_of_its_two_limits() {
        let lifetime = Lifetime { idle: 10, absolute: 25 };
        let at = |last_seen: i64, now: i64| liveness(T, T.plus(last_seen), T.plus(now), lifetime);
        assert_eq!(at(0, 9), Liveness::Live);
        assert_eq!(at(0, 10), Liveness::IdleOut);
        assert_eq!(at(20, 24), Liveness::Live);
        assert_eq!(at(20, 25), Liveness::TooOld);
        assert_eq!(lifetime.ends_at(T, T.plus(20)), T.plus(25));
        assert_eq!(lifetime.ends_at(T, T.plus(5)), T.plus(15));
    }

    #[test]
    fn a_pending_sign_in_lasts_ten_minutes_however_busy() {
        let busy = T.plus(599);
        assert_eq!(liveness(T, busy, busy, Lifetime::PENDING), Liveness::Live);
        let late = T.plus(600);
        assert_eq!(liveness(T, busy, late, Lifetime::PENDING), Liveness::TooOld);
    }

    #[test]
    fn a_step_up_counts_for_five_minutes() {
        assert!(is_step_up_fresh(Some(T), T));
        assert!(is_step_up_fresh(Some(T), T.plus(299)));
        assert!(!is_step_up_fresh(Some(T), T.plus(300)));
        assert!(!is_step_up_fresh(Some(T.plus(1)), T));
        assert!(!is_step_up_fresh(None, T));
    }

    #[test]
    fn standing_follows_the_policy_of_the_moment() {
        use Assurance::{FirstFactor, Full};
        use Standing::{Complete, EnrolmentRequired, SecondFactorRequired};
        for (assurance, has_method, enforced, expected) in [
            (FirstFactor, true, true, SecondFactorRequired),
            (FirstFactor, true, false, SecondFactorRequired),
            (FirstFactor, false, true, SecondFactorRequired),
            (FirstFactor, false, false, SecondFactorRequired),
            (Full, true, true, Complete),
            (Full, true, false, Complete),
            (Full, false, true, EnrolmentRequired),
            (Full, false, false, Complete),
        ] {
            assert_eq!(standing(assurance, has_method, enforced), expected);
        }
    }

    #[test]
    fn assurance_is_stored_by_name() {
        for assurance in [Assurance::FirstFactor, Assurance::Full] {
            assert_eq!(Assurance::parse(assurance.as_str()), Some(assurance));
        }
        assert_eq!(Assurance::parse("FULL"), None);
    }

    proptest! {
        #[test]
        fn a_session_lives_exactly_until_its_end(
            idle in 1..10_000_i64, absolute in 1..10_000_i64,
            seen in 0..10_000_i64, now in 0..20_000_i64,
        ) {
            let lifetime = Lifetime { idle, absolute };
            let alive = liveness(T, T.plus(seen), T.plus(now), lifetime) == Liveness::Live;
            prop_assert_eq!(alive, T.plus(now) < lifetime.ends_at(T, T.plus(seen)));
        }
    }
}
