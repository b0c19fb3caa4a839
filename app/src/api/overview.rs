//! How the portal is doing, for administrators.

#[cfg(feature = "ssr")]
use crate::api::{answer::report, caller::caller};
#[cfg(feature = "ssr")]
use contract::portal::Administrator;
use contract::{ApiError, overview::PortalOverview};
use leptos::prelude::*;

/// How the portal is doing, with the last `days` days.
#[server(prefix = "/api", endpoint = "portal-overview")]
pub async fn fetch_portal_overview(days: u32) -> Result<PortalOverview, ApiError> {
    report(async {
        let (portal, administrator) = caller::<Administrator>()?;
        portal.portal_overview(&administrator, days).await
    })
    .await
}
