//! Setting up a second factor, as the set-up dialog sees it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a set-up stands. Holds secrets: fetched by POST when the dialog is
/// open, never rendered into a page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enrolment {
    /// A QR code waits to be scanned.
    Pending(PendingEnrolment),
    /// The QR code's time is over; "Generate new" makes another.
    Expired {
        /// Identifies the expired secret.
        id: String,
    },
    /// The code was right; the recovery codes wait to be stored.
    Confirmed(ConfirmedEnrolment),
}

/// A fresh secret, shown as a QR code and as text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEnrolment {
    /// Identifies this secret; sent back with the code.
    pub id: String,
    /// The otpauth URI as a QR code.
    pub qr: QrCode,
    /// The secret in base32, in groups of four.
    pub key: String,
    /// `otpauth://` link for an app on the same device.
    pub uri: String,
    /// Milliseconds until the server stops accepting this secret.
    pub milliseconds_left: i64,
    /// The whole lifetime in milliseconds, for the ring.
    pub lifetime_milliseconds: i64,
}

/// A QR code as one SVG path; units are modules, the quiet zone of four modules included.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// Modules per side.
    pub size: u32,
    /// Path data covering exactly the dark modules.
    pub path: String,
}

/// A confirmed secret with the codes that come alive with "Finish".
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedEnrolment {
    /// Identifies the secret; sent back by "Finish".
    pub id: String,
    /// Ten recovery codes, in the order of their numbers.
    pub recovery_codes: Vec<String>,
    /// Name of the portal, for the sheet.
    pub portal_name: String,
    /// Name of the person, for the sheet.
    pub user_name: String,
    /// Unix time in seconds at which the codes were made.
    pub created_at: i64,
    /// Milliseconds left for "Finish".
    pub milliseconds_left: i64,
}

/// Why a step of the set-up was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolmentProblem {
    /// The code belongs to a QR code whose time is over.
    QrExpired,
    /// The code belongs to a QR code that "Generate new" replaced.
    QrReplaced,
    /// There is no set-up under way in this session.
    Gone,
    /// The codes were not confirmed with "Finish" in time.
    FinishedTooLate,
}

impl fmt::Display for EnrolmentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QrExpired => "This QR code has expired. Generate a new one and scan it; the entry your app made from the old one can be deleted.",
            Self::QrReplaced => "This code belongs to a QR code that has been replaced. Delete that entry in your app and scan the QR code shown now.",
            Self::Gone => "This set-up has ended. Two-factor authentication is not on. Close this window and start again.",
            Self::FinishedTooLate => "The set-up was not finished in time. Two-factor authentication is not on and these codes are worthless. Close this window and start again.",
        })
    }
}
