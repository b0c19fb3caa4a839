//! What a browser may be asked to download, in bytes as sent (brotli).
//!
//! A build that passes one of these fails: on a slow phone each is felt, and
//! nobody notices the day one byte too many arrives unless something counts.

/// The main module: `twofold.js`, `twofold_bg.wasm` and what they import at once.
/// What one learns about before it is needed is in it: the demand for a second factor with its
/// last day, and the listener that holds up steps in the browser's history.
pub const MAIN: u64 = 200_000;

/// Each part of the interface that is fetched when it is opened.
pub const CHUNK: u64 = 75_000;

/// The part that only administrators fetch: policy, people, audit trail, charts, mail. They
/// work with it all day and their browsers keep it. What it says before something is done to
/// many (whose time ends, who could approve, what is lost) and changes in goes are in it, too.
pub const ADMINISTRATION: u64 = 248_000;

/// The style sheet of the signed-in pages, with what forced colours and windows of little height need.
pub const PORTAL_CSS: u64 = 6_500;

/// The sign-in page alone; it is complete and usable without anything else.
pub const FIRST_DOCUMENT: u64 = 5_000;

/// The sign-in page and all it references.
pub const FIRST_SCREEN: u64 = 10_000;
