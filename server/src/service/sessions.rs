//! Opening, finding, elevating and ending sessions.

use super::Service;
use crate::{
    clock::UnixTime,
    crypto::token::Token,
    domain::session::{Assurance, Lifetime, Liveness, is_step_up_fresh, liveness, standing},
    store::{
        Tx,
        accounts::UserRow,
        methods,
        sessions::{self, NewSession, SessionRow},
    },
};
use app::{
    contract::{ApiError, account::Standing, session::SessionState},
    portal::{Call, CookieChange, Session},
};

/// Seconds between two notes that a session is in use; a quarter of a short idle limit.
fn touch_interval(lifetime: Lifetime) -> i64 {
    (lifetime.idle / 4).clamp(1, 60)
}

fn lifetime(row: &SessionRow) -> Lifetime {
    if row.full {
        Lifetime { idle: row.idle_minutes.saturating_mul(60), absolute: row.absolute_hours.saturating_mul(3_600) }
    } else {
        Lifetime::PENDING
    }
}

impl Service {
    /// The live session that a cookie's token belongs to.
    ///
    /// # Errors
    /// [`ApiError::SignedOut`] when there is none; [`ApiError::Unavailable`] when it can't be found out.
    pub async fn find_session(&self, token: &str) -> Result<Session, ApiError> {
        let token = Token::parse(token).ok_or(ApiError::SignedOut)?;
        let row = sessions::find(&self.db, &token.digest()).await?.ok_or(ApiError::SignedOut)?;
        let (now, lifetime) = (self.now(), lifetime(&row));
        let last_seen = UnixTime(row.last_seen_at);
        if liveness(UnixTime(row.created_at), last_seen, now, lifetime) != Liveness::Live {
            return Err(ApiError::SignedOut);
        }
        if row.full
            && now.seconds_since(last_seen) >= touch_interval(lifetime)
            && let Err(error) = sessions::touch(&self.db, &row.id, now.0).await
        {
            tracing::warn!(%error, "could not note that a session is in use");
        }
        let assurance = if row.full { Assurance::Full } else { Assurance::FirstFactor };
        Ok(Session {
            standing: standing(assurance, row.has_second_factor, row.require_second_factor),
            state: SessionState {
                milliseconds_left: 0,
                extendable: true,
                stepped_up: is_step_up_fresh(Some(UnixTime(row.authenticated_at)), now),
            },
            id: row.id,
            user_id: row.user_id,
            user_name: row.user_name,
            administrator: row.administrator,
            has_second_factor: row.has_second_factor,
        })
    }

    /// Opens a session for someone whose password was right, in place of the
    /// one this browser had. The cookie is set by the caller after the commit.
    pub(super) async fn open_session(
        &self,
        tx: &mut Tx,
        call: &Call,
        user: &UserRow,
    ) -> Result<(Token, Standing), ApiError> {
        if let Ok(before) = call.session() {
            sessions::delete(tx, &before.id).await?;
        }
        let has_second_factor = !methods::of_user_in(tx, &user.id).await?.is_empty();
        let enforced = crate::store::policy::load_in(tx).await?.require_second_factor;
        let assurance = if has_second_factor { Assurance::FirstFactor } else { Assurance::Full };
        let token = self.new_token();
        let session = NewSession {
            id: &self.new_id(),
            token_hash: &token.digest(),
            user_id: &user.id,
            full: assurance == Assurance::Full,
            now: self.now().0,
            address: &call.client.address.to_string(),
            user_agent: &call.client.user_agent,
        };
        sessions::insert(tx, &session).await?;
        Ok((token, standing(assurance, has_second_factor, enforced)))
    }

    /// Renews the session's token now that identity was proved. The cookie is
    /// set by the caller after the commit.
    pub(super) async fn elevate_session(&self, tx: &mut Tx, session: &Session) -> Result<Token, ApiError> {
        let token = self.new_token();
        if sessions::elevate(tx, &session.id, &token.digest(), self.now().0).await? {
            Ok(token)
        } else {
            Err(ApiError::SignedOut)
        }
    }
}

/// Has the response carry the session's new token.
pub(super) fn hand_over(call: &Call, token: &Token) {
    call.set_cookie(CookieChange::Session(token.text().to_string()));
}
