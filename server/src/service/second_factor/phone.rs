//! A set-up that goes on on a phone: there an app can take the secret from a
//! link, where scanning one's own screen is impossible.
//!
//! ```text
//!  computer: "Continue on my phone" --> link (a token, once)
//!  phone:    opens it --> the secret and a grant, which its page keeps
//!            types the code with the grant --> confirmed
//!  computer: sees that, shows the recovery codes, "Finish"
//! ```
//!
//! Token and grant are worth what the secret is worth while it is pending, and
//! die with it: when it is replaced, expires, is cancelled or finished, or when
//! the session that began it ends. The phone is never signed in, and sees no
//! recovery code.

use crate::{
    clock::UnixTime,
    crypto::token::Token,
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::{code::AppDigits, otpauth, qr},
        session::worth::{Lifetime, Liveness, liveness},
    },
    service::{
        Service,
        audit::record::record,
        error::incident,
        second_factor::{confirm::SetUp, enrolment::GONE},
    },
    store::{
        Tx,
        second_factor::{
            enrolments,
            phone_links::{self, PhoneRow},
        },
        session::sessions,
    },
};
use contract::{
    ApiError,
    enrolment::{EnrolmentProblem, EnrolmentProgress, PhoneLink, PhoneSetUp, QrCode},
    error::CodeProblem,
    portal::{Bound, Visitor},
};

/// The page that a link leads to. The token stands in the fragment, which
/// browsers send to nobody.
const PAGE: &str = "/phone";

const INVALID: ApiError = ApiError::Enrolment(EnrolmentProblem::PhoneLinkInvalid);

impl Service {
    /// Makes a link for the caller's pending secret called `id`.
    pub(crate) async fn make_phone_link(&self, caller: &Bound, id: &str) -> Result<PhoneLink, ApiError> {
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        let row = rows.iter().find(|row| row.id == id).ok_or(GONE)?;
        match row.state.as_str() {
            "pending" if self.now() < UnixTime(row.deadline) => {}
            "pending" => return Err(ApiError::Enrolment(EnrolmentProblem::QrExpired)),
            "replaced" => return Err(ApiError::Enrolment(EnrolmentProblem::QrReplaced)),
            // Confirmed: there is nothing left to do on a phone.
            _ => return Err(GONE),
        }
        let token = self.new_token();
        phone_links::replace(&mut tx, id, &token.digest()).await?;
        let actor = SetUp::of(caller).actor();
        record(&mut tx, self.now(), actor, AuditEvent::EnrolmentPhoneLinkMade, Outcome::Success).await?;
        tx.commit().await?;
        let url = self.settings.public_url.link(&format!("{PAGE}#{}", token.text().as_str()));
        let matrix = qr::draw(&url).map_err(incident)?;
        Ok(PhoneLink { url, qr: QrCode { size: matrix.size, path: matrix.path } })
    }

    /// How far the caller's secret called `id` has come.
    pub(crate) async fn progress(&self, caller: &Bound, id: &str) -> Result<EnrolmentProgress, ApiError> {
        let row = phone_links::progress(&self.db, &caller.session().id, id).await?;
        let row = row.filter(|(_, deadline)| self.now() < UnixTime(*deadline));
        Ok(match row.as_ref().map(|(state, _)| state.as_str()) {
            Some("pending") => EnrolmentProgress::Pending,
            Some("confirmed") => EnrolmentProgress::Confirmed,
            _ => EnrolmentProgress::Over,
        })
    }

    /// Uses the link up: shows the secret and hands out a grant.
    pub(crate) async fn open_on_phone(&self, visitor: &Visitor, token: &str) -> Result<PhoneSetUp, ApiError> {
        let token = Token::parse(token).ok_or(INVALID)?;
        let (grant, now) = (self.new_token(), self.now());
        let mut tx = self.db.begin().await?;
        if !phone_links::open(&mut tx, &token.digest(), &grant.digest(), now.0).await? {
            return Err(INVALID);
        }
        let row = self.granted(&mut tx, &grant).await?;
        let actor = set_up(&row, visitor).actor();
        let secret = self.open_secret(&row.enrolment_id, &row.secret, actor)?;
        record(&mut tx, now, actor, AuditEvent::EnrolmentContinuedOnPhone, Outcome::Success).await?;
        tx.commit().await?;
        Ok(PhoneSetUp {
            grant: grant.text().to_string(),
            uri: otpauth::uri(&secret, &self.settings.portal_name, &row.user_name).to_string(),
            key: secret.groups().to_string(),
            milliseconds_left: self.milliseconds_until(UnixTime(row.deadline)),
            lifetime_milliseconds: self.settings.qr_lifetime.saturating_mul(1_000),
            user_name: row.user_name,
        })
    }

    /// How many milliseconds what the grant is for still waits for its code, so that the phone
    /// does not go on showing a dead key, and learns of more time.
    pub(crate) async fn goes_on(&self, grant: &str) -> Result<i64, ApiError> {
        let grant = Token::parse(grant).ok_or(INVALID)?;
        let found = phone_links::state_of_granted(&self.db, &grant.digest()).await?;
        let (state, deadline) = found.ok_or(GONE)?;
        match state.as_str() {
            "pending" if self.now() >= UnixTime(deadline) => Err(ApiError::Enrolment(EnrolmentProblem::QrExpired)),
            "replaced" => Err(ApiError::Enrolment(EnrolmentProblem::QrReplaced)),
            _ => Ok(self.milliseconds_until(UnixTime(deadline))),
        }
    }

    /// Checks the confirming code on the phone. The recovery codes appear where
    /// the set-up was begun, so nothing is answered but that it was right.
    pub(crate) async fn confirm_by_phone(&self, visitor: &Visitor, grant: &str, code: &str) -> Result<(), ApiError> {
        let grant = Token::parse(grant).ok_or(INVALID)?;
        let mut tx = self.db.begin().await?;
        let row = self.granted(&mut tx, &grant).await?;
        let code = AppDigits::parse(code).map_err(|_| ApiError::Code(CodeProblem::Malformed))?;
        if !sessions::lock(&mut tx, &row.session_id).await? {
            return Err(INVALID);
        }
        let rows = enrolments::of_session(&mut tx, &row.session_id).await?;
        match self.confirm_secret(tx, &rows, set_up(&row, visitor), &row.enrolment_id, &code).await {
            Ok(_shown_elsewhere) => Ok(()),
            Err(ApiError::Enrolment(EnrolmentProblem::Gone | EnrolmentProblem::FinishedTooLate)) => Err(INVALID),
            Err(problem) => Err(problem),
        }
    }

    /// The set-up that a grant is for, while the session that began it lives.
    async fn granted(&self, tx: &mut Tx, grant: &Token) -> Result<PhoneRow, ApiError> {
        let row = phone_links::granted(tx, &grant.digest()).await?.ok_or(INVALID)?;
        let limits = Lifetime::limited(row.idle_minutes, row.absolute_hours);
        let (created, seen) = (UnixTime(row.created_at), UnixTime(row.last_seen_at));
        if liveness(created, seen, self.now(), limits) == Liveness::Live { Ok(row) } else { Err(INVALID) }
    }
}

/// The person's set-up, carried on by whoever holds the phone.
fn set_up<'a>(row: &'a PhoneRow, visitor: &'a Visitor) -> SetUp<'a> {
    SetUp { user_id: &row.user_id, user_name: &row.user_name, client: &visitor.call().client }
}
