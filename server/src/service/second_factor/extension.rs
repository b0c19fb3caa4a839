//! "I need more time" for a QR code (WCAG 2.2 success criterion 2.2.1).

use crate::{
    domain::{
        audit::trail::{AuditEvent, Outcome},
        second_factor::enrolment::{ExtendRefused, MOST_EXTENSIONS},
    },
    service::{
        Service,
        audit::record::{Actor, record},
        second_factor::enrolment::{GONE, pending},
    },
    store::second_factor::enrolments,
};
use contract::{
    ApiError,
    enrolment::{EnrolmentProblem, ExtendedEnrolment},
    portal::Bound,
};

impl Service {
    /// Gives the caller's pending secret called `id` one lifetime more. Where that was done too
    /// often already, the answer says so and nothing changes.
    pub(crate) async fn extend(&self, caller: &Bound, id: &str) -> Result<ExtendedEnrolment, ApiError> {
        let (mut tx, rows) = self.begin_with_rows(caller).await?;
        let row = rows.iter().find(|row| row.id == id).ok_or(GONE)?;
        match row.state.as_str() {
            "pending" => {}
            "replaced" => return Err(ApiError::Enrolment(EnrolmentProblem::QrReplaced)),
            _ => return Err(GONE),
        }
        let now = self.now();
        let extended = match pending(row).extend(now, self.settings.qr_lifetime) {
            Ok(extended) => extended,
            Err((unchanged, ExtendRefused::TooOften)) => {
                return Ok(ExtendedEnrolment {
                    milliseconds_left: self.milliseconds_until(unchanged.expires_at),
                    may_extend: false,
                });
            }
            Err((_, ExtendRefused::Expired)) => return Err(ApiError::Enrolment(EnrolmentProblem::QrExpired)),
        };
        if !enrolments::extend(&mut tx, id, now.0, extended.expires_at.0, MOST_EXTENSIONS).await? {
            return Err(GONE);
        }
        record(&mut tx, now, Actor::calling(caller), AuditEvent::EnrolmentExtended, Outcome::Success).await?;
        tx.commit().await?;
        Ok(ExtendedEnrolment {
            milliseconds_left: self.milliseconds_until(extended.expires_at),
            may_extend: extended.may_extend(),
        })
    }
}
