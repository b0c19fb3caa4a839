//! Trusted browsers: what spares a person the code, and what ends that.

use crate::{
    clock::UnixTime,
    crypto::token::Token,
    domain::{
        credentials::client::readable_browser,
        mail::message::Message,
        session::trusted_browser::{Trust, browser_hash, restored, stored},
    },
    service::Service,
    store::{
        Tx,
        policy::{self, PolicyRow, trusted_browser_policy, versioned},
        session::{
            browsers::{self, SeenBrowser},
            seen_browsers,
            sign_in::{self, Opening},
        },
    },
};
use contract::{
    ApiError,
    portal::{Bound, Call},
    session::{ChallengeReason, CodeRequest},
};

impl Service {
    /// Why a code is asked for, and what may be chosen with it.
    pub(crate) async fn request_of(&self, caller: &Bound) -> Result<CodeRequest, ApiError> {
        let awaited = sign_in::awaited(&self.db, &caller.session().id).await?;
        let policy = trusted_browser_policy(awaited.allow_trusted_browsers, awaited.trusted_browser_days);
        Ok(CodeRequest {
            because: awaited.asked_because.as_deref().and_then(restored).unwrap_or(ChallengeReason::NewBrowser),
            trust_days: policy.most_days(),
        })
    }

    /// Remembers the browser of someone who proved both factors just now, under
    /// a new token; trusted for the days that were chosen, or not. The cookie is set by the caller
    /// after the commit.
    pub(crate) async fn remember_browser(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        trust_days: Option<u32>,
    ) -> Result<Remembered, ApiError> {
        let trust = match trust_days {
            Some(days) => {
                policy::lock(tx).await?;
                Trust::given(self.now(), days, most_days(&policy::load_in(tx).await?))
            }
            None => None,
        };
        let token = self.remember(tx, call, user_id, trust)?;
        Ok(Remembered { token, trust })
    }

    /// Remembers the browser of someone who has done all that was asked of them, under a new
    /// token. The cookie is set by the caller after the commit.
    pub(crate) fn remember(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        trust: Option<Trust>,
    ) -> Result<Token, ApiError> {
        let token = self.new_token();
        self.note_browser(tx, call, user_id, &token)?;
        if let Some(before) = browser_hash(&call.client) {
            browsers::renew_token(tx, &before, &token.digest())?;
        }
        let browser = SeenBrowser {
            id: &self.new_id(),
            user_id,
            token_hash: &token.digest(),
            now: self.now().0,
            address: &call.client.address.to_string(),
            user_agent: &call.client.user_agent,
            trusted_until: trust.map(|trust| trust.until.0),
        };
        browsers::remember(tx, &browser)?;
        Ok(token)
    }

    /// Trusts none of a person's browsers any longer.
    pub(crate) async fn end_all_trust(&self, tx: &mut Tx, user_id: &str, why: ChallengeReason) -> Result<(), ApiError> {
        browsers::end_all_trust(tx, user_id, &stored(why), self.now().0).await?;
        Ok(())
    }

    /// Remembers the browser of someone who signs in now, under its new token,
    /// and tells them by mail if they had not signed in there before. Comes
    /// before the browser is remembered for anything else.
    pub(crate) fn note_browser(&self, tx: &mut Tx, call: &Call, user_id: &str, token: &Token) -> Result<(), ApiError> {
        if !self.writes_mail {
            return Ok(());
        }
        let before = browser_hash(&call.client);
        let message = Message::SignInFromNewBrowser {
            browser: readable_browser(&call.client.user_agent),
            address: call.client.address.to_string(),
        };
        // The token that a browser without one gets is known to nobody yet.
        self.notify_of_new_browser(tx, user_id, &message, &before.unwrap_or_else(|| token.digest()))?;
        if let Some(before) = before {
            seen_browsers::renew_token(tx, &before, &token.digest())?;
        }
        Ok(seen_browsers::remember(tx, &token.digest(), user_id, self.now().0)?)
    }

    /// The same for someone who signs in without proving a second factor.
    /// Answers the token for the browser's cookie, for after the commit.
    pub(crate) fn note_untrusted_browser(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
    ) -> Result<Option<Token>, ApiError> {
        if !self.writes_mail {
            return Ok(None);
        }
        let token = self.new_token();
        self.note_browser(tx, call, user_id, &token)?;
        if let Some(before) = browser_hash(&call.client) {
            browsers::renew_token(tx, &before, &token.digest())?;
        }
        Ok(Some(token))
    }
}

/// A browser that was remembered just now.
pub(crate) struct Remembered {
    /// For the cookie.
    pub token: Token,
    /// Trust that it was given.
    pub trust: Option<Trust>,
}

/// The browser that spares a person the code, or why none does.
pub(crate) fn doubt(opening: &Opening, now: UnixTime) -> Result<&str, ChallengeReason> {
    let browser = opening.browser_id.as_deref().ok_or(ChallengeReason::NewBrowser)?;
    let (since, until) = opening.trusted_at.zip(opening.trusted_until).ok_or(ChallengeReason::NotTrusted)?;
    let ended = opening.trust_ended.as_deref().and_then(restored);
    let trust = Trust { since: UnixTime(since), until: UnixTime(until), ended };
    let policy = trusted_browser_policy(opening.allow_trusted_browsers, opening.trusted_browser_days);
    trust.doubt(policy.most_days(), now).map_or(Ok(browser), Err)
}

fn most_days(policy: &PolicyRow) -> Option<u32> {
    versioned(policy).policy.trusted_browsers.most_days()
}
