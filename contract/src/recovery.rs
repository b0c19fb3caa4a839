//! Recovery codes: the sheet to be stored, and the ledger of what became of each.

use super::activity::Origin;
use serde::{Deserialize, Serialize};

/// With so many codes left, or fewer, it is said loudly.
pub const FEW_CODES: usize = 3;

/// A set of codes in clear, as it is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodeSheet {
    /// Ten recovery codes, in the order of their numbers.
    pub codes: Vec<String>,
    /// Name of the portal.
    pub portal_name: String,
    /// Name of the person.
    pub user_name: String,
    /// Unix time in seconds at which the codes were made.
    pub created_at: i64,
}

/// The current set, without the codes themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryLedger {
    /// Unix time in seconds at which the set was made.
    pub created_at: i64,
    /// By number, as on the sheet.
    pub codes: Vec<RecoveryCodeEntry>,
}

impl RecoveryLedger {
    /// How many are unused.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|code| code.used.is_none()).count()
    }
}

/// What became of one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodeEntry {
    /// 1 to 10, as on the sheet.
    pub number: u32,
    /// When and where it was used.
    pub used: Option<RecoveryCodeUse>,
}

/// When and where a code was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodeUse {
    /// Unix time in seconds.
    pub at: i64,
    /// From where.
    pub origin: Origin,
}

/// Why a signed-in person is told about their recovery codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryNotice {
    /// Codes that are left.
    pub left: u32,
    /// One was used in this session.
    pub used: bool,
}

impl RecoveryNotice {
    /// Whether few codes are left.
    pub fn few(self) -> bool {
        usize::try_from(self.left).is_ok_and(|left| left <= FEW_CODES)
    }
}
