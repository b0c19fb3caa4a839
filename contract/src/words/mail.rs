//! Mail, as administrators read about it.

use crate::{mail::MailKind, mail::Mend};
use std::fmt;

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => {
                "The mail server can't be reached. See that it runs, and that --smtp-url has its host and port."
            }
            Self::Hello => {
                "The mail server does not accept how the portal introduces itself. Set --smtp-hello to the name by which the server knows this machine."
            }
            Self::Encryption => {
                "No encrypted connection to the mail server comes about. See that its certificate is valid for the host in --smtp-url; name the file of an authority of your own with --smtp-ca."
            }
            Self::SignIn => {
                "The mail server does not let the portal sign in. See that user name and password in --smtp-url are right."
            }
            Self::Sender => {
                "The mail server takes no mail from the portal's sender. Set --mail-from to an address that mail may come from here."
            }
            Self::Client => {
                "The mail server passes no mail on for the portal. Have it relay mail from this machine, or sign in with a user name and password in --smtp-url."
            }
        })
    }
}

impl fmt::Display for MailKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reminder => "Reminder",
            Self::SecondFactor => "Notice: two-factor authentication",
            Self::RecoveryCodes => "Notice: recovery codes",
            Self::Password => "Notice: password",
            Self::SignIn => "Notice: sign-in from a new browser",
            Self::Address => "Notice: mail address",
            Self::Test => "Test message",
            Self::Unknown => "Other mail",
        })
    }
}
