//! `GET /api/audit-export/csv` and `…/jsonl`: audit entries as a file, filtered
//! as the page is, for administrators.
//!
//! A download is a GET, because it is a link. It leaves an entry in the audit
//! trail, so it must come from a page of ours or from the person themselves:
//! every browser of today says which (Fetch Metadata).

use crate::{
    domain::audit::export::{Format, rfc3339},
    http::problem_page::{TRY_AGAIN, Way, problem_page},
    service::{Authority, Service},
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
use contract::{
    ApiError,
    audit_trail::AuditFilter,
    portal::{Administrator, Call, Caller},
    routes,
};
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;

/// Answers with the file, which is written while it is sent.
pub async fn audit_export(
    Extension(service): Extension<Arc<Service>>,
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
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let filter = AuditFilter::from_query(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    match answer(&service, &call, format, &filter).await {
        Ok(response) => response,
        Err(problem) => refusal(&service, &call, &filter, &problem),
    }
}

/// Leads to the page on which the same is asked for, by way of the sign-in where that comes first.
fn refusal(service: &Service, call: &Call, filter: &AuditFilter, problem: &ApiError) -> Response {
    let standing = call.session().ok().map(|session| session.standing);
    let href = routes::next_step(standing, &format!("{}{}", routes::AUDIT, filter.url_query()));
    let way = match problem {
        ApiError::SignedOut | ApiError::SecondFactorRequired => Way { href: &href, words: "Sign in" },
        problem if problem.is_refusal() || *problem == ApiError::AdministratorRequired => {
            Way { href: &href, words: "Back to Audit" }
        }
        _ => TRY_AGAIN,
    };
    problem_page(problem, Some(&service.settings.portal_name), &way)
}

/// Whether the person asked for it, on a page of ours or by typing the address.
fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin" || site == "none")
}

async fn answer(
    service: &Service,
    call: &Arc<Call>,
    format: Format,
    filter: &AuditFilter,
) -> Result<Response, ApiError> {
    let administrator = Administrator::prove(call)?;
    let export = service.export_audit(Authority::of(&administrator), filter, format).await?;
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
