//! Mail: written in the transaction of the change that it tells about, sent
//! afterwards by whichever node comes first. Nobody who signs in or changes
//! something ever waits for the mail server.
//!
//! ```text
//! change + row (one commit) -> claimed, for one node alone -> taken by the server: row gone
//!                                      ^                  `-> not taken: problem noted, tried later
//!                                      `--------------------------'      (or given up)
//! ```
//!
//! A node that dies between the server's "taken" and the row's end sends once
//! more: at least once, never less.

use crate::{
    clock::UnixTime,
    config::MailSettings,
    domain::{
        credentials::lockout::Allowance,
        mail::{
            message::{Letterhead, Message, next_try},
            refusal::Verdict,
        },
    },
    service::{
        Service,
        error::incident,
        mail::smtp::{NotSent, Post},
    },
    store::{
        StoreError, Tx,
        credentials::attempts,
        mail::outbox::{self, DueRow, NewMail},
    },
};
use contract::{ApiError, mail::Mend};
use std::time::Duration;
use tokio::time::timeout;

/// Time between two looks at what is due.
const INTERVAL: Duration = Duration::from_secs(5);

/// Longer, after the mail server could not be reached.
const INTERVAL_AWAY: Duration = Duration::from_secs(60);

/// From the word that something is being written until it can be seen.
const COMMIT: Duration = Duration::from_millis(250);

/// Messages of one round.
const BATCH: i64 = 20;

/// Seconds after which a round takes up nothing more.
const LONGEST_ROUND: i64 = 300;

/// Seconds for which a node has what it claimed to itself; more than a whole round takes, its last message
/// included.
const LEASE: i64 = 1_800;

/// So many messages in a row that cost the connection end a round: the trouble may be the server's.
const MOST_BROKEN: usize = 3;

/// What came of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Taken by the mail server.
    pub sent: usize,
    /// Not taken, or not even tried because the server is away.
    pub failed: usize,
    /// So many of these are not tried again by themselves.
    pub given_up: usize,
    /// The server could not be reached, or broke off again and again.
    pub away: bool,
    /// There may be more.
    pub full: bool,
}

impl Service {
    /// Writes mail to a person as part of the change that it tells about; to
    /// nobody where no mail is sent or the person has no address. Costs no
    /// hand-over to the database.
    pub(crate) fn notify(&self, tx: &mut Tx, user_id: &str, message: &Message) -> Result<(), ApiError> {
        if self.writes_mail {
            let now = self.now();
            self.write_mail(tx, user_id, message, now)?;
            self.mail_waits.notify_one();
        }
        Ok(())
    }

    /// The same for mail that somebody asks for: it is refused when there was too much of its kind within the hour.
    pub(crate) async fn notify_or_refuse(&self, tx: &mut Tx, user_id: &str, message: &Message) -> Result<(), ApiError> {
        if self.writes_mail {
            let now = self.now();
            let id = self.write_mail(tx, user_id, message, now)?;
            if !outbox::is_written(tx, &id).await? {
                return Err(self.too_many_letters(tx, user_id, message).await?);
            }
            self.mail_waits.notify_one();
        }
        Ok(())
    }

    async fn too_many_letters(&self, tx: &mut Tx, user_id: &str, message: &Message) -> Result<ApiError, ApiError> {
        let full = attempts::find(tx, &letters_key(user_id, message)).await?;
        let refused = full.and_then(|full| Allowance::LETTERS.refusal(full, self.now()).retry_after);
        Ok(ApiError::TooOften { retry_after: refused.unwrap_or(1) })
    }

    /// Notes whether this process sends mail, for the command line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_sending(&self) -> Result<(), StoreError> {
        outbox::note_sending(&self.db, self.settings.mail.is_some()).await
    }

    /// Has this process write mail if the portal's servers send it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn writes_mail_if_others_send(&mut self) -> Result<(), StoreError> {
        self.writes_mail = outbox::is_sending(&self.db).await?;
        Ok(())
    }

    /// Writes mail that nobody takes before `due`; answers its id.
    fn write_mail(&self, tx: &mut Tx, user_id: &str, message: &Message, due: UnixTime) -> Result<String, ApiError> {
        let (id, text, counter) = (self.new_id(), stored(message), letters_key(user_id, message));
        let (now, allowance) = (self.now().0, Allowance::LETTERS);
        let mail = NewMail { id: &id, user_id, message: &text, now, due_at: due.0, counter: &counter, allowance };
        outbox::write(tx, &mail)?;
        Ok(id)
    }

    /// Writes to someone about a sign-in unless the browser, known by the hash of its token, is one of theirs.
    pub(crate) fn notify_of_new_browser(
        &self,
        tx: &mut Tx,
        user_id: &str,
        message: &Message,
        browser: &[u8; 32],
    ) -> Result<(), ApiError> {
        let (id, text, counter) = (self.new_id(), stored(message), letters_key(user_id, message));
        let (now, allowance) = (self.now().0, Allowance::LETTERS);
        let mail = NewMail { id: &id, user_id, message: &text, now, due_at: now, counter: &counter, allowance };
        Ok(outbox::write_if_new_browser(tx, &mail, browser)?)
    }

    /// Sends what waits, until the task is dropped.
    pub async fn keep_sending(self) {
        let Some(settings) = &self.settings.mail else { return };
        self.meet(settings).await;
        loop {
            let pause = match self.send_waiting().await {
                Ok(Round { away: true, .. }) => {
                    tokio::time::sleep(INTERVAL).await;
                    INTERVAL_AWAY
                }
                Ok(Round { full: true, .. }) => Duration::ZERO,
                Ok(_) => INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "could not look for mail that waits; trying again");
                    INTERVAL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.mail_waits.notified() => tokio::time::sleep(COMMIT).await,
            }
        }
    }

    /// Gets to know the mail server, so that an address that it sends nothing to is refused where it is
    /// entered; and an operator whose settings do not work learns it at once.
    async fn meet(&self, settings: &MailSettings) {
        let mut post = Post::new(settings);
        match post.takes_utf8().await {
            Ok(takes) => {
                if let Err(error) = outbox::note_utf8(&self.db, takes).await {
                    tracing::warn!(%error, "could not note what the mail server takes");
                }
            }
            Err(NotSent { problem, .. }) => tracing::warn!(%problem, "the mail server does not let the portal send"),
        }
        post.close().await;
    }

    /// One round: sends some of what is due.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn send_waiting(&self) -> Result<Round, StoreError> {
        let (Some(settings), now) = (&self.settings.mail, self.now()) else { return Ok(Round::default()) };
        if !outbox::is_due(&self.db, now.0).await? {
            return Ok(Round::default());
        }
        let mut tx = self.db.begin().await?;
        let rows = outbox::claim(&mut tx, now.0, now.plus(LEASE).0, BATCH).await?;
        tx.commit().await?;
        let mut post = Post::new(settings);
        let round = self.send_claimed(&mut post, rows).await?;
        self.part(post).await?;
        if round.sent > 0 && !round.away {
            outbox::release(&self.db, now.0).await?;
        }
        if round.failed > 0 {
            // Without the server's words, which may name people.
            let Round { failed, given_up, away, .. } = round;
            tracing::warn!(failed, given_up, away, "mail was not taken by the mail server; the page Mail says why");
        }
        Ok(round)
    }

    /// Sends these one by one, as far as the server and the time of a round allow.
    async fn send_claimed(&self, post: &mut Post<'_>, rows: Vec<DueRow>) -> Result<Round, StoreError> {
        let (began, mut broken) = (self.now(), 0);
        let mut round = Round { full: i64::try_from(rows.len()).is_ok_and(|rows| rows == BATCH), ..Round::default() };
        let mut rows = rows.into_iter();
        while let Some(row) = rows.next() {
            let outcome = self.send(post, &row).await;
            let is_away = outcome.as_ref().is_err_and(NotSent::is_away);
            if is_away && round.sent + round.failed > 0 {
                // The server was there a moment ago: that costs what comes next no try, and it comes first then.
                self.hand_back([row]).await?;
                round.away = true;
                break;
            }
            round.given_up += usize::from(!self.note_outcome(&row, &outcome).await?);
            match &outcome {
                Ok(()) => (round.sent, broken) = (round.sent + 1, 0),
                Err(not_sent) => {
                    (round.failed, broken) = (round.failed + 1, if not_sent.closed { broken + 1 } else { 0 });
                }
            }
            if is_away {
                // As this one, each of the others waits for the server.
                for row in rows.by_ref() {
                    round.given_up += usize::from(!self.note_outcome(&row, &outcome).await?);
                    round.failed += 1;
                }
            }
            round.away = is_away || broken == MOST_BROKEN;
            if round.away || self.now().seconds_since(began) > LONGEST_ROUND {
                break;
            }
        }
        self.hand_back(rows).await?;
        Ok(round)
    }

    /// Leaves what was not tried to the next round.
    async fn hand_back(&self, rows: impl IntoIterator<Item = DueRow>) -> Result<(), StoreError> {
        for row in rows {
            outbox::hand_back(&self.db, &row.id, self.now().0).await?;
        }
        Ok(())
    }

    /// Writes a message to a person's own address, for [`Service::send_at_once`] to send.
    pub(super) async fn write_to_send(
        &self,
        tx: &mut Tx,
        user_id: &str,
        message: &Message,
    ) -> Result<DueRow, ApiError> {
        let id = self.write_mail(tx, user_id, message, self.now().plus(LEASE))?;
        // Who has an address, as the caller has seen to, gets it unless there were too many.
        match outbox::claim_one(tx, &id).await? {
            Some(row) => Ok(row),
            None => Err(self.too_many_letters(tx, user_id, message).await?),
        }
    }

    /// Sends a message on the spot; without word of it in time it is on its way.
    pub(super) async fn send_at_once(
        &self,
        settings: &MailSettings,
        row: DueRow,
    ) -> Result<Result<(), NotSent>, ApiError> {
        // Goes on without whoever asked: what is taken late is not to be sent once more.
        let beside = Self { db: self.db.for_long_work(), ..self.clone() };
        let sending = tokio::spawn(beside.send_alone(settings.clone(), row));
        let Ok(sent) = timeout(settings.patience.test, sending).await else {
            let problem = "The mail server has not said yet whether it takes it; the portal goes on waiting";
            return Ok(Err(NotSent::new(Verdict::Later(None), problem)));
        };
        Ok(sent.map_err(incident)??)
    }

    async fn send_alone(self, settings: MailSettings, row: DueRow) -> Result<Result<(), NotSent>, StoreError> {
        let mut post = Post::new(&settings);
        let outcome = self.send(&mut post, &row).await;
        self.note_outcome(&row, &outcome).await?;
        self.part(post).await?;
        if outcome.is_ok() {
            outbox::release(&self.db, self.now().0).await?;
            self.mail_waits.notify_one();
        }
        Ok(outcome)
    }

    /// Ends a connection, and keeps what was learned from it.
    async fn part(&self, post: Post<'_>) -> Result<(), StoreError> {
        if let Some(takes) = post.is_known_to_take_utf8() {
            outbox::note_utf8(&self.db, takes).await?;
        }
        post.close().await;
        Ok(())
    }

    async fn send(&self, post: &mut Post<'_>, row: &DueRow) -> Result<(), NotSent> {
        let message: Message = serde_json::from_str(&row.message).map_err(|_| {
            NotSent::new(Verdict::Later(None), "Another version of the portal wrote this, and must send it")
        })?;
        let address = self.settings.public_url.origin();
        let head = Letterhead { portal: &self.settings.portal_name, address: &address, user_name: &row.name };
        post.send(row, message.words(&head, UnixTime(row.written_at)), self.now()).await
    }

    /// Notes what came of a try; `false` when the message is given up.
    async fn note_outcome(&self, row: &DueRow, outcome: &Result<(), NotSent>) -> Result<bool, StoreError> {
        let not_sent = match outcome {
            Ok(()) => {
                outbox::finish(&self.db, &row.id).await?;
                return Ok(true);
            }
            Err(not_sent) => not_sent,
        };
        let next = if not_sent.verdict == Verdict::Never { None } else { next_try(row.tries, self.now()) };
        let (problem, mend) = (&not_sent.problem, not_sent.mend().map(stored_mend));
        outbox::fail(&self.db, &row.id, problem, mend.as_deref(), next.map(|next| next.0)).await?;
        Ok(next.is_some())
    }
}

/// The counter of letters like this one to a person.
fn letters_key(user_id: &str, message: &Message) -> String {
    format!("letters:{:?}:{user_id}", message.kind())
}

/// What is to be mended as it is kept: by its name.
fn stored_mend(mend: Mend) -> String {
    serde_json::to_value(mend).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A message as it waits.
fn stored(message: &Message) -> String {
    // Numbers and texts always have a JSON form.
    serde_json::to_string(message).unwrap_or_default()
}
