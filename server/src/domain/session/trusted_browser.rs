//! Trusted browsers: "Do not ask me for N days".
//!
//! Trust replaces the second factor at sign-in and nothing else. It is given
//! for a number of days that the policy allows, and ends with the first of:
//! those days, a policy that allows fewer, and whatever [`ChallengeReason`] names.
//!
//! ```text
//!  unknown --both factors--> known --ticked--> trusted --days over, ended, policy--> asked again
//! ```

use crate::{clock::UnixTime, crypto::token::Token};
use contract::{duration::DAY, portal::Client, session::ChallengeReason};

/// Trust that a browser was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// When.
    pub since: UnixTime,
    /// The first second at which it no longer counts.
    pub until: UnixTime,
    /// Why it ended before that.
    pub ended: Option<ChallengeReason>,
}

impl Trust {
    /// Trust from now on for the days that were chosen, as far as the policy
    /// allows it; `None` when it allows none.
    pub fn given(now: UnixTime, days: u32, most_days: Option<u32>) -> Option<Self> {
        let days = days.min(most_days?);
        (days > 0).then(|| Self { since: now, until: now.plus(i64::from(days) * DAY), ended: None })
    }

    /// Why a code is asked for all the same; `None` when it is not.
    pub fn doubt(&self, most_days: Option<u32>, now: UnixTime) -> Option<ChallengeReason> {
        if let Some(why) = self.ended {
            return Some(why);
        }
        if now >= self.until {
            return Some(ChallengeReason::TrustEnded { at: self.until.0 });
        }
        // Given at a time that has not come yet: a clock was turned back.
        if now < self.since {
            return Some(ChallengeReason::NotTrusted);
        }
        let allowed = self.until.seconds_since(self.since) <= longest(most_days);
        (!allowed).then_some(ChallengeReason::PolicyChanged)
    }
}

/// The longest trust that a policy allows, in seconds.
pub fn longest(most_days: Option<u32>) -> i64 {
    i64::from(most_days.unwrap_or(0)) * DAY
}

/// SHA-256 of the token that marks the browser of a request.
pub fn browser_hash(client: &Client) -> Option<[u8; 32]> {
    client.browser_token.as_deref().and_then(Token::parse).map(|token| token.digest())
}

/// A reason as it is stored.
pub fn stored(why: ChallengeReason) -> String {
    // A plain enum of numbers always has a JSON form.
    serde_json::to_string(&why).unwrap_or_default()
}

/// A reason as it was stored.
pub fn restored(stored: &str) -> Option<ChallengeReason> {
    serde_json::from_str(stored).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: UnixTime = UnixTime(1_000_000_000);

    #[test]
    fn trust_lasts_for_the_days_that_were_chosen() {
        let trust = Trust::given(T, 7, Some(30)).unwrap();
        assert_eq!(trust.doubt(Some(30), T), None);
        assert_eq!(trust.doubt(Some(30), T.plus(7 * DAY - 1)), None);
        let ended = ChallengeReason::TrustEnded { at: T.0 + 7 * DAY };
        assert_eq!(trust.doubt(Some(30), T.plus(7 * DAY)), Some(ended));
    }

    #[test]
    fn the_policy_bounds_it_when_given_and_ever_after() {
        assert_eq!(Trust::given(T, 7, None), None);
        assert_eq!(Trust::given(T, 0, Some(30)), None);
        let trust = Trust::given(T, 90, Some(30)).unwrap();
        assert_eq!(trust.until, T.plus(30 * DAY));
        assert_eq!(trust.doubt(Some(29), T), Some(ChallengeReason::PolicyChanged));
        assert_eq!(trust.doubt(None, T), Some(ChallengeReason::PolicyChanged));
    }

    #[test]
    fn what_ended_it_is_named() {
        let ended = Some(ChallengeReason::PasswordChanged);
        let trust = Trust { ended, ..Trust::given(T, 7, Some(30)).unwrap() };
        assert_eq!(trust.doubt(Some(30), T), ended);
    }

    proptest! {
        #[test]
        fn nobody_is_trusted_longer_than_the_policy_of_the_moment_allows(
            days in 0..200_u32, most in proptest::option::of(0..100_u32), later in proptest::option::of(0..100_u32),
            wait in -10 * DAY..200 * DAY,
        ) {
            if let Some(trust) = Trust::given(T, days, most)
                && trust.doubt(later, T.plus(wait)).is_none()
            {
                prop_assert!(wait >= 0);
                prop_assert!(wait < i64::from(later.unwrap()) * DAY);
                prop_assert!(wait < i64::from(most.unwrap()) * DAY);
                prop_assert!(wait < i64::from(days) * DAY);
            }
        }
    }
}
