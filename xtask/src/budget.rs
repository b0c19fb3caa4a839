//! What a browser may be asked to download, in bytes as sent (brotli).
//!
//! A build that passes one of these fails: on a slow phone each is felt, and
//! nobody notices the day one byte too many arrives unless something counts.
//! They are some 4 % above what is sent now, so that whoever adds more says so here.

/// A page that is opened in a browser which has kept nothing, and what that
/// fetches besides the document: script, program, the parts of the program,
/// style sheet and icon. `end2end/tests/fetched.spec.ts` holds this against what a browser
/// really fetches.
pub struct View {
    /// Where it is.
    pub path: &'static str,
    /// An administrator opens it; what they see may have more parts.
    pub administrator: bool,
    /// The parts of the program that it consists of.
    pub parts: &'static [&'static str],
    /// Bytes that it may fetch.
    pub allowed: u64,
}

const fn view(path: &'static str, parts: &'static [&'static str], allowed: u64) -> View {
    View { path, administrator: false, parts, allowed }
}

const fn for_administrators(path: &'static str, parts: &'static [&'static str], allowed: u64) -> View {
    View { path, administrator: true, parts, allowed }
}

/// Every page that the program takes over.
pub const VIEWS: [View; 12] = [
    view("/welcome", &["account"], 319_000),
    view("/phone", &["account"], 319_000),
    view("/", &["account"], 319_000),
    view("/profile", &["profile"], 401_000),
    for_administrators("/", &["account", "overview"], 426_000),
    for_administrators("/settings", &["settings"], 306_000),
    for_administrators("/settings/users", &["users"], 449_000),
    for_administrators("/settings/account-policy", &["policy"], 395_000),
    for_administrators("/settings/remind", &["remind"], 375_000),
    for_administrators("/settings/mail", &["mail"], 384_000),
    for_administrators("/settings/audit", &["audit"], 408_000),
    // Who is no administrator learns only that.
    view("/settings", &["settings"], 306_000),
];

/// What opening the first dialog adds.
pub const DIALOGS: u64 = 54_500;

/// The style sheet of the signed-in pages, with what forced colours and windows of little height need.
pub const PORTAL_CSS: u64 = 6_450;

/// The sign-in page alone; it is complete and usable without anything else.
pub const FIRST_DOCUMENT: u64 = 3_400;

/// The sign-in page and all it references.
pub const FIRST_SCREEN: u64 = 3_500;
