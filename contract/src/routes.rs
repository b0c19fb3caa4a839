//! The paths of the portal, and which of them may be led to.

use crate::account::Standing;

/// Name and password.
pub const SIGN_IN: &str = "/sign-in";
/// Code from the authenticator app.
pub const SECOND_FACTOR: &str = "/sign-in/code";
/// Recovery code instead of the app's.
pub const RECOVERY_CODE: &str = "/sign-in/recovery-code";
/// Whether the browser keeps cookies; who does is led on from there.
pub const COOKIES: &str = "/sign-in/cookies";
/// One-time links: the token follows.
pub const WELCOME: &str = "/welcome";
/// Where a phone takes a set-up over; the link's secret stands in the fragment.
pub const PHONE: &str = "/phone";
/// The start page.
pub const DASHBOARD: &str = "/";
/// The person's own account.
pub const PROFILE: &str = "/profile";
/// Authentication apps and recovery codes, on the profile.
pub const PROFILE_SECOND_FACTOR: &str = "/profile#two-factor";
/// Where the password is changed, on the profile.
pub const CHANGE_PASSWORD: &str = "/profile#password-section";
/// System settings.
pub const SETTINGS: &str = "/settings";
/// Account policy, read view.
pub const ACCOUNT_POLICY: &str = "/settings/account-policy";
/// People, for administrators.
pub const USERS: &str = "/settings/users";
/// Who has no second factor yet, to be reminded.
pub const REMIND: &str = "/settings/remind";
/// What becomes of the portal's mail.
pub const MAIL: &str = "/settings/mail";
/// People without a second factor.
pub const USERS_WITHOUT_SECOND_FACTOR: &str = "/settings/users?filter=no-2fa";

/// The audit trail.
pub const AUDIT: &str = "/settings/audit";
/// Downloads of the audit trail: the format follows.
pub const AUDIT_EXPORT: &str = "/api/audit-export";

/// People whose recovery codes run low.
pub const USERS_WITH_FEW_CODES: &str = "/settings/users?filter=few-codes";

/// The same, of those who have never chosen a password.
pub const USERS_NOT_ACTIVATED: &str = "/settings/users?filter=not-activated";

/// People whose accounts are locked.
pub const LOCKED_USERS: &str = "/settings/users?filter=locked";

/// Longest path that is carried along, in bytes.
const LONGEST_NEXT: usize = 2_000;

/// Whether a page is a plain document: rendered by the server, complete
/// without script, never hydrated. These are what everybody meets first.
pub fn is_plain(path: &str) -> bool {
    matches!(path, SIGN_IN | SECOND_FACTOR | RECOVERY_CODE | COOKIES)
}

/// Whether a page is open to everybody.
pub fn is_public(path: &str) -> bool {
    is_plain(path) || path == PHONE || path.starts_with("/welcome/")
}

/// `next` if it is a path of this portal that a person may be led to.
///
/// One leading slash and nothing but printable ASCII without backslash: no
/// scheme, no host, no header injection. Sign-in pages and server functions
/// are no destinations.
pub fn local_path(next: &str) -> Option<&str> {
    let local = next.len() <= LONGEST_NEXT
        && next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split(['?', '#']).next().unwrap_or(next);
    let destination = !["/sign-in", "/api", "/pkg", "/welcome", "/phone", "/health"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    (local && destination).then_some(next)
}

/// Where a person lands after signing in: where they were going, else the dashboard.
pub fn landing(next: &str) -> &str {
    local_path(next).unwrap_or(DASHBOARD)
}

/// Where someone of this standing goes on signing in, or lands.
pub fn next_step(standing: Option<Standing>, next: &str) -> String {
    match standing {
        None => with_next(SIGN_IN, next),
        Some(Standing::SecondFactorRequired) => with_next(SECOND_FACTOR, next),
        // Someone who owes a second factor sees the demand for it on any page.
        Some(Standing::EnrolmentRequired | Standing::Complete) => landing(next).to_owned(),
    }
}

/// `page` with the destination carried along, if there is one.
pub fn with_next(page: &str, next: &str) -> String {
    match local_path(next) {
        Some(next) if next != DASHBOARD => {
            format!("{page}?next={}", encoded(next))
        }
        _ => page.to_owned(),
    }
}

/// A text as it stands in the query of a URL.
pub fn encoded(text: &str) -> String {
    text.bytes().map(encode).collect()
}

/// Percent-encodes what is not unreserved (RFC 3986 §2.3); slashes stay readable (§3.4).
pub(crate) fn encode(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_portal_are_destinations() {
        for good in ["/", "/profile", "/settings/account-policy?edit=1", "/a%20b", "/sign-in-help"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "profile",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\t/evil",
            "/é",
            "/sign-in",
            "/sign-in/code",
            "/api/sign-out",
            "/sign-in?next=/",
            "/welcome/token",
            "/phone",
            " /profile",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(LONGEST_NEXT))), None);
    }

    #[test]
    fn the_destination_is_carried_along_encoded() {
        assert_eq!(with_next(SIGN_IN, "/profile?a=b&c"), "/sign-in?next=/profile%3Fa%3Db%26c");
        assert_eq!(with_next(SIGN_IN, "/"), "/sign-in");
        assert_eq!(with_next(SIGN_IN, "//evil.example"), "/sign-in");
    }
}
