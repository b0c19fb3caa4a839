//! What can be done to people, in words.

use contract::{
    number::grouped,
    people::{PeopleChange, Person},
};
use std::borrow::Cow;

/// Something that can be done to one person or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    DisableSecondFactor,
    Unlock,
    Deactivate,
    Reactivate,
    MakeAdministrator,
    RemoveAdministrator,
    EndSessions,
    NewLink,
    WithdrawCode,
}

impl Deed {
    /// All of them, as they are offered for several people.
    pub const ALL: [Self; 9] = [
        Self::DisableSecondFactor,
        Self::Unlock,
        Self::Deactivate,
        Self::Reactivate,
        Self::MakeAdministrator,
        Self::RemoveAdministrator,
        Self::EndSessions,
        Self::NewLink,
        Self::WithdrawCode,
    ];

    /// Words of its button and title of its dialog.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DisableSecondFactor => "Disable 2FA",
            Self::Unlock => "Unlock",
            Self::Deactivate => "Deactivate",
            Self::Reactivate => "Reactivate",
            Self::MakeAdministrator => "Make administrator",
            Self::RemoveAdministrator => "Remove administrator",
            Self::EndSessions => "End sessions",
            Self::NewLink => "New link",
            Self::WithdrawCode => "Withdraw code",
        }
    }

    /// Whether it would change this person.
    pub const fn concerns(self, person: &Person) -> bool {
        match self {
            Self::DisableSecondFactor => person.second_factor,
            Self::Unlock => person.lock.is_some() || person.codes_locked,
            Self::Deactivate | Self::EndSessions | Self::NewLink => person.active,
            Self::Reactivate => !person.active,
            Self::MakeAdministrator => !person.administrator,
            Self::RemoveAdministrator => person.administrator,
            Self::WithdrawCode => person.access_code.is_some(),
        }
    }

    /// Whether it takes something away.
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::DisableSecondFactor | Self::Deactivate | Self::RemoveAdministrator)
    }

    /// Whether something of theirs stops working at once.
    pub const fn stops_something(self) -> bool {
        self.is_grave() || matches!(self, Self::EndSessions | Self::NewLink | Self::WithdrawCode)
    }

    /// What will happen to these people.
    pub fn consequence(self, people: &[Person]) -> Cow<'static, str> {
        let one = people.len() == 1;
        Cow::Borrowed(match self {
            Self::DisableSecondFactor => {
                "Their authentication apps and recovery codes stop working and their sessions end. From then on their password alone signs them in; where everyone must have a second factor, it leads to setting one up. Make sure that it is really they who ask."
            }
            Self::Unlock => "They can try again at once, with their password and with codes.",
            Self::Deactivate if people.iter().any(|person| person.invited_until.is_some()) => {
                return Cow::Owned(format!(
                    "They can no longer sign in, their sessions end, and {} that is not used yet stops working. You can reactivate them at any time, with a new link.",
                    if one { "the one-time link" } else { "each one-time link" }
                ));
            }
            Self::Deactivate => {
                "They can no longer sign in and their sessions end. Nothing of theirs is lost: you can reactivate them at any time."
            }
            Self::Reactivate => "They can sign in again with the password and the second factor that they had.",
            Self::MakeAdministrator => {
                "They can do everything that you can do here. No browser of theirs is trusted any longer."
            }
            Self::RemoveAdministrator => "They keep their account and can no longer see or change these settings.",
            Self::EndSessions => "They are signed out everywhere at once. What was not saved there is lost.",
            Self::NewLink => {
                let who = if one { "They get" } else { "Each gets" };
                let passwords = people.iter().filter(|person| person.has_password).count();
                let until_then = match passwords {
                    0 => "Links",
                    1 if one => "The password that they have works until they choose the new one; links",
                    _ => "Passwords that they have work until they choose new ones; links",
                };
                return Cow::Owned(format!(
                    "{who} a one-time link to choose a password, good for 72 hours. {until_then} from before stop working."
                ));
            }
            Self::WithdrawCode => {
                "The temporary access code stops working at once. You can issue a new one at any time."
            }
        })
    }

    /// What was done to so many people.
    pub fn done(self, changed: u32) -> String {
        let (who, has) = match changed {
            0 => return "Nothing had to be changed.".to_owned(),
            1 => ("One person".to_owned(), "is"),
            count => (format!("{} people", grouped(count)), "are"),
        };
        let what = match self {
            Self::DisableSecondFactor => format!("{has} without a second factor now"),
            Self::Unlock => format!("{has} unlocked"),
            Self::Deactivate => format!("{has} deactivated"),
            Self::Reactivate => format!("{has} active again"),
            Self::MakeAdministrator if changed == 1 => "is an administrator now".to_owned(),
            Self::MakeAdministrator => "are administrators now".to_owned(),
            Self::RemoveAdministrator if changed == 1 => "is no longer an administrator".to_owned(),
            Self::RemoveAdministrator => "are no longer administrators".to_owned(),
            Self::EndSessions => format!("{has} signed out everywhere"),
            Self::NewLink => format!("{has} given a new link"),
            Self::WithdrawCode => format!("{has} without a temporary access code now"),
        };
        format!("{who} {what}.")
    }

    /// As the portal is asked for it; `None` for what is asked for otherwise.
    pub fn change(self, reason: String) -> Option<PeopleChange> {
        Some(match self {
            Self::DisableSecondFactor => PeopleChange::DisableSecondFactor { reason },
            Self::Unlock => PeopleChange::Unlock,
            Self::Deactivate => PeopleChange::Deactivate,
            Self::Reactivate => PeopleChange::Reactivate,
            Self::MakeAdministrator => PeopleChange::MakeAdministrator,
            Self::RemoveAdministrator => PeopleChange::RemoveAdministrator,
            Self::EndSessions => PeopleChange::EndSessions,
            Self::WithdrawCode => PeopleChange::WithdrawAccessCode,
            Self::NewLink => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_happen_is_true_of_those_whom_it_concerns() {
        let (with, without) = (Person { has_password: true, ..Person::default() }, Person::default());
        let link = |people: &[Person]| Deed::NewLink.consequence(people).into_owned();
        assert!(link(std::slice::from_ref(&with)).starts_with("They get a one-time link"));
        assert!(link(std::slice::from_ref(&with)).contains("The password that they have works"));
        assert!(!link(std::slice::from_ref(&without)).contains("that they have"));
        assert!(link(&[with.clone(), without.clone()]).starts_with("Each gets"));
        let invited = Person { invited_until: Some(1), ..without.clone() };
        let deactivate = |person| Deed::Deactivate.consequence(std::slice::from_ref(&person)).into_owned();
        assert!(deactivate(invited).contains("the one-time link that is not used yet stops working"));
        assert!(deactivate(without).contains("Nothing of theirs is lost"));
    }

    #[test]
    fn what_was_done_agrees_in_number() {
        assert_eq!(Deed::Deactivate.done(1), "One person is deactivated.");
        assert_eq!(Deed::MakeAdministrator.done(3), "3 people are administrators now.");
        for deed in Deed::ALL {
            assert_eq!(deed.done(0), "Nothing had to be changed.");
            assert!(deed.done(2).starts_with("2 people are "), "{deed:?}");
        }
    }
}
