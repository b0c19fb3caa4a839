//! Setting up a second factor, as the set-up dialog sees it.

use super::recovery::RecoveryCodeSheet;
use serde::{Deserialize, Serialize};

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
    /// More time can be asked for.
    pub may_extend: bool,
    /// Name of the method that the new one takes the place of.
    pub replaces: Option<String>,
}

/// The same secret, with more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedEnrolment {
    /// Milliseconds until the server stops accepting this secret.
    pub milliseconds_left: i64,
    /// More time can be asked for once more.
    pub may_extend: bool,
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
    /// The recovery codes to be stored.
    pub sheet: RecoveryCodeSheet,
    /// With "Finish" an earlier set of recovery codes dies.
    pub replaces_codes: bool,
    /// Milliseconds left for "Finish".
    pub milliseconds_left: i64,
}

/// How far the set-up has come elsewhere: on the phone that took it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolmentProgress {
    /// The secret still waits for its code.
    Pending,
    /// It was confirmed.
    Confirmed,
    /// It has expired, was replaced, or is gone.
    Over,
}

/// A link that opens this set-up on a phone, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneLink {
    /// The link. Its secret stands in the fragment, which browsers keep to themselves.
    pub url: String,
    /// The link as a QR code.
    pub qr: QrCode,
}

/// A set-up taken over by a phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneSetUp {
    /// What the phone has to show with the code; lives in its page only.
    pub grant: String,
    /// The name that the app will show for the account.
    pub user_name: String,
    /// `otpauth://` link for an app on this phone.
    pub uri: String,
    /// The secret in base32, in groups of four.
    pub key: String,
    /// Milliseconds until the server stops accepting this secret.
    pub milliseconds_left: i64,
    /// The whole lifetime in milliseconds, for the ring.
    pub lifetime_milliseconds: i64,
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
    /// The link to go on with on a phone was used, or its set-up is over.
    PhoneLinkInvalid,
}
