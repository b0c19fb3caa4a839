//! What the portal's mail says, and when mail that could not be sent is tried again.
//!
//! A message waits as typed data and becomes words when it is sent. It never
//! holds a secret: no variant has room for one.

use crate::{clock::UnixTime, domain::identity::name::legible};
use contract::{
    mail::MailKind,
    reminder::{self, Due},
    typed::isolated,
    words::moment::in_utc,
};
use serde::{Deserialize, Serialize};

/// What someone is told. The names are stored: they never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// To set up a second factor.
    Reminder {
        /// By when.
        due: Due,
    },
    /// An authentication app was added.
    MethodAdded {
        /// Its name.
        name: String,
    },
    /// A new authentication app took the place of an older one.
    MethodReplaced {
        /// The name of both.
        name: String,
    },
    /// An authentication app was removed.
    MethodRemoved {
        /// Its name.
        name: String,
    },
    /// The person switched the second factor off.
    SecondFactorDisabled,
    /// An administrator did.
    SecondFactorDisabledByAdministrator,
    /// A new set of recovery codes took the place of the one before.
    RecoveryCodesGenerated,
    /// A recovery code was used and few are left.
    RecoveryCodesLow {
        /// So many.
        left: u32,
    },
    /// The password was changed.
    PasswordChanged,
    /// A sign-in succeeded in a browser in which the person had not signed in before.
    SignInFromNewBrowser {
        /// In readable form: "Firefox on Linux".
        browser: String,
        /// Network address.
        address: String,
    },
    /// From now on their mail goes elsewhere; told to both addresses.
    MailAddressChanged,
    /// To see whether mail arrives.
    Test,
}

/// How and where people know the portal.
#[derive(Debug, Clone, Copy)]
pub struct Letterhead<'a> {
    /// Name of the portal.
    pub portal: &'a str,
    /// Where people reach it, as an origin.
    pub address: &'a str,
    /// User name of the person who is written to.
    pub user_name: &'a str,
}

/// A message in words, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Paragraphs.
    pub body: String,
}

/// What to do when it was somebody else.
const NOT_YOU: &str =
    "If this was not you, change your password at once, look at your recent activity, and tell an administrator:";

/// The same when it was an administrator's doing.
const NOT_ASKED: &str =
    "If you did not ask for this, tell an administrator at once. You set up two-factor authentication again here:";

impl Message {
    /// What it is about.
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Reminder { .. } => MailKind::Reminder,
            Self::MethodAdded { .. }
            | Self::MethodReplaced { .. }
            | Self::MethodRemoved { .. }
            | Self::SecondFactorDisabled
            | Self::SecondFactorDisabledByAdministrator => MailKind::SecondFactor,
            Self::RecoveryCodesGenerated | Self::RecoveryCodesLow { .. } => MailKind::RecoveryCodes,
            Self::PasswordChanged => MailKind::Password,
            Self::SignInFromNewBrowser { .. } => MailKind::SignIn,
            Self::MailAddressChanged => MailKind::Address,
            Self::Test => MailKind::Test,
        }
    }

    /// The words for something that happened at `at`.
    pub fn words(&self, head: &Letterhead<'_>, at: UnixTime) -> Letter {
        let (portal, user) = (inert(head.portal), inert(head.user_name));
        if let Self::Reminder { due } = self {
            return Letter {
                subject: format!("Please set up two-factor authentication at {portal}"),
                body: reminder::message(&user, *due, &portal, head.address),
            };
        }
        let when = in_utc(at.0);
        let account = format!("your account “{user}” at {portal}");
        let (what, happened) = match self {
            Self::Reminder { .. } | Self::Test => (
                "Test message".to_owned(),
                format!(
                    "An administrator's test message, written on {when} for {account}. Mail from this portal reaches you."
                ),
            ),
            Self::MethodAdded { name } => (
                "Authentication app added".to_owned(),
                format!(
                    "On {when} the authentication app “{}” was added to {account}. New recovery codes came with it; those from before no longer work.",
                    inert(name)
                ),
            ),
            Self::MethodReplaced { name } => (
                "Authentication app replaced".to_owned(),
                format!(
                    "On {when} a new authentication app took the place of “{}” in {account}. The one from before no longer works, nor do the recovery codes from before.",
                    inert(name)
                ),
            ),
            Self::MethodRemoved { name } => (
                "Authentication app removed".to_owned(),
                format!(
                    "On {when} the authentication app “{}” was removed from {account}. Its codes no longer work.",
                    inert(name)
                ),
            ),
            Self::SecondFactorDisabled => (
                "Two-factor authentication switched off".to_owned(),
                format!(
                    "On {when} two-factor authentication was switched off for {account}. Your password alone protects it now."
                ),
            ),
            Self::SecondFactorDisabledByAdministrator => (
                "Two-factor authentication switched off by an administrator".to_owned(),
                format!(
                    "On {when} an administrator switched two-factor authentication off for {account}. Your authentication apps and recovery codes no longer work, and you were signed out everywhere."
                ),
            ),
            Self::RecoveryCodesGenerated => (
                "New recovery codes generated".to_owned(),
                format!("On {when} new recovery codes were generated for {account}. Those from before no longer work."),
            ),
            Self::RecoveryCodesLow { left } => {
                let left = match left {
                    0 => "None is left: without your phone you could not sign in.".to_owned(),
                    1 => "One is left.".to_owned(),
                    left => format!("{left} are left."),
                };
                (
                    "Recovery codes are running low".to_owned(),
                    format!(
                        "On {when} a recovery code was used for {account}. {left} Generate new ones in your profile soon."
                    ),
                )
            }
            Self::PasswordChanged => (
                "Password changed".to_owned(),
                format!("On {when} the password of {account} was changed. All other browsers were signed out."),
            ),
            Self::SignInFromNewBrowser { browser, address } => (
                "Sign-in from a new browser".to_owned(),
                format!(
                    "On {when} someone signed in to {account} in a browser that was not known for it: {}, from the network address {}.",
                    inert(browser),
                    inert(address)
                ),
            ),
            Self::MailAddressChanged => (
                "Mail address changed".to_owned(),
                format!(
                    "On {when} the mail address of {account} was changed. Notices about the account go to the address that it has now, if it has one. This message went to the address before and to the one after."
                ),
            ),
        };
        let profile = format!("{}/profile", head.address);
        let next = match self {
            Self::Reminder { .. } | Self::Test => String::new(),
            Self::SecondFactorDisabledByAdministrator => format!("{NOT_ASKED}\n{profile}\n\n"),
            _ => format!("{NOT_YOU}\n{profile}\n\n"),
        };
        Letter {
            subject: format!("{what} – {portal}"),
            body: format!(
                "Hello {user},\n\n{happened}\n\n{next}The portal wrote this by itself; nobody reads replies.\n"
            ),
        }
    }
}

/// What someone typed, so that it can do nothing in a text but be read: on one
/// line, without what can't be seen, and, where it runs from right to left,
/// without turning what stands around it.
pub fn inert(text: &str) -> String {
    let text = legible(text, ' ');
    isolated(text.trim())
}

/// How much of a mail server's answer is kept, in characters.
const LONGEST_PROBLEM: usize = 300;

/// What a mail server, or the network, said: one line, without what can't be seen, cut to a length.
pub fn problem(said: &str) -> String {
    let said = legible(said, ' ').split_whitespace().collect::<Vec<_>>().join(" ");
    match said.char_indices().nth(LONGEST_PROBLEM) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or_default()),
        None => said,
    }
}

/// How often mail is tried before it is given up; with the pauses below that takes three days.
pub const MOST_TRIES: i64 = 26;

/// Seconds of the longest pause: four hours.
const LONGEST_PAUSE: i64 = 4 * 3_600;

/// When mail is tried again that failed for the `tries`th time; `None` when it is given up.
///
/// The pause doubles from a minute on, so that a short outage is hardly noticed
/// and a long one is not met by a crowd.
pub fn next_try(tries: i64, now: UnixTime) -> Option<UnixTime> {
    if tries >= MOST_TRIES {
        return None;
    }
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(16);
    Some(now.plus((60_i64 << doublings).min(LONGEST_PAUSE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-03-09T14:05:07Z
    const AT: UnixTime = UnixTime(1_773_065_107);

    fn written(message: &Message) -> Letter {
        message.words(&Letterhead { portal: "Acme", address: "https://login.example.org", user_name: "alice" }, AT)
    }

    fn named(name: &str) -> [Message; 3] {
        let name = name.to_owned();
        [
            Message::MethodAdded { name: name.clone() },
            Message::MethodReplaced { name: name.clone() },
            Message::MethodRemoved { name },
        ]
    }

    fn notices() -> Vec<Message> {
        let mut notices = named("Phone").to_vec();
        notices.extend([
            Message::SecondFactorDisabled,
            Message::SecondFactorDisabledByAdministrator,
            Message::RecoveryCodesGenerated,
            Message::RecoveryCodesLow { left: 3 },
            Message::PasswordChanged,
            Message::SignInFromNewBrowser { browser: "Firefox on Linux".to_owned(), address: "192.0.2.1".to_owned() },
            Message::MailAddressChanged,
        ]);
        notices
    }

    #[test]
    fn a_notice_says_what_happened_to_whom_when_and_what_to_do() {
        let mut subjects = std::collections::HashSet::new();
        for notice in notices() {
            let Letter { subject, body } = written(&notice);
            assert!(subject.ends_with(" – Acme"), "{subject}");
            for part in [
                "Hello alice,",
                "9 Mar 2026, 14:05 UTC",
                "https://login.example.org/profile",
                "administrator",
                "“alice” at Acme",
            ] {
                assert!(body.contains(part), "{part}: {body}");
            }
            assert!(subjects.insert(subject.clone()), "{subject}");
        }
        assert!(written(&Message::PasswordChanged).body.contains("If this was not you, change your password at once"));
        assert!(written(&Message::SecondFactorDisabledByAdministrator).body.contains("If you did not ask for this"));
        let sign_in = &notices()[8];
        assert!(written(sign_in).body.contains("Firefox on Linux, from the network address 192.0.2.1."));
    }

    #[test]
    fn recovery_codes_that_are_left_are_counted_in_words() {
        let body = |left| written(&Message::RecoveryCodesLow { left }).body;
        assert!(body(0).contains("None is left"));
        assert!(body(1).contains("One is left."));
        assert!(body(3).contains("3 are left."));
    }

    #[test]
    fn a_reminder_has_the_words_of_the_page() {
        let Letter { subject, body } = written(&Message::Reminder { due: Due::From(AT.0) });
        assert_eq!(subject, "Please set up two-factor authentication at Acme");
        assert_eq!(body, reminder::message("alice", Due::From(AT.0), "Acme", "https://login.example.org"));
    }

    #[test]
    fn what_is_stored_reads_back_and_keeps_its_names() {
        for message in notices().into_iter().chain([Message::Test, Message::Reminder { due: Due::Now }]) {
            let stored = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<Message>(&stored).unwrap(), message);
        }
        let stored = |message: &Message| serde_json::to_string(message).unwrap();
        assert_eq!(stored(&Message::RecoveryCodesLow { left: 3 }), r#"{"recovery_codes_low":{"left":3}}"#);
        assert_eq!(stored(&Message::Reminder { due: Due::From(1) }), r#"{"reminder":{"due":{"From":1}}}"#);
    }

    #[test]
    fn what_people_typed_can_only_be_read() {
        assert_eq!(inert("Phone\r\nBcc: eve@example.org"), "Phone  Bcc: eve@example.org");
        assert_eq!(inert("\u{202E}enohP\u{200B}"), "enohP");
        assert_eq!(inert("טלפון"), "\u{2068}טלפון\u{2069}");
        assert_eq!(inert("Zoë’s 電話"), "Zoë’s 電話");
    }

    #[test]
    fn what_a_server_said_is_one_line_of_bounded_length() {
        assert_eq!(problem("550 5.1.1\r\n no\tsuch\u{1b}[31m user"), "550 5.1.1 no such [31m user");
        assert_eq!(problem(&"x ".repeat(1_000)).chars().count(), LONGEST_PROBLEM + 1);
    }

    #[test]
    fn pauses_double_from_a_minute_to_four_hours_and_end_after_three_days() {
        let pause = |tries| next_try(tries, AT).map(|next| next.seconds_since(AT));
        assert_eq!([pause(1), pause(2), pause(3), pause(8)], [Some(60), Some(120), Some(240), Some(7_680)]);
        assert_eq!([pause(9), pause(25), pause(26), pause(1_000)], [Some(14_400), Some(14_400), None, None]);
        let total: i64 = (1..).map_while(pause).sum();
        assert!((72 * 3_600..73 * 3_600).contains(&total), "{total}");
    }

    proptest! {
        #[test]
        fn no_name_breaks_a_subject_or_hides_what_follows(name in "\\PC*|[\\x00-\\x1f\u{202A}-\u{202E}\u{2066}-\u{2069}a-z]*") {
            for message in named(&name) {
                let head = Letterhead { portal: &name, address: "https://a.example", user_name: &name };
                let Letter { subject, body } = message.words(&head, AT);
                prop_assert!(!subject.contains(['\r', '\n']));
                prop_assert_eq!(body.lines().count(), 8);
                let opened = body.matches('\u{2068}').count();
                prop_assert_eq!(opened, body.matches('\u{2069}').count());
                let turns = body.contains(['\u{202A}', '\u{202B}', '\u{202D}', '\u{202E}', '\u{2066}', '\u{2067}', '\r']);
                prop_assert!(!turns);
            }
        }

        #[test]
        fn mail_is_never_tried_sooner_than_in_a_minute(tries in 0..MOST_TRIES) {
            let pause = next_try(tries, AT).unwrap().seconds_since(AT);
            prop_assert!((60..=LONGEST_PAUSE).contains(&pause));
        }
    }
}
