//! `GET /api/audit-export/csv` and `…/jsonl`: audit entries as a file, filtered
//! as the page is, for administrators.
//!
//! A download is a GET, because it is a link. It leaves an entry in the audit
//! trail, so it must come from a page of ours or from the person themselves:
//! every browser of today says which (Fetch Metadata).

use crate::{
    domain::audit_export::{Format, rfc3339},
    http::problem_page::problem_page,
    service::{Authority, Service},
};
use app::{
    contract::{ApiError, audit_trail::AuditFilter},
    portal::{Administrator, Call, Caller},
};
use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery},
    http::{
        HeaderMap, Method, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;

/// Answers with the file, which is written while it is sent.
pub async fn audit_export(
    Extension(service): Extension<Service>,
    Extension(call): Extension<Arc<Call>>,
    Path(format): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(format) = Format::parse(&format) else { return StatusCode::NOT_FOUND.into_response() };
    // HEAD would leave an entry and bring nothing.
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !is_wanted(&headers) {
        return (StatusCode::FORBIDDEN, "This request did not come from a page of this portal.\n").into_response();
    }
    match answer(&service, &call, format, query.as_deref().unwrap_or_default()).await {
        Ok(response) => response,
        Err(problem) => problem_page(&problem),
    }
}

/// Whether the person asked for it, on a page of ours or by typing the address.
fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin" || site == "none")
}

async fn answer(service: &Service, call: &Arc<Call>, format: Format, query: &str) -> Result<Response, ApiError> {
    let administrator = Administrator::prove(call)?;
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let filter = AuditFilter::from_query(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    let export = service.export_audit(Authority::of(&administrator), &filter, format).await?;
    let pieces = stream::unfold(Some(export), |export| async move {
        let mut export = export?;
        match export.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(export))),
            Ok(None) => None,
            // The connection breaks off, so that nobody takes the file for whole.
            Err(problem) => Some((Err(problem), None)),
        }
    });
    // Compression asks once more after the end.
    let pieces = pieces.fuse();
    let today = rfc3339(service.clock.now().0);
    let name = format!("audit-{}.{format}", today.get(..10).unwrap_or_default());
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
