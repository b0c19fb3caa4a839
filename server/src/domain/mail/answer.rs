//! What a mail server says: a code (RFC 5321 §4.2), often an enhanced status code (RFC 3463), and words.
//!
//! Many servers give the same code for somebody who does not exist and for a portal that may not send. Where
//! no status tells them apart the words do, as far as they are the usual ones.

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// Subject and detail of the enhanced status code, where there is one that says something.
    pub status: Option<(u16, u16)>,
    /// In small letters, without what an address could put there.
    words: String,
}

/// What an answer is about, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Who sends: their address, or that it is not proved to be theirs.
    Sender,
    /// The client: its name, its address, whether it may.
    Client,
    /// Whoever the message is for.
    Mailbox,
    /// What the message says, or how long it is.
    Content,
    /// That can't be told.
    Unclear,
}

/// Who sends.
const SENDER: [&str; 6] = ["sender", "spf", "dkim", "dmarc", "mail from", "return path"];

/// What a client is refused for.
const CLIENT: [&str; 19] = [
    "relay",
    "client",
    "helo",
    "ehlo",
    "authenti",
    "log in",
    "login",
    "your ip",
    "your host",
    "your server",
    "reverse",
    "ptr",
    "rdns",
    "blocked using",
    "blacklist",
    "blocklist",
    "listed",
    "rcpthosts",
    "reputation",
];

/// A mailbox, as servers call it.
const MAILBOX: [&str; 6] = ["user", "mailbox", "recipient", "account", "addressee", "address"];

/// What can be wrong with one.
const MISSING: [&str; 18] = [
    "unknown",
    "no such",
    "not known",
    "not found",
    "does not exist",
    "doesn't exist",
    "not exist",
    "unavailable",
    "unrouteable",
    "unroutable",
    "invalid",
    "not a valid",
    "no longer",
    "disabled",
    "inactive",
    "not local",
    "full",
    "quota",
];

/// What a message is refused for.
const CONTENT: [&str; 8] = ["spam", "virus", "malware", "content", "attachment", "size", "too large", "too big"];

impl Reply {
    /// Reads an answer; `text` is what follows the code.
    pub fn new(code: u16, text: &str) -> Self {
        let status = text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|part| {
            let mut parts = part.trim_end_matches('.').split('.');
            let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
            (parts.next().is_none() && class.parse::<u16>().ok()? == code / 100).then_some(())?;
            Some((subject.parse().ok()?, detail.parse().ok()?))
        });
        // "Other" of no subject, or of addresses, is as good as none.
        let status = status.filter(|status| !matches!(status, (0, _) | (1, 0)));
        let words = text.split_whitespace().filter(|word| !word.contains('@')).collect::<Vec<_>>().join(" ");
        Self { code, status, words: words.to_lowercase() }
    }

    /// What the words are about. Those about the portal come first: what waits for nothing is less harm than
    /// what is given up for nothing.
    pub fn subject(&self) -> Subject {
        let says = |some: &[&str]| some.iter().any(|word| self.words.contains(word));
        if says(&SENDER) {
            Subject::Sender
        } else if says(&CLIENT) {
            Subject::Client
        } else if says(&MAILBOX) && says(&MISSING) {
            Subject::Mailbox
        } else if says(&CONTENT) {
            Subject::Content
        } else {
            Subject::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_counts_wherever_it_stands_if_it_is_one() {
        for (text, status) in [
            ("5.7.1 no", Some((7, 1))),
            ("5.7.26 no", Some((7, 26))),
            ("no (#5.7.1)", Some((7, 1))),
            ("no, see 5.7.1.", Some((7, 1))),
            ("[192.0.2.1] is not welcome: 5.7.1", Some((7, 1))),
            ("4.7.1 no", None),
            ("5.7 no", None),
            ("5.7.1.2 no", None),
            ("5.0.0 no", None),
            ("5.1.0 no", None),
            ("", None),
        ] {
            assert_eq!(Reply::new(550, text).status, status, "{text}");
        }
    }

    #[test]
    fn the_words_of_an_address_are_not_the_servers() {
        let said = |text: &str| Reply::new(550, text).subject();
        assert_eq!(said("<sender@relay.example>: user unknown"), Subject::Mailbox);
        assert_eq!(said("<user-unknown@example.org>: no"), Subject::Unclear);
    }
}
