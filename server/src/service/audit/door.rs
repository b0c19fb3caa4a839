//! What the interface asks of the audit trail.

use crate::service::{
    Service,
    audit::{chain::PIECE, search::PAGE},
};
use async_trait::async_trait;
use contract::{
    ApiError,
    audit_trail::{AuditFilter, AuditPage, ChainState},
    overview::PortalOverview,
    portal::{Administrator, Audit},
};

#[async_trait]
impl Audit for Service {
    async fn audit_page(
        &self,
        _caller: &Administrator,
        filter: AuditFilter,
        cursor: Option<i64>,
    ) -> Result<AuditPage, ApiError> {
        self.read_audit_page(&filter, cursor, PAGE).await
    }

    async fn verify_audit_chain(&self, _caller: &Administrator, from: Option<i64>) -> Result<ChainState, ApiError> {
        Ok(self.verify_audit(from, PIECE).await?)
    }

    async fn portal_overview(&self, _caller: &Administrator, days: u32) -> Result<PortalOverview, ApiError> {
        self.overview(days).await
    }
}
