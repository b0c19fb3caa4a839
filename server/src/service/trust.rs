//! Trusted browsers: what spares a person the code, and what ends that.

use super::Service;
use crate::{
    crypto::token::Token,
    store::{
        Tx,
        browsers::{self, SeenBrowser},
    },
};
use app::{
    contract::{ApiError, session::AskedBecause},
    portal::Call,
};

impl Service {
    /// Remembers the browser of someone who proved both factors just now, under
    /// a new token; trusted until then, or not. The cookie is set by the caller
    /// after the commit.
    pub(super) async fn remember_browser(
        &self,
        tx: &mut Tx,
        call: &Call,
        user_id: &str,
        trusted_until: Option<i64>,
    ) -> Result<Token, ApiError> {
        let token = self.new_token();
        if let Some(before) = call.client.browser_token.as_deref().and_then(Token::parse) {
            browsers::renew_token(tx, &before.digest(), &token.digest()).await?;
        }
        let browser = SeenBrowser {
            id: &self.new_id(),
            user_id,
            token_hash: &token.digest(),
            now: self.now().0,
            address: &call.client.address.to_string(),
            user_agent: &call.client.user_agent,
            trusted_until,
        };
        browsers::remember(tx, &browser).await?;
        Ok(token)
    }

    /// Trusts none of a person's browsers any longer.
    pub(super) async fn end_all_trust(&self, tx: &mut Tx, user_id: &str, why: AskedBecause) -> Result<(), ApiError> {
        browsers::end_all_trust(tx, user_id, &stored(why), self.now().0).await?;
        Ok(())
    }
}

/// A reason as it is stored.
pub(super) fn stored(why: AskedBecause) -> String {
    // A plain enum of numbers always has a JSON form.
    serde_json::to_string(&why).unwrap_or_default()
}
