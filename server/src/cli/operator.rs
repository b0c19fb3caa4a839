//! Who gives a command.

use crate::domain::identity::name::legible;

/// The longest name that is recorded, in characters.
const LONGEST_NAME: usize = 64;

/// Who is named in the audit trail: the user of the operating system, or whoever
/// became root through sudo.
pub(super) fn operator() -> String {
    let user = legible(&system_user(), '?');
    format!("{} (command line)", user.chars().take(LONGEST_NAME).collect::<String>())
}

/// Not what the environment says, which anybody can set for themselves; root's is root's to set.
#[cfg(unix)]
fn system_user() -> String {
    use nix::unistd::{Uid, User};
    let user = Uid::current();
    if let Some(name) = std::env::var("SUDO_USER").ok().filter(|name| user.is_root() && !name.is_empty()) {
        return name;
    }
    User::from_uid(user).ok().flatten().map_or_else(|| format!("uid {user}"), |known| known.name)
}

#[cfg(not(unix))]
fn system_user() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned())
}
