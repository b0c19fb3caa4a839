//! QR codes.

use crate::contract::enrolment::QrCode;
use leptos::prelude::*;

/// The QR code, dark on white in every colour scheme, as cameras need it.
#[component]
pub fn Qr(
    /// Its accessible name.
    label: &'static str,
    /// The code.
    qr: QrCode,
) -> impl IntoView {
    let QrCode { size, path } = qr;
    view! {
        <svg class="qr" role="img" aria-label=label viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
            <rect width=size height=size fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
}
