//! The audit trail, for administrators.

#[cfg(feature = "ssr")]
use crate::api::{
    answer::{answer, report},
    caller::caller,
};
#[cfg(feature = "ssr")]
use contract::portal::Administrator;
use contract::{
    Answer, ApiError,
    audit_trail::{AuditFilter, AuditPage, ChainState},
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// Entries of the audit trail; with `cursor` those that follow that entry in the order of the filter.
#[server(prefix = "/api", endpoint = "audit-page", input = Json)]
pub async fn fetch_audit_page(filter: AuditFilter, #[server(default)] cursor: Option<i64>) -> Answer<AuditPage> {
    answer(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.audit_page(&administrator, filter, cursor).await
    })
    .await
}

/// Verifies a piece of the chain, after the entry `from` or from the beginning.
#[server(prefix = "/api", endpoint = "verify-audit")]
pub async fn verify_audit(#[server(default)] from: Option<i64>) -> Result<ChainState, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.verify_audit_chain(&administrator, from).await
    })
    .await
}
