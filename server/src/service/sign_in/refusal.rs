//! A code that does not complete a sign-in.

use crate::{
    domain::audit::trail::{AuditEvent, Outcome},
    service::{
        Service,
        audit::record::{Actor, record},
    },
    store::session::sessions,
};
use contract::{ApiError, error::RecoveryCodeProblem, portal::Bound};

impl Service {
    pub(super) async fn refuse_recovery_code(
        &self,
        caller: &Bound,
        problem: RecoveryCodeProblem,
        left: u32,
    ) -> Result<ApiError, ApiError> {
        self.refuse(caller, AuditEvent::RecoveryCodeFailed, ApiError::RecoveryCode(problem), left).await
    }

    pub(super) async fn refuse(
        &self,
        caller: &Bound,
        event: AuditEvent,
        problem: ApiError,
        left: u32,
    ) -> Result<ApiError, ApiError> {
        let mut tx = self.db.begin().await?;
        record(&mut tx, self.now(), Actor::calling(caller), event, Outcome::Failure).await?;
        if left == 0 {
            sessions::delete(&mut tx, &caller.session().id)?;
        }
        tx.commit().await?;
        Ok(if left == 0 { ApiError::SignInExpired } else { problem })
    }
}
