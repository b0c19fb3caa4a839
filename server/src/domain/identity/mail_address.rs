//! Mail addresses: where notices and reminders go.
//!
//! An address is no identity. Two people may share one, nothing is decided by
//! it, nobody signs in with it and nothing is reset through it; so it is not
//! compared with those of others, nor proved to be the person's own.
//!
//! The syntax is that of the library which sends the mail, as far as it also
//! reads it back from a message's head, so that what is taken here can be sent to. A domain may have letters of any script: mail goes
//! to its form in ASCII (RFC 5891 §4). Whether the part before the @ may depends
//! on the mail server (RFC 6531), see [`needs_utf8`]. On top of that an address is kept as names are, see [`crate::domain::identity::name`]:
//! without white space around it, in NFC (RFC 6532 §3.1), and without anything
//! that can't be seen, which also keeps line breaks out of the heads of mail.

use crate::domain::identity::name::{self, NameProblem};
use contract::mail_address::{LONGEST_ADDRESS, MailAddressProblem};
use lettre::{Address, message::Mailboxes};
use url::Host;

/// Reads an address that someone typed, which may be missing: then it is empty.
///
/// # Errors
/// Why it can't be used.
pub fn parse(typed: &str) -> Result<String, MailAddressProblem> {
    let address = match name::parse_visible(typed, LONGEST_ADDRESS) {
        Ok(address) => address,
        Err(NameProblem::Blank) => return Ok(String::new()),
        Err(NameProblem::TooLong) => return Err(MailAddressProblem::TooLong),
        Err(NameProblem::ControlCharacter | NameProblem::DirectionMark | NameProblem::InvisibleCharacter) => {
            return Err(MailAddressProblem::Unprintable);
        }
    };
    // Letters of other scripts take several bytes, and bytes are what SMTP counts.
    if address.len() > LONGEST_ADDRESS {
        return Err(MailAddressProblem::TooLong);
    }
    // The library lets every character beyond ASCII pass as a letter, blanks included.
    let has_foreign_blank = address.chars().any(|c| c.is_whitespace() && c != ' ');
    let read = address.parse::<Address>().ok().filter(|_| !has_foreign_blank).ok_or(MailAddressProblem::Malformed)?;
    match sent_to(&read)?.to_string().len() {
        ..=LONGEST_ADDRESS => Ok(address),
        _ => Err(MailAddressProblem::TooLong),
    }
}

/// An address as it goes to the mail server: the domain in A-labels.
///
/// # Errors
/// Why nothing can be sent there.
pub fn sent_to(address: &Address) -> Result<Address, MailAddressProblem> {
    let sent_to = if address.domain().is_ascii() {
        address.clone()
    } else {
        match Host::parse(address.domain()) {
            Ok(Host::Domain(domain)) => Address::new(address.user(), domain).ok(),
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => None,
        }
        .ok_or(MailAddressProblem::Malformed)?
    };
    // The library reads a message's addresses from its head, and its syntax there is smaller.
    let read = sent_to.to_string().parse::<Mailboxes>().map(|read| read.into_iter().map(|one| one.email).collect());
    let is_read_back = read.is_ok_and(|read: Vec<Address>| read == [sent_to.clone()]);
    if is_read_back { Ok(sent_to) } else { Err(MailAddressProblem::NotSentTo) }
}

/// Whether only a mail server with SMTPUTF8 takes mail for this address: letters beyond ASCII before the @.
pub fn needs_utf8(address: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(local_part, _)| !local_part.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::typed;
    use lettre::Message;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_sent_to_is_taken_as_it_was_typed() {
        for address in [
            "alice@example.org",
            "Alice.Lee+portal@mail.example.org",
            "o'neil@example.com",
            "root@localhost",
            "用户@例子.广告",
            "анна@почта.example",
            "alice@müller.example",
        ] {
            assert_eq!(parse(address).as_deref(), Ok(address));
        }
        assert_eq!(parse(" \u{3000}alice@example.org\r\n").as_deref(), Ok("alice@example.org"));
        for pasted in ["alice@example.org\u{200B}", "\u{FEFF}alice@example.org", "\u{202A}alice@example.org\u{202C}"] {
            assert_eq!(parse(pasted).as_deref(), Ok("alice@example.org"));
        }
        assert_eq!(parse("e\u{301}va@example.org").as_deref(), Ok("éva@example.org"));
    }

    #[test]
    fn a_domain_goes_out_in_ascii() {
        let sent_to = |address: &str| sent_to(&address.parse().unwrap()).ok().map(|address| address.to_string());
        for (address, expected) in [
            ("anna@müller.example", "anna@xn--mller-kva.example"),
            ("Anna@MÜLLER.example", "Anna@xn--mller-kva.example"),
            ("anna@post.例子.广告", "anna@post.xn--fsqu00a.xn--4rr70v"),
            ("анна@почта.example", "анна@xn--80a1acny.example"),
            ("anna@Example.org", "anna@Example.org"),
        ] {
            assert_eq!(sent_to(address).as_deref(), Some(expected));
        }
        for (address, needs) in [("анна@почта.example", true), ("anna@почта.example", false), ("", false)]
        {
            assert_eq!(needs_utf8(address), needs, "{address}");
        }
    }

    #[test]
    fn nothing_is_no_address() {
        for blank in ["", " ", "\t\r\n"] {
            assert_eq!(parse(blank).as_deref(), Ok(""));
        }
    }

    #[test]
    fn what_can_not_be_an_address_is_refused_by_its_kind() {
        for (typed, problem) in [
            ("alice", MailAddressProblem::Malformed),
            ("@example.org", MailAddressProblem::Malformed),
            ("alice@", MailAddressProblem::Malformed),
            ("alice@bob@example.org", MailAddressProblem::Malformed),
            ("alice@exa mple.org", MailAddressProblem::Malformed),
            ("al ice@example.org", MailAddressProblem::Malformed),
            ("al\u{A0}ice@example.org", MailAddressProblem::Malformed),
            ("al\u{3000}ice@example.org", MailAddressProblem::Malformed),
            ("alice@example..org", MailAddressProblem::Malformed),
            ("alice@-example.org", MailAddressProblem::Malformed),
            ("alice@xn--ü.example", MailAddressProblem::Malformed),
            ("Alice <alice@example.org>", MailAddressProblem::Malformed),
            ("alice@example.org, bob@example.org", MailAddressProblem::Malformed),
            ("\"alice lee\"@example.org", MailAddressProblem::NotSentTo),
            ("alice@[192.0.2.1]", MailAddressProblem::NotSentTo),
            ("alice@[IPv6:2001:db8::1]", MailAddressProblem::NotSentTo),
            ("alice@example.org\r\nBcc: eve@example.org", MailAddressProblem::Unprintable),
            ("alice@example.org\nBcc: eve@example.org", MailAddressProblem::Unprintable),
            ("al\0ice@example.org", MailAddressProblem::Unprintable),
            ("al\u{85}ice@example.org", MailAddressProblem::Unprintable),
            ("al\u{2028}ice@example.org", MailAddressProblem::Unprintable),
            ("gro\u{202E}.elpmaxe@ecila", MailAddressProblem::Unprintable),
            ("alice@exam\u{200F}ple.org", MailAddressProblem::Unprintable),
            ("al\u{200B}ice@example.org", MailAddressProblem::Unprintable),
        ] {
            assert_eq!(parse(typed), Err(problem), "{typed:?}");
        }
    }

    #[test]
    fn what_is_too_long_for_smtp_is_too_long() {
        let domain = |length: usize| ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(length)].join(".");
        let longest = format!("{}@{}", "x".repeat(24), domain(46));
        assert_eq!(longest.len(), LONGEST_ADDRESS);
        assert_eq!(parse(&longest).as_deref(), Ok(longest.as_str()));
        assert_eq!(parse(&format!("y{longest}")), Err(MailAddressProblem::TooLong));
        assert_eq!(parse(&"x".repeat(300)), Err(MailAddressProblem::TooLong));
        // Fewer characters, more bytes.
        assert_eq!(parse(&format!("{}@example.org", "字".repeat(120))), Err(MailAddressProblem::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_one_line_and_stays_what_it_is(typed in "\\PC{1,8}[a-z]@[a-zé.-]{1,8}\\PC{0,2}") {
            if let Ok(address) = parse(&typed) {
                prop_assert!(!address.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' ')), "{address:?}");
                prop_assert_eq!(address.matches('@').count(), 1, "{}", address);
                prop_assert_eq!(parse(&address), Ok(address));
            }
        }

        #[test]
        fn to_what_is_taken_a_message_can_be_composed(typed in "[\"a-zé. +'\\[\\]:0-9<>()-]{1,9}@[a-zé.0-9:\\[\\]-]{1,9}") {
            if let Ok(address) = parse(&typed) {
                let to = sent_to(&address.parse().unwrap()).unwrap();
                let message = Message::builder().from("portal@example.org".parse().unwrap()).to(to.clone().into());
                let message = message.body(String::new()).unwrap();
                prop_assert_eq!(message.envelope().to(), [to]);
            }
        }

        #[test]
        fn no_text_makes_it_stumble(typed in any::<String>()) {
            prop_assert_eq!(parse(&typed).is_ok_and(|address| address.is_empty()), typed::line(&typed).is_empty());
        }
    }
}
