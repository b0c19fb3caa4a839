//! Until when a person may do without the second factor that the policy demands.
//!
//! ```text
//! required since ----.
//!                     >-- the later one -- + days of grace --> deadline
//! exposed since -----'
//! ```
//!
//! "Exposed" is who is active without a second factor: since they were added,
//! activated again, or lost theirs. Nothing of this is stored per person when
//! the policy changes: the deadline follows from the policy of the moment, so
//! that more or fewer days count at once, for everyone.

use crate::clock::UnixTime;
use contract::duration::DAY;

/// What the policy says about second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Since when everyone must have one; `None` while nobody must.
    pub since: Option<UnixTime>,
    /// Days that each person has for it.
    pub grace_days: i64,
}

/// What is demanded of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: they have a second factor, or nobody must.
    None,
    /// A second factor, before this moment.
    Until(UnixTime),
    /// A second factor, before anything else.
    Now,
}

impl Requirement {
    /// The first moment at which someone exposed since then may no longer do
    /// without; `None` while nobody must have a second factor.
    pub fn deadline(self, exposed_since: UnixTime) -> Option<UnixTime> {
        let counted_from = self.since?.max(exposed_since);
        Some(counted_from.plus(self.grace_days.saturating_mul(DAY)))
    }

    /// Since when those are exposed whose time would be over with `fewer` days and is not
    /// with the days there are: after the first moment, up to and with the second one.
    /// Those exposed still later would keep some time. `None` when nobody would lose any.
    pub fn losing_time(self, fewer: i64, now: UnixTime) -> Option<(UnixTime, UnixTime)> {
        let since = self.since?;
        let counted_before = |days: i64| {
            let moment = now.plus(-days.saturating_mul(DAY));
            // Whoever was exposed before it was demanded is counted from the demand.
            if since > moment { UnixTime(i64::MIN) } else { moment }
        };
        (fewer < self.grace_days).then(|| (counted_before(self.grace_days), counted_before(fewer)))
    }

    /// What is demanded now of someone exposed since then.
    pub fn demand(self, exposed_since: UnixTime, has_second_factor: bool, now: UnixTime) -> Demand {
        match self.deadline(exposed_since) {
            Some(deadline) if !has_second_factor && self.grace_days > 0 && now < deadline => Demand::Until(deadline),
            Some(_) if !has_second_factor => Demand::Now,
            _ => Demand::None,
        }
    }
}

impl Demand {
    /// The moment until which it may be put off.
    pub fn deadline(self) -> Option<UnixTime> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::None | Self::Now => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: UnixTime = UnixTime(1_000_000_000);

    fn required(since: UnixTime, grace_days: i64) -> Requirement {
        Requirement { since: Some(since), grace_days }
    }

    #[test]
    fn without_grace_it_is_demanded_at_once() {
        for exposed_since in [T.plus(-DAY), T, T.plus(DAY)] {
            assert_eq!(required(T, 0).demand(exposed_since, false, T), Demand::Now);
        }
        assert_eq!(required(T, 0).demand(T, true, T), Demand::None);
    }

    #[test]
    fn the_days_are_counted_from_when_the_demand_reached_the_person() {
        let policy = required(T, 14);
        let early = T.plus(-100 * DAY);
        assert_eq!(policy.demand(early, false, T), Demand::Until(T.plus(14 * DAY)));
        assert_eq!(policy.demand(early, false, T.plus(14 * DAY - 1)), Demand::Until(T.plus(14 * DAY)));
        assert_eq!(policy.demand(early, false, T.plus(14 * DAY)), Demand::Now);
        let late = T.plus(10 * DAY);
        assert_eq!(policy.demand(late, false, late), Demand::Until(late.plus(14 * DAY)));
    }

    #[test]
    fn more_or_fewer_days_count_at_once() {
        let now = T.plus(10 * DAY);
        assert_eq!(required(T, 14).demand(T, false, now), Demand::Until(T.plus(14 * DAY)));
        assert_eq!(required(T, 9).demand(T, false, now), Demand::Now);
        assert_eq!(required(T, 60).demand(T, false, now), Demand::Until(T.plus(60 * DAY)));
    }

    #[test]
    fn while_nobody_must_nothing_is_demanded() {
        let policy = Requirement { since: None, grace_days: 14 };
        assert_eq!((policy.deadline(T), policy.demand(T, false, T)), (None, Demand::None));
    }

    proptest! {
        #[test]
        fn those_lose_time_who_have_some_and_would_have_none(
            since in 0..10_000_000_i64, exposed in 0..10_000_000_i64, days in 1..=60_i64, fewer in 0..60_i64,
            now in 0..20_000_000_i64,
        ) {
            let (since, exposed, now) = (UnixTime(since), UnixTime(exposed), UnixTime(now.max(since).max(exposed)));
            let demand = |days| required(since, days).demand(exposed, false, now);
            let over = matches!(demand(days), Demand::Until(_)) && demand(fewer) == Demand::Now;
            let kept = fewer < days && matches!(demand(fewer), Demand::Until(_));
            match required(since, days).losing_time(fewer, now) {
                Some((after, until)) => {
                    prop_assert_eq!(exposed > after && exposed <= until, over);
                    prop_assert_eq!(exposed > after && exposed > until, kept);
                }
                None => prop_assert!(fewer >= days),
            }
        }

        #[test]
        fn it_is_put_off_exactly_until_the_deadline(
            since in 0..10_000_000_i64, exposed in 0..10_000_000_i64, days in 0..=60_i64, now in 0..20_000_000_i64,
        ) {
            let (policy, now) = (required(UnixTime(since), days), UnixTime(now.max(since).max(exposed)));
            let deadline = policy.deadline(UnixTime(exposed)).unwrap();
            let expected = if now < deadline { Demand::Until(deadline) } else { Demand::Now };
            prop_assert_eq!(policy.demand(UnixTime(exposed), false, now), expected);
            prop_assert_eq!(policy.demand(UnixTime(exposed), true, now), Demand::None);
        }

        #[test]
        fn more_days_never_demand_sooner(
            since in 0..10_000_000_i64, exposed in 0..10_000_000_i64, days in 0..60_i64,
        ) {
            let deadline = |days| required(UnixTime(since), days).deadline(UnixTime(exposed)).unwrap();
            prop_assert_eq!(deadline(days + 1), deadline(days).plus(DAY));
        }
    }
}
