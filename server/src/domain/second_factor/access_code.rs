//! Temporary access codes: an administrator's help for someone who has lost
//! both the phone and the recovery codes.
//!
//! ```text
//!            second administrator, where the policy demands one
//!  issued ------------------------------------------------------> ready --used, once--> spent
//!    |  '-- where it does not ------------------------------------^ |
//!    '----------------- an hour after it was issued ----------------'--> expired
//! ```
//!
//! What the policy demands is asked at each step, so that switching approval on
//! reaches codes that are out already; and it is kept with the code, so that
//! switching it off frees none that waits. A new code takes the place of the one
//! before; so does everything that leaves nothing to stand in for. A code is
//! spelled like a recovery code ([`crate::domain::second_factor::recovery_code`], 80 bits), and typed
//! in the same field.

use crate::clock::UnixTime;
use thiserror::Error;

/// Seconds for which a code can be used.
pub const LIFETIME: i64 = 60 * 60;

/// A code that was issued and not spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessCode<'a> {
    /// Id of the person whom it lets in.
    pub person: &'a str,
    /// Id of the administrator who issued it; `None` for the command line.
    pub issued_by: Option<&'a str>,
    /// First second at which it is no longer good.
    pub expires_at: UnixTime,
    /// A second administrator has approved it.
    pub approved: bool,
}

/// What a code is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A second administrator must approve it first.
    AwaitingApproval,
    /// It can be used.
    Ready,
    /// Its hour is over.
    Expired,
}

/// Why an administrator can't approve a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ApprovalRefused {
    #[error("the one who issued it")]
    Issuer,
    #[error("the one whom it lets in")]
    Person,
    #[error("approved already")]
    Approved,
    #[error("expired")]
    Expired,
}

impl<'a> AccessCode<'a> {
    /// A code that is issued now.
    pub const fn issue(person: &'a str, issued_by: Option<&'a str>, now: UnixTime) -> Self {
        Self { person, issued_by, expires_at: now.plus(LIFETIME), approved: false }
    }

    /// What it is good for; `approval_demanded` is what the policy says now, or said when it was issued.
    pub fn state(&self, approval_demanded: bool, now: UnixTime) -> State {
        if now >= self.expires_at {
            State::Expired
        } else if approval_demanded && !self.approved {
            State::AwaitingApproval
        } else {
            State::Ready
        }
    }

    /// The same code, approved by an administrator.
    ///
    /// # Errors
    /// Why this one can't.
    pub fn approve(self, approver: &str, now: UnixTime) -> Result<Self, ApprovalRefused> {
        if now >= self.expires_at {
            Err(ApprovalRefused::Expired)
        } else if self.approved {
            Err(ApprovalRefused::Approved)
        } else if self.issued_by == Some(approver) {
            Err(ApprovalRefused::Issuer)
        } else if self.person == approver {
            Err(ApprovalRefused::Person)
        } else {
            Ok(Self { approved: true, ..self })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixTime = UnixTime(1_000_000);

    fn code() -> AccessCode<'static> {
        AccessCode::issue("alice", Some("root"), NOW)
    }

    #[test]
    fn a_code_is_good_for_one_hour() {
        assert_eq!(code().state(false, NOW), State::Ready);
        assert_eq!(code().state(false, NOW.plus(LIFETIME - 1)), State::Ready);
        assert_eq!(code().state(false, NOW.plus(LIFETIME)), State::Expired);
    }

    #[test]
    fn approval_counts_where_it_is_demanded_at_the_moment() {
        assert_eq!(code().state(true, NOW), State::AwaitingApproval);
        assert_eq!(code().approve("ada", NOW).map(|code| code.state(true, NOW)), Ok(State::Ready));
        assert_eq!(code().approve("ada", NOW).map(|code| code.state(true, NOW.plus(LIFETIME))), Ok(State::Expired));
    }

    #[test]
    fn only_a_different_administrator_approves_and_once() {
        assert_eq!(code().approve("root", NOW), Err(ApprovalRefused::Issuer));
        assert_eq!(code().approve("alice", NOW), Err(ApprovalRefused::Person));
        assert_eq!(code().approve("ada", NOW.plus(LIFETIME)), Err(ApprovalRefused::Expired));
        let again = code().approve("ada", NOW).and_then(|code| code.approve("eve", NOW));
        assert_eq!(again, Err(ApprovalRefused::Approved));
        let from_the_command_line = AccessCode::issue("alice", None, NOW);
        assert!(from_the_command_line.approve("root", NOW).is_ok());
    }

    proptest! {
        #[test]
        fn without_a_second_administrator_no_demanded_approval_is_ever_met(after in 0..2 * LIFETIME) {
            let now = NOW.plus(after);
            let code = ["root", "alice"].into_iter().fold(code(), |code, who| code.clone().approve(who, now).unwrap_or(code));
            prop_assert_ne!(code.state(true, now), State::Ready);
        }
    }
}
