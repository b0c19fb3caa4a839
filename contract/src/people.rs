//! People, as administrators see and change them.

use super::{error::UserNameProblem, mail_address::MailAddressProblem};
use serde::{Deserialize, Serialize};

/// Most people that are changed at once.
pub const MOST_AT_ONCE: usize = 100;

/// Most people that are added at once.
pub const MOST_ADDED: usize = 2_000;

/// The largest list of people, in bytes.
pub const LARGEST_LIST: usize = 1024 * 1024;

/// Lists are counted up to so many people.
pub const COUNTED: u32 = 1_000;

/// The longest name shown beside a user name, in characters.
pub const LONGEST_DISPLAY_NAME: usize = 128;

/// The longest reason for a change, in characters.
pub const LONGEST_REASON: usize = 500;

/// Who is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PeopleFilter {
    /// Everybody.
    #[default]
    Everyone,
    /// Active people with a password and without a second factor.
    NoSecondFactor,
    /// Those locked after too many wrong passwords.
    Locked,
    /// Administrators.
    Administrators,
    /// Those who may not sign in.
    Deactivated,
    /// Active people who have three recovery codes or fewer.
    FewCodes,
    /// Active people who have never chosen a password.
    NotActivated,
}

impl PeopleFilter {
    /// All of them, as they are offered.
    pub const ALL: [Self; 7] = [
        Self::Everyone,
        Self::NoSecondFactor,
        Self::FewCodes,
        Self::NotActivated,
        Self::Locked,
        Self::Administrators,
        Self::Deactivated,
    ];

    /// As it stands in a URL.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::NoSecondFactor => "no-2fa",
            Self::Locked => "locked",
            Self::Administrators => "administrators",
            Self::Deactivated => "deactivated",
            Self::FewCodes => "few-codes",
            Self::NotActivated => "not-activated",
        }
    }

    /// The reverse of [`PeopleFilter::slug`].
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.slug() == slug)
    }
}

/// What people are ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PeopleSort {
    /// User name.
    #[default]
    Name,
    /// When they were added.
    Created,
    /// When they signed in last.
    LastSignIn,
}

impl PeopleSort {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Name, Self::Created, Self::LastSignIn];

    /// As it stands in a URL.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "created",
            Self::LastSignIn => "last-sign-in",
        }
    }

    /// The reverse of [`PeopleSort::slug`].
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.slug() == slug)
    }
}

/// Which list, in which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PeopleView {
    /// Who is in it.
    pub filter: PeopleFilter,
    /// What it is ordered by.
    pub sort: PeopleSort,
    /// The greatest first.
    pub descending: bool,
}

/// A page that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PeopleQuery {
    /// Beginnings of words of the names.
    pub search: String,
    /// Which list, in which order.
    pub view: PeopleView,
    /// Where the page before ended.
    pub after: Option<PeoplePlace>,
}

/// A place in the list, for going on from there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PeoplePlace {
    /// Unix seconds; 0 in the order of names.
    pub at: i64,
    /// Name or id.
    pub text: String,
}

/// Some people, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeoplePage {
    /// In order.
    pub people: Vec<Person>,
    /// There may be more from here on, also when there is nobody on this page.
    pub next: Option<PeoplePlace>,
    /// Codes that a second administrator must approve; on a first page only.
    pub waiting: Vec<WaitingCode>,
    /// Where codes must be approved: other administrators who can sign in; on a first page only.
    pub approvers: Option<u32>,
    /// How many people the whole list has, more than [`COUNTED`] for any number beyond;
    /// on a first page only, and only where that is soon counted.
    pub total: Option<u32>,
}

/// Someone in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Id.
    pub id: String,
    /// User name.
    pub name: String,
    /// Name shown beside it; may be empty.
    pub display_name: String,
    /// Where they get mail; may be empty.
    pub mail_address: String,
    /// Whoever asks.
    pub you: bool,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether an authenticator app is active.
    pub second_factor: bool,
    /// Too many wrong passwords.
    pub lock: Option<Lock>,
    /// So many wrong codes that no more are looked at.
    pub codes_locked: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; `None` when they never did.
    pub last_sign_in_at: Option<i64>,
    /// Whether a password was chosen.
    pub has_password: bool,
    /// Unix seconds until which they can choose a password on a one-time link.
    pub invited_until: Option<i64>,
    /// A temporary access code was issued and not used.
    pub access_code: Option<AccessCode>,
}

impl Person {
    /// They have never chosen a password, and can't sign in before they have.
    pub const fn awaits_activation(&self) -> bool {
        self.active && !self.has_password
    }
}

/// A lock after too many wrong passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lock {
    /// Unix seconds at which it ends; `None` when someone must unlock.
    pub until: Option<i64>,
}

/// A temporary access code that was issued and not used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccessCode {
    /// Its id, for approving it.
    pub id: String,
    /// Unix seconds.
    pub expires_at: i64,
    /// A second administrator must approve it first.
    pub awaits_approval: bool,
}

/// A temporary access code that a second administrator must approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingCode {
    /// Its id.
    pub id: String,
    /// Id of the person whom it will let in.
    pub person_id: String,
    /// Their name.
    pub person: String,
    /// Who issued it; `None` for the command line.
    pub issuer: Option<String>,
    /// Unix seconds.
    pub expires_at: i64,
    /// Whether whoever asks may approve it.
    pub yours_to_approve: bool,
}

/// What can be done to people, one or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleChange {
    /// They can no longer sign in; their sessions end.
    Deactivate,
    /// They can sign in again.
    Reactivate,
    /// Ends a lock after too many wrong passwords or codes.
    Unlock,
    /// Makes them administrators.
    MakeAdministrator,
    /// Makes them ordinary people.
    RemoveAdministrator,
    /// Removes their second factor; their sessions end.
    DisableSecondFactor {
        /// Why; it stands in the audit trail.
        reason: String,
    },
    /// Ends their sessions.
    EndSessions,
    /// Makes the access code worthless that was issued to them and is not used.
    WithdrawAccessCode,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleChanged {
    /// They, as they are now.
    pub people: Vec<Person>,
    /// For how many of them it made a difference.
    pub changed: u32,
}

/// Someone to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    /// User name.
    pub name: String,
    /// Name shown beside it; may be empty.
    pub display_name: String,
    /// Make them an administrator.
    pub administrator: bool,
    /// Where they get mail; may be empty.
    #[serde(default)]
    pub mail_address: String,
}

/// One-time links to choose a password, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedLinks {
    /// One for each person.
    pub links: Vec<PersonalLink>,
    /// Unix seconds until which they can be used.
    pub expires_at: i64,
    /// All of them as CSV.
    pub file: String,
}

/// The one-time link of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalLink {
    /// User name.
    pub name: String,
    /// Name shown beside it; may be empty.
    pub display_name: String,
    /// The link.
    pub url: String,
}

/// What a list of people to be added holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// People that would be added.
    pub people: u32,
    /// How many of them are administrators.
    pub administrators: u32,
}

/// What becomes of a list of people of which some lines can't be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    /// Nobody is added.
    #[default]
    Refused,
    /// They are left out, and the others are added.
    LeftOut,
}

/// What is wrong with one line of a list of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProblem {
    /// Number of the line in the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: ImportProblem,
}

/// What can be wrong with a list of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportProblem {
    /// It has no people.
    Empty,
    /// It has more people than can be added at once.
    TooMany,
    /// The first line does not name a column "name".
    NoNameColumn,
    /// The first line names a column that is not known, or one twice.
    UnknownColumn,
    /// The line has a value where the first one names no column.
    Columns,
    /// A quotation mark is not closed, or the text can't be read.
    Unreadable,
    /// The user name can't be used.
    Name(UserNameProblem),
    /// The same user name stands in an earlier line.
    Repeated {
        /// The earlier line.
        line: u64,
    },
    /// The display name can't be used.
    DisplayName(DisplayNameProblem),
    /// Neither yes nor no.
    Administrator,
    /// The mail address can't be used.
    MailAddress(MailAddressProblem),
}

/// Why a display name can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisplayNameProblem {
    /// More than 128 characters.
    TooLong,
    /// Characters that are invisible, control something or change the reading direction.
    Unprintable,
}

/// Why a reason was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReasonProblem {
    /// There is none.
    Empty,
    /// More than 500 characters.
    TooLong,
}

/// A temporary access code, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedAccessCode {
    /// Whom it lets in.
    pub person: Person,
    /// The code.
    pub code: String,
    /// Unix seconds.
    pub expires_at: i64,
    /// A second administrator must approve it before it works.
    pub awaits_approval: bool,
}

/// Why a temporary access code was not issued or approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessCodeProblem {
    /// The person has no second factor that it could stand in for.
    NoSecondFactor,
    /// The person is deactivated.
    Deactivated,
    /// Nobody issues one to themselves.
    Yourself,
    /// The one who issued it, or whom it lets in, can't approve it.
    SecondPerson,
    /// It is used, replaced, expired or approved already.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_url_is_read_back() {
        for filter in PeopleFilter::ALL {
            assert_eq!(PeopleFilter::parse(filter.slug()), Some(filter));
        }
        for sort in PeopleSort::ALL {
            assert_eq!(PeopleSort::parse(sort.slug()), Some(sort));
        }
        assert_eq!(PeopleFilter::parse("No-2FA"), None);
    }
}
