//! How the portal is doing, for administrators.

use serde::{Deserialize, Serialize};

/// Ranges that can be looked at, in days.
pub const RANGES: [u32; 3] = [7, 30, 90];

/// The range that is shown unless another is asked for.
pub const USUAL_RANGE: u32 = 30;

/// The nearest range that can be looked at.
pub fn range(days: u32) -> u32 {
    if RANGES.contains(&days) { days } else { USUAL_RANGE }
}

/// How the portal is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalOverview {
    /// How many days the range has; it ends today.
    pub days: u32,
    /// Today, in days since 1970, UTC.
    pub today: i64,
    /// Who has a second factor now.
    pub adoption: Adoption,
    /// Active people who have never chosen a password, and can't sign in yet.
    pub not_activated: u64,
    /// Who had one at the end of each day of the range, from the first day that is known.
    pub adoption_by_day: Vec<(i64, Adoption)>,
    /// Each day of the range.
    pub sign_ins: Vec<SignInsOfDay>,
    /// Set-ups of second factors in the range.
    pub funnel: Funnel,
    /// Accounts that are locked now.
    pub locked: u64,
    /// People who have three recovery codes or fewer.
    pub running_low: u64,
    /// Temporary access codes that a second administrator must approve, counted up to 100.
    pub codes_awaiting_approval: u64,
    /// Mail was given up, or waits for more than an hour.
    pub mail_needs_a_look: bool,
    /// A proxy that is not trusted forwards requests.
    pub untrusted_proxy: Option<UntrustedProxy>,
    /// Events up to now are counted; otherwise some still wait for that.
    pub complete: bool,
}

/// A proxy whose word about where requests come from does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntrustedProxy {
    /// Its address.
    pub address: String,
    /// The value of `--trusted-proxies` with which it would count.
    pub setting: String,
}

/// People who can sign in, and those with a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Active people who have chosen a password.
    pub people: u64,
    /// Those of them who have a second factor.
    pub with_second_factor: u64,
}

impl Adoption {
    /// People who can sign in and have no second factor.
    pub const fn without(self) -> u64 {
        self.people.saturating_sub(self.with_second_factor)
    }

    /// The share in whole percent; all and none are said only when it is so.
    pub const fn percent(self) -> u64 {
        if self.people == 0 {
            return 0;
        }
        let percent = (self.with_second_factor * 100 + self.people / 2) / self.people;
        match percent {
            0 if self.with_second_factor > 0 => 1,
            100.. if self.with_second_factor < self.people => 99,
            percent => percent,
        }
    }
}

impl Adoption {
    /// The share in words: "62 %", "under 1 %".
    pub fn percent_in_words(self) -> String {
        let Self { people, with_second_factor: with } = self;
        // Nearer to none, or to all, than half a percent.
        if with > 0 && with * 200 < people {
            "under 1 %".to_owned()
        } else if with < people && (people - with) * 200 < people {
            "over 99 %".to_owned()
        } else {
            format!("{} %", self.percent())
        }
    }
}

/// Signing in on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInsOfDay {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Sign-ins that succeeded.
    pub signed_in: u64,
    /// Wrong passwords, wrong codes, and attempts that were refused unseen.
    pub failed: u64,
}

/// Set-ups of second factors, by what happened in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Set-ups begun; each shows its first QR code at once.
    pub started: u64,
    /// QR codes shown, the first and those that replaced it.
    pub shown: u64,
    /// Wrong codes entered.
    pub wrong_codes: u64,
    /// QR codes that expired.
    pub expired: u64,
    /// Set-ups with a right code.
    pub confirmed: u64,
    /// Set-ups brought to their end.
    pub finished: u64,
}

/// Between which steps people stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// They saw a QR code and entered no right code.
    BeforeRightCode {
        /// How many set-ups.
        stopped: u64,
    },
    /// They saw the recovery codes and did not finish.
    BeforeFinish {
        /// How many set-ups.
        stopped: u64,
    },
}

impl Funnel {
    /// The step at which most set-ups end early; `None` when all come through.
    pub const fn most_stop(self) -> Option<Stop> {
        let before_code = self.started.saturating_sub(self.confirmed);
        let before_finish = self.confirmed.saturating_sub(self.finished);
        if before_code == 0 && before_finish == 0 {
            None
        } else if before_code >= before_finish {
            Some(Stop::BeforeRightCode { stopped: before_code })
        } else {
            Some(Stop::BeforeFinish { stopped: before_finish })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_not_rounded_to_another_one_in_words() {
        let words = |with_second_factor, people| Adoption { people, with_second_factor }.percent_in_words();
        assert_eq!([words(0, 5), words(5, 5), words(1, 3), words(6, 1_000)], ["0 %", "100 %", "33 %", "1 %"]);
        assert_eq!([words(1, 1_000), words(999, 1_000)], ["under 1 %", "over 99 %"]);
    }

    #[test]
    fn all_and_none_are_said_only_when_it_is_so() {
        let percent = |with_second_factor, people| Adoption { people, with_second_factor }.percent();
        assert_eq!([percent(0, 0), percent(0, 5), percent(5, 5), percent(1, 3), percent(2, 3)], [0, 0, 100, 33, 67]);
        assert_eq!([percent(1, 1_000), percent(999, 1_000)], [1, 99]);
    }

    #[test]
    fn the_step_where_most_stop_is_found() {
        let funnel = |started, confirmed, finished| Funnel { started, confirmed, finished, ..Funnel::default() };
        assert_eq!(funnel(9, 9, 9).most_stop(), None);
        assert_eq!(funnel(9, 4, 2).most_stop(), Some(Stop::BeforeRightCode { stopped: 5 }));
        assert_eq!(funnel(9, 8, 2).most_stop(), Some(Stop::BeforeFinish { stopped: 6 }));
        // Begun before the range, confirmed within.
        assert_eq!(funnel(3, 5, 5).most_stop(), None);
    }

    #[test]
    fn only_the_offered_ranges_are_looked_at() {
        assert_eq!([7, 30, 90, 0, 8, u32::MAX].map(range), [7, 30, 90, 30, 30, 30]);
    }
}
