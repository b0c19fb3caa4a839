//! What it means that a mail server does not take a message: judged by the step at which it said so.
//!
//! | Step | A final refusal (5yz) concerns |
//! |---|---|
//! | connection, greeting, EHLO | the portal |
//! | STARTTLS | the portal |
//! | AUTH | the portal |
//! | MAIL | the portal: its sender |
//! | RCPT, DATA | the person, unless the answer is about the client |
//! | the message itself | the message, unless the answer is about who sends it |
//!
//! Where an answer does not say clearly whom it concerns, the message waits.
//!
//! Once there is a recipient, whatever happens is this message's own trouble, also that the server closes,
//! says nothing or what can't be read: it waits, and the others go on.
//!
//! What concerns the portal can be mended by whoever runs it, so mail waits for that and is tried for as
//! long as it is when the server is away. Only what would be refused again, whatever the operator does,
//! is given up.

use crate::domain::mail::answer::{Reply, Subject};
use contract::mail::Mend;

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Connecting, the server's greeting, and saying hello.
    Greeting,
    /// Encrypting the connection.
    Encryption,
    /// Signing in.
    SignIn,
    /// Saying from whom it is (MAIL).
    Sender,
    /// Saying for whom it is (RCPT, DATA).
    Recipient,
    /// Handing the message over.
    Content,
}

/// What becomes of a message that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No message would be taken now. What an operator can mend, if anything.
    Away(Option<Mend>),
    /// This one may be taken later, and others may be now.
    Later(Option<Mend>),
    /// This one never will.
    Never,
}

/// What it means that the server answered so at this step; with no answer, that the connection was
/// not established, or broke.
pub fn judge(step: Step, reply: Option<Reply>) -> Verdict {
    let Some(reply) = reply else {
        return match step {
            Step::Recipient | Step::Content => Verdict::Later(None),
            Step::Encryption => Verdict::Away(Some(Mend::Encryption)),
            Step::Greeting | Step::SignIn | Step::Sender => Verdict::Away(Some(Mend::Server)),
        };
    };
    let for_now = reply.code < 500;
    match (step, reply.code) {
        (Step::Recipient | Step::Content, _) if for_now => Verdict::Later(None),
        // The client must sign in, or in another way (RFC 4954 §6): for this recipient.
        (Step::Recipient | Step::Content, 530 | 534 | 535 | 538) => Verdict::Later(Some(Mend::Client)),
        _ if for_now => Verdict::Away(None),
        (Step::Greeting, _) => Verdict::Away(Some(Mend::Hello)),
        (Step::Encryption, _) => Verdict::Away(Some(Mend::Encryption)),
        (Step::SignIn, _) | (_, 530 | 534 | 535 | 538) => Verdict::Away(Some(Mend::SignIn)),
        (Step::Sender, _) => Verdict::Away(Some(Mend::Sender)),
        (Step::Recipient, _) => of_recipient(&reply),
        (Step::Content, _) => of_content(&reply),
    }
}

/// Why a recipient was refused: for who they are, or for what the client is or does. Without a status it is
/// final only where the words are clear.
fn of_recipient(reply: &Reply) -> Verdict {
    let mend = match (reply.code, reply.status) {
        // "Helo command rejected: need fully-qualified hostname"
        (504, _) => Mend::Hello,
        // The sender's address, or its domain (RFC 3463 §3.2).
        (_, Some((1, 7 | 8))) => Mend::Sender,
        // The server as a whole (3), the conversation (5), security and policy (7): "Relay access denied".
        (_, Some((3 | 5 | 7, _))) => Mend::Client,
        (_, Some(_)) => return Verdict::Never,
        (_, None) => match reply.subject() {
            Subject::Sender => Mend::Sender,
            Subject::Mailbox => return Verdict::Never,
            Subject::Client | Subject::Content | Subject::Unclear => Mend::Client,
        },
    };
    Verdict::Later(Some(mend))
}

/// Why a message was refused: for what it says, or for where it comes from.
fn of_content(reply: &Reply) -> Verdict {
    let mend = match reply.status {
        // Sender and authorship are not proved: SPF, DKIM, reverse names (RFC 7372, RFC 7489).
        Some((1, 7 | 8) | (7, 20..=29)) => Some(Mend::Sender),
        // The conversation, or credentials (RFC 4954 §6).
        Some((5, _) | (7, 2 | 8..=15)) => Some(Mend::Client),
        // Said of both.
        Some((7, _)) | None => match reply.subject() {
            Subject::Sender => Some(Mend::Sender),
            Subject::Client => Some(Mend::Client),
            Subject::Unclear if reply.status.is_none() => None,
            Subject::Mailbox | Subject::Content | Subject::Unclear => return Verdict::Never,
        },
        Some(_) => return Verdict::Never,
    };
    Verdict::Later(mend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(step: Step, answer: &str) -> Verdict {
        let (code, text) = answer.split_once(' ').unwrap();
        judge(step, Some(Reply::new(code.parse().unwrap(), text)))
    }

    #[test]
    fn what_concerns_the_portal_waits_until_it_is_mended() {
        use Mend::{Client, Encryption, Hello, Sender, SignIn};
        for (step, answer, mend) in [
            (Step::Greeting, "554 5.7.1 No service for you", Hello),
            (Step::Greeting, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Hello),
            (Step::Greeting, "501 Syntactically invalid HELO argument(s)", Hello),
            (Step::Encryption, "502 5.5.1 STARTTLS not here", Encryption),
            (Step::SignIn, "535 5.7.8 Authentication failed", SignIn),
            (Step::SignIn, "550 whatever", SignIn),
            (Step::Sender, "530 5.7.0 Must issue a STARTTLS command first", SignIn),
            (Step::Sender, "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user", Sender),
            (Step::Sender, "550 no", Sender),
        ] {
            assert_eq!(judged(step, answer), Verdict::Away(Some(mend)), "{answer}");
        }
        for (step, answer, mend) in [
            (Step::Recipient, "530 5.7.1 Authentication required", Client),
            (Step::Recipient, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Hello),
            (Step::Recipient, "554 5.7.1 <a@b.example>: Relay access denied", Client),
            (Step::Recipient, "550 5.7.1 Unable to relay", Client),
            (Step::Recipient, "550 5.7.25 Client host rejected: cannot find your reverse hostname", Client),
            (Step::Recipient, "550 5.1.8 <a@b.example>: Sender address rejected: Domain not found", Sender),
            (Step::Recipient, "503 5.5.1 Send hello first", Client),
            (Step::Recipient, "503 Bad sequence of commands", Client),
            (Step::Recipient, "550 relay not permitted", Client),
            (Step::Recipient, "550 Authentication required", Client),
            (Step::Recipient, "554 Relay access denied", Client),
            (Step::Recipient, "550 Access denied", Client),
            (Step::Recipient, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Client),
            (Step::Recipient, "550 Service unavailable; Client host [192.0.2.1] blocked using zen.example", Client),
            (Step::Recipient, "550 Verification failed for <a@b.example> Unknown user Sender verify failed", Sender),
            (Step::Recipient, "550 5.1.0 <a@b.example>: Sender address rejected: User unknown", Sender),
            (Step::Content, "550 5.7.1 SPF check failed", Sender),
            (Step::Content, "554 DMARC policy violation", Sender),
            (Step::Content, "554 5.7.1 Your IP is listed by a spam list", Client),
            (Step::Content, "550 5.7.26 Unauthenticated email from b.example is not accepted", Sender),
        ] {
            assert_eq!(judged(step, answer), Verdict::Later(Some(mend)), "{answer}");
        }
    }

    #[test]
    fn what_concerns_this_person_or_this_message_is_given_up() {
        for (step, answer) in [
            (Step::Recipient, "550 5.1.1 There is nobody of this name"),
            (Step::Recipient, "550 No such user here"),
            (Step::Recipient, "550 Requested action not taken: mailbox unavailable"),
            (Step::Recipient, "550 <relay@sender.example>: Recipient address rejected: User unknown"),
            (Step::Recipient, "550 Unrouteable address"),
            (Step::Recipient, "551 User not local; please try elsewhere"),
            (Step::Recipient, "553 sorry, no mailbox here by that name (#5.1.1)"),
            (Step::Recipient, "550 5.4.1 Recipient address rejected: Access denied"),
            (Step::Recipient, "501 5.1.3 Bad recipient address syntax"),
            (Step::Recipient, "552 5.2.2 Mailbox full"),
            (Step::Recipient, "556 5.1.10 Recipient address has null MX"),
            (Step::Content, "552 5.3.4 Message size exceeds fixed limit"),
            (Step::Content, "554 5.7.1 Spam message rejected"),
            (Step::Content, "550 Content not allowed"),
        ] {
            assert_eq!(judged(step, answer), Verdict::Never, "{answer}");
        }
    }

    #[test]
    fn what_is_refused_for_now_is_tried_again() {
        assert_eq!(judged(Step::Recipient, "450 4.2.0 Greylisted"), Verdict::Later(None));
        assert_eq!(judged(Step::Recipient, "421 4.7.0 Closing"), Verdict::Later(None));
        assert_eq!(judged(Step::Content, "452 4.3.1 No space"), Verdict::Later(None));
        assert_eq!(judged(Step::Content, "554 Transaction failed"), Verdict::Later(None));
        for (step, answer) in [
            (Step::Greeting, "421 Too many connections"),
            (Step::Sender, "421 4.7.0 Closing"),
            (Step::SignIn, "454 4.7.0 Temporary failure"),
            (Step::Sender, "451 4.3.0 Try later"),
        ] {
            assert_eq!(judged(step, answer), Verdict::Away(None), "{answer}");
        }
    }

    #[test]
    fn silence_is_no_word_about_anybody() {
        assert_eq!(judge(Step::Sender, None), Verdict::Away(Some(Mend::Server)));
        assert_eq!(judge(Step::Encryption, None), Verdict::Away(Some(Mend::Encryption)));
    }

    proptest! {
        #[test]
        fn one_message_stops_no_other(code in 200_u16..600, text in "(5\\.[0-9]\\.[0-9]{1,2} )?.{0,20}") {
            for step in [Step::Recipient, Step::Content] {
                for reply in [None, Some(Reply::new(code, &text))] {
                    let verdict = judge(step, reply);
                    prop_assert!(!matches!(verdict, Verdict::Away(_)));
                    // What waits for these is due with the next message that is taken.
                    prop_assert!(!matches!(verdict, Verdict::Later(Some(Mend::Server | Mend::Encryption | Mend::SignIn))));
                }
            }
        }

        #[test]
        fn nothing_is_given_up_before_a_person_is_named(code in 200_u16..600, text in "(5\\.[0-9]\\.[0-9]{1,2} )?.{0,20}") {
            for step in [Step::Greeting, Step::Encryption, Step::SignIn, Step::Sender] {
                prop_assert!(matches!(judge(step, Some(Reply::new(code, &text))), Verdict::Away(_)));
            }
        }
    }
}
