//! Trusted browsers: what spares a person the code, and what ends that.

use super::{Service, policy::versioned};
use crate::{
    clock::UnixTime,
    crypto::token::Token,
    domain::trusted_browser::Trust,
    store::{
        Tx,
        browsers::{self, BrowserRow, SeenBrowser},
        policy::{self, PolicyRow},
        sessions,
    },
};
use app::{
    contract::{
        ApiError,
        session::{AskedBecause, CodeRequest},
    },
    portal::{Bound, Call},
};

impl Service {
    /// The browser that spares this person the code, or why none does.
    pub(super) async fn doubt(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        policy: &PolicyRow,
    ) -> Result<Result<BrowserRow, AskedBecause>, ApiError> {
        let Some(token) = call.client.browser_token.as_deref().and_then(Token::parse) else {
            return Ok(Err(AskedBecause::NewBrowser));
        };
        let Some(browser) = browsers::find(tx, &token.digest(), user_id).await? else {
            return Ok(Err(AskedBecause::NewBrowser));
        };
        let doubt = match trust_of(&browser) {
            Some(trust) => trust.doubt(most_days(policy), self.now()),
            None => Some(AskedBecause::NotTrusted),
        };
        Ok(doubt.map_or(Ok(browser), Err))
    }

    /// Why a code is asked for, and what may be chosen with it.
    pub(super) async fn request_of(&self, caller: &Bound) -> Result<CodeRequest, ApiError> {
        let because = sessions::asked_because(&self.db, &caller.session().id).await?;
        Ok(CodeRequest {
            because: because.as_deref().and_then(restored).unwrap_or(AskedBecause::NewBrowser),
            trust_days: most_days(&policy::load(&self.db).await?),
        })
    }

    /// Remembers the browser of someone who proved both factors just now, under
    /// a new token; trusted for the days that were chosen, or not. The cookie is set by the caller
    /// after the commit.
    pub(super) async fn remember_browser(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        trust_days: Option<u32>,
    ) -> Result<Remembered, ApiError> {
        let token = self.new_token();
        let trust = match trust_days {
            Some(days) => {
                policy::lock(tx).await?;
                Trust::given(self.now(), days, most_days(&policy::load_in(tx).await?))
            }
            None => None,
        };
        self.note_browser(tx, call, user_id, &token)?;
        if let Some(before) = call.client.browser_token.as_deref().and_then(Token::parse) {
            browsers::renew_token(tx, &before.digest(), &token.digest())?;
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
        Ok(Remembered { token, trust })
    }

    /// Trusts none of a person's browsers any longer.
    pub(super) async fn end_all_trust(&self, tx: &mut Tx, user_id: &str, why: AskedBecause) -> Result<(), ApiError> {
        browsers::end_all_trust(tx, user_id, &stored(why), self.now().0).await?;
        Ok(())
    }
}

/// A browser that was remembered just now.
pub(super) struct Remembered {
    /// For the cookie.
    pub token: Token,
    /// Trust that it was given.
    pub trust: Option<Trust>,
}

fn trust_of(row: &BrowserRow) -> Option<Trust> {
    let (since, until) = (UnixTime(row.trusted_at?), UnixTime(row.trusted_until?));
    Some(Trust { since, until, ended: row.trust_ended.as_deref().and_then(restored) })
}

fn most_days(policy: &PolicyRow) -> Option<u32> {
    versioned(policy).policy.trusted_browsers.most_days()
}

/// A reason as it was stored.
fn restored(stored: &str) -> Option<AskedBecause> {
    serde_json::from_str(stored).ok()
}

/// A reason as it is stored.
pub(super) fn stored(why: AskedBecause) -> String {
    // A plain enum of numbers always has a JSON form.
    serde_json::to_string(&why).unwrap_or_default()
}
