//! Where to go after signing in.
//!
//! The target comes from the address bar, so it may come from a stranger. Only
//! a path of this very portal is followed, and only one that is a page: not the
//! server functions, and not the sign-in page itself, which would be a circle.

use percent_encoding::percent_decode_str;

/// The longest target, in characters.
pub const MAX_CHARS: usize = 2_000;

/// First segments that are never a target.
const NOT_A_PAGE: [&str; 2] = ["api", "sign-in"];

/// A path with its query that stays on this origin, made of visible ASCII only,
/// so it is a valid `Location` header as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Reads a target; `None` unless it is a local page.
    pub fn parse(target: &str) -> Option<Self> {
        if target.len() > MAX_CHARS || !target.bytes().all(is_allowed) {
            return None;
        }
        let rest = target.strip_prefix('/')?;
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.split('/').map(decoded);
        let first = segments.next().unwrap_or_default();
        // "//host" is another origin; ".." would be resolved by the browser.
        let leads_away =
            rest.starts_with('/') || is_dots(&first) || segments.any(|segment| is_dots(&segment));
        let is_page = !NOT_A_PAGE
            .iter()
            .any(|name| first.eq_ignore_ascii_case(name));
        (!leads_away && is_page).then(|| Self(target.to_owned()))
    }

    /// The path and its query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for LocalPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'\\'
}

/// A router compares decoded segments, so "/%61pi" is "/api".
fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    #[test]
    fn pages_are_kept_with_their_query() {
        for target in [
            "/",
            "/profile",
            "/admin/users?search=a%20b&page=2",
            "/audit?from=//x",
            "/signing-in",
            "/apiary",
            "/%D0%9E",
            "/a//b",
        ] {
            assert_eq!(LocalPath::parse(target).unwrap().as_str(), target);
        }
    }

    #[test]
    fn anything_that_could_lead_away_is_refused() {
        for target in [
            "",
            "profile",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /profile",
            "/pro file",
            "/профиль",
            "/..//evil.example",
            "/./x",
            "/x/%2e%2E/api",
            "/.",
        ] {
            assert_eq!(LocalPath::parse(target), None, "{target:?}");
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for target in [
            "/api",
            "/api/sign_in",
            "/API/x",
            "/%61pi/x",
            "/sign-in",
            "/sign-in?next=/sign-in",
            "/sign-in/code",
            "/sign%2Din",
            "/sign-in#x",
        ] {
            assert_eq!(LocalPath::parse(target), None, "{target:?}");
        }
    }

    #[test]
    fn a_target_has_at_most_two_thousand_characters() {
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(1_999))).is_some());
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(2_000))).is_none());
    }

    proptest! {
        #[test]
        fn no_target_ever_leaves_the_origin(target in "[/\\\\]{0,3}[a-z.:@%?#/\\\\ \t\n]{0,20}\\PC{0,10}") {
            if let Some(path) = LocalPath::parse(&target) {
                let base = Url::parse("https://portal.example:8443/sign-in").unwrap();
                let joined = base.join(path.as_str()).unwrap();
                prop_assert_eq!(joined.origin(), base.origin());
                prop_assert_eq!(joined.username(), "");
                prop_assert!(!joined.path().starts_with("//"));
                prop_assert!(!joined.path().starts_with("/api/"));
            }
        }
    }
}
