//! QR codes.

use contract::enrolment::QrCode;
use leptos::prelude::*;

/// Pixels per module that cameras read well; style/setup.css says where there is no room for them.
const MODULE: u32 = 3;

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
        <svg
            class="qr"
            role="img"
            aria-label=label
            width=size * MODULE
            viewBox=format!("0 0 {size} {size}")
            shape-rendering="crispEdges"
        >
            <rect width=size height=size fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
}
