//! Opening, finding, elevating and ending sessions.

use crate::{
    clock::UnixTime,
    crypto::token::Token,
    domain::{
        policy::grace::{Demand, Requirement},
        second_factor::{access_code, recovery_code::notice},
        session::{
            trusted_browser::{browser_hash, stored},
            worth::{Assurance, Lifetime, Liveness, is_step_up_fresh, liveness, standing},
        },
    },
    service::{Service, session::browsers::doubt},
    store::{
        Tx,
        session::{
            browsers,
            sessions::{self, NewSession, SessionRow},
            sign_in::{self, Opening},
        },
    },
};
use contract::{
    ApiError,
    account::{Grace, Standing},
    portal::{Call, CookieChange, Session},
    session::{ChallengeReason, SessionState},
};

/// Sessions that a person may have, and as many sign-ins that await a code, in their own browsers and in others each;
/// with one more the one ends that was not used for longest.
const MOST: i64 = 100;

/// Whether a request puts the end of its session off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It only asks.
    None,
    /// By the way: noted once a minute, or four times in a short idle limit.
    Ordinary,
    /// It is made for that purpose: noted at once.
    Purpose,
}

impl Use {
    /// Seconds that must have passed since the last note; `None` for no note at all.
    fn interval(self, lifetime: Lifetime) -> Option<i64> {
        match self {
            Self::None => None,
            Self::Ordinary => Some((lifetime.idle / 4).clamp(1, 60)),
            Self::Purpose => Some(1),
        }
    }
}

fn lifetime(row: &SessionRow) -> Lifetime {
    let limited = Lifetime::limited(row.idle_minutes, row.absolute_hours);
    match (row.full, row.sets_up_anew) {
        (false, _) => Lifetime::PENDING,
        // No longer than the code itself was good for.
        (true, true) => limited.at_most(access_code::LIFETIME),
        (true, false) => limited,
    }
}

impl Service {
    /// The live session that a cookie's token belongs to.
    ///
    /// # Errors
    /// [`ApiError::SignedOut`] when there is none; [`ApiError::Unavailable`] when it can't be found out.
    pub async fn find_session(&self, token: &str, purpose: Use) -> Result<Session, ApiError> {
        let token = Token::parse(token).ok_or(ApiError::SignedOut)?;
        let mut row = sessions::find(&self.db, &token.digest()).await?.ok_or(ApiError::SignedOut)?;
        let (now, lifetime) = (self.now(), lifetime(&row));
        self.check_liveness(&row)?;
        let due = purpose
            .interval(lifetime)
            .is_some_and(|interval| now.seconds_since(UnixTime(row.last_seen_at)) >= interval);
        if row.full && due {
            match sessions::touch(&self.db, &row.id, now.0).await {
                Ok(()) => row.last_seen_at = now.0,
                Err(error) => tracing::warn!(%error, "could not note that a session is in use"),
            }
        }
        Ok(self.facts(row))
    }

    /// The live session with this id, as it is now: something may have changed since the request began.
    pub(crate) async fn session_now(&self, id: &str) -> Result<Session, ApiError> {
        let row = sessions::by_id(&self.db, id).await?.ok_or(ApiError::SignedOut)?;
        self.check_liveness(&row)?;
        Ok(self.facts(row))
    }

    /// The same within a transaction, which holds its row from now on. The person's row is held already.
    pub(crate) async fn hold_session(&self, tx: &mut Tx, id: &str) -> Result<Session, ApiError> {
        if !sessions::lock(tx, id).await? {
            return Err(ApiError::SignedOut);
        }
        let row = sessions::by_id_in(tx, id).await?.ok_or(ApiError::SignedOut)?;
        self.check_liveness(&row)?;
        Ok(self.facts(row))
    }

    fn check_liveness(&self, row: &SessionRow) -> Result<(), ApiError> {
        match liveness(UnixTime(row.created_at), UnixTime(row.last_seen_at), self.now(), lifetime(row)) {
            Liveness::Live => Ok(()),
            _ => Err(ApiError::SignedOut),
        }
    }

    /// What a stored session allows by the policy of this moment.
    fn facts(&self, row: SessionRow) -> Session {
        let (now, lifetime) = (self.now(), lifetime(&row));
        let assurance = if row.full { Assurance::Full } else { Assurance::FirstFactor };
        // What it was opened in place of counts as lost, whatever the policy says.
        let has_second_factor = row.has_second_factor && !row.sets_up_anew;
        let requirement = Requirement { since: row.required_since.map(UnixTime), grace_days: row.grace_days };
        let demand = match row.sets_up_anew {
            true => Demand::Now,
            false => requirement.demand(UnixTime(row.exposed_since), has_second_factor, now),
        };
        Session {
            standing: standing(assurance, has_second_factor, demand == Demand::Now),
            grace: demand.deadline().map(|until| Grace { until: until.0, postponed: row.set_up_postponed }),
            state: self.state(&row, lifetime),
            recovery_notice: row.recovery_notice.as_deref().map(|why| notice(why, row.codes_left)),
            id: row.id,
            user_id: row.user_id,
            user_name: row.user_name,
            administrator: row.administrator,
            has_second_factor,
            sets_up_anew: row.sets_up_anew,
        }
    }

    fn state(&self, row: &SessionRow, lifetime: Lifetime) -> SessionState {
        let (created, last_seen) = (UnixTime(row.created_at), UnixTime(row.last_seen_at));
        let end = lifetime.ends_at(created, last_seen);
        SessionState {
            milliseconds_left: self.milliseconds_until(end),
            extendable: end < created.plus(lifetime.absolute),
            stepped_up: is_step_up_fresh(Some(UnixTime(row.authenticated_at)), self.now()),
        }
    }

    /// What decides how far a new session reaches that this browser opens for a person.
    pub(crate) async fn opening(&self, tx: &mut Tx, call: &Call, user_id: &str) -> Result<Opening, ApiError> {
        let browser = browser_hash(&call.client);
        sign_in::opening(tx, user_id, browser.as_ref()).await?.ok_or(ApiError::Credentials)
    }

    /// Opens a session for someone whose password was right, in place of the
    /// one this browser had. The cookie is set by the caller after the commit.
    pub(crate) fn open_session(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        opening: &Opening,
    ) -> Result<Opened, ApiError> {
        if let Ok(before) = call.session() {
            sessions::delete(tx, &before.id)?;
        }
        let has_second_factor = opening.has_second_factor;
        let (trusted, asked_because) = match has_second_factor.then(|| doubt(opening, self.now())) {
            Some(Ok(browser)) => (Some(browser), None),
            Some(Err(why)) => (None, Some(stored(why))),
            None => (None, None),
        };
        let assurance = if asked_because.is_some() { Assurance::FirstFactor } else { Assurance::Full };
        let (token, id, now) = (self.new_token(), self.new_id(), self.now());
        let session = NewSession {
            id: &id,
            token_hash: &token.digest(),
            user_id,
            full: assurance == Assurance::Full,
            now: now.0,
            address: &call.client.address.to_string(),
            user_agent: &call.client.user_agent,
            // A trusted browser proves no factor: step-up will ask for it.
            authenticated_at: if trusted.is_some() { 0 } else { now.0 },
            asked_because: asked_because.as_deref(),
        };
        sessions::insert(tx, &session)?;
        if session.full {
            sessions::end_oldest(tx, user_id, MOST)?;
        } else {
            // Whoever only has the password takes no place from the person's own browsers.
            let new = stored(ChallengeReason::NewBrowser);
            sessions::end_oldest_pending(tx, user_id, &new, asked_because.as_ref() == Some(&new), MOST)?;
        }
        if let Some(browser) = trusted {
            let client = &call.client;
            browsers::touch(tx, browser, now.0, &client.address.to_string(), &client.user_agent)?;
        }
        let requirement = Requirement { since: opening.required_since.map(UnixTime), grace_days: opening.grace_days };
        let demand = requirement.demand(UnixTime(opening.exposed_since), has_second_factor, now);
        let standing = standing(assurance, has_second_factor, demand == Demand::Now);
        Ok(Opened { token, id, standing, trusted: trusted.is_some() })
    }

    /// Renews the session's token now that identity was proved. The cookie is
    /// set by the caller after the commit.
    pub(crate) async fn elevate_session(&self, tx: &mut Tx, session: &Session) -> Result<Token, ApiError> {
        let token = self.new_token();
        if sessions::elevate(tx, &session.id, &token.digest(), self.now().0).await? {
            sessions::end_oldest(tx, &session.user_id, MOST)?;
            Ok(token)
        } else {
            Err(ApiError::SignedOut)
        }
    }

    /// The same without a proof: what was proved before counts as long as it did.
    pub(crate) async fn renew_session(&self, tx: &mut Tx, session: &Session) -> Result<Token, ApiError> {
        let token = self.new_token();
        if sessions::renew_token(tx, &session.id, &token.digest(), self.now().0).await? {
            Ok(token)
        } else {
            Err(ApiError::SignedOut)
        }
    }
}

/// A session that was opened just now.
pub(crate) struct Opened {
    /// For the cookie.
    pub token: Token,
    /// Stable id.
    pub id: String,
    /// How far it has come.
    pub standing: Standing,
    /// A trusted browser stood in for the second factor.
    pub trusted: bool,
}

/// Has the response mark the browser as one in which somebody signed in.
pub(crate) fn hand_over_browser(call: &Call, token: &Token) {
    call.set_cookie(CookieChange::KnownBrowser(token.text().to_string()));
}

/// Has the response carry the session's new token.
pub(crate) fn hand_over(call: &Call, token: &Token) {
    call.set_cookie(CookieChange::Session(token.text().to_string()));
}
